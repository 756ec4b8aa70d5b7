//! What is said of a call to the stand-in authorization server: what it asked for, and what it got.
//!
//! Such a call is no hook call, so nothing is said of what Okta does with the answer beyond what is known of token requests.

use serde_json::Value;

use super::judge_record::no_end_finding;
use super::{CheckResult, Document, Opening, Problem, Served, Timing};
use crate::okta::verdict::Text;
use crate::okta::{Confidence, Finding, Outcome, Retry, Severity, Verdict};

const TOKEN_ERRORS: &str = "RFC 6749, section 5.2";
const ASSERTIONS: &str = "RFC 7523, section 3";
const TOKEN_ANSWERS: &str = "RFC 6749, section 5.1";
const EXPIRES_IN: &str = "Okta release notes of 2024, inline hooks with OAuth 2.0";
const SHARED_TIME: &str = "Okta support article, token inline hook that times out";

/// The verdict of a call to the stand-in authorization server.
pub(super) fn served_verdict(
    opening: &Opening,
    served: &Served,
    timing: Option<Timing>,
    problem: Option<&Problem>,
) -> Verdict {
    let mut findings = Vec::new();
    let mut add = |id: &'static str, severity, message: String, source: &'static str, confidence| {
        findings.push(Finding::of_call(id, severity, message, source, confidence));
    };
    let answer = Answer::of(opening);
    let client = served.client_id.as_deref().unwrap_or("an unnamed client");
    if let Some(fault) = served.fault.as_deref() {
        let message =
            format!("This is wrong on purpose ({fault}): take the fault out of the workspace to get a good token");
        add("wrong-on-purpose", Severity::Info, message, "Hookscope", Confidence::D);
    }
    if let Some(problem) = problem {
        let message = format!("The client got no whole answer: {}", problem.detail.trim_end_matches('.'));
        add("no-answer", Severity::Error, message, SHARED_TIME, Confidence::O);
    }
    if let Some(timing) = timing.filter(Timing::is_late) {
        let message = format!(
            "The answer came after {} ms: fetching the token and calling the hook share 3,000 ms, so that nothing is left for \
             the hook. Answer faster",
            timing.total().as_millis()
        );
        add("late", Severity::Error, message, SHARED_TIME, Confidence::O);
    }
    if let Some(error) = served.error.as_deref() {
        let is_assertion = opening.auth.checks.iter().any(|check| {
            check.result == CheckResult::Fail && (check.name.contains("assertion") || check.name.contains("jwt"))
        });
        let why = answer.description().unwrap_or("the client could not be recognised");
        let message = format!("The token request was refused with {error}: {why}");
        let source = if is_assertion { ASSERTIONS } else { TOKEN_ERRORS };
        add("token-refused", Severity::Error, message, source, Confidence::D);
    } else if served.asked == Document::Token && problem.is_none() {
        match &answer.json {
            Some(json) if answer.is_good() => {
                if json.get("expires_in").and_then(Value::as_u64).is_none() {
                    let message =
                        "The answer has no expires_in: always return it. Until 2024 hooks failed with 400 without it";
                    add("no-expires-in", Severity::Warning, message.to_owned(), EXPIRES_IN, Confidence::D);
                }
                if json.get("access_token").and_then(Value::as_str).is_none() {
                    let message = "The answer has no access_token: return one as a string";
                    add("no-access-token", Severity::Error, message.to_owned(), TOKEN_ANSWERS, Confidence::D);
                }
            }
            _ if answer.status == Some(503) => {}
            Some(_) | None => {
                let message = "This is no token answer: return 200 with a JSON object that has access_token, token_type and expires_in";
                add("no-token", Severity::Error, message.to_owned(), TOKEN_ANSWERS, Confidence::D);
            }
        }
    }
    if timing.is_none() && problem.is_none() {
        findings.push(no_end_finding(opening.response.is_some()));
    }
    Verdict {
        outcome: Outcome::Undocumented,
        summary: summary(served, &answer, client, problem.is_some()),
        confidence: Confidence::U,
        user_sees: None,
        system_log: None,
        conflict: None,
        retry: Retry { expected: None, why: "No source says whether Okta asks for a token again".into() },
        findings,
    }
}

/// The response as far as a client of an authorization server looks at it.
struct Answer {
    status: Option<u16>,
    json: Option<Value>,
}

impl Answer {
    fn of(opening: &Opening) -> Answer {
        let response = opening.response.as_ref();
        Answer {
            status: response.map(|response| response.status),
            json: response
                .and_then(|response| serde_json::from_slice::<Value>(&response.body).ok())
                .filter(Value::is_object),
        }
    }

    fn is_good(&self) -> bool {
        self.status == Some(200)
    }

    fn description(&self) -> Option<&str> {
        self.json.as_ref()?.get("error_description")?.as_str().map(|text| text.trim_end_matches('.'))
    }
}

