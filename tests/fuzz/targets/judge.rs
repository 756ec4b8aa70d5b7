//! Judging never panics, and its findings have their places in the body, whatever is answered to whatever was asked.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/okta/mod.rs"]
mod okta;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use okta::{Answer, Asked, Credential, Exchange, HookKind};

// The first byte chooses kind and status, a zero byte parts the request from the answer.
fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let kinds = [HookKind::NAMED.as_slice(), &[HookKind::Unknown]].concat();
    let hook = kinds[usize::from(choice & 15) % kinds.len()];
    let status = [200, 200, 200, 200, 204, 201, 302, 400, 500][usize::from(*choice >> 4) % 9];
    let middle = rest.iter().position(|byte| *byte == 0);
    let (request, body) = match middle {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (&b""[..], rest),
    };
    let asked = match (hook, std::str::from_utf8(request)) {
        (HookKind::Verification, Ok(challenge)) => Asked::Challenge(challenge),
        _ if middle.is_none() => Asked::NotGiven,
        _ => Asked::Body(request),
    };
    let exchange = Exchange {
        hook,
        endpoint_hook: None,
        asked,
        answer: Answer::Complete { status, content_type: Some("application/json"), body },
        elapsed: Duration::from_millis(5),
        attempt: 1,
        credential: Credential::Good,
    };
    let verdict = okta::judge(&exchange);
    assert!(!verdict.summary.is_empty());
    for finding in &verdict.findings {
        assert_eq!(finding.line.is_some(), finding.column.is_some());
    }
    if let Some(effect) = okta::effect(&exchange, verdict.outcome) {
        let is_used = matches!(verdict.outcome, okta::Outcome::Applied | okta::Outcome::Denied);
        assert!(is_used || effect.before == effect.after, "{verdict:?}");
    }
});
