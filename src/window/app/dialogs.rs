//! The small windows that are open, and what their answers lead to.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use egui::{ThemePreference, Ui};

use super::App;
use super::jobs::Choose;
use crate::call::Record;
use crate::engine;
use crate::respond::Setup;
use crate::session::Change;
use crate::window::panels::dialogs::about::{self, AboutModel};
use crate::window::panels::dialogs::certificate::ImportDialog;
use crate::window::panels::dialogs::endpoint::EndpointDialog;
use crate::window::panels::dialogs::file::{FileAnswer, FileDialog, FilePurpose};
use crate::window::panels::dialogs::note::NoteDialog;
use crate::window::panels::dialogs::replay_to::ReplayToDialog;
use crate::window::panels::dialogs::settings::{self, SettingsDraft};
use crate::window::panels::dialogs::try_credentials::TryCredentialsDialog;
use crate::window::panels::dialogs::{Answer, Closed, keys};
use crate::window::panels::messages::Tone;
use crate::window::settings::ThemeChoice;

/// One small window at a time.
#[derive(Default)]
pub enum Dialogs {
    #[default]
    None,
    File(FileDialog),
    Note(NoteDialog),
    ReplayTo(ReplayToDialog),
    TryCredentials(Box<TryCredentialsDialog>),
    Endpoint(Box<EndpointDialog>),
    Settings(SettingsDraft),
    ImportCertificate(ImportDialog),
    NewAuthority,
    Keys,
    About,
}

impl Dialogs {
    pub fn is_open(&self) -> bool {
        !matches!(self, Dialogs::None)
    }

    /// Closes the window that asks for a file, if that is the one.
    pub fn close_file(&mut self) {
        if matches!(self, Dialogs::File(_)) {
            *self = Dialogs::None;
        }
    }
}

impl App {
    pub(super) fn dialogs_ui(&mut self, ui: &Ui) {
        let mut dialogs = std::mem::take(&mut self.dialogs);
        let stays = match &mut dialogs {
            Dialogs::None => false,
            Dialogs::File(dialog) => self.file_ui(dialog, ui),
            Dialogs::Note(dialog) => match dialog.ui(ui) {
                Answer::Open => true,
                Answer::Cancelled => false,
                Answer::Given(note) => {
                    self.command_engine(engine::Command::SetNote { call_id: dialog.call_id, note });
                    false
                }
            },
            Dialogs::ReplayTo(dialog) => match dialog.ui(ui) {
                Answer::Open => true,
                Answer::Cancelled => false,
                Answer::Given(url) => {
                    self.last_url = url.clone();
                    self.replay_to(url);
                    false
                }
            },
            Dialogs::TryCredentials(dialog) => self.try_credentials_ui(dialog, ui),
            Dialogs::Endpoint(dialog) => self.endpoint_ui(dialog, ui),
            Dialogs::Settings(draft) => self.settings_ui(draft, ui),
            Dialogs::ImportCertificate(dialog) => self.import_certificate_ui(dialog, ui),
            Dialogs::NewAuthority => self.new_authority_ui(ui),
            Dialogs::Keys => keys::ui(ui) == Closed::No,
            Dialogs::About => {
                let model = AboutModel {
                    version: env!("CARGO_PKG_VERSION"),
                    data_folder: self.data_dir.display().to_string(),
                    workspace: self.state.workspace.as_ref().map(|path| path.display().to_string()),
                };
                about::ui(&model, ui) == Closed::No
            }
        };
        // What was carried out may have opened another one.
        if stays && !self.dialogs.is_open() {
            self.dialogs = dialogs;
        }
    }