fn summary(served: &Served, answer: &Answer, client: &str, is_unanswered: bool) -> Text {
    let on_purpose = served.fault.as_deref().map(|fault| format!(", wrong on purpose ({fault})")).unwrap_or_default();
    if is_unanswered {
        return format!("The client gave up before it had an answer{on_purpose}").into();
    }
    let said = |what: &str| -> Text {
        match answer.status {
            Some(200) => format!("{what} given").into(),
            Some(status) => match answer.description() {
                Some(why) => format!("{what} not given, answered {status}: {why}").into(),
                None => format!("{what} not given, answered {status}").into(),
            },
            None => format!("{what} not given: nothing was answered").into(),
        }
    };
    match served.asked {
        Document::Keys => return said("The key set was"),
        Document::Metadata => return said("The metadata was"),
        Document::Token => {}
    }
    if let Some(error) = served.error.as_deref() {
        return match answer.description() {
            Some(why) => format!("Refused: {error}: {why}").into(),
            None => format!("Refused: {error}").into(),
        };
    }
    if served.token_id.is_none() {
        let status = answer.status.map_or("nothing".to_owned(), |status| status.to_string());
        return match answer.description() {
            Some(why) => format!("No token given, answered {status}: {why}").into(),
            None => format!("No token given to client {client}, answered {status}{on_purpose}").into(),
        };
    }
    let lifetime = answer.json.as_ref().and_then(|json| json.get("expires_in")).and_then(Value::as_u64);
    let valid = lifetime.map(|secs| format!(", valid for {}", span_text(secs))).unwrap_or_default();
    format!("Token given to client {client}{valid}{on_purpose}").into()
}

/// A lifetime in words: `one hour`, `15 minutes`, `90 seconds`.
fn span_text(secs: u64) -> String {
    let (count, unit) = match secs {
        3_600.. if secs.is_multiple_of(3_600) => (secs / 3_600, "hour"),
        60.. if secs.is_multiple_of(60) => (secs / 60, "minute"),
        _ => (secs, "second"),
    };
    if count == 1 { format!("one {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::{AuthCheck, AuthReport, AuthResult, OauthPart, ProblemKind, Record, test_record};

    fn record(status: u16, body: &str, served: Served) -> Record {
        let mut record = test_record();
        record.opening.hook = crate::okta::HookKind::Unknown;
        let response = record.opening.response.as_mut().unwrap();
        response.status = status;
        response.body = body.to_owned().into();
        record.opening.oauth = Some(OauthPart::Served(served));
        record
    }

    fn given() -> Served {
        Served {
            asked: Document::Token,
            client_id: Some("0oa1".into()),
            token_id: Some("AT.1".into()),
            error: None,
            fault: None,
        }
    }

    fn ids(verdict: &Verdict) -> Vec<&str> {
        verdict.findings.iter().map(|finding| &*finding.id).collect()
    }

    #[test]
    fn a_token_that_was_given_says_to_whom_and_for_how_long() {
        let verdict = record(200, r#"{"access_token":"x","expires_in":3600}"#, given()).rejudge();
        assert_eq!(verdict.summary, "Token given to client 0oa1, valid for one hour");
        assert_eq!((verdict.outcome, verdict.worst()), (Outcome::Undocumented, None));
        let verdict = record(200, r#"{"access_token":"x"}"#, Served { fault: Some("no-expires-in".into()), ..given() });
        let verdict = verdict.rejudge();
        assert_eq!(verdict.summary, "Token given to client 0oa1, wrong on purpose (no-expires-in)");
        assert_eq!(ids(&verdict), ["wrong-on-purpose", "no-expires-in"]);
        assert_eq!(verdict.worst(), Some(Severity::Warning));
    }

    #[test]
    fn a_refusal_says_why_and_names_the_rfc() {
        let served = Served { token_id: None, error: Some("invalid_client".into()), ..given() };
        let body = r#"{"error":"invalid_client","error_description":"The assertion's aud is 'x'."}"#;
        let mut record = record(401, body, served);
        let verdict = record.rejudge();
        assert_eq!(verdict.summary, "Refused: invalid_client: The assertion's aud is 'x'");
        assert_eq!((verdict.worst(), &*verdict.findings[0].source), (Some(Severity::Error), "RFC 6749, section 5.2"));
        record.opening.auth = AuthReport {
            result: AuthResult::Fail,
            checks: vec![AuthCheck::new("assertion-audience", CheckResult::Fail, "The aud is 'x'")],
        };
        assert_eq!(record.rejudge().findings[0].source, "RFC 7523, section 3");
    }

    #[test]
    fn what_is_no_token_or_comes_too_late_is_an_error() {
        let none = || Served { token_id: None, fault: Some("not-json".into()), ..given() };
        let verdict = record(200, "<html>", none()).rejudge();
        assert_eq!(ids(&verdict), ["wrong-on-purpose", "no-token"]);
        assert_eq!(verdict.summary, "No token given to client 0oa1, answered 200, wrong on purpose (not-json)");
        let mut late = record(200, r#"{"access_token":"x","expires_in":90}"#, given());
        late.closing.timing = Some(Timing { delay_us: 3_100_000, ..Timing::default() });
        let verdict = late.rejudge();
        assert_eq!(ids(&verdict), ["late"]);
        assert_eq!(verdict.summary, "Token given to client 0oa1, valid for 90 seconds");
        let mut silent = record(200, "", none());
        silent.opening.response = None;
        silent.closing.timing = None;
        silent.closing.problem =
            Some(Problem { kind: ProblemKind::ClosedEarly, detail: "the client closed the connection".to_owned() });
        let verdict = silent.rejudge();
        assert_eq!(ids(&verdict), ["wrong-on-purpose", "no-answer"]);
        assert!(verdict.summary.starts_with("The client gave up"), "{verdict:?}");
    }

    #[test]
    fn documents_that_were_served_are_named() {
        let keys = Served { asked: Document::Keys, token_id: None, client_id: None, ..given() };
        assert_eq!(record(200, "{}", keys.clone()).rejudge().summary, "The key set was given");
        let refused = record(405, r#"{"error":"x","error_description":"Ask with GET"}"#, keys).rejudge();
        assert_eq!(refused.summary, "The key set was not given, answered 405: Ask with GET");
    }
}
