//! How a recorded call becomes the exchange that is judged: live, when it ends, and anew, when it is read back.

use std::time::Duration;

use super::served_call::served_verdict;
use super::{
    AuthReport, AuthResult, CheckResult, OauthPart, Opening, Problem, ProblemKind, Record, Request, Response,
    TemplateError, Timing,
};
use crate::okta::{
    Answer, Asked, BadCredential, CHALLENGE_HEADER, Confidence, Credential, Exchange, Finding, HookKind, Severity,
    Verdict, judge,
};

/// Said where a call has neither an answer nor a problem: the process died first.
const NO_END: &str = "no end was written";

/// Said of a test of the tunnel, which is no call of Okta's.
const PROBE: &str = "Test of the tunnel, sent from here and answered by the listener itself: Okta has no part in it";

/// The exchange of a call. Where there is a response and no timing, the end of the call was not recorded: then the response is
/// taken as sent, whole and in time, and [`judge_call`] says so.
///
/// Fetching an access token and calling the hook share the three seconds (Okta support article on token hooks that time out): the
/// first call that uses a token has the time of fetching it counted to its own.
pub fn exchange_of<'a>(opening: &'a Opening, timing: Option<Timing>, problem: Option<&'a Problem>) -> Exchange<'a> {
    let hook = opening.hook;
    Exchange {
        hook,
        endpoint_hook: opening
            .endpoint_hook
            .filter(|expected| *expected != hook && !matches!(hook, HookKind::Verification | HookKind::Unknown)),
        asked: asked(hook, &opening.request),
        answer: answer(opening.response.as_ref(), problem),
        elapsed: timing
            .map_or(Duration::ZERO, |timing| timing.total() + Duration::from_micros(u64::from(opening.token_us()))),
        attempt: opening.link.attempt,
        credential: credential(&opening.auth),
    }
}

fn credential(auth: &AuthReport) -> Credential<'_> {
    let is_missing = match auth.result {
        AuthResult::Pass | AuthResult::NotConfigured => return Credential::Good,
        AuthResult::Fail => false,
        AuthResult::Missing => true,
    };
    let failed = auth.checks.iter().filter(|check| check.result == CheckResult::Fail).map(|check| &*check.name);
    Credential::Bad(BadCredential::new(is_missing, failed))
}

/// Judges a call. One whose end was not written is judged from what is there, with an info finding that says so.
pub fn judge_call(opening: &Opening, timing: Option<Timing>, problem: Option<&Problem>) -> Verdict {
    if let Some(OauthPart::Served(served)) = &opening.oauth {
        return served_verdict(opening, served, timing, problem);
    }
    let mut verdict = judge(&exchange_of(opening, timing, problem));
    if opening.is_probe() {
        verdict.summary = PROBE.into();
    }
    verdict.findings.extend(token_time_finding(opening, timing));
    if timing.is_none() && problem.is_none() {
        verdict.findings.push(no_end_finding(opening.response.is_some()));
    }
    if let Some(error) = opening.decided.as_ref().and_then(|decided| decided.template_error.as_ref()) {
        verdict.findings.push(template_finding(error));
    }
    verdict.findings.extend(opening.relay.as_ref().and_then(|relay| relay.finding()));
    verdict
}

impl Record {
    /// The verdict of today's rules.
    pub fn rejudge(&self) -> Verdict {
        judge_call(&self.opening, self.closing.timing, self.closing.problem.as_ref())
    }
}

fn asked(hook: HookKind, request: &Request) -> Asked<'_> {
    match hook {
        HookKind::Verification => request.header(CHALLENGE_HEADER).map_or(Asked::NotGiven, Asked::Challenge),
        _ => Asked::Body(&request.body),
    }
}

fn answer<'a>(response: Option<&'a Response>, problem: Option<&'a Problem>) -> Answer<'a> {
    match (response, problem) {
        (None, Some(problem)) => Answer::None { why: what_happened(problem) },
        (None, None) => Answer::None { why: NO_END },
        (Some(_), Some(problem)) if problem.is_not_sent() => Answer::None { why: &problem.detail },
        (Some(_), Some(problem)) if problem.kind.is_cut_off() => Answer::Partial { why: &problem.detail },
        (Some(response), _) => Answer::Complete {
            status: response.status,
            content_type: response.headers.get("content-type").and_then(|value| std::str::from_utf8(value).ok()),
            body: &response.body,
        },
    }
}

/// What happened to a connection that never got through TLS, without what to do about it: that stands with the problem itself.
fn what_happened(problem: &Problem) -> &str {
    match problem.kind {
        ProblemKind::TlsHandshake | ProblemKind::NotTls => {
            problem.detail.split_once("; ").map_or(&problem.detail, |(what, _)| what)
        }
        _ => &problem.detail,
    }
}

/// Says that the time of fetching the token was counted too.
fn token_time_finding(opening: &Opening, timing: Option<Timing>) -> Option<Finding> {
    let token = opening.token_use().filter(|token| token.is_first_use)?;
    let own = timing?.total();
    let together = own + Duration::from_micros(u64::from(token.token_us));
    let millis = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1_000.0);
    let is_late = together > super::BUDGET;
    let message = format!(
        "Fetching the access token (call {}) took {}, and this call {}: both count inside the 3,000 ms{}",
        token.token_call,
        millis(Duration::from_micros(u64::from(token.token_us))),
        millis(own),
        match is_late {
            true if own <= super::BUDGET =>
                ". Alone it would be in time: make the token endpoint or the handler faster",
            _ => "",
        }
    );
    Some(Finding::of_call(
        "token-time",
        if is_late { Severity::Warning } else { Severity::Info },
        message,
        "Okta support article, token inline hook that times out",
        Confidence::O,
    ))
}

