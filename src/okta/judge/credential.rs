//! What a credential that is missing or wrong means for a call of its kind: refused, or answered all the same.

use super::findings::Note;
use super::{Answer, BadCredential, Credential, Exchange};
use crate::okta::HookKind;
use crate::okta::sources::{BEST_PRACTICES, EVENT_HOOKS, INLINE_HOOKS, SECURE_HOOKS, VERIFY_OPERATION};
use crate::okta::verdict::{Confidence, Text};

/// As many failed checks are named; the rest is counted.
pub(super) const NAMED_CHECKS: usize = 3;

/// True where a wrong credential was answered as the guides ask (Okta developer docs, Secure hooks guide).
pub(super) fn is_refused(exchange: &Exchange<'_>) -> bool {
    matches!((exchange.credential, exchange.answer), (Credential::Bad(_), Answer::Complete { status: 401 | 403, .. }))
}

/// The finding about a bad credential; none where it is good.
pub(super) fn note(exchange: &Exchange<'_>) -> Option<Note> {
    let Credential::Bad(bad) = exchange.credential else {
        return None;
    };
    let what = what(&bad);
    let note = match exchange.answer {
        Answer::Complete { status: status @ (401 | 403), .. } => {
            let (means, source) = refused(exchange.hook, exchange.attempt);
            let message =
                format!("{what} and was refused with {status}: {means}. Set the same secret in Okta and here");
            Note::error("R26", message, source, Confidence::D)
        }
        Answer::Complete { status, .. } => {
            let source = if exchange.hook == HookKind::Unknown { BEST_PRACTICES } else { SECURE_HOOKS };
            let message = format!(
                "{what}, yet the call was answered {status}: {}, and anyone who knows the URL can call. Set the same secret in \
                 Okta and here, and answer 401 where it is not right (enforce does that here)",
                answered_all_the_same(exchange.hook)
            );
            Note::error("R26", message, source, Confidence::D)
        }
        Answer::Partial { .. } | Answer::None { .. } => {
            Note::error("R26", format!("{what}: set the same secret in Okta and here"), SECURE_HOOKS, Confidence::D)
        }
    };
    Some(note)
}

/// `The credential is wrong (basic-user, basic-password)`
fn what(bad: &BadCredential<'_>) -> Text {
    let names: Vec<&str> = bad.failed.iter().flatten().copied().collect();
    match (bad.is_missing, names.is_empty()) {
        (true, _) => "The credential is missing".into(),
        (false, true) => "The credential is missing or wrong".into(),
        (false, false) if bad.n_more > 0 => {
            format!("The credential is wrong ({} and {} more)", names.join(", "), bad.n_more).into()
        }
        (false, false) => format!("The credential is wrong ({})", names.join(", ")).into(),
    }
}

/// What a 401 or 403 comes to. Okta developer docs, Inline hooks concept and Event hooks concept: a 4xx is a failed call that is
/// not retried.
fn refused(kind: HookKind, attempt: u8) -> (&'static str, &'static str) {
    match kind {
        HookKind::Token => {
            ("Okta does not retry a 4xx and issues the token without what the hook would change", INLINE_HOOKS)
        }
        HookKind::Saml => {
            ("Okta does not retry a 4xx and sends the assertion without what the hook would change", INLINE_HOOKS)
        }
        HookKind::Registration => {
            ("Okta does not retry a 4xx, and whoever registers or completes a profile is refused", INLINE_HOOKS)
        }
        HookKind::PasswordImport => {
            ("Okta does not retry a 4xx, the sign-in fails, and the hook runs again at the next one", INLINE_HOOKS)
        }
        HookKind::UserImport => {
            ("Okta does not retry a 4xx and imports the user without what the hook would change", INLINE_HOOKS)
        }
        HookKind::Telephony => ("Okta does not retry it, and its own provider sends the code", INLINE_HOOKS),
        HookKind::Event => ("Okta does not retry a 4xx, so this delivery is lost", EVENT_HOOKS),
        HookKind::Verification if attempt < 2 => (
            "the hook is not verified and gets no events, unless Okta's one retry of a verification succeeds",
            VERIFY_OPERATION,
        ),
        HookKind::Verification => ("the hook is not verified and gets no events", VERIFY_OPERATION),
        HookKind::Unknown => ("if this is a call of Okta's, it counts as failed and is not retried", BEST_PRACTICES),
    }
}

/// What an answer that went out in spite of a wrong credential comes to: Okta cannot know that it was not checked.
fn answered_all_the_same(kind: HookKind) -> &'static str {
    match kind {
        HookKind::Event => "the delivery counts as what the status says",
        HookKind::Verification => "the hook is verified or not by this answer alone",
        HookKind::Unknown => "the answer went out although the credential is not right",
        _ => "the answer went out although the credential is not right, and Okta uses it as this verdict says",
    }
}
