//! A handler that is really called, with a fault laid over its answers on the way back.

use std::time::Duration;

use super::attempt::{Outgoing, Received, SendError, Sender, Sent};
use super::shaped::judge;
use crate::call::{BUDGET, Response, SentAttempt};
use crate::okta::{HookKind, Verdict};
use crate::respond::{Fault, Foreseen, WireFault};

/// One attempt whose answer had a fault on its way back.
#[derive(Clone, Debug)]
pub struct FaultedAttempt {
    /// What the handler answered, and when.
    pub handler: Sent,
    /// What reached Okta of it: the time runs until the answer was whole, broke off, or was given up.
    pub seen: Sent,
}

/// What came of a call whose answers have a fault.
#[derive(Clone, Debug)]
pub struct FaultTried {
    /// Never empty.
    pub attempts: Vec<FaultedAttempt>,
    /// Of the last attempt, with the fault.
    pub verdict: Verdict,
}

impl FaultTried {
    pub fn foreseen(&self) -> Foreseen {
        Foreseen::new(&self.verdict, self.attempts.len())
    }

    /// What the handler did, as a report has it.
    pub fn sent_attempts(&self) -> Vec<SentAttempt> {
        self.attempts.iter().map(|attempt| attempt.handler.as_attempt()).collect()
    }
}

/// Calls a handler as Okta does and lays a fault over each of its answers: once more where Okta would call again. The fault takes
/// its time, at most until Okta's three seconds are over, so that a retry reaches the handler when Okta's would.
pub async fn try_fault(sender: &Sender, outgoing: &Outgoing, hook: HookKind, fault: &Fault) -> FaultTried {
    let first = attempt_with(sender, outgoing, fault).await;
    let verdict = judge(outgoing, hook, &first.seen, 1);
    if verdict.retry.expected != Some(true) {
        return FaultTried { attempts: vec![first], verdict };
    }
    let second = attempt_with(sender, outgoing, fault).await;
    let verdict = judge(outgoing, hook, &second.seen, 2);
    FaultTried { attempts: vec![first, second], verdict }
}

async fn attempt_with(sender: &Sender, outgoing: &Outgoing, fault: &Fault) -> FaultedAttempt {
    let handler = sender.send(outgoing).await;
    let seen = laid_over(&handler, fault);
    tokio::time::sleep(seen.duration.saturating_sub(handler.duration)).await;
    FaultedAttempt { handler, seen }
}

/// What reaches Okta of an attempt with a fault over its answer, and when.
fn laid_over(handler: &Sent, fault: &Fault) -> Sent {
    let Ok(received) = &handler.outcome else {
        // Over no answer there is nothing to lay.
        return handler.clone();
    };
    let http_version = received.http_version;
    let mut response = received.as_response();
    // The end of a random delay is the worst of it.
    let (delay, wire) = fault.apply(&mut response, u64::MAX);
    let Response { status, headers, body, .. } = response;
    let whole = || Ok(Received { status, http_version, headers, body });
    let reset = "the connection was reset".to_owned();
    let no_answer = |detail: &str| Err(SendError::NoAnswer { detail: detail.to_owned() });
    let (on_wire, outcome) = match wire {
        WireFault::None | WireFault::BodyDespiteStatus => (Duration::ZERO, whole()),
        WireFault::BodyLate(after) => (after, whole()),
        WireFault::SlowBody { over } => (over, whole()),
        WireFault::Never => (Duration::MAX, whole()),
        WireFault::ResetBeforeHead => (Duration::ZERO, no_answer(&reset)),
        WireFault::ResetInHead | WireFault::ResetAfterHead => {
            (Duration::ZERO, Err(SendError::Partial { status, detail: reset }))
        }
        WireFault::CloseWithoutByte => (Duration::ZERO, no_answer("the connection was closed")),
        WireFault::Garbage(_) => (Duration::ZERO, no_answer("what came was no HTTP")),
    };
    let duration = handler.duration.saturating_add(delay).saturating_add(on_wire);
    let (duration, outcome) = match duration > BUDGET {
        true => (BUDGET, Err(SendError::Late { after: BUDGET })),
        false => (duration, outcome),
    };
    Sent { outcome, duration, ..handler.clone() }
}

impl Sent {
    /// The attempt as a report has it.
    pub fn as_attempt(&self) -> SentAttempt {
        SentAttempt {
            status: self.outcome.as_ref().ok().map(|received| received.status),
            problem: self.outcome.as_ref().err().map(ToString::to_string),
            took: self.duration,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::{Headers, HttpVersion, Timestamp};

    fn answered(millis: u64) -> Sent {
        let received = Received {
            status: 200,
            http_version: HttpVersion::Http11,
            headers: Headers::from_fields([("Content-Type", "application/json")]),
            body: "{\"commands\":[]}".into(),
        };
        Sent {
            outcome: Ok(received),
            started_at: Timestamp(0),
            duration: Duration::from_millis(millis),
            to_ourselves: false,
            headers: Headers::default(),
        }
    }

    fn check(fault: Fault, handler_ms: u64, expected_ms: u64, expected: &str) {
        let seen = laid_over(&answered(handler_ms), &fault);
        let said = match &seen.outcome {
            Ok(received) => format!("{} {}", received.status, String::from_utf8_lossy(&received.body)),
            Err(error) => error.to_string(),
        };
        assert_eq!((seen.duration.as_millis() as u64, said.as_str()), (expected_ms, expected), "{fault:?}");
    }

    #[test]
    fn the_time_of_a_fault_adds_to_that_of_the_handler_until_okta_gives_up() {
        let whole = "200 {\"commands\":[]}";
        let late = "no whole answer within 3000 ms";
        check(Fault::Delay(Duration::from_secs(1)), 20, 1_020, whole);
        check(Fault::NearlyLate, 100, 3_000, whole);
        check(Fault::NearlyLate, 101, 3_000, late);
        check(Fault::JustLate, 0, 3_000, late);
        check(Fault::Never, 0, 3_000, late);
        check(Fault::LateBody { after: Duration::from_millis(500) }, 20, 520, whole);
        check(Fault::SlowBody { over: Duration::from_secs(5) }, 20, 3_000, late);
        check(Fault::RandomDelay { from: Duration::ZERO, to: Duration::from_secs(4) }, 0, 3_000, late);
    }

    #[test]
    fn what_breaks_on_the_wire_takes_no_time_of_its_own() {
        check(Fault::ResetInHead, 20, 20, "the answer (200) was cut off: the connection was reset");
        check(Fault::EmptyAnswer, 20, 20, "the connection ended without an answer: the connection was closed");
        check(Fault::BrokenJson, 20, 20, "200 {\"commands\":[]");
        check(Fault::Redirect("https://x/".into()), 20, 20, "302 ");
    }

    #[test]
    fn over_no_answer_there_is_nothing_to_lay() {
        let refused = SendError::Connect { target: "x".to_owned(), detail: "refused".to_owned() };
        let sent = Sent { outcome: Err(refused.clone()), ..answered(7) };
        let seen = laid_over(&sent, &Fault::JustLate);
        assert_eq!((seen.duration.as_millis(), seen.outcome), (7, Err(refused)));
    }
}
