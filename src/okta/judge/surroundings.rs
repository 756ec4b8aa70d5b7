//! What is to be said of a call beside its answer: the credential, the endpoint, the request.

use super::findings::{Findings, Note};
use super::{Asked, Exchange, credential, request};
use crate::okta::HookKind;
use crate::okta::sources::{INLINE_HOOKS, VERIFY_OPERATION};
use crate::okta::verdict::Confidence;

/// Adds the findings that do not depend on the answer's content.
pub(super) fn add_findings(exchange: &Exchange<'_>, findings: &mut Findings<'_>) {
    if let Some(note) = credential::note(exchange) {
        findings.add(note);
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
