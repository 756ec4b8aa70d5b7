//! The stand-in authorization server: what is shown of it and asked of it.

use egui::Ui;

use super::App;
use crate::window::panels::pane;

impl App {
    /// True where it is to be closed.
    pub(super) fn authorization_server_ui(&mut self, ui: &mut Ui) -> bool {
        pane::head_ui("Authorization server", |_| {}, ui)
    }
}
