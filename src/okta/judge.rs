//! What will Okta do with this answer?
//!
//! Judging is pure and total, and it is on the way of every live call: it looks at slices of the texts, builds no tree, and
//! copies nothing but what a finding shows. Where to look next: `judge/inline.rs` holds the order in which the first line that
//! fits decides, `judge/table.rs` the closed table of what becomes of every answer, `judge/event.rs` and
//! `judge/verification.rs` the two calls of an event hook, `judge/commands.rs` the commands of each kind, `judge/request.rs` what is
//! to be said of the request.

mod body;
mod commands;
mod conflicts;
mod credential;
mod error_object;
mod event;
mod failure;
mod findings;
mod inline;
mod repeat;
mod request;
mod retry;
mod surroundings;
mod table;
mod unknown;
mod verification;
mod web_page;
mod words;

use std::time::Duration;

pub use repeat::{FirstAnswer, Repeat, SeenEvents, gap_text};
pub use retry::is_never_retried;

use super::kind::HookKind;
use super::verdict::Verdict;

/// What the credential checks said, as far as a verdict needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// It is right, or none is expected.
    Good,
    /// It is missing or wrong.
    Bad(BadCredential<'a>),
}

/// What is wrong with a credential, in short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BadCredential<'a> {
    /// None came where one is expected.
    pub is_missing: bool,
    /// Names of the first checks that failed, such as `basic-password`.
    pub failed: [Option<&'a str>; credential::NAMED_CHECKS],
    /// Checks that failed beside them.
    pub n_more: usize,
}

impl<'a> BadCredential<'a> {
    /// From the names of the checks that failed, in their order.
    pub fn new(is_missing: bool, failed: impl IntoIterator<Item = &'a str>) -> BadCredential<'a> {
        let mut names = failed.into_iter();
        BadCredential { is_missing, failed: std::array::from_fn(|_| names.next()), n_more: names.count() }
    }
}

/// The answer as far as it was written.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// The whole answer was accepted by the socket.
    Complete { status: u16, content_type: Option<&'a str>, body: &'a [u8] },
    /// It was cut off before its end. The reason is a short phrase such as `the connection was reset`.
    Partial { why: &'a str },
    /// Nothing was answered.
    None { why: &'a str },
}

/// What the request is known to have asked for.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// The request's body.
    Body(&'a [u8]),
    /// A verification, with the value of its challenge header.
    Challenge(&'a str),
    /// Not known: whatever depends on it counts as present, and one info finding says so.
    NotGiven,
}

/// One exchange to be judged. Everything is borrowed; judging copies nothing that is not shown.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    pub hook: HookKind,
    /// The kind that the endpoint expects, where the body named another.
    pub endpoint_hook: Option<HookKind>,
    pub asked: Asked<'a>,
    pub answer: Answer<'a>,
    pub elapsed: Duration,
    /// 1, or 2 for Okta's one retry.
    pub attempt: u8,
    pub credential: Credential<'a>,
}

impl<'a> Exchange<'a> {
    /// The body of a whole answer; empty where there is none.
    fn response_body(&self) -> &'a [u8] {
        match self.answer {
            Answer::Complete { body, .. } => body,
            Answer::Partial { .. } | Answer::None { .. } => &[],
        }
    }
}

/// Says what Okta will do with an answer. Pure, and total: every exchange gets a verdict.
pub fn judge(exchange: &Exchange<'_>) -> Verdict {
    match exchange.hook {
        HookKind::Event => event::judge(exchange),
        HookKind::Verification => verification::judge(exchange),
        HookKind::Unknown => unknown::judge(exchange),
        HookKind::Token
        | HookKind::Saml
        | HookKind::Registration
        | HookKind::PasswordImport
        | HookKind::UserImport
        | HookKind::Telephony => inline::judge(exchange),
    }
}
