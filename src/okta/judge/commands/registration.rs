//! Registration: new attribute values, and the decision in `com.okta.action.update`.
//!
//! Okta OpenAPI 2026.06.3, RegistrationResponse. The member of the decision is `registration`, as in its samples; its prose and
//! samples of 2019 say `action`. Which update command fits depends on the flow of the request.

use super::super::findings::{Findings, Note};
use super::super::words::short;
use super::super::{Asked, conflicts};
use super::{Command, Worst};
use crate::okta::json::Json;
use crate::okta::request::{RegistrationFlow, RegistrationView};
use crate::okta::sources::response_schema;
use crate::okta::verdict::{Confidence, Text};
use crate::okta::{HookKind, pointer_to};

const UPDATE: &str = "com.okta.user.profile.update";
const PROGRESSIVE_UPDATE: &str = "com.okta.user.progressive.profile.update";
const DECISION: &str = "com.okta.action.update";

pub(super) fn judge<'a>(commands: &[Command<'a>], asked: Asked<'_>, findings: &mut Findings<'a>) -> Worst {
    let flow = match asked {
        Asked::Body(body) => RegistrationView::read(body).flow,
        // Where the request is not known, either command counts as right.
        Asked::Challenge(_) | Asked::NotGiven => RegistrationFlow::Unknown,
    };
    let mut worst = Worst::Good;
    let (mut n_allowed, mut n_denied) = (0, 0);
    for command in commands {
        match &*command.name {
            UPDATE | PROGRESSIVE_UPDATE => {
                worst = worst.max(judge_flow(command, flow, findings)).max(judge_profile(command, findings));
            }
            DECISION => match judge_decision(command, findings) {
                Some(Decision::Allow) => n_allowed += 1,
                Some(Decision::Deny) => n_denied += 1,
                None => worst = Worst::Impossible,
            },
            _ => {}
        }
    }
    if let (1.., 1.., Some(last)) = (n_allowed, n_denied, commands.iter().rfind(|command| command.name == DECISION)) {
        let message = "Say ALLOW or DENY, not both: that DENY counts is what this program expects, no page says so";
        findings.add_at(error_or("R16", message, false), format!("/commands/{}", last.idx), last.type_at);
    }
    worst.max(if n_denied > 0 { Worst::OnPurpose } else { Worst::Good })
}

fn error_or(id: &'static str, message: impl Into<Text>, is_error: bool) -> Note {
    let source = response_schema(HookKind::Registration);
    if is_error {
        Note::error(id, message, source, Confidence::D)
    } else {
        Note::warning(id, message, source, Confidence::U)
    }
}

/// T36: each flow has its own update command.
fn judge_flow<'a>(command: &Command<'a>, flow: RegistrationFlow, findings: &mut Findings<'a>) -> Worst {
    let message = match (flow, &*command.name) {
        (RegistrationFlow::ProgressiveProfile, UPDATE) => {
            format!("Write {PROGRESSIVE_UPDATE}: this request is a progressive profile, where {UPDATE} is invalid")
        }
        (RegistrationFlow::SelfService | RegistrationFlow::Classic, PROGRESSIVE_UPDATE) => {
            format!("Write {UPDATE}: this request is a self-service registration, not a progressive profile")
        }
        _ => return Worst::Good,
    };
    findings.add_at(error_or("R16", message, true), format!("/commands/{}/type", command.idx), command.type_at);
    Worst::Impossible
}

/// The value is an object of attributes, and none of them is the password.
fn judge_profile<'a>(command: &Command<'a>, findings: &mut Findings<'a>) -> Worst {
    let Some(value) = command.value else { return Worst::Good };
    let at = format!("/commands/{}/value", command.idx);
    let Some(profile) = value.object() else {
        let message = format!("value must be an object of attributes and their new values: it is {}", value.what());
        findings.add_at(error_or("R16", message, true), at, value);
        return Worst::Impossible;
    };
    let mut worst = Worst::Good;
    for member in profile.members().filter(|member| member.name.eq_ignore_ascii_case("password")) {
        let pointer = pointer_to(&at, &member.name);
        let message = format!("Take '{}' out: a registration hook can never set the password", short(&member.name));
        findings.add_at(error_or("R16", message, true), pointer, member.value);
        worst = Worst::Impossible;
    }
    worst
}

enum Decision {
    Allow,
    Deny,
}

/// None where the decision cannot be read.
fn judge_decision<'a>(command: &Command<'a>, findings: &mut Findings<'a>) -> Option<Decision> {
    let value = command.value?;
    let at = format!("/commands/{}/value", command.idx);
    let object = value.object();
    let decision = object.as_ref().and_then(|object| object.get("registration"));
    match decision.and_then(Json::string).as_deref() {
        Some("ALLOW") => return Some(Decision::Allow),
        Some("DENY") => return Some(Decision::Deny),
        _ => {}
    }
    let old_name = object.as_ref().is_some_and(|object| object.get("action").is_some());
    let message: Text = if decision.is_none() && old_name {
        findings.disagree(conflicts::REGISTRATION_DECISION);
        "Write {\"registration\": \"ALLOW\"} or DENY: the member action was an early name".into()
    } else {
        "Write {\"registration\": \"ALLOW\"} or {\"registration\": \"DENY\"}, in capitals".into()
    };
    let (place, pointer) = match decision {
        Some(decision) => (decision, format!("{at}/registration")),
        None => (value, at),
    };
    findings.add_at(error_or("R16", message, true), pointer, place);
    None
}
