//! A call that came before: is it the retry that Okta promises, a duplicate that Okta allows, or neither?
//!
//! Okta does not document the pause before a retry nor whether it repeats `eventId`; what came is an observation, and where it
//! goes against a document the finding says so.

use super::conflicts::NEVER_RETRIED;
use super::retry::{Answered, is_never_retried, retry};
use crate::okta::HookKind;
use crate::okta::sources::{BEST_PRACTICES, EVENT_HOOKS, INLINE_HOOKS};
use crate::okta::verdict::{Confidence, Conflict, Finding, Retry, Severity, Text};

/// How the first of several calls with one `eventId` was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstAnswer {
    InTime(u16),
    /// After more than three seconds.
    Late(u16),
    /// Nothing was answered, or nothing in three seconds.
    Unanswered,
    /// It was under way, and still in time, when the repeat came.
    NotYet,
}

/// A call that has kind and `eventId` of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    pub kind: HookKind,
    /// Number of the first call within the session.
    pub first_call: u32,
    pub first: FirstAnswer,
    /// Microseconds between the arrival of the first call and this one.
    pub gap_us: i64,
    /// This one counts as Okta's one retry.
    pub is_retry: bool,
    /// A retry had come already before this one.
    pub after_retry: bool,
}

impl FirstAnswer {
    /// How a call was answered: the status, if any, and whether that was late.
    pub fn new(status: Option<u16>, is_late: bool) -> FirstAnswer {
        match status {
            Some(status) if is_late => FirstAnswer::Late(status),
            Some(status) => FirstAnswer::InTime(status),
            None => FirstAnswer::Unanswered,
        }
    }

    /// What Okta may send again: 3xx, 5xx, late or without an answer.
    pub fn is_bad(self) -> bool {
        match self {
            FirstAnswer::InTime(status) => (300..400).contains(&status) || status >= 500,
            FirstAnswer::Late(_) | FirstAnswer::Unanswered => true,
            FirstAnswer::NotYet => false,
        }
    }

    /// None while it is not answered.
    fn counts_as(self) -> Option<Answered> {
        match self {
            FirstAnswer::InTime(status) => Some(Answered::with(status)),
            FirstAnswer::Late(_) | FirstAnswer::Unanswered => Some(Answered::Failure),
            FirstAnswer::NotYet => None,
        }
    }

    fn said(self) -> String {
        match self {
            FirstAnswer::InTime(status) => format!("was answered {status}"),
            FirstAnswer::Late(status) => format!("was answered {status} after more than 3 s"),
            FirstAnswer::Unanswered => "was not answered in time".to_owned(),
            FirstAnswer::NotYet => "was not answered yet".to_owned(),
        }
    }
}

impl Repeat {
    /// Was a retry to be expected after the first answer, and why?
    pub fn expected(&self) -> Retry {
        if self.after_retry {
            return Retry { expected: Some(false), why: "Okta sends a call once more at most".into() };
        }
        match self.first.counts_as() {
            Some(answered) => retry(self.kind, answered, 1),
            None => Retry { expected: Some(false), why: "A retry follows a timeout or an error answer".into() },
        }
    }

    /// The two sides, where Okta's documents disagree on whether this repeat was to come.
    pub fn conflict(&self) -> Option<Conflict> {
        let is_failure = self.first.counts_as() == Some(Answered::Failure);
        (is_failure && !self.after_retry && is_never_retried(self.kind)).then_some(NEVER_RETRIED)
    }

    /// A delivery that is repeated although it was taken is allowed: Okta delivers at least once.
    fn is_allowed(&self) -> bool {
        let was_taken = matches!(self.first.counts_as(), None | Some(Answered::Success));
        self.kind == HookKind::Event && was_taken && !self.after_retry
    }

    /// What it is, in sentences that name the first call.
    pub fn sentences(&self) -> Vec<String> {
        let (first, gap) = (self.first_call, gap_text(self.gap_us));
        let what = match self.is_retry {
            true => format!("Attempt 2 of 2: it came {gap} after call {first}, with the same eventId"),
            false => format!("A duplicate of call {first}: it came {gap} later, with the same eventId"),
        };
        let answered = self.first.said();
        let Retry { expected, why } = self.expected();
        let whether = match expected {
            Some(true) => format!("A retry was expected: call {first} {answered}. {why}"),
            None => format!("Whether a retry was to come is not stated: call {first} {answered}. {why}"),
            Some(false) if self.is_allowed() => format!(
                "No retry was expected: call {first} {answered}. Okta delivers events at least once, so compare eventId before \
                 doing the work"
            ),
            Some(false) => format!("No retry was expected: call {first} {answered}. {why}"),
        };
        let mut sentences = vec![what, whether];
        if let Some(conflict) = self.conflict() {
            sentences.push(format!("Okta's documents disagree. {}. {}", conflict.one, conflict.other));
        }
        sentences
    }

