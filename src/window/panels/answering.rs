//! What an endpoint does with its calls beside answering them: break the answer, ask the developer's handler, wait for a person.

use egui::{Label, Ui};

use super::fault_form::{self, FaultDraft};
use super::pane::{body_ui, head_ui, section_ui};
use super::relay_form::{self, RelayDraft};
use crate::okta::HookKind;
use crate::respond::{Action, Answers};
use crate::window::controls;
use crate::window::theme;

/// The form while it is being filled in.
#[derive(Clone, Debug, Default)]
pub struct AnsweringState {
    /// What it was made from.
    before: Action,
    fault: FaultDraft,
    relay: RelayDraft,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum AnsweringWish {
    Apply(Box<Action>),
    Close,
}

impl AnsweringState {
    pub fn new(action: &Action) -> AnsweringState {
        let fault = match &action.answers {
            Answers::One(answer) => FaultDraft::new(answer.fault.as_ref()),
            Answers::Sequence(_) => FaultDraft::default(),
        };
        let relay = RelayDraft::new(action.forward.as_ref(), action.hold);
        AnsweringState { before: action.clone(), fault, relay }
    }

    /// What it was made from.
    pub fn before(&self) -> &Action {
        &self.before
    }

    /// The action as it is written, or what to change.
    pub fn action(&self) -> Result<Action, String> {
        let mut answers = self.before.answers.clone();
        if let Answers::One(answer) = &mut answers {
            answer.fault = self.fault.fault()?;
        }
        Ok(Action { answers, forward: self.relay.forward()?, hold: self.relay.hold()? })
    }
}

/// Draws the pane for an endpoint.
pub fn ui(state: &mut AnsweringState, endpoint: &str, kind: HookKind, ui: &mut Ui) -> Option<AnsweringWish> {
    let palette = theme::palette(ui);
    let mut wish = None;
    let action = state.action();
    let title = format!("Fault, forward and hold of {endpoint}");
    let is_closed = head_ui(
        &title,
        |ui| {
            let is_changed = action.as_ref().is_ok_and(|action| *action != state.before);
            ui.add_enabled_ui(is_changed, |ui| {
                let apply = controls::primary_button(ui, None, "Apply");
                let apply = match &action {
                    Err(why) => apply.on_disabled_hover_text(why),
                    Ok(_) => apply.on_disabled_hover_text("Nothing has changed"),
                };
                if apply.clicked()
                    && let Ok(action) = &action
                {
                    wish = Some(AnsweringWish::Apply(Box::new(action.clone())));
                }
            });
        },
        ui,
    );
    body_ui("answering", ui, |ui| {
        section_ui(ui, "Fault", "What is broken in its answers on purpose, and what Okta makes of that");
        match &state.before.answers {
            Answers::One(_) => fault_form::ui(&mut state.fault, "Fault", kind, ui),
            Answers::Sequence(_) => {
                let text = "It answers with a sequence: each step has a fault of its own";
                ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
            }
        }
        ui.add_space(theme::GAP_SECTION);
        relay_form::ui(&mut state.relay, "Its calls", ui);
    });
    if is_closed {
        return Some(AnsweringWish::Close);
    }
    wish
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::respond::{Answer, Fault, ForwardSetup, HoldSetup};

    #[test]
    fn every_setting_comes_back_from_the_form() {
        let answer = Answer { fault: Some(Fault::JustLate), ..Answer::default() };
        let forward = Some(ForwardSetup::to("http://127.0.0.1:3000"));
        let full = Action { forward, hold: Some(HoldSetup::default()), ..Action::from(answer) };
        for action in [Action::default(), full] {
            assert_eq!(AnsweringState::new(&action).action(), Ok(action));
        }
    }
}
