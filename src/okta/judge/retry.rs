//! Does Okta send the call once more?

use crate::okta::HookKind;
use crate::okta::verdict::Retry;

/// How an answer counts when Okta decides on a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    Success,
    Redirect,
    ClientError,
    /// 5xx, late, cut off, or none at all.
    Failure,
}

impl Answered {
    /// A final status below 200 or above 599 is no answer that Okta documents: it counts as a redirect.
    pub(super) fn with(status: u16) -> Answered {
        match status {
            200..=299 => Answered::Success,
            400..=499 => Answered::ClientError,
            500..=599 => Answered::Failure,
            _ => Answered::Redirect,
        }
    }
}

/// True for the two kinds that Okta never retries (Okta developer docs, Inline hooks concept).
pub fn is_never_retried(kind: HookKind) -> bool {
    matches!(kind, HookKind::Token | HookKind::Telephony)
}

/// Okta developer docs, Inline hooks concept, Event hooks concept, Hooks best practices guide.
pub(super) fn retry(kind: HookKind, answered: Answered, attempt: u8) -> Retry {
    let said = |expected, why: &'static str| Retry { expected, why: why.into() };
    if attempt >= 2 {
        return said(Some(false), "This was the retry: Okta sends a call once more at most");
    }
    match (answered, kind) {
        (Answered::Success, _) => said(Some(false), "A 2xx is not retried"),
        (_, HookKind::Token) => said(Some(false), "Token hooks are never retried"),
        (_, HookKind::Telephony) => said(Some(false), "Telephony hooks are never retried"),
        (Answered::Redirect, _) => said(None, "Okta does not follow redirects; whether it retries them is not stated"),
        (Answered::ClientError, HookKind::Verification) => {
            said(Some(true), "A verification is retried once after an error answer")
        }
        (Answered::ClientError, _) => said(Some(false), "A 4xx is not retried"),
        (Answered::Failure, HookKind::Unknown) => {
            said(None, "Which hook this is, and so whether Okta retries it, is not known")
        }
        (Answered::Failure, _) => said(Some(true), "Okta sends a call once more after a timeout or a 5xx"),
    }
}
