//! Password import: VERIFIED lets the user in and stores the password, UNVERIFIED refuses the sign-in.

use super::super::findings::{Findings, Note};
use super::{Command, Worst};
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::sources::response_schema;
use crate::okta::verdict::Confidence;

pub(super) fn judge<'a>(commands: &[Command<'a>], findings: &mut Findings<'a>) -> Worst {
    let source = response_schema(HookKind::PasswordImport);
    let mut worst = Worst::Good;
    let (mut n_verified, mut n_unverified) = (0, 0);
    let own: Vec<&Command<'a>> = commands.iter().filter(|command| command.name == "com.okta.action.update").collect();
    for command in &own {
        let Some(value) = command.value else { continue };
        let credential = value.object().and_then(|object| object.get("credential"));
        match credential.and_then(Json::string).as_deref() {
            Some("VERIFIED") => n_verified += 1,
            Some("UNVERIFIED") => n_unverified += 1,
            _ => {
                let message = "Write {\"credential\": \"VERIFIED\"} or {\"credential\": \"UNVERIFIED\"}, in capitals";
                let at = format!("/commands/{}/value", command.idx);
                let (place, pointer) = match credential {
                    Some(credential) => (credential, format!("{at}/credential")),
                    None => (value, at),
                };
                findings.add_at(Note::error("R19", message, source, Confidence::D), pointer, place);
                worst = Worst::Impossible;
            }
        }
    }
    if let Some(second) = own.get(1) {
        let pointer = format!("/commands/{}", second.idx);
        if n_verified > 0 && n_unverified > 0 {
            let message = "Say VERIFIED or UNVERIFIED, not both: which one counts is not documented";
            findings.add_at(Note::warning("R19", message, source, Confidence::U), pointer, second.type_at);
            worst = worst.max(Worst::Contradiction);
        } else {
            let message = "Send one command: this hook has one thing to say";
            findings.add_at(Note::warning("R19", message, source, Confidence::D), pointer, second.type_at);
        }
    }
    worst.max(if n_unverified > 0 { Worst::OnPurpose } else { Worst::Good })
}