    /// True while it stays open.
    fn file_ui(&mut self, dialog: &mut FileDialog, ui: &Ui) -> bool {
        dialog.progress = self.file_progress(dialog.purpose);
        if dialog.progress.is_some() {
            ui.request_repaint_after(std::time::Duration::from_millis(100));
        }
        match dialog.ui(ui) {
            Answer::Open => true,
            Answer::Cancelled => false,
            Answer::Given(FileAnswer::Cancel) => {
                self.jobs.cancel_save();
                self.jobs.cancel_open();
                true
            }
            Answer::Given(FileAnswer::Browse) => {
                let choose = Choose {
                    is_save: dialog.purpose != FilePurpose::OpenSession,
                    title: "Hookscope",
                    extension: match dialog.purpose {
                        FilePurpose::OpenSession | FilePurpose::SaveSession => Some(("Hookscope session", "hookscope")),
                        FilePurpose::ExportCertificate => Some(("Certificate", "pem")),
                        FilePurpose::SaveWorkspace => Some(("Workspace", "toml")),
                        FilePurpose::SaveTable(_) => None,
                    },
                    proposed: PathBuf::from(&dialog.path),
                };
                if !self.jobs.is_choosing
                    && let Err(error) = self.jobs.choose(choose)
                {
                    dialog.error = Some(format!("The system's chooser cannot be started: {error}; type the path"));
                }
                true
            }
            Answer::Given(FileAnswer::Take { path, include_secrets }) => self.take_path(dialog, path, include_secrets),
        }
    }

    /// The share that is done of what the window asked for.
    fn file_progress(&self, purpose: FilePurpose) -> Option<f32> {
        match purpose {
            FilePurpose::OpenSession => self.jobs.opening.as_ref().map(|opening| opening.progress.share()),
            FilePurpose::SaveSession => self.jobs.saving.as_ref().map(|progress| {
                let n_all = progress.n_all.load(Ordering::Acquire).max(1);
                progress.n_done.load(Ordering::Acquire) as f32 / n_all as f32
            }),
            FilePurpose::ExportCertificate | FilePurpose::SaveWorkspace | FilePurpose::SaveTable(_) => None,
        }
    }

    fn take_path(&mut self, dialog: &mut FileDialog, path: PathBuf, include_secrets: bool) -> bool {
        match dialog.purpose {
            FilePurpose::OpenSession => {
                self.open_session(path);
                true
            }
            FilePurpose::SaveSession => {
                let masker = self.masker.clone();
                let change: Change = Arc::new(move |record: &Record| masker.mask_record(record));
                let reader = self.tab().reader.clone();
                let in_use = std::iter::once(&self.live).chain(&self.viewed).map(|tab| tab.path.clone()).collect();
                let change = (!include_secrets).then_some(change);
                if let Err(error) = self.jobs.save(reader, path, change, in_use, self.data_dir.clone()) {
                    dialog.error = Some(format!("cannot start saving: {error}"));
                }
                true
            }
            FilePurpose::ExportCertificate => {
                self.command_engine(engine::Command::ExportCertificate { to: path });
                false
            }
            FilePurpose::SaveTable(part) => {
                dialog.error = self.save_table(part, &path);
                dialog.error.is_some()
            }
            FilePurpose::SaveWorkspace => {
                self.command_engine(engine::Command::SaveWorkspaceAs { to: path });
                false
            }
        }
    }

    /// What went wrong with a file, said where it was asked for, else as a message.
    pub(super) fn file_problem(&mut self, text: String) {
        match &mut self.dialogs {
            Dialogs::File(dialog) => dialog.error = Some(text),
            _ => self.say(Tone::Error, text),
        }
    }

    /// The system's chooser has come back.
    pub(super) fn chosen(&mut self, path: Option<PathBuf>) {
        let Some(path) = path else { return };
        let file = self.as_workspace_names(&path);
        match &mut self.dialogs {
            Dialogs::File(dialog) => {
                dialog.path = path.display().to_string();
                dialog.error = None;
            }
            Dialogs::Endpoint(dialog) => dialog.choose_addresses(file),
            Dialogs::ImportCertificate(dialog) => dialog.chosen(path.display().to_string()),
            _ => {}
        }
    }

