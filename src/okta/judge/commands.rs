//! The commands of a response: are they of this kind, and do their values make sense by themselves?
//!
//! [`judge_commands`] is the seam: it knows the types of each kind, and hands the values to the kind's own file. What depends
//! on the request's data (patches, profiles) is judged where that data is known.

mod command_type;
mod password_import;
mod registration;
mod saml;
mod telephony;
mod token;
mod user_import;

use std::borrow::Cow;

use super::Asked;
use super::findings::{Findings, Note};
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::sources;
use crate::okta::verdict::Confidence;

/// A command with a string `type`.
#[derive(Debug)]
pub(super) struct Command<'a> {
    /// Its place in the list.
    pub(super) idx: usize,
    pub(super) name: Cow<'a, str>,
    pub(super) type_at: Json<'a>,
    /// None where it is missing or null.
    pub(super) value: Option<Json<'a>>,
}

/// What the worst of several commands comes to; later variants outweigh earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worst {
    Good,
    /// DENY, UNVERIFIED, FAILED.
    OnPurpose,
    /// A telephony status whose effect nobody states.
    Pending,
    /// Values that contradict each other.
    Contradiction,
    /// Shape, path, target or value.
    Impossible,
    /// A type that no hook, or only another hook, knows.
    UnknownType,
}

/// Judges the commands of one response: the worst one decides.
pub(super) fn judge_commands<'a>(
    kind: HookKind,
    commands: &[Command<'a>],
    asked: Asked<'_>,
    findings: &mut Findings<'a>,
) -> Worst {
    let mut worst = Worst::Good;
    for command in commands {
        if !command_type::of_kind(kind).contains(&&*command.name) {
            let message = command_type::advice(kind, &command.name);
            let note = Note::error("R10", message, sources::response_schema(kind), Confidence::D);
            findings.add_at(note, format!("/commands/{}/type", command.idx), command.type_at);
            worst = Worst::UnknownType;
        }
    }
    worst.max(judge_values(kind, commands, asked, findings))
}

/// The values, by kind.
fn judge_values<'a>(kind: HookKind, commands: &[Command<'a>], asked: Asked<'_>, findings: &mut Findings<'a>) -> Worst {
    match kind {
        HookKind::Token => token::judge(commands, asked, findings),
        HookKind::Saml => saml::judge(commands, asked, findings),
        HookKind::Registration => registration::judge(commands, asked, findings),
        HookKind::PasswordImport => password_import::judge(commands, findings),
        HookKind::UserImport => user_import::judge(commands, findings),
        HookKind::Telephony => telephony::judge(commands, findings),
        HookKind::Event | HookKind::Verification | HookKind::Unknown => Worst::Good,
    }
}
