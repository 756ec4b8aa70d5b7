//! A recorded call as the exchange that is judged.

use crate::call::{AuthResult, Opening, Problem, ProblemKind, Timing};
use crate::okta::{Answer, Asked, CHALLENGE_HEADER, Credential, Exchange, HookKind};

/// How a call is judged: what was asked, what was answered as far as it left, how long it took.
///
/// `timing` is none where there was no response, or nobody wrote how the call ended; then a call with a response is judged as
/// if it had left in time, and whoever shows it says so.
pub fn exchange_of<'a>(opening: &'a Opening, timing: Option<Timing>, problem: Option<&'a Problem>) -> Exchange<'a> {
    let challenge = opening.request.header(CHALLENGE_HEADER);
    let answer = match (&opening.response, problem) {
        (None, Some(problem)) => Answer::None { why: &problem.detail },
        (None, None) => Answer::None { why: "nothing was answered" },
        (Some(_), Some(problem)) if problem.kind == ProblemKind::ClosedEarly => Answer::Partial { why: &problem.detail },
        (Some(response), _) => Answer::Complete {
            status: response.status,
            content_type: response.headers.get("content-type").and_then(|value| std::str::from_utf8(value).ok()),
            body: &response.body,
        },
    };
    Exchange {
        hook: opening.hook,
        endpoint_hook: opening.endpoint_hook,
        asked: match (opening.hook, challenge) {
            (HookKind::Verification, Some(challenge)) => Asked::Challenge(challenge),
            _ => Asked::Body(&opening.request.body),
        },
        answer,
        elapsed: timing.map(|timing| timing.total()).unwrap_or_default(),
        attempt: opening.link.attempt,
        credential: match opening.auth.result {
            AuthResult::Pass | AuthResult::NotConfigured => Credential::Good,
            AuthResult::Fail | AuthResult::Missing => Credential::Bad,
        },
    }
}
