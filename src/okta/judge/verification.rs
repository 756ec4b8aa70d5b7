//! The one-time verification of an event hook: the challenge must come back.

use super::failure::{self, Failure};
use super::findings::{Findings, Note};
use super::retry::{Answered, retry};
use super::{Answer, Asked, Exchange, conflicts, credential, surroundings, web_page, words};
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::position::json_error;
use crate::okta::sources::{EVENT_HOOKS, VERIFY_ARTICLE};
use crate::okta::verdict::{Confidence, Outcome, Text, Verdict};

/// Written for success and failure alike.
const VERIFIED_LOG: &str = "event_hook.verified";

pub(super) fn judge(exchange: &Exchange<'_>) -> Verdict {
    let mut findings = Findings::of(exchange.response_body());
    let failure = Failure::of(exchange);
    failure::add_findings(exchange, failure.as_ref(), &mut findings);
    let (status, verified, reason): (Option<u16>, bool, Text) = match (&failure, exchange.answer) {
        (None, Answer::Complete { status: 200, content_type, body }) => {
            web_page::add_finding(HookKind::Verification, body, &mut findings);
            let wrong = check_body(body, exchange.asked, &mut findings);
            check_content_type(content_type, &mut findings);
            (Some(200), wrong.is_none(), wrong.unwrap_or_default().into())
        }
        (None, Answer::Complete { status, body, .. }) => {
            web_page::add_finding(HookKind::Verification, body, &mut findings);
            add_status_finding(status, &mut findings);
            let reason = match credential::is_refused(exchange) {
                true => words::credential_refused(status),
                false => format!("{status} is not 200").into(),
            };
            (Some(status), false, reason)
        }
        (Some(failure), _) => (None, false, failure.as_reason()),
        (None, _) => (None, false, "No whole answer came".into()),
    };
    let answered = status.map_or(Answered::Failure, Answered::with);
    let retry = retry(HookKind::Verification, answered, exchange.attempt);
    let confidence = match status {
        Some(200 | 204) | None => Confidence::D,
        Some(status) if (400..600).contains(&status) => Confidence::D,
        Some(_) => Confidence::I,
    };
    let summary = if verified && !matches!(exchange.asked, Asked::Challenge(_)) {
        "Verified, if the value is the challenge: the shape of the answer is right".into()
    } else if verified {
        "Verified: the challenge came back unchanged".into()
    } else if retry.expected == Some(true) {
        format!("{reason}: if the retry fails too, the hook stays unverified and gets no events").into()
    } else {
        format!("{reason}: the hook stays unverified and gets no events").into()
    };
    surroundings::add_findings(exchange, &mut findings);
    Verdict {
        outcome: if verified { Outcome::Verified } else { Outcome::NotVerified },
        summary,
        confidence,
        user_sees: (!verified).then_some(
            "An administrator who pressed Verify sees that the hook could not be verified because its execution failed"
                .into(),
        ),
        system_log: Some(VERIFIED_LOG.into()),
        conflict: (failure.is_none() && answered == Answered::ClientError).then_some(conflicts::VERIFICATION_4XX),
        retry,
        findings: findings.into_list(),
    }
}