    pub(super) fn ask_for_session(&mut self) {
        let path = self.settings.recent_sessions.first().map(|path| path.display().to_string()).unwrap_or_default();
        self.dialogs = Dialogs::File(FileDialog::new(FilePurpose::OpenSession, path));
    }

    pub(super) fn ask_for_copy(&mut self) {
        let folder = self.settings.recent_sessions.first().and_then(|path| path.parent().map(PathBuf::from));
        let folder = folder.or_else(std::env::home_dir).unwrap_or_default();
        let day: String = super::now().to_string().chars().take(10).collect();
        let path = folder.join(format!("calls-{day}.hookscope"));
        self.dialogs = Dialogs::File(FileDialog::new(FilePurpose::SaveSession, path.display().to_string()));
    }

    pub(super) fn ask_for_certificate(&mut self) {
        let path = std::env::home_dir().unwrap_or_default().join("hookscope-ca.pem");
        self.dialogs = Dialogs::File(FileDialog::new(FilePurpose::ExportCertificate, path.display().to_string()));
    }

    /// Offered where the workspace file is not written because it has errors.
    pub(super) fn ask_for_workspace(&mut self) {
        let folder =
            self.state.workspace.as_ref().and_then(|path| path.parent().map(PathBuf::from)).unwrap_or_default();
        let path = folder.join("workspace-new.toml");
        self.dialogs = Dialogs::File(FileDialog::new(FilePurpose::SaveWorkspace, path.display().to_string()));
    }

    pub(super) fn ask_for_url(&mut self) {
        if let Some(call_id) = self.tab().selected {
            self.dialogs = Dialogs::ReplayTo(ReplayToDialog::new(call_id, self.last_url.clone()));
        }
    }

    pub(super) fn ask_for_note(&mut self) {
        if let Some(call_id) = self.tab().selected {
            let note = self.tab().index.note(call_id).unwrap_or_default();
            self.dialogs = Dialogs::Note(NoteDialog::new(call_id, &*note));
        }
    }

    pub(super) fn show_keys(&mut self) {
        self.dialogs = Dialogs::Keys;
    }

    pub(super) fn show_about(&mut self) {
        self.dialogs = Dialogs::About;
    }

    pub(super) fn show_settings(&mut self) {
        self.dialogs = Dialogs::Settings(SettingsDraft {
            theme: match self.settings.theme {
                ThemeChoice::System => ThemePreference::System,
                ThemeChoice::Light => ThemePreference::Light,
                ThemeChoice::Dark => ThemePreference::Dark,
            },
            compact_rows: self.settings.compact_rows,
            utc_times: self.settings.utc_times,
            max_session_mib: self.settings.max_session_bytes / MIB,
            max_body_kib: self.state.setup.listener.max_body_bytes / KIB,
        });
    }

    /// What is changed holds at once, but for the limit of a body: that binds the listener anew, when the window closes.
    fn settings_ui(&mut self, draft: &mut SettingsDraft, ui: &Ui) -> bool {
        let closed = settings::ui(draft, ui);
        self.settings.theme = match draft.theme {
            ThemePreference::System => ThemeChoice::System,
            ThemePreference::Light => ThemeChoice::Light,
            ThemePreference::Dark => ThemeChoice::Dark,
        };
        self.settings.compact_rows = draft.compact_rows;
        self.settings.utc_times = draft.utc_times;
        self.apply_settings(ui);
        if closed == Closed::No {
            return true;
        }
        let max_bytes = draft.max_session_mib * MIB;
        if max_bytes != self.settings.max_session_bytes {
            self.settings.max_session_bytes = max_bytes;
            self.command_engine(engine::Command::SetRetention { max_bytes });
        }
        if draft.max_body_kib != self.state.setup.listener.max_body_bytes / KIB {
            let mut setup = Setup::clone(&self.state.setup);
            setup.listener.max_body_bytes = draft.max_body_kib * KIB;
            self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
        }
        false
    }
}

const KIB: u64 = 1_024;
const MIB: u64 = 1_024 * 1_024;
