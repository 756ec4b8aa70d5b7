//! What an endpoint does with its calls beside answering them: break the answer, ask the developer's handler, wait for a person.

use std::time::Duration;

use egui::{Label, Ui};

use super::dialogs::field_name;
use super::dialogs::replay_to::url_problem;
use super::fault_form::{self, FaultDraft};
use super::pane::{body_ui, head_ui, section_ui};
use crate::okta::HookKind;
use crate::respond::{Action, Answers, ForwardSetup, HoldSetup, Overrides};
use crate::window::controls::{self, TextField};
use crate::window::theme;

/// The form while it is being filled in.
#[derive(Clone, Debug, Default)]
pub struct AnsweringState {
    /// What it was made from.
    before: Action,
    fault: FaultDraft,
    forwards: bool,
    to: String,
    soft_deadline: String,
    status: String,
    /// `Name: value`, one a line.
    headers: String,
    /// `/pointer = JSON`, one a line.
    values: String,
    cacert: String,
    is_insecure: bool,
    holds: bool,
    deadline: String,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum AnsweringWish {
    Apply(Box<Action>),
    Close,
}

impl AnsweringState {
    pub fn new(action: &Action) -> AnsweringState {
        let forward = action.forward.clone().unwrap_or_else(|| ForwardSetup::to(""));
        let overrides = &forward.overrides;
        let fault = match &action.answers {
            Answers::One(answer) => FaultDraft::new(answer.fault.as_ref()),
            Answers::Sequence(_) => FaultDraft::default(),
        };
        let lines = |lines: Vec<String>| lines.join("\n");
        AnsweringState {
            before: action.clone(),
            fault,
            forwards: action.forward.is_some(),
            soft_deadline: forward.soft_deadline.map(|deadline| deadline.as_millis().to_string()).unwrap_or_default(),
            status: overrides.status.map(|status| status.to_string()).unwrap_or_default(),
            headers: lines(overrides.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect()),
            values: lines(overrides.json.iter().map(|(pointer, value)| format!("{pointer} = {value}")).collect()),
            cacert: forward.cacert.clone().unwrap_or_default(),
            is_insecure: forward.is_insecure,
            to: forward.to,
            holds: action.hold.is_some(),
            deadline: action.hold.unwrap_or_default().deadline.as_millis().to_string(),
        }
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
        let forward = if self.forwards { Some(self.forward()?) } else { None };
        let hold = match self.holds {
            true => Some(HoldSetup { deadline: millis(&self.deadline, "The deadline of the hold")? }),
            false => None,
        };
        Ok(Action { answers, forward, hold })
    }

    fn forward(&self) -> Result<ForwardSetup, String> {
        let to = self.to.trim().to_owned();
        if to.is_empty() {
            return Err("Write the URL of your handler, such as http://127.0.0.1:3000".to_owned());
        }
        if let Some(problem) = url_problem(&to) {
            return Err(problem.to_owned());
        }
        let soft_deadline = match self.soft_deadline.trim() {
            "" => None,
            text => Some(millis(text, "The soft deadline")?),
        };
        let status = match self.status.trim() {
            "" => None,
            text => match text.parse() {
                Ok(status @ 200..=599) => Some(status),
                _ => return Err("The status is a number from 200 to 599, or empty".to_owned()),
            },
        };
        let kept = self.before.forward.as_ref().map(|forward| forward.overrides.clone()).unwrap_or_default();
        let overrides = Overrides { status, headers: self.headers()?, json: self.values()?, ..kept };
        let cacert = Some(self.cacert.trim().to_owned()).filter(|path| !path.is_empty());
        Ok(ForwardSetup { to, soft_deadline, overrides, cacert, is_insecure: self.is_insecure })
    }

    fn headers(&self) -> Result<Vec<(String, String)>, String> {
        let lines = self.headers.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| {
                let field = line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
                let good = field.filter(|(name, value)| {
                    axum::http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                        && axum::http::HeaderValue::from_str(value).is_ok()
                });
                good.map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .ok_or_else(|| format!("'{line}' is no header field; write Name: value"))
            })
            .collect()
    }

    fn values(&self) -> Result<Vec<(String, serde_json::Value)>, String> {
        let lines = self.values.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| {
                let fail =
                    || format!("'{line}' sets no value; write /commands/0/type = \"…\", and null to take it out");
                let (pointer, value) = line.split_once(" = ").ok_or_else(fail)?;
                let value = serde_json::from_str(value.trim()).map_err(|_| fail())?;
                match pointer.trim() {
                    pointer if pointer.starts_with('/') => Ok((pointer.to_owned(), value)),
                    _ => Err(fail()),
                }
            })
            .collect()
    }
}

