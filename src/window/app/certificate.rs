//! The certificate that the listener serves: what is shown of it and asked of it.

use egui::Ui;

use super::App;
use crate::window::panels::pane;

impl App {
    /// True where it is to be closed.
    pub(super) fn certificate_ui(&mut self, ui: &mut Ui) -> bool {
        pane::head_ui("Certificate", |_| {}, ui)
    }
}

impl App {
    pub(super) fn certificate_imported(&mut self, _problem: Option<String>) {}
}
