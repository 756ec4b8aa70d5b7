//! The windows that ask about the certificate: which files to serve, and whether to make a new authority.

use std::path::PathBuf;

use egui::Ui;

use super::{Answer, Closed, dialog, entered, error_ui, field_name, footer, help};
use crate::window::controls::{TextField, button, primary_button};
use crate::window::icons::Icon;

/// The files that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFile {
    Certificate,
    Key,
}

/// The state of the window that imports a certificate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportDialog {
    pub cert: String,
    pub key: String,
    /// What is wrong with the files, set by whoever tried them.
    pub error: Option<String>,
    /// They are being looked at.
    pub is_busy: bool,
    /// The field that the system's chooser was opened for.
    choosing: Option<CertificateFile>,
    has_focused: bool,
}

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportAnswer {
    /// Open the system's chooser, with this path as a start; [`ImportDialog::chosen`] takes what it gives. The window stays open.
    Browse(PathBuf),
    /// Try these files. The window stays open until that is done.
    Take { cert: PathBuf, key: PathBuf },
}

impl ImportDialog {
    /// The chooser has come back.
    pub fn chosen(&mut self, path: String) {
        match self.choosing.take() {
            Some(CertificateFile::Certificate) => self.cert = path,
            Some(CertificateFile::Key) => self.key = path,
            None => return,
        }
        self.error = None;
    }

    pub fn ui(&mut self, ui: &Ui) -> Answer<ImportAnswer> {
        let mut answer = Answer::Open;
        let (closed, ()) = dialog(ui, "import_certificate", "Import a certificate", 520.0, |ui| {
            help(
                ui,
                "Two PEM files: the certificate with what signed it behind it, and its key without a passphrase. They are read where \
                 they are, also when they change; the key is never copied.",
            );
            ui.add_enabled_ui(!self.is_busy, |ui| {
                for file in [CertificateFile::Certificate, CertificateFile::Key] {
                    if let Some(given) = self.file_ui(file, ui) {
                        answer = given;
                    }
                }
            });
            if let Some(error) = &self.error {
                error_ui(ui, error);
            }
            footer(ui, |ui| {
                let can_take = !self.is_busy && self.is_filled();
                let take = ui.add_enabled_ui(can_take, |ui| primary_button(ui, None, "Import")).inner;
                if take.on_disabled_hover_text("Type both paths first").clicked() {
                    answer = self.take();
                }
                if ui.button("Cancel").clicked() {
                    answer = Answer::Cancelled;
                }
            });
        });
        if closed == Closed::Yes { Answer::Cancelled } else { answer }
    }

    fn file_ui(&mut self, file: CertificateFile, ui: &mut Ui) -> Option<Answer<ImportAnswer>> {
        let (name, hint, browse) = match file {
            CertificateFile::Certificate => {
                ("Certificate file", "/home/me/fullchain.pem", "Browse for the certificate")
            }
            CertificateFile::Key => ("Key file", "/home/me/privkey.pem", "Browse for the key"),
        };
        let mut given = None;
        field_name(ui, name);
        ui.horizontal(|ui| {
            let path = match file {
                CertificateFile::Certificate => &mut self.cert,
                CertificateFile::Key => &mut self.key,
            };
            let width = ui.available_width() - 106.0;
            let response = TextField::new(name).hint(hint).on_wire().width(width).ui(ui, path);
            let proposed = PathBuf::from(path.as_str());
            if !self.has_focused {
                self.has_focused = true;
                response.request_focus();
            }
            if response.changed() {
                self.error = None;
            }
            if entered(ui, &response) && self.is_filled() {
                given = Some(self.take());
            }
            if button(ui, Some(Icon::FolderOpen), "Browse…").accessible_name(browse).clicked() {
                self.choosing = Some(file);
                given = Some(Answer::Given(ImportAnswer::Browse(proposed)));
            }
        });
        given
    }

    fn is_filled(&self) -> bool {
        !self.cert.trim().is_empty() && !self.key.trim().is_empty()
    }

    fn take(&self) -> Answer<ImportAnswer> {
        let (cert, key) = (PathBuf::from(self.cert.trim()), PathBuf::from(self.key.trim()));
        Answer::Given(ImportAnswer::Take { cert, key })
    }
}

/// Asks whether to make a new authority; given where it is to be made.
pub fn new_authority_ui(ui: &Ui) -> Answer<()> {
    let mut answer = Answer::Open;
    let (closed, ()) = dialog(ui, "new_authority", "New authority", 460.0, |ui| {
        help(
            ui,
            "Every client that trusts this listener must trust the new authority, or its calls fail in the handshake. The old one is \
             kept beside it under another name. Make a new one where the old key may have become known.",
        );
        footer(ui, |ui| {
            if primary_button(ui, None, "Make a new authority").clicked() {
                answer = Answer::Given(());
            }
            if ui.button("Cancel").clicked() {
                answer = Answer::Cancelled;
            }
        });
    });
    if closed == Closed::Yes { Answer::Cancelled } else { answer }
}
