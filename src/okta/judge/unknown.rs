//! A call of which nobody knows what hook it is.

use super::failure::{self, Failure};
use super::findings::Findings;
use super::retry::{Answered, retry};
use super::{Answer, Exchange, surroundings};
use crate::okta::HookKind;
use crate::okta::verdict::{Confidence, Outcome, Text, Verdict};

pub(super) fn judge(exchange: &Exchange<'_>) -> Verdict {
    let mut findings = Findings::of(exchange.response_body());
    let failure = Failure::of(exchange);
    failure::add_findings(exchange, failure.as_ref(), &mut findings);
    surroundings::add_findings(exchange, &mut findings);
    let answered = match (&failure, exchange.answer) {
        (None, Answer::Complete { status, .. }) => Answered::with(status),
        _ => Answered::Failure,
    };
    let summary: Text = match failure {
        Some(failure) => {
            format!("{}, and this is no known hook call: nothing can be said of it", failure.as_reason()).into()
        }
        None => "This is no known hook call: nothing can be said of what Okta does with the answer".into(),
    };
    Verdict {
        outcome: Outcome::Undocumented,
        summary,
        confidence: Confidence::U,
        user_sees: None,
        system_log: None,
        conflict: None,
        retry: retry(HookKind::Unknown, answered, exchange.attempt),
        findings: findings.into_list(),
    }
}
