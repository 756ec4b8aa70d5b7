//! T6: a web page came back, most often one that the handler never wrote.

use super::findings::{Findings, Note};
use crate::okta::HookKind;
use crate::okta::sources::{EVENT_HOOKS, INLINE_HOOKS};
use crate::okta::verdict::Confidence;

/// Adds the finding where a body begins as HTML does.
pub(super) fn add_finding(kind: HookKind, body: &[u8], findings: &mut Findings<'_>) {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if body.first() != Some(&b'<') {
        return;
    }
    let source = if matches!(kind, HookKind::Event | HookKind::Verification) { EVENT_HOOKS } else { INLINE_HOOKS };
    findings.add(Note::warning(
        "T6",
        "A web page came back: if the handler did not write it, it is an error or warning page of a tunnel, a proxy or a login",
        source,
        Confidence::I,
    ));
}
