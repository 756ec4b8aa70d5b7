//! Token requests, their answers and the calls that use the tokens: no secret of them is in anything that leaves the session.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod session_calls;

use std::sync::Arc;

use bytes::Bytes;
use hookscope::call::{
    Closing, Document, Headers, Masker, OauthPart, Record, Response, Secret, Served, call_text, export_line, judge_call,
};
use hookscope::okta::HookKind;
use hookscope::respond::{ClientMethod, ClientSetup, SecretSource, Setup, StandInSetup};
use proptest::prelude::*;
use serde_json::{Value, json};
use session_calls::{opening, timing};

/// A text that stands nowhere else, with letters that forms write in other ways.
fn needle() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9]{12,20}[ &=%+/~-]{0,3}[a-zA-Z0-9]{12,20}"
}

fn token() -> impl Strategy<Value = String> {
    "eyJ[a-zA-Z0-9_-]{16,40}\\.eyJ[a-zA-Z0-9_-]{16,40}\\.[a-zA-Z0-9_-]{20,40}"
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn record(path: &str, headers: Headers, body: String, answer: Value, oauth: Option<OauthPart>) -> Record {
    let mut opening = opening(1, HookKind::Unknown, path, 200);
    opening.request.headers = headers;
    opening.request.body = Bytes::from(body);
    opening.event_id = None;
    opening.oauth = oauth;
    opening.response = Some(Response {
        body: Bytes::from(answer.to_string()),
        headers: Headers::from_fields([("Content-Type", "application/json")]),
        ..opening.response.unwrap()
    });
    let verdict = Arc::new(judge_call(&opening, Some(timing(5)), None));
    let closing = Closing { timing: Some(timing(5)), verdict, problem: None, events: None };
    Record { opening, closing, recorded: true, pinned: false, note: String::new() }
}

/// Everything that leaves the session unless it is revealed, as text.
fn outputs(record: &Record, masker: &Masker) -> Vec<String> {
    let masked = masker.mask_record(record);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    vec![
        call_text(record, masker),
        Value::from(export_line(record, masker, false)).to_string(),
        text(&masked.opening.request.body),
        text(masked.opening.request.headers.as_block()),
        text(&masked.opening.response.as_ref().unwrap().body),
        format!("{:?}", masked.closing.verdict),
    ]
}

/// What would give a secret away: a piece of it that no encoding changes.
fn cores(secret: &str) -> Vec<String> {
    secret
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|part| part.len() >= 12)
        .map(str::to_owned)
        .collect()
}

fn masker(secret: &str) -> Masker {
    let method = ClientMethod::SecretPost(SecretSource::Typed(Secret::new(secret)));
    let clients = vec![ClientSetup { client_id: "0oa1".to_owned(), method }];
    Setup { oauth: Some(StandInSetup { clients, ..StandInSetup::default() }), ..Setup::first_start() }.masker()
}

proptest! {
    #[test]
    fn no_part_of_a_token_request_or_its_answer_gives_a_secret_away(
        secret in needle(), wrong in needle(), assertion in token(), access in token(), has_type in any::<bool>(),
    ) {
        let headers = match has_type {
            true => Headers::from_fields([("Content-Type", "application/x-www-form-urlencoded")]),
            false => Headers::from_fields([("Host", "a")]),
        };
        let served = || Some(OauthPart::Served(Served {
            asked: Document::Token,
            client_id: Some("0oa1".into()),
            token_id: Some("AT.1".into()),
            error: None,
            fault: None,
        }));
        let answer = json!({"access_token": access, "token_type": "Bearer", "expires_in": 3600, "scope": "a"});
        let by_secret = form(&[("grant_type", "client_credentials"), ("client_id", "0oa1"), ("client_secret", &secret)]);
        let by_key = form(&[("client_assertion_type", "urn:x"), ("client_assertion", &assertion), ("scope", "a")]);
        let by_wrong = form(&[("client_secret", &wrong), ("client_id", "0oa1")]);
        // The secret in a place that is not its own.
        let misplaced = form(&[("client_id", "0oa1"), ("password_of_mine", &secret)]);
        let masker = masker(&secret);
        let needles: Vec<String> = [&secret, &wrong, &assertion, &access].into_iter().flat_map(|text| cores(text)).collect();
        for body in [by_secret, by_key, by_wrong, misplaced] {
            let record = record("/oauth2/hookscope/v1/token", headers.clone(), body.clone(), answer.clone(), served());
            for output in outputs(&record, &masker) {
                for needle in &needles {
                    prop_assert!(!output.contains(needle.as_str()), "{} of {} is in {}", needle, body, output);
                }
            }
        }
    }

    #[test]
    fn no_part_of_a_token_that_a_call_came_with_is_shown(access in token()) {
        let headers = Headers::from_fields([("authorization".to_owned(), format!("bearer {access}"))]);
        let record = record("/hooks/token", headers, r#"{"eventId":"x"}"#.to_owned(), json!({}), None);
        for output in outputs(&record, &Masker::default()) {
            for needle in cores(&access) {
                prop_assert!(!output.contains(&needle), "{} is in {}", needle, output);
            }
        }
    }
}