/// The template is not the body that was sent: its line and column stand in the sentence.
fn template_finding(error: &TemplateError) -> Finding {
    let message = format!(
        "The template of the response gave nothing, and the least harmful response of the kind went out in its place: {error}"
    );
    Finding::of_call("template", Severity::Error, message, "Hookscope", Confidence::I)
}

pub(super) fn no_end_finding(answered: bool) -> Finding {
    let message = if answered {
        "The end of this call was not recorded, since the program ended first: it is judged as if the recorded response was \
         sent whole and in time"
    } else {
        "The end of this call was not recorded, since the program ended first: it is judged from what is there"
    };
    Finding::of_call("no-end", Severity::Info, message, "Hookscope", Confidence::I)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::test_record;
    use crate::okta::Outcome;

    #[test]
    fn a_whole_call_is_judged_by_its_time_and_response() {
        let mut record = test_record();
        assert_eq!(record.rejudge().outcome, Outcome::Denied);
        record.closing.timing = Some(Timing { delay_us: 3_000_001, ..Timing::default() });
        assert_eq!(record.rejudge().outcome, Outcome::Refused);
        record.opening.auth.result = AuthResult::Missing;
        assert!(record.rejudge().findings.iter().any(|finding| finding.id == "R26"));
    }

    #[test]
    fn the_first_call_that_uses_a_token_has_the_time_of_fetching_it_counted() {
        let mut record = test_record();
        record.closing.timing = Some(Timing { read_us: 1_900_000, ..Timing::default() });
        let with = |token_us, is_first_use| {
            Some(OauthPart::Used(super::super::TokenUse {
                token_call: super::super::CallId(3),
                token_us,
                is_first_use,
            }))
        };
        record.opening.oauth = with(1_200_000, true);
        let verdict = record.rejudge();
        assert_eq!(verdict.outcome, Outcome::Refused);
        let said = verdict.findings.iter().find(|finding| finding.id == "token-time").unwrap();
        assert!(said.message.contains("Alone it would be in time"), "{said:?}");
        assert_eq!(record.summary().counted_us(), Some(3_100_000));
        record.opening.oauth = with(1_200_000, false);
        assert_eq!(record.rejudge().outcome, Outcome::Denied);
        record.opening.oauth = with(1_100_000, true);
        assert_eq!(record.rejudge().outcome, Outcome::Denied, "3,000 ms are in time");
    }

    #[test]
    fn a_call_without_an_end_is_judged_from_what_is_there() {
        let mut record = test_record();
        record.closing.timing = None;
        let verdict = record.rejudge();
        assert_eq!(verdict.outcome, Outcome::Denied);
        assert!(verdict.findings.iter().any(|finding| finding.id == "no-end" && finding.severity == Severity::Info));
        record.opening.response = None;
        let verdict = record.rejudge();
        assert_eq!(verdict.outcome, Outcome::Refused);
        assert!(verdict.summary.contains(NO_END));
    }

    #[test]
    fn a_client_that_went_away_got_no_whole_answer() {
        let mut record = test_record();
        let closed = Problem { kind: ProblemKind::ClosedEarly, detail: "the connection was reset.".into() };
        record.closing.problem = Some(closed);
        let verdict = record.rejudge();
        assert_eq!(verdict.outcome, Outcome::Refused);
        assert!(verdict.summary.contains("cut off (the connection was reset)"), "{}", verdict.summary);
        record.opening.response = None;
        assert!(record.rejudge().summary.starts_with("No answer came"));
    }

    #[test]
    fn what_never_became_a_request_is_undocumented() {
        let mut record = test_record();
        record.opening.hook = HookKind::Unknown;
        record.opening.response = None;
        record.closing.timing = None;
        record.closing.problem =
            Some(Problem { kind: ProblemKind::NotTls, detail: "the first bytes are no TLS; speak https".into() });
        let verdict = record.rejudge();
        assert_eq!(verdict.outcome, Outcome::Undocumented);
        assert_eq!(verdict.worst(), Some(Severity::Error));
        assert!(verdict.findings.iter().all(|finding| finding.id != "no-end"));
    }

    #[test]
    fn a_verification_on_any_path_is_compared_with_its_challenge() {
        let mut record = test_record();
        record.opening.hook = HookKind::Verification;
        record.opening.endpoint_hook = Some(HookKind::Token);
        record.opening.request.headers = super::super::Headers::from_fields([("X-Okta-Verification-Challenge", "abc")]);
        let response = record.opening.response.as_mut().unwrap();
        response.status = 200;
        response.body = r#"{"verification":"abc"}"#.into();
        let verdict = record.rejudge();
        assert_eq!(verdict.outcome, Outcome::Verified);
        assert!(verdict.findings.iter().all(|finding| finding.id != "kind-mismatch"));
    }
}
