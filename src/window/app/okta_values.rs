//! What is to be pasted into Okta, for each endpoint.

use egui::Ui;

use super::App;
use crate::window::panels::pane;

impl App {
    /// True where it is to be closed.
    pub(super) fn okta_values_ui(&mut self, ui: &mut Ui) -> bool {
        pane::head_ui("Values for Okta", |_| {}, ui)
    }
}