fn millis(text: &str, what: &str) -> Result<Duration, String> {
    match text.trim().parse() {
        Ok(millis @ 1..=600_000) => Ok(Duration::from_millis(millis)),
        _ => Err(format!("{what} is a number of milliseconds up to 600,000")),
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
                if controls::primary_button(ui, None, "Apply").clicked()
                    && let Ok(action) = &action
                {
                    wish = Some(AnsweringWish::Apply(Box::new(action.clone())));
                }
            });
        },
        ui,
    );
    body_ui("answering", ui, |ui| {
        if let Err(why) = &action {
            ui.add(Label::new(theme::body_text(why, palette).color(palette.refused)).wrap());
            ui.add_space(theme::GAP);
        }
        section_ui(ui, "Fault", "What is broken in its answers on purpose, and what Okta makes of that");
        match &state.before.answers {
            Answers::One(_) => fault_form::ui(&mut state.fault, kind, ui),
            Answers::Sequence(_) => {
                let text = "It answers with a sequence: each step has a fault of its own";
                ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
            }
        }
        ui.add_space(theme::GAP_SECTION);
        section_ui(ui, "Forward", "Its calls go to your own handler, whose answer is relayed and judged");
        controls::checkbox(ui, &mut state.forwards, "Forward calls to a handler");
        if state.forwards {
            forward_ui(state, ui);
        }
        ui.add_space(theme::GAP_SECTION);
        section_ui(ui, "Hold", "Each call waits for you before it is answered");
        controls::checkbox(ui, &mut state.holds, "Hold calls");
        if state.holds {
            field(
                ui,
                "Hold deadline",
                &mut state.deadline,
                72.0,
                "ms after the first byte the prepared response goes out",
            );
        }
    });
    if is_closed {
        return Some(AnsweringWish::Close);
    }
    wish
}

fn forward_ui(state: &mut AnsweringState, ui: &mut Ui) {
    field(ui, "Handler URL", &mut state.to, 360.0, "without a path the call's own is appended");
    field(ui, "Soft deadline", &mut state.soft_deadline, 72.0, "ms, then the prepared response goes out; empty waits");
    field(ui, "Override status", &mut state.status, 72.0, "in place of the handler's; empty keeps it");
    for (name, text, hint) in [
        ("Override headers", &mut state.headers, "X-Env: dev"),
        ("Override JSON values", &mut state.values, "/commands/0/type = \"com.okta.identity.patch\""),
    ] {
        field_name(ui, name);
        TextField::new(name).hint(hint).on_wire().rows(2).width(460.0).ui(ui, text);
    }
    field(ui, "CA file", &mut state.cacert, 360.0, "PEM, trusted beside the system's own; for https");
    controls::checkbox(ui, &mut state.is_insecure, "Do not check the handler's certificate");
}

fn field(ui: &mut Ui, name: &str, text: &mut String, width: f32, about: &str) {
    let palette = theme::palette(ui);
    field_name(ui, name);
    ui.horizontal_wrapped(|ui| {
        TextField::new(name).on_wire().width(width).ui(ui, text);
        ui.label(theme::hint_text(about, palette));
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::respond::{Answer, Fault};

    fn full() -> Action {
        let overrides = Overrides {
            status: Some(201),
            headers: vec![("X-Env".to_owned(), "dev".to_owned())],
            without_headers: vec!["Server".to_owned()],
            body: None,
            json: vec![
                ("/a/0".to_owned(), serde_json::json!({"b": "c = d"})),
                ("/x".to_owned(), serde_json::Value::Null),
            ],
        };
        let forward = ForwardSetup {
            soft_deadline: Some(Duration::from_millis(2_500)),
            overrides,
            cacert: Some("ca.pem".to_owned()),
            is_insecure: true,
            ..ForwardSetup::to("https://127.0.0.1:3000/x")
        };
        let answer = Answer { fault: Some(Fault::JustLate), ..Answer::default() };
        Action { forward: Some(forward), hold: Some(HoldSetup::default()), ..Action::from(answer) }
    }

    #[test]
    fn every_setting_comes_back_from_the_form() {
        for action in [Action::default(), full()] {
            assert_eq!(AnsweringState::new(&action).action(), Ok(action));
        }
    }

    #[test]
    fn what_cannot_be_says_what_to_change() {
        let fails = |change: fn(&mut AnsweringState)| {
            let mut state = AnsweringState::new(&full());
            change(&mut state);
            state.action().unwrap_err()
        };
        assert!(fails(|state| state.to.clear()).contains("URL of your handler"));
        assert!(fails(|state| state.to = "ftp://x".to_owned()).contains("http://"));
        assert!(fails(|state| state.soft_deadline = "soon".to_owned()).starts_with("The soft deadline is"));
        assert!(fails(|state| state.status = "99".to_owned()).contains("200 to 599"));
        assert!(fails(|state| state.headers = "no colon".to_owned()).contains("Name: value"));
        assert!(fails(|state| state.values = "a = 1".to_owned()).contains("sets no value"));
        assert!(fails(|state| state.deadline = "0".to_owned()).starts_with("The deadline of the hold"));
    }
}
