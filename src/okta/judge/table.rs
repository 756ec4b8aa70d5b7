//! The closed table: what becomes of every answer to an inline hook.
//!
//! Where Okta's documents give an expectation, even an inferred one, that is the outcome; only where they give none it is
//! `undocumented`. One function for each line of the table, the kinds side by side.

use super::body::Content;
use super::commands::{Ruling, Worst};
use super::conflicts;
use super::inline::Line;
use crate::okta::HookKind;
use crate::okta::verdict::Confidence::{self, D, I, U};
use crate::okta::verdict::Conflict;
use crate::okta::verdict::Outcome::{self, Applied, Denied, Fallback, Ignored, Refused, Unchanged, Undocumented};

/// One cell of the table.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) outcome: Outcome,
    pub(super) confidence: Confidence,
    pub(super) conflict: Option<Conflict>,
}

impl Cell {
    const fn of(outcome: Outcome, confidence: Confidence) -> Cell {
        Cell { outcome, confidence, conflict: None }
    }

    fn against(self, conflict: Conflict) -> Cell {
        Cell { conflict: Some(conflict), ..self }
    }
}

/// Finds the cell of a kind and a line.
pub(super) fn cell(kind: HookKind, line: &Line<'_>) -> Cell {
    match line {
        Line::Failed(_) | Line::ServerError(_) => failed(kind),
        Line::Redirect(_) => Cell::of(unusable(kind), if is_documented_without_200(kind) { D } else { I }),
        Line::ClientError(_) => Cell::of(unusable(kind), D),
        Line::TelephonyNot200(_) => Cell::of(Fallback, D).against(conflicts::TELEPHONY_2XX),
        Line::TokenNot200(_) => Cell::of(Ignored, D).against(conflicts::TOKEN_2XX),
        Line::NoContent => no_content(kind),
        Line::Content(content) => by_content(kind, content),
    }
}

/// For token and telephony hooks every status but 200 is documented as a failure.
fn is_documented_without_200(kind: HookKind) -> bool {
    matches!(kind, HookKind::Token | HookKind::Telephony)
}

/// What an answer that cannot be used comes to.
fn unusable(kind: HookKind) -> Outcome {
    match kind {
        HookKind::Registration | HookKind::PasswordImport => Refused,
        HookKind::Telephony => Fallback,
        _ => Ignored,
    }
}

fn failed(kind: HookKind) -> Cell {
    let cell = Cell::of(unusable(kind), D);
    if super::retry::is_never_retried(kind) { cell.against(conflicts::NEVER_RETRIED) } else { cell }
}

fn no_content(kind: HookKind) -> Cell {
    match kind {
        HookKind::Token => Cell::of(Unchanged, D).against(conflicts::TOKEN_204),
        HookKind::PasswordImport => Cell::of(Denied, D),
        HookKind::Telephony => Cell::of(Fallback, D).against(conflicts::TELEPHONY_2XX),
        _ => Cell::of(Unchanged, D),
    }
}

fn by_content(kind: HookKind, content: &Content<'_>) -> Cell {
    match (content, kind) {
        (Content::Oversized, _) => Cell::of(Undocumented, U),
        (Content::Empty, HookKind::Telephony) => Cell::of(Fallback, I).against(conflicts::TELEPHONY_SKIPPED),
        (Content::Empty, _) => Cell::of(Undocumented, U),
        (Content::NotEnvelope(_), HookKind::Telephony) => Cell::of(Fallback, D).against(conflicts::TELEPHONY_SKIPPED),
        (Content::NotEnvelope(_), kind) => Cell::of(unusable(kind), I),
        (Content::Error(_), kind) => error(kind),
        (Content::NoMembers | Content::NoCommands, HookKind::Telephony) => {
            Cell::of(Fallback, D).against(conflicts::TELEPHONY_SKIPPED)
        }
        (Content::NoMembers | Content::NoCommands, HookKind::PasswordImport) => Cell::of(Denied, I),
        (Content::NoMembers, HookKind::Token | HookKind::UserImport) => Cell::of(Unchanged, D),
        (Content::NoMembers | Content::NoCommands, _) => Cell::of(Unchanged, I),
        (Content::Commands(ruling), kind) => commands(kind, ruling),
    }
}

fn error(kind: HookKind) -> Cell {
    match kind {
        HookKind::Saml => Cell::of(Denied, D).against(conflicts::SAML_ERROR),
        HookKind::PasswordImport => Cell::of(Denied, I),
        HookKind::UserImport => Cell::of(Undocumented, U),
        HookKind::Telephony => Cell::of(Fallback, D),
        _ => Cell::of(Denied, D),
    }
}

fn commands(kind: HookKind, ruling: &Ruling) -> Cell {
    let cell = match (ruling.worst, kind) {
        (Worst::Good, _) => Cell::of(Applied, D),
        (Worst::OnPurpose, HookKind::Telephony) => Cell::of(Fallback, I),
        (Worst::OnPurpose, _) => Cell::of(Denied, D),
        (Worst::Pending | Worst::DoubtfulClaim | Worst::Contradiction, _) => Cell::of(Undocumented, U),
        (Worst::Impossible | Worst::UnknownType, HookKind::Token) => Cell::of(Ignored, D),
        (Worst::Impossible | Worst::UnknownType, HookKind::Saml) => Cell::of(Ignored, I),
        (Worst::Impossible | Worst::UnknownType, HookKind::Telephony) => {
            Cell::of(Fallback, D).against(conflicts::TELEPHONY_SKIPPED)
        }
        (Worst::Impossible | Worst::UnknownType, _) => Cell::of(Undocumented, U),
    };
    Cell { conflict: cell.conflict.or_else(|| ruling.conflict.clone()), ..cell }
}
