//! Telephony: what became of the message that the service sent.
//!
//! Okta OpenAPI 2026.06.3, TelephonyResponse: `value` is an array, `status` exactly one of three words.

use super::super::findings::{Findings, Note};
use super::{Command, Worst};
use crate::okta::HookKind;
use crate::okta::json::{Json, Object};
use crate::okta::sources::{TELEPHONY_GUIDE, TELEPHONY_HELP, response_schema};
use crate::okta::verdict::{Confidence, Text};

pub(super) fn judge<'a>(commands: &[Command<'a>], findings: &mut Findings<'a>) -> Worst {
    let mut worst = Worst::Good;
    let own: Vec<&Command<'a>> =
        commands.iter().filter(|command| command.name == "com.okta.telephony.action").collect();
    for command in &own {
        let Some(value) = command.value else { continue };
        worst = worst.max(judge_value(command.idx, value, findings));
    }
    if let Some(second) = own.get(1) {
        let message = "Send one command: several are allowed by the guide, the schema speaks of one";
        let note = Note::warning("R21", message, TELEPHONY_GUIDE, Confidence::D);
        findings.add_at(note, format!("/commands/{}", second.idx), second.type_at);
    }
    worst
}

fn judge_value<'a>(idx: usize, value: Json<'a>, findings: &mut Findings<'a>) -> Worst {
    let source = response_schema(HookKind::Telephony);
    let error = |message: Text| Note::error("R21", message, source, Confidence::D);
    let pointer = format!("/commands/{idx}/value");
    let Some(elements) = value.array() else {
        let message = format!("value must be an array, even for one element: it is {}", value.what());
        findings.add_at(error(message.into()), pointer, value);
        return Worst::Impossible;
    };
    if elements.is_empty() {
        findings.add_at(error("value must hold an element with a status: it is empty".into()), pointer, value);
        return Worst::Impossible;
    }
    if elements.len() > 1 {
        let message = "Give value one element: what Okta makes of several is not stated";
        findings.add_at(Note::warning("R21", message, source, Confidence::U), pointer.clone(), value);
    }
    let mut worst = Worst::Good;
    for (element_idx, element) in elements.into_iter().enumerate() {
        let pointer = format!("{pointer}/{element_idx}");
        let Some(object) = element.object() else {
            let message = format!("An element of value must be an object with a status: this is {}", element.what());
            findings.add_at(error(message.into()), pointer, element);
            worst = worst.max(Worst::Impossible);
            continue;
        };
        worst = worst.max(judge_status(&object, element, &pointer, findings));
        for name in ["provider", "transactionId", "transactionMetadata"] {
            if let Some(given) = object.get(name)
                && given.string().is_none()
            {
                let message = format!("{name} must be a string or null: it is {}", given.what());
                findings.add_at(error(message.into()), format!("{pointer}/{name}"), given);
                worst = worst.max(Worst::Impossible);
            }
        }
    }
    worst
}

fn judge_status<'a>(object: &Object<'a>, element: Json<'a>, pointer: &str, findings: &mut Findings<'a>) -> Worst {
    let status = object.get("status");
    let at = format!("{pointer}/status");
    match (status.and_then(Json::string).as_deref(), status) {
        (Some("SUCCESSFUL"), _) => Worst::Good,
        (Some("FAILED"), Some(status)) => {
            let message = "FAILED makes Okta's own provider send the code, and that is heavily rate-limited";
            findings.add_at(Note::warning("R21", message, TELEPHONY_HELP, Confidence::I), at, status);
            Worst::OnPurpose
        }
        (Some("PENDING"), Some(status)) => {
            let message = "Answer SUCCESSFUL or FAILED if it is known: what Okta does after PENDING is not stated";
            findings.add_at(Note::warning("R21", message, TELEPHONY_GUIDE, Confidence::U), at, status);
            Worst::Pending
        }
        _ => {
            let message = "status is exactly SUCCESSFUL, PENDING or FAILED, in capitals";
            let note = Note::error("R21", message, response_schema(HookKind::Telephony), Confidence::D);
            match status {
                Some(status) => findings.add_at(note, at, status),
                None => findings.add_at(note, pointer, element),
            }
            Worst::Impossible
        }
    }
}
