//! The delivery of an event hook: nothing that is answered changes what happened, but Okta may count the delivery as lost.

use super::failure::{self, Failure};
use super::findings::{Findings, Note};
use super::retry::{Answered, retry};
use super::{Answer, Exchange, credential, surroundings, web_page, words};
use crate::okta::HookKind;
use crate::okta::sources::EVENT_HOOKS;
use crate::okta::verdict::{Confidence, Outcome, Text, Verdict};

/// The System Log event of a delivery that failed; a delivery that is taken is not logged.
const DELIVERY_LOG: &str = "event_hook.delivery";

pub(super) fn judge(exchange: &Exchange<'_>) -> Verdict {
    let mut findings = Findings::of(exchange.response_body());
    let failure = Failure::of(exchange);
    failure::add_findings(exchange, failure.as_ref(), &mut findings);
    let slow = failure.is_none() && exchange.elapsed.as_millis() > 2_000;
    if slow {
        findings.add(Note::warning(
            "R24",
            "Answer a delivery before the work begins, not after it",
            EVENT_HOOKS,
            Confidence::D,
        ));
    }
    let (answered, outcome, confidence, said): (Answered, Outcome, Confidence, Text) = match (&failure, exchange.answer)
    {
        (None, Answer::Complete { status, body, .. }) => {
            let answered = Answered::with(status);
            let (outcome, confidence) = table(status);
            web_page::add_finding(HookKind::Event, body, &mut findings);
            add_answer_findings(status, body, &mut findings);
            let refused = credential::is_refused(exchange);
            (answered, outcome, confidence, if refused { words::credential_refused(status) } else { reason(status) })
        }
        (Some(failure), _) => {
            let message = match failure {
                Failure::Late(_) => {
                    "Answer a delivery before the work begins, not after it: Okta counts this one as failed, even if the work succeeded"
                }
                Failure::CutOff(_) | Failure::NoAnswer(_) => {
                    "Answer every delivery with 200 or 204 within 3,000 ms: Okta counts this one as failed"
                }
            };
            findings.add(Note::error("R24", message, EVENT_HOOKS, Confidence::D));
            (Answered::Failure, Outcome::Failed, Confidence::D, failure.as_reason())
        }
        (None, Answer::Partial { .. } | Answer::None { .. }) => {
            (Answered::Failure, Outcome::Failed, Confidence::D, "No whole answer came".into())
        }
    };
    let retry = retry(HookKind::Event, answered, exchange.attempt);
    let summary = if outcome == Outcome::Accepted {
        said
    } else if retry.expected == Some(true) {
        format!("{said}: if the retry fails too, this delivery is lost").into()
    } else {
        format!("{said}: this delivery is lost").into()
    };
    surroundings::add_findings(exchange, &mut findings);
    Verdict {
        outcome,
        summary,
        confidence,
        user_sees: None,
        system_log: (outcome == Outcome::Failed).then_some(DELIVERY_LOG.into()),
        conflict: None,
        retry,
        findings: findings.into_list(),
    }
}

fn table(status: u16) -> (Outcome, Confidence) {
    match status {
        200 | 204 => (Outcome::Accepted, Confidence::D),
        201..=299 => (Outcome::Accepted, Confidence::I),
        400..=599 => (Outcome::Failed, Confidence::D),
        _ => (Outcome::Failed, Confidence::I),
    }
}

fn reason(status: u16) -> Text {
    match status {
        200 => "Delivered: Okta takes 200 as received".into(),
        204 => "Delivered: Okta takes 204 as received".into(),
        201..=299 => format!("Delivered: {status} is a success, though only 200 and 204 are promised").into(),
        300..=399 => format!("{status} is not followed").into(),
        _ => format!("{status} counts as a failed delivery").into(),
    }
}

fn add_answer_findings(status: u16, body: &[u8], findings: &mut Findings<'_>) {
    match status {
        200 | 204 => {}
        201..=299 => {
            let message = format!("Answer 200 or 204: {status} is a success by the general rule only");
            findings.add(Note::warning("R24", message, EVENT_HOOKS, Confidence::I));
        }
        300..=399 => {
            let message = format!(
                "Answer at the registered URL itself: Okta does not follow the redirect of a {status} (to https, to a trailing slash, to a login)"
            );
            findings.add(Note::error("R24", message, EVENT_HOOKS, Confidence::I));
        }
        _ => {
            let message = format!("Answer 200 or 204 as soon as the delivery has come: {status} counts as failed");
            findings.add(Note::error("R24", message, EVENT_HOOKS, Confidence::D));
        }
    }
    if (200..300).contains(&status) && !body.is_empty() {
        findings.add(Note::warning(
            "R24",
            "Leave the body empty: Okta does not read what a delivery is answered with",
            EVENT_HOOKS,
            Confidence::D,
        ));
    }
}