/// What is wrong with the body; none if it is right.
fn check_body<'a>(body: &'a [u8], asked: Asked<'_>, findings: &mut Findings<'a>) -> Option<&'static str> {
    let error = |message: Text| Note::error("R25", message, EVENT_HOOKS, Confidence::D);
    if body.is_empty() {
        findings.add(error(
            "Answer {\"verification\": …} with the value of x-okta-verification-challenge: the body is empty".into(),
        ));
        return Some("The body is empty");
    }
    let value = match std::str::from_utf8(body).map(|text| (text, Json::read(text))) {
        Ok((text, Ok(value))) => {
            findings.read_as(text);
            value
        }
        _ => {
            let found = json_error(body).unwrap_or_default();
            let is_raw = matches!(asked, Asked::Challenge(challenge) if body.trim_ascii() == challenge.as_bytes());
            let message = if is_raw {
                "Answer {\"verification\": …} as JSON: this is the challenge as plain text".to_owned()
            } else {
                format!("Answer a JSON object with the member verification. {}", found.message)
            };
            findings.add_at_line(error(message.into()), found.line, found.column);
            return Some("The body is not JSON");
        }
    };
    let Some(object) = value.object() else {
        let message = format!("Answer a JSON object with the member verification: this is {}", value.what());
        findings.add_at(error(message.into()), "", value);
        return Some("The body is not an object");
    };
    let Some(verification) = object.get("verification") else {
        let near = object
            .members()
            .map(|member| &*member.name)
            .find(|name| name.eq_ignore_ascii_case("verification") || name.to_ascii_lowercase().contains("challenge"));
        let message: Text = if let Some(null) = object.last("verification") {
            let message = "Answer the value of the header x-okta-verification-challenge: the handler found no header of the name \
                           that it looks for";
            findings.add_at(error(message.into()), "/verification", null);
            return Some("The member verification is null");
        } else if let Some(name) = near.filter(|name| *name != "verification") {
            format!("Name the member verification: '{}' is not looked at", words::short(name)).into()
        } else {
            "Answer the challenge in a member named verification: there is none, as where a handler builds the body from a header \
             that it did not find"
                .into()
        };
        findings.add_at(error(message), "", value);
        return Some("The member verification is missing");
    };
    if object.members().any(|member| member.name != "verification") {
        let message = "Answer the member verification alone: whether Okta takes others beside it is not stated";
        findings.add_at(Note::warning("R25", message, EVENT_HOOKS, Confidence::U), "", value);
    }
    let Some(text) = verification.string() else {
        let message = format!("The member verification must be a string: it is {}", verification.what());
        findings.add_at(error(message.into()), "/verification", verification);
        return Some("The member verification is no string");
    };
    match asked {
        Asked::Challenge(challenge) if challenge != text => {
            let message = if text.is_empty() {
                "Give the challenge back: this text is empty, as where a handler looks for a header of another name"
            } else if text.trim() == challenge.trim() {
                "Give the challenge back as it came: spaces or line breaks were added or taken away"
            } else if text.trim_matches(['"', ' ', '\n', '\r', '\t']) == challenge {
                "Give the challenge back as it came: it was put into quotes twice"
            } else if text.eq_ignore_ascii_case(challenge) {
                "Give the challenge back as it came: capitals and small letters were changed"
            } else if challenge.starts_with(&*text) {
                "Give the whole challenge back: its end is missing"
            } else {
                "Give back the value of the header x-okta-verification-challenge, unchanged: this is another text"
            };
            findings.add_at(error(message.into()), "/verification", verification);
            Some("The value is not the challenge")
        }
        _ => None,
    }
}

fn check_content_type(content_type: Option<&str>, findings: &mut Findings<'_>) {
    if !super::body::is_json_type(content_type) {
        findings.add(Note::warning(
            "R06",
            "Send Content-Type: application/json: whether Okta takes another type is not stated",
            EVENT_HOOKS,
            Confidence::U,
        ));
    }
}

fn add_status_finding(status: u16, findings: &mut Findings<'_>) {
    let (message, confidence) = match status {
        300..=399 => (
            format!(
                "Answer at the registered URL itself: Okta does not follow the redirect of a {status} (to https, to a trailing slash, to a login)"
            ),
            Confidence::I,
        ),
        404 | 405 | 501 => {
            (format!("Give the handler a GET route: it answered the verification with {status}"), Confidence::D)
        }
        401 | 403 => {
            let message = format!(
                "Okta sends its secret with the verification too, and the answer was {status}: compare the secret, the word Basic \
                 before it included"
            );
            findings.add(Note::error("R25", message, VERIFY_ARTICLE, Confidence::O));
            return;
        }
        204 => {
            ("Answer 200 with the challenge in the body: 204 has no body and does not verify".to_owned(), Confidence::D)
        }
        _ => (format!("Answer 200 with the challenge: {status} does not verify"), Confidence::D),
    };
    findings.add(Note::error("R25", message, EVENT_HOOKS, confidence));
}
