//! The tunnel that brings Okta's calls here: what is shown of it and asked of it.

use egui::Ui;

use super::App;
use crate::window::panels::pane;

impl App {
    /// True where it is to be closed.
    pub(super) fn tunnel_ui(&mut self, ui: &mut Ui) -> bool {
        let is_closed = pane::head_ui("Tunnel", |_| {}, ui);
        let url = self.state.setup.tunnel.public_url.clone();
        pane::body_ui("tunnel", ui, |ui| self.chain_ui(url, ui));
        is_closed
    }
}
