//! User import: profiles, and whether a user is created or linked.
//!
//! Okta OpenAPI 2026.06.3, UserImportResponse: `LINK_USER` needs the id of an Okta user in a command of its own.

use super::super::findings::{Findings, Note};
use super::super::words::short;
use super::{Command, Worst};
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::sources::response_schema;
use crate::okta::verdict::{Confidence, Text};

const SOURCE_KIND: HookKind = HookKind::UserImport;

/// The commands of one response, as far as they depend on each other.
#[derive(Default)]
struct Import<'c, 'a> {
    create: Option<&'c Command<'a>>,
    link: Option<&'c Command<'a>>,
    /// The first command that names a user.
    named: Option<&'c Command<'a>>,
}

pub(super) fn judge<'a>(commands: &[Command<'a>], findings: &mut Findings<'a>) -> Worst {
    let mut worst = Worst::Good;
    let mut import = Import::default();
    for command in commands {
        let judged = match &*command.name {
            "com.okta.appUser.profile.update" | "com.okta.user.profile.update" => judge_profile(command, findings),
            "com.okta.action.update" => judge_result(command, &mut import, findings),
            "com.okta.user.update" => {
                import.named.get_or_insert(command);
                judge_id(command, findings)
            }
            _ => Worst::Good,
        };
        worst = worst.max(judged);
    }
    worst.max(judge_together(&import, findings))
}

fn error(message: impl Into<Text>) -> Note {
    Note::error("R20", message, response_schema(SOURCE_KIND), Confidence::D)
}

fn judge_profile<'a>(command: &Command<'a>, findings: &mut Findings<'a>) -> Worst {
    let Some(value) = command.value else { return Worst::Good };
    if value.what() == "an object" {
        return Worst::Good;
    }
    let message = format!("value must be an object of attributes and their new values: it is {}", value.what());
    findings.add_at(error(message), format!("/commands/{}/value", command.idx), value);
    Worst::Impossible
}

fn judge_result<'c, 'a>(command: &'c Command<'a>, import: &mut Import<'c, 'a>, findings: &mut Findings<'a>) -> Worst {
    let Some(value) = command.value else { return Worst::Good };
    let at = format!("/commands/{}/value", command.idx);
    let given = value.object().and_then(|object| object.get("result"));
    let message: Text = match given.and_then(Json::string).as_deref() {
        Some("CREATE_USER") => {
            import.create.get_or_insert(command);
            return Worst::Good;
        }
        Some("LINK_USER") => {
            import.link.get_or_insert(command);
            return Worst::Good;
        }
        Some("CREATE") => "Write CREATE_USER instead of CREATE, which was an early name".into(),
        Some("LINK") => "Write LINK_USER instead of LINK".into(),
        _ => "Write {\"result\": \"CREATE_USER\"} or {\"result\": \"LINK_USER\"}, in capitals".into(),
    };
    let (place, pointer) = match given {
        Some(given) => (given, format!("{at}/result")),
        None => (value, at),
    };
    findings.add_at(error(message), pointer, place);
    Worst::Impossible
}

fn judge_id<'a>(command: &Command<'a>, findings: &mut Findings<'a>) -> Worst {
    let Some(value) = command.value else { return Worst::Good };
    let at = format!("/commands/{}/value", command.idx);
    let given = value.object().and_then(|object| object.get("id"));
    let id = given.and_then(Json::string).filter(|id| !id.trim().is_empty());
    let (Some(given), Some(id)) = (given, id) else {
        let (place, pointer) = match given {
            Some(given) => (given, format!("{at}/id")),
            None => (value, at),
        };
        findings.add_at(error("Write {\"id\": \"…\"} with the id of the Okta user to link to"), pointer, place);
        return Worst::Impossible;
    };
    if id.starts_with("00u") {
        return Worst::Good;
    }
    let message = if id.starts_with("00g") {
        format!("Give the id of a user, which begins 00u: '{}' is that of a group, as in Okta's own sample", short(&id))
    } else {
        format!("Give the id of a user, which begins 00u: '{}' does not look like one", short(&id))
    };
    let note = Note::warning("R20", message, response_schema(SOURCE_KIND), Confidence::D);
    findings.add_at(note, format!("{at}/id"), given);
    Worst::Good
}

/// What the commands say together, in whatever order they stand.
fn judge_together<'a>(import: &Import<'_, 'a>, findings: &mut Findings<'a>) -> Worst {
    let source = response_schema(SOURCE_KIND);
    let mut worst = Worst::Good;
    if let (Some(_), Some(link)) = (import.create, import.link) {
        let message = "Say CREATE_USER or LINK_USER, not both: which one counts is not documented";
        let note = Note::warning("R20", message, source, Confidence::U);
        findings.add_at(note, format!("/commands/{}", link.idx), link.type_at);
        worst = Worst::Contradiction;
    }
    let paired = match (import.link, import.named) {
        (Some(link), None) => {
            let message =
                "Add com.okta.user.update with the id of the Okta user: LINK_USER does not say whom to link to";
            findings.add_at(error(message), format!("/commands/{}", link.idx), link.type_at);
            Worst::Impossible
        }
        (None, Some(named)) => {
            let message = "Add com.okta.action.update with LINK_USER: the id of a user belongs to it, and alone it is not documented";
            let note = Note::warning("R20", message, source, Confidence::U);
            findings.add_at(note, format!("/commands/{}", named.idx), named.type_at);
            Worst::Good
        }
        _ => Worst::Good,
    };
    worst.max(paired)
}
