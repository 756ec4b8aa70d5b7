//! Registration: the decision in `com.okta.action.update`.
//!
//! The member is `registration` (Okta OpenAPI 2026.06.3, RegistrationResponse, samples); the schema's prose and samples of 2019
//! say `action`.

use super::super::Asked;
use super::super::findings::{Findings, Note};
use super::{Command, Worst};
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::sources::response_schema;
use crate::okta::verdict::{Confidence, Text};

pub(super) fn judge<'a>(commands: &[Command<'a>], _asked: Asked<'_>, findings: &mut Findings<'a>) -> Worst {
    let decisions = commands.iter().filter(|command| command.name == "com.okta.action.update");
    let mut denied = false;
    let mut worst = Worst::Good;
    for command in decisions {
        let Some(value) = command.value else { continue };
        let at = format!("/commands/{}/value", command.idx);
        let object = value.object();
        let decision = object.as_ref().and_then(|object| object.get("registration"));
        match decision.and_then(Json::string).as_deref() {
            Some("ALLOW") => {}
            Some("DENY") => denied = true,
            _ => {
                let old_name = object.as_ref().is_some_and(|object| object.get("action").is_some());
                let message: Text = if decision.is_none() && old_name {
                    "Write {\"registration\": \"ALLOW\"} or DENY: the member action was an early name".into()
                } else {
                    "Write {\"registration\": \"ALLOW\"} or {\"registration\": \"DENY\"}, in capitals".into()
                };
                let (place, pointer) = match decision {
                    Some(decision) => (decision, format!("{at}/registration")),
                    None => (value, at),
                };
                let note = Note::error("R16", message, response_schema(HookKind::Registration), Confidence::D);
                findings.add_at(note, pointer, place);
                worst = Worst::Impossible;
            }
        }
    }
    worst.max(if denied { Worst::OnPurpose } else { Worst::Good })
}