    /// What is worth knowing about this repeat. Nothing is an error: the answer counts as it would without it.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let (first, gap) = (self.first_call, gap_text(self.gap_us));
        if self.kind == HookKind::Event {
            let message = format!(
                "This delivery has the eventId of call {first} and came {gap} after it: Okta delivers at least once, so compare \
                 eventId and do not do the work twice"
            );
            findings.push(info("T20", message, EVENT_HOOKS, Confidence::D, Some("/eventId")));
        }
        let Retry { expected, why } = self.expected();
        if expected == Some(true) || self.is_allowed() {
            return findings;
        }
        let source = match () {
            () if self.after_retry => BEST_PRACTICES,
            () if self.kind == HookKind::Event => EVENT_HOOKS,
            () => INLINE_HOOKS,
        };
        let answered = self.first.said();
        let (message, confidence) = match (expected, self.conflict()) {
            (None, _) => {
                (format!("Call {first} {answered} and came again {gap} later. {why}: this one was"), Confidence::U)
            }
            (_, Some(conflict)) => (
                format!(
                    "Call {first} {answered} and came again {gap} later, although no retry was expected. Okta's documents \
                     disagree: {}. {}",
                    conflict.one, conflict.other
                ),
                Confidence::D,
            ),
            (_, None) => (
                format!(
                    "Call {first} {answered} and came again {gap} later, although no retry was expected: {}",
                    lower(&why)
                ),
                Confidence::D,
            ),
        };
        findings.push(info("retry-observed", message, source, confidence, None));
        findings
    }
}

/// Events of a delivery that came before under another or the same `eventId`, or that are older than what came before them.
/// Calls are numbers within the session, events are positions in `data.events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenEvents {
    pub n_events: usize,
    pub n_duplicates: usize,
    /// The first event that came before, and the call that brought it.
    pub first_duplicate: Option<(usize, u32)>,
    pub n_out_of_order: usize,
    /// The first event that is older than one for the same target, and the call that brought that one.
    pub first_out_of_order: Option<(usize, u32)>,
}

impl SeenEvents {
    pub fn findings(&self) -> Vec<Finding> {
        let n_events = self.n_events;
        let mut findings = Vec::new();
        if let Some((event_idx, call)) = self.first_duplicate {
            let n = self.n_duplicates;
            let which = if n_events == 1 { "The event".to_owned() } else { format!("{n} of {n_events} events") };
            let message = format!(
                "{which} came before, in call {call}: compare data.events[].uuid before doing the work. Okta delivers at least \
                 once, and each hook that subscribes to an event gets it"
            );
            let pointer = format!("/data/events/{event_idx}/uuid");
            findings.push(info("T20", message, EVENT_HOOKS, Confidence::H, Some(&pointer)));
        }
        if let Some((event_idx, call)) = self.first_out_of_order {
            let n = self.n_out_of_order;
            let which = if n_events == 1 { "The event".to_owned() } else { format!("{n} of {n_events} events") };
            let was = if n == 1 { "was" } else { "were" };
            let message = format!(
                "{which} {was} published before an event that came earlier for the same target, in call {call}: sort by \
                 published, since Okta promises no order"
            );
            let pointer = format!("/data/events/{event_idx}/published");
            findings.push(info("T21", message, EVENT_HOOKS, Confidence::D, Some(&pointer)));
        }
        findings
    }
}

fn info(
    id: &'static str,
    message: String,
    source: &'static str,
    confidence: Confidence,
    request_pointer: Option<&str>,
) -> Finding {
    let request_pointer = request_pointer.map(str::to_owned);
    Finding { request_pointer, ..Finding::of_call(id, Severity::Info, message, source, confidence) }
}

/// Milliseconds below a second, seconds below two minutes, else minutes and seconds.
pub fn gap_text(micros: i64) -> String {
    let millis = micros.max(0) / 1_000;
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..120_000 => format!("{}.{:02} s", millis / 1_000, millis % 1_000 / 10),
        _ => format!("{} min {} s", millis / 60_000, millis / 1_000 % 60),
    }
}

