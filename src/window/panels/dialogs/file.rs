//! The window that asks for a file: a path that can be typed, and the system's own chooser behind a button.

use std::path::PathBuf;

use egui::{ProgressBar, Ui};

use super::{Answer, Closed, dialog, entered, error_ui, field_name, footer, help};
use crate::window::controls::{TextField, button, checkbox, primary_button};
use crate::window::icons::Icon;
use crate::window::theme;

/// What the file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePurpose {
    OpenSession,
    SaveSession,
    ExportCertificate,
    SaveWorkspace,
    /// CSV or Markdown.
    SaveTable(crate::window::panels::run::Part),
}

impl FilePurpose {
    fn title(self) -> &'static str {
        match self {
            FilePurpose::OpenSession => "Open a session",
            FilePurpose::SaveSession => "Save the session as a file",
            FilePurpose::ExportCertificate => "Export the certificate",
            FilePurpose::SaveWorkspace => "Save the workspace as a new file",
            FilePurpose::SaveTable(_) => "Save as a table",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            FilePurpose::OpenSession => "Open",
            FilePurpose::SaveSession
            | FilePurpose::ExportCertificate
            | FilePurpose::SaveWorkspace
            | FilePurpose::SaveTable(_) => "Save",
        }
    }

    fn help(self) -> &'static str {
        match self {
            FilePurpose::OpenSession => {
                "A file that ends in .hookscope. Looking at it changes nothing in it, and listening goes on."
            }
            FilePurpose::SaveSession => {
                "A copy of everything recorded until now. Recording goes on in the session you have."
            }
            FilePurpose::ExportCertificate => {
                "Clients that trust this file accept the listener's certificate. It holds no key."
            }
            FilePurpose::SaveTable(_) => "A name that ends in .csv gives CSV for a spreadsheet, any other Markdown.",
            FilePurpose::SaveWorkspace => "Endpoints and responses as they are now, as a file that a team can share.",
        }
    }
}

/// The state of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct FileDialog {
    pub purpose: FilePurpose,
    pub path: String,
    /// Save secrets as they came instead of masked.
    pub include_secrets: bool,
    /// What went wrong with the path, set by whoever tried it.
    pub error: Option<String>,
    /// It is being done: the share from 0 to 1.
    pub progress: Option<f32>,
    is_new: bool,
}

/// What the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum FileAnswer {
    /// Open the system's chooser and put what it gives into `path`. The window stays open.
    Browse,
    /// The path that was typed. The window stays open until it is done.
    Take { path: PathBuf, include_secrets: bool },
    /// Stop what is under way.
    Cancel,
}

impl FileDialog {
    /// `path` is what the field holds at first.
    pub fn new(purpose: FilePurpose, path: impl Into<String>) -> FileDialog {
        FileDialog { purpose, path: path.into(), include_secrets: false, error: None, progress: None, is_new: true }
    }

    pub fn ui(&mut self, ui: &Ui) -> Answer<FileAnswer> {
        let mut answer = Answer::Open;
        let is_new = std::mem::take(&mut self.is_new);
        let (closed, ()) = dialog(ui, "file", self.purpose.title(), 520.0, |ui| {
            help(ui, self.purpose.help());
            field_name(ui, "File path");
            let busy = self.progress.is_some();
            ui.add_enabled_ui(!busy, |ui| {
                ui.horizontal(|ui| {
                    let width = ui.available_width() - 104.0;
                    let field = TextField::new("File path").hint("/home/me/day-one.hookscope").on_wire().width(width);
                    let response = field.ui(ui, &mut self.path);
                    if is_new {
                        response.request_focus();
                    }
                    if response.changed() {
                        self.error = None;
                    }
                    if entered(ui, &response) {
                        answer = self.take();
                    }
                    if button(ui, Some(Icon::FolderOpen), "Browse…").clicked() {
                        answer = Answer::Given(FileAnswer::Browse);
                    }
                });
                if self.purpose == FilePurpose::SaveSession {
                    ui.add_space(theme::GAP_TIGHT);
                    checkbox(ui, &mut self.include_secrets, "Include secrets");
                    help(ui, match self.include_secrets {
                        true => "Credentials and tokens are saved as they came. Give the file only to people who may have them.",
                        false => "Credentials and tokens are masked, so the file can be given away.",
                    });
                }
            });
            if let Some(error) = &self.error {
                error_ui(ui, error);
            }
            if let Some(progress) = self.progress {
                ui.add_space(theme::GAP);
                let palette = theme::palette(ui);
                ui.add(ProgressBar::new(progress).desired_height(6.0).fill(palette.accent)).accessible_name("Progress");
            }
            footer(ui, |ui| {
                let can_take = !busy && !self.path.trim().is_empty();
                let take = ui.add_enabled_ui(can_take, |ui| primary_button(ui, None, self.purpose.verb())).inner;
                if take.on_disabled_hover_text("Type a path first").clicked() {
                    answer = self.take();
                }
                if ui.button("Cancel").clicked() {
                    answer = if busy { Answer::Given(FileAnswer::Cancel) } else { Answer::Cancelled };
                }
            });
        });
        match closed {
            Closed::Yes if self.progress.is_some() => Answer::Given(FileAnswer::Cancel),
            Closed::Yes => Answer::Cancelled,
            Closed::No => answer,
        }
    }

    fn take(&self) -> Answer<FileAnswer> {
        let path = self.path.trim();
        if path.is_empty() {
            return Answer::Open;
        }
        Answer::Given(FileAnswer::Take { path: PathBuf::from(path), include_secrets: self.include_secrets })
    }
}
