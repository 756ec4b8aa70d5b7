//! What stands in the place of the open call: the call itself, or one of the panes that are about the listener.

use egui::{Key, Modifiers, Ui};

use super::App;
use crate::window::command::Command;

/// Which one is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The open call, or the editor of its response.
    #[default]
    Call,
    Load,
    Tunnel,
    Certificate,
    AuthorizationServer,
    OktaValues,
    /// Two calls, or two responses.
    Compare,
    Rules,
    Run,
    Answering,
}

impl Pane {
    /// The pane that a command shows, if it shows one.
    pub fn of(command: Command) -> Option<Pane> {
        match command {
            Command::ShowLoad => Some(Pane::Load),
            Command::ShowTunnel => Some(Pane::Tunnel),
            Command::ShowCertificate => Some(Pane::Certificate),
            Command::ShowAuthorizationServer => Some(Pane::AuthorizationServer),
            Command::ShowOktaValues => Some(Pane::OktaValues),
            Command::ShowRules => Some(Pane::Rules),
            Command::ShowRun => Some(Pane::Run),
            Command::EditAnswering => Some(Pane::Answering),
            _ => None,
        }
    }
}

impl App {
    /// Shows a pane, or the call again where it is shown already.
    pub(super) fn toggle_pane(&mut self, pane: Pane) {
        self.pane = if self.pane == pane { Pane::Call } else { pane };
        if self.pane == Pane::AuthorizationServer {
            // A client's secret may be asked for there.
            self.look_for_keychain();
        }
    }

    /// Draws the pane in place of the open call; false where the call is to be drawn.
    pub(super) fn pane_ui(&mut self, ui: &mut Ui) -> bool {
        let is_popup_open = egui::Popup::is_any_open(ui);
        if self.pane != Pane::Call
            && !self.dialogs.is_open()
            && !is_popup_open
            && !ui.text_edit_focused()
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
            && !self.leave_draft()
        {
            self.pane = Pane::Call;
        }
        let is_closed = match self.pane {
            Pane::Call => return false,
            Pane::Load => self.load_ui(ui),
            Pane::Tunnel => self.tunnel_ui(ui),
            Pane::Certificate => self.certificate_ui(ui),
            Pane::AuthorizationServer => self.authorization_server_ui(ui),
            Pane::OktaValues => self.okta_values_ui(ui),
            Pane::Compare => self.compare_ui(ui),
            Pane::Rules => self.rules_ui(ui),
            Pane::Run => self.run_ui(ui),
            Pane::Answering => self.answering_ui(ui),
        };
        if is_closed {
            self.pane = Pane::Call;
            ui.request_repaint();
        }
        true
    }
}
