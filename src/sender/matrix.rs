//! A handler that is really called, with a fault laid over its answers on the way back.

use super::attempt::{Outgoing, Sender, Sent};
use super::shaped::judge;
use crate::call::{Response, SentAttempt};
use crate::okta::{Asked, CHALLENGE_HEADER, HookKind, Verdict};
use crate::respond::{Fault, Foreseen};

/// What came of a call whose answers have a fault.
#[derive(Clone, Debug)]
pub struct FaultTried {
    /// What reached the handler. Never empty.
    pub attempts: Vec<Sent>,
    /// Of the last attempt, with the fault.
    pub verdict: Verdict,
}

impl FaultTried {
    pub fn foreseen(&self) -> Foreseen {
        Foreseen::new(&self.verdict, self.attempts.len())
    }
}

/// Calls a handler as Okta does and lays a fault over each of its answers: once more where Okta would call again. The fault's own
/// time is counted, not waited for: the handler's time and the fault's together decide whether an answer comes in time.
pub async fn try_fault(sender: &Sender, outgoing: &Outgoing, hook: HookKind, fault: &Fault) -> FaultTried {
    let first = sender.send(outgoing).await;
    let verdict = judge_with(outgoing, hook, &first, fault, 1);
    if verdict.retry.expected != Some(true) {
        return FaultTried { attempts: vec![first], verdict };
    }
    let second = sender.send(outgoing).await;
    let verdict = judge_with(outgoing, hook, &second, fault, 2);
    FaultTried { attempts: vec![first, second], verdict }
}

fn judge_with(outgoing: &Outgoing, hook: HookKind, sent: &Sent, fault: &Fault, attempt: u8) -> Verdict {
    let Ok(received) = &sent.outcome else {
        // Over no answer there is nothing to lay.
        return judge(outgoing, hook, sent, attempt);
    };
    let response = Response {
        status: received.status,
        headers: received.headers.clone(),
        body: received.body.clone(),
        rule: "sent".into(),
        revision: 0,
    };
    let challenge = outgoing.headers.get(CHALLENGE_HEADER).and_then(|value| std::str::from_utf8(value).ok());
    let asked = match challenge {
        Some(challenge) => Asked::Challenge(challenge),
        None => Asked::Body(&outgoing.body),
    };
    fault.verdict(hook, asked, &response, sent.duration, attempt)
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
