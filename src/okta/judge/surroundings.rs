//! What is to be said of a call beside its answer: the credential, the endpoint, the request.

use super::findings::{Findings, Note};
use super::{Answer, Asked, Credential, Exchange, request};
use crate::okta::HookKind;
use crate::okta::sources::{BEST_PRACTICES, INLINE_HOOKS, SECURE_HOOKS, VERIFY_OPERATION};
use crate::okta::verdict::Confidence;

/// Adds the findings that do not depend on the answer's content.
pub(super) fn add_findings(exchange: &Exchange<'_>, findings: &mut Findings<'_>) {
    if exchange.credential == Credential::Bad {
        findings.add(credential_note(exchange));
    }
    if let Some(expected) = exchange.endpoint_hook
        && expected != exchange.hook
        && !matches!(exchange.hook, HookKind::Verification | HookKind::Unknown)
    {
        let hook = exchange.hook;
        let message = format!(
            "The body is that of a {hook} hook, but this endpoint expects {expected}: it is judged as {hook} and answered as \
             {expected}. Register the hook with the right URL, or change the endpoint's hook"
        );
        findings.add(Note::warning("kind-mismatch", message, INLINE_HOOKS, Confidence::I));
    }
    match (exchange.hook, exchange.asked) {
        (HookKind::Verification, Asked::Challenge(_)) | (HookKind::Event | HookKind::Unknown, _) => {}
        (HookKind::Verification, _) => findings.add(Note::info(
            "no-challenge",
            "The challenge is not given: only the shape of the answer is judged",
            VERIFY_OPERATION,
            Confidence::D,
        )),
        (_, Asked::NotGiven) => findings.add(Note::info(
            "no-request",
            "The request is not given: whatever depends on it counts as present",
            INLINE_HOOKS,
            Confidence::I,
        )),
        _ => {}
    }
    request::add_findings(exchange, findings);
}

fn credential_note(exchange: &Exchange<'_>) -> Note {
    let source = if exchange.hook == HookKind::Unknown { BEST_PRACTICES } else { SECURE_HOOKS };
    match exchange.answer {
        Answer::Complete { status: status @ (401 | 403), .. } => {
            let means = match exchange.hook {
                HookKind::Event => "Okta counts it as a failed delivery and does not send it again",
                HookKind::Verification => "the verification fails",
                HookKind::Unknown => "if this is a call of Okta's, it counts as failed",
                _ => "Okta counts it as a failed call, does not retry it, and goes on as this verdict says",
            };
            let message = format!(
                "The credential is missing or wrong and was refused with {status}: {means}. Set the same secret in Okta and here"
            );
            Note::error("R26", message, source, Confidence::D)
        }
        Answer::Complete { status, .. } => {
            let message = format!(
                "The credential is missing or wrong, yet the call was answered {status}, and Okta uses that answer: whoever \
                 knows the URL gets it too. Answer 401 where the credential is not right"
            );
            Note::error("R26", message, source, Confidence::D)
        }
        Answer::Partial { .. } | Answer::None { .. } => Note::error(
            "R26",
            "The credential is missing or wrong: set the same secret in Okta and here",
            source,
            Confidence::D,
        ),
    }
}
