//! The pane of what an endpoint does beside answering.

use std::sync::Arc;

use egui::Ui;

use super::App;
use crate::engine;
use crate::okta::HookKind;
use crate::respond::{Endpoint, Setup};
use crate::window::panels::answering::{self, AnsweringState, AnsweringWish};
use crate::window::panels::messages::Tone;
use crate::window::panels::pane;

/// The form, and the endpoint that it is of.
#[derive(Default)]
pub struct Answering {
    endpoint: Option<Arc<str>>,
    state: AnsweringState,
}

impl App {
    /// The endpoint that is chosen on the left, else that of the selected call.
    pub(super) fn endpoint_in_question(&self) -> Option<&Endpoint> {
        match self.tab().endpoint.as_deref() {
            Some(name) => self.state.setup.endpoint_named(name),
            None => self.endpoint_of(&self.tab().index.get(self.tab().selected?)?),
        }
    }

    /// True where it is to be closed.
    pub(super) fn answering_ui(&mut self, ui: &mut Ui) -> bool {
        let Some(endpoint) = self.endpoint_in_question().cloned() else {
            let is_closed = pane::head_ui("Fault, forward and hold", |_| {}, ui);
            pane::body_ui("answering", ui, |ui| {
                ui.label("Choose an endpoint on the left, or one of its calls");
            });
            return is_closed;
        };
        let form = &mut self.answering;
        // Another endpoint, or changed from elsewhere.
        if form.endpoint.as_ref() != Some(&endpoint.name) || *form.state.before() != endpoint.action {
            let state = AnsweringState::new(&endpoint.action);
            *form = Answering { endpoint: Some(endpoint.name.clone()), state };
        }
        let kind = endpoint.hook.kind().unwrap_or(HookKind::Token);
        match answering::ui(&mut form.state, &endpoint.name, kind, ui) {
            Some(AnsweringWish::Close) => return true,
            Some(AnsweringWish::Apply(action)) => {
                let mut setup = Setup::clone(&self.state.setup);
                if let Some(known) = setup.endpoints.iter_mut().find(|known| known.name == endpoint.name) {
                    known.action = *action;
                    self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
                    self.say(Tone::Info, format!("{} does so from the next call on", endpoint.name));
                }
            }
            None => {}
        }
        false
    }
}