/// A sentence in the middle of another.
fn lower(sentence: &Text) -> String {
    let mut characters = sentence.chars();
    match characters.next() {
        // Names such as Okta keep their capital.
        Some(first) if !sentence.starts_with("Okta") => first.to_lowercase().chain(characters).collect(),
        _ => sentence.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn repeat(kind: HookKind, status: u16, is_retry: bool) -> Repeat {
        let first = FirstAnswer::InTime(status);
        Repeat { kind, first_call: 6, first, gap_us: 412_300, is_retry, after_retry: false }
    }

    fn ids(repeat: Repeat) -> Vec<(String, Confidence)> {
        repeat.findings().into_iter().map(|finding| (finding.id.into_owned(), finding.confidence)).collect()
    }

    #[test]
    fn the_retry_of_a_failed_delivery_is_expected_and_only_told_as_the_same_delivery() {
        let retry = repeat(HookKind::Event, 503, true);
        assert_eq!(retry.expected().expected, Some(true));
        assert_eq!(ids(retry), [("T20".to_owned(), Confidence::D)]);
        assert_eq!(
            retry.sentences(),
            [
                "Attempt 2 of 2: it came 412 ms after call 6, with the same eventId",
                "A retry was expected: call 6 was answered 503. Okta sends a call once more after a timeout or a 5xx"
            ]
        );
    }

    #[test]
    fn a_second_delivery_of_what_was_taken_is_allowed() {
        let duplicate = repeat(HookKind::Event, 204, false);
        assert_eq!(ids(duplicate), [("T20".to_owned(), Confidence::D)]);
        assert!(duplicate.sentences()[0].starts_with("A duplicate of call 6: it came 412 ms later"));
        assert!(duplicate.sentences()[1].contains("at least once"));
    }

    #[test]
    fn a_retry_that_the_documents_rule_out_is_an_observation() {
        let after_4xx = repeat(HookKind::Event, 400, false);
        assert_eq!(ids(after_4xx)[1], ("retry-observed".to_owned(), Confidence::D));
        let inline_after_200 = repeat(HookKind::Saml, 200, false);
        assert_eq!(ids(inline_after_200), [("retry-observed".to_owned(), Confidence::D)]);
        let message = inline_after_200.findings()[0].message.to_string();
        assert!(message.contains("was answered 200 and came again 412 ms later"), "{message}");
        assert!(message.ends_with("no retry was expected: a 2xx is not retried"), "{message}");
        let third = Repeat { after_retry: true, ..repeat(HookKind::Registration, 500, false) };
        assert!(third.findings()[0].message.ends_with("Okta sends a call once more at most"));
        assert_eq!(third.findings()[0].source, BEST_PRACTICES);
    }

    #[test]
    fn where_the_documents_disagree_both_sides_are_said() {
        for kind in [HookKind::Token, HookKind::Telephony] {
            let retry = repeat(kind, 500, true);
            let message = retry.findings()[0].message.to_string();
            assert!(message.contains("Okta's documents disagree"), "{message}");
            assert!(message.contains("never retried") && message.contains("retried once"), "{message}");
            assert_eq!(retry.sentences().len(), 3);
        }
        assert_eq!(repeat(HookKind::Saml, 500, true).conflict(), None);
        assert_eq!(ids(repeat(HookKind::Saml, 500, true)), []);
    }

    #[test]
    fn after_a_redirect_or_a_late_answer_it_says_what_is_known() {
        let redirect = repeat(HookKind::Saml, 302, true);
        assert_eq!(ids(redirect), [("retry-observed".to_owned(), Confidence::U)]);
        let late = Repeat { first: FirstAnswer::Late(200), ..repeat(HookKind::Saml, 0, true) };
        assert_eq!(late.expected().expected, Some(true));
        assert!(late.sentences()[1].contains("was answered 200 after more than 3 s"));
        let none = Repeat { first: FirstAnswer::Unanswered, ..late };
        assert!(none.sentences()[1].contains("was not answered in time"));
        let early = Repeat { first: FirstAnswer::NotYet, ..repeat(HookKind::Event, 0, false) };
        assert!(early.sentences()[1].contains("was not answered yet"));
        assert_eq!(ids(early), [("T20".to_owned(), Confidence::D)]);
    }

    #[test]
    fn both_kinds_of_duplicates_and_the_order_are_findings_of_their_own() {
        let seen = SeenEvents {
            n_events: 3,
            n_duplicates: 2,
            first_duplicate: Some((1, 4)),
            n_out_of_order: 1,
            first_out_of_order: Some((0, 5)),
        };
        let findings = seen.findings();
        let said: Vec<(&str, Option<&str>)> =
            findings.iter().map(|finding| (&*finding.id, finding.request_pointer.as_deref())).collect();
        assert_eq!(said, [("T20", Some("/data/events/1/uuid")), ("T21", Some("/data/events/0/published"))]);
        assert!(findings[0].message.starts_with("2 of 3 events came before, in call 4"));
        assert!(findings[1].message.starts_with("1 of 3 events was published before"));
        assert!(findings.iter().all(|finding| finding.severity == Severity::Info));
    }

    #[test]
    fn a_gap_is_said_in_the_unit_that_fits() {
        for (micros, text) in [
            (-5, "0 ms"),
            (999_999, "999 ms"),
            (1_240_000, "1.24 s"),
            (119_990_000, "119.99 s"),
            (185_000_000, "3 min 5 s"),
        ] {
            assert_eq!(gap_text(micros), text);
        }
    }
}
