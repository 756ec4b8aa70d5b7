//! Time, and answers that never came.

use std::time::Duration;

use super::findings::{Findings, Note};
use super::{Answer, Exchange};
use crate::okta::HookKind;
use crate::okta::sources::{BEST_PRACTICES, EVENT_HOOKS, INLINE_HOOKS, VERIFY_OPERATION};
use crate::okta::verdict::{Confidence, Text};

/// The time that Okta waits (Okta developer docs, Inline hooks concept and Event hooks concept: three seconds, the default).
/// 3,000 ms are in time.
const BUDGET: Duration = Duration::from_millis(3_000);

/// From here on an answer is at risk: a tunnel and the way to Okta take their share of the three seconds.
const SLOW: Duration = Duration::from_millis(2_000);

/// Why Okta has no answer to use.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure<'a> {
    /// By how much.
    Late(Duration),
    CutOff(&'a str),
    NoAnswer(&'a str),
}

impl<'a> Failure<'a> {
    /// None where a whole answer came in time.
    pub(super) fn of(exchange: &Exchange<'a>) -> Option<Failure<'a>> {
        match exchange.answer {
            Answer::None { why } => Some(Failure::NoAnswer(why)),
            Answer::Partial { why } => Some(Failure::CutOff(why)),
            Answer::Complete { .. } => {
                let over = exchange.elapsed.checked_sub(BUDGET).filter(|over| !over.is_zero())?;
                Some(Failure::Late(over))
            }
        }
    }

    /// The failure as the beginning of a sentence: `Late by 140 ms`.
    pub(super) fn as_reason(&self) -> Text {
        match self {
            Failure::Late(over) if over.as_millis() == 0 => "Late by less than 1 ms".into(),
            Failure::Late(over) => format!("Late by {} ms", with_thousands(over.as_millis())).into(),
            Failure::CutOff(why) => format!("The answer was cut off ({})", phrase(why)).into(),
            Failure::NoAnswer(why) => format!("No answer came ({})", phrase(why)).into(),
        }
    }

    fn note(&self, kind: HookKind) -> Note {
        let source = time_source(kind);
        match self {
            Failure::Late(_) => {
                let message = format!(
                    "Answer within 3,000 ms: {}, and Okta waits no longer",
                    self.as_reason().replacen('L', "l", 1)
                );
                Note::error("R01", message, source, Confidence::D)
            }
            Failure::CutOff(why) => {
                let message = format!("Send the whole answer: it was cut off before its end ({})", phrase(why));
                Note::error("cut-off", message, source, Confidence::D)
            }
            Failure::NoAnswer(why) => {
                let message = format!("Answer the call: nothing was answered ({})", phrase(why));
                Note::error("no-answer", message, source, Confidence::D)
            }
        }
    }
}

/// Adds what is to be said about time.
pub(super) fn add_findings(exchange: &Exchange<'_>, failure: Option<&Failure<'_>>, findings: &mut Findings<'_>) {
    if let Some(failure) = failure {
        findings.add(failure.note(exchange.hook));
    } else if exchange.elapsed > SLOW {
        let elapsed = with_thousands(exchange.elapsed.as_millis());
        let message = format!("Answer sooner: {elapsed} of 3,000 ms were used, and the way to Okta takes its share");
        findings.add(Note::warning("R01", message, time_source(exchange.hook), Confidence::D));
    }
}

fn time_source(kind: HookKind) -> &'static str {
    match kind {
        HookKind::Event => EVENT_HOOKS,
        HookKind::Verification => VERIFY_OPERATION,
        HookKind::Unknown => BEST_PRACTICES,
        _ => INLINE_HOOKS,
    }
}

fn phrase(why: &str) -> &str {
    why.trim().trim_end_matches('.')
}

fn with_thousands(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
