//! The commands of a response: are they of this kind, and do their values make sense by themselves?
//!
//! [`judge_commands`] is the seam: it knows the types of each kind, and hands the values to the kind's own file. What depends
//! on the request's data (patches, profiles) is judged where that data is known.

mod command_type;
mod inspection;
mod password_import;
mod registration;
mod reserved;
mod saml;
mod telephony;
mod token;
mod user_import;

use std::borrow::Cow;

use super::Asked;
use super::findings::{Findings, Note};
use super::words::short;
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::sources;
use crate::okta::verdict::{Confidence, Conflict, Text};

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
    /// A telephony status whose effect nobody states.
    Pending,
    /// DENY, UNVERIFIED, FAILED.
    OnPurpose,
    /// A claim that one of Okta's lists reserves, and another does not.
    DoubtfulClaim,
    /// Values that contradict each other.
    Contradiction,
    /// Shape, path, target or value.
    Impossible,
    /// A type that no hook, or only another hook, knows.
    UnknownType,
}

/// What the commands of a response come to, and which of them is to blame.
#[derive(Clone, Debug)]
pub(super) struct Ruling {
    pub(super) worst: Worst,
    /// Why, as a part of a sentence such as `claim 'locale' does not exist`; of several, the first that is as bad.
    pub(super) why: Option<Text>,
    /// Where Okta's documents disagree on what decided.
    pub(super) conflict: Option<Conflict>,
}

impl Ruling {
    pub(super) const GOOD: Ruling = Ruling { worst: Worst::Good, why: None, conflict: None };

    /// Takes the other one's place where it is worse.
    fn or_worse(self, other: Ruling) -> Ruling {
        if other.worst > self.worst || self.worst == Worst::Good { other } else { self }
    }
}

impl From<Worst> for Ruling {
    fn from(worst: Worst) -> Ruling {
        Ruling { worst, ..Ruling::GOOD }
    }
}

/// Judges the commands of one response: the worst one decides.
pub(super) fn judge_commands<'a>(
    kind: HookKind,
    commands: &[Command<'a>],
    asked: Asked<'_>,
    findings: &mut Findings<'a>,
) -> Ruling {
    let mut ruling = Ruling::GOOD;
    for command in commands {
        if !command_type::of_kind(kind).contains(&&*command.name) {
            let message = command_type::advice(kind, &command.name);
            let note = Note::error("R10", message, sources::response_schema(kind), Confidence::D);
            findings.add_at(note, format!("/commands/{}/type", command.idx), command.type_at);
            let why = format!("'{}' is no command of a {kind} hook", short(&command.name)).into();
            ruling = ruling.or_worse(Ruling { why: Some(why), ..Worst::UnknownType.into() });
        }
    }
    ruling.or_worse(judge_values(kind, commands, asked, findings))
}

/// The values, by kind.
fn judge_values<'a>(kind: HookKind, commands: &[Command<'a>], asked: Asked<'_>, findings: &mut Findings<'a>) -> Ruling {
    match kind {
        HookKind::Token => token::judge(commands, asked, findings),
        HookKind::Saml => saml::judge(commands, asked, findings),
        HookKind::Registration => registration::judge(commands, asked, findings).into(),
        HookKind::PasswordImport => password_import::judge(commands, findings).into(),
        HookKind::UserImport => user_import::judge(commands, findings).into(),
        HookKind::Telephony => telephony::judge(commands, findings).into(),
        HookKind::Event | HookKind::Verification | HookKind::Unknown => Ruling::GOOD,
    }
}
