//! A call as one JSON object: the line that `serve --json` prints, and the longer one of an export.
//!
//! Scripts hold on to these names and shapes: members may be added, none is renamed or taken away. What is not asked to be
//! revealed is masked here, so that no front has to think of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    AuthReport, BUDGET, CallId, Decided, Document, ForwardOutcome, Headers, Masker, OauthPart, Opening, OriginalAnswer,
    PassedOn, Problem, Record, TemplateError, Timing, TlsFacts, Told,
};
use crate::okta::Verdict;

/// The object of one call, without `event`; the query is masked, and so is what the verdict quotes.
pub fn call_line(record: &Record, masker: &Masker) -> Map<String, Value> {
    let query = record.opening.request.query.as_deref().map(|query| masker.mask_query(query));
    line(record, query, &masker.mask_verdict(record), &masker.mask_told(record))
}

/// The same as text, with `event` before it: what `serve --json` prints for each call.
pub fn call_text(record: &Record, masker: &Masker) -> String {
    let query = record.opening.request.query.as_deref().map(|query| masker.mask_query(query));
    let verdict = masker.mask_verdict(record);
    let told = masker.mask_told(record);
    let line = Line { event: Some("call"), ..Line::new(record, query.as_deref(), &verdict, &told) };
    serde_json::to_string(&line).unwrap_or_default()
}

/// The object of one call with headers and bodies; masked unless `reveal`.
pub fn export_line(record: &Record, masker: &Masker, reveal: bool) -> Map<String, Value> {
    let masked;
    let record = if reveal {
        record
    } else {
        masked = masker.mask_record(record);
        &masked
    };
    let request = &record.opening.request;
    let told = Told { decided: record.opening.decided.clone(), relay: record.opening.relay.clone() };
    let mut object = line(record, request.query.clone(), &record.closing.verdict, &told);
    let mut sent = Map::new();
    sent.insert("headers".into(), headers_json(&request.headers));
    insert_body(&mut sent, &request.body);
    sent.insert("truncated".into(), request.truncated.into());
    object.insert("request".into(), sent.into());
    if let (Some(Value::Object(forward)), Some(original)) = (object.get_mut("forward"), original_of(&told)) {
        let headers = original.headers.iter().map(|(name, value)| json!([name, value])).collect::<Vec<Value>>();
        let answer = json!({ "status": original.status, "headers": headers, "body": original.body });
        forward.insert("original".into(), answer);
    }
    if let (Some(Value::Object(answered)), Some(response)) = (object.get_mut("response"), &record.opening.response) {
        answered.insert("headers".into(), headers_json(&response.headers));
        insert_body(answered, &response.body);
    }
    object
}

/// A verdict in the shape of the command line's JSON.
pub fn verdict_json(verdict: &Verdict) -> Value {
    // A verdict is texts and enums only: it always has a JSON form.
    serde_json::to_value(verdict).unwrap_or_default()
}

fn original_of(told: &Told) -> Option<&OriginalAnswer> {
    match &told.relay.as_ref()?.forwarded.as_ref()?.outcome {
        ForwardOutcome::Changed { original, .. } => Some(original),
        ForwardOutcome::Relayed | ForwardOutcome::TooSlow | ForwardOutcome::Failed { .. } => None,
    }
}

fn line(record: &Record, query: Option<String>, verdict: &Verdict, told: &Told) -> Map<String, Value> {
    // A line is texts, numbers and lists of them: it always has a JSON form.
    match serde_json::to_value(Line::new(record, query.as_deref(), verdict, told)) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// What is said of one call, borrowed from its record: writing it copies nothing.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    id: CallId,
    direction: &'a str,
    received_at: String,
    http_version: Option<&'a str>,
    method: Option<&'a str>,
    path: Option<&'a str>,
    query: Option<&'a str>,
    endpoint: Option<&'a str>,
    hook: &'a str,
    event_id: Option<&'a str>,
    attempt: u8,
    retry_of: Option<CallId>,
    duplicate_of: Option<CallId>,
    replay_of: Option<Replayed>,
    recorded: bool,
    auth: &'a AuthReport,
    response: Option<Answered<'a>>,
    timing: Option<Times>,
    verdict: &'a Verdict,
    problem: Option<&'a Problem>,
    tls: Option<&'a TlsFacts>,
    oauth: Option<Oauth<'a>>,
    /// Absent where no rule was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<Looked<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_error: Option<&'a TemplateError>,
    /// Absent where the call was not forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    forward: Option<Forwarded<'a>>,
    /// Absent where nobody was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<Waited>,
}

/// What the developer's own handler was asked, and what came of it.
#[derive(Serialize)]
struct Forwarded<'a> {
    to: &'a str,
    handler_ms: f64,
    outcome: &'static str,
    /// What of its answer was changed.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    changed: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Waited {
    held_ms: f64,
    end: &'static str,
}

/// A rule that was looked at.
#[derive(Serialize)]
struct Looked<'a> {
    name: &'a str,
    matched: bool,
    /// The first condition that did not hold, and what came.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

#[derive(Serialize)]
struct Step {
    step: u32,
    of: u32,
}

#[derive(Serialize)]
struct Replayed {
    session: String,
    id: CallId,
}

#[derive(Serialize)]
struct Answered<'a> {
    status: u16,
    rule: &'a str,
    bytes: usize,
}

/// The part of a call in OAuth 2.0 client credentials.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "part")]
enum Oauth<'a> {
    Served {
        asked: Document,
        client_id: Option<&'a str>,
        token_id: Option<&'a str>,
        error: Option<&'a str>,
        fault: Option<&'a str>,
    },
    Used {
        token_call: CallId,
        token_ms: f64,
        first_use: bool,
    },
}

#[derive(Serialize)]
struct Times {
    total_ms: f64,
    /// Of fetching the access token, where that counts inside the three seconds too; not part of the total.
    token_ms: f64,
    budget_percent: f64,
    phases: Phases,
}

#[derive(Serialize)]
struct Phases {
    tls_ms: f64,
    read_ms: f64,
    decide_ms: f64,
    handler_ms: f64,
    hold_ms: f64,
    record_ms: f64,
    delay_ms: f64,
    write_ms: f64,
}

impl<'a> Line<'a> {
    fn new(record: &'a Record, query: Option<&'a str>, verdict: &'a Verdict, told: &'a Told) -> Line<'a> {
        let decided = told.decided.as_deref();
        let opening = &record.opening;
        let request = &opening.request;
        Line {
            event: None,
            id: opening.call_id,
            direction: opening.direction.as_str(),
            received_at: request.received_at.to_string(),
            http_version: request.http_version.map(|version| version.as_str()),
            method: request.method.as_deref(),
            path: request.path.as_deref(),
            query,
            endpoint: opening.endpoint.as_deref(),
            hook: opening.hook.as_str(),
            event_id: opening.event_id.as_deref(),
            attempt: opening.link.attempt,
            retry_of: opening.link.retry_of,
            duplicate_of: opening.link.duplicate_of,
            replay_of: opening
                .replay_of
                .map(|replay| Replayed { session: replay.session.to_string(), id: replay.call_id }),
            recorded: record.recorded,
            auth: &opening.auth,
            response: opening.response.as_ref().map(|response| Answered {
                status: response.status,
                rule: &response.rule,
                bytes: response.body.len(),
            }),
            timing: record.closing.timing.as_ref().map(|timing| Times::new(timing, opening)),
            verdict,
            problem: record.closing.problem.as_ref(),
            tls: request.tls.as_ref(),
            oauth: opening.oauth.as_ref().map(Oauth::new),
            rules: decided.filter(|decided| !decided.rules.is_empty()).map(looked_at),
            fault: decided.and_then(|decided| decided.fault.as_deref()),
            sequence: decided.and_then(|decided| decided.step).map(|(step, of)| Step { step, of }),
            template_error: decided.and_then(|decided| decided.template_error.as_ref()),
            forward: told.relay.as_ref().and_then(|relay| relay.forwarded.as_ref()).map(Forwarded::new),
            hold: told
                .relay
                .as_ref()
                .and_then(|relay| relay.held)
                .map(|held| Waited { held_ms: millis(held.held_us), end: held.end.as_str() }),
        }
    }
}

impl Oauth<'_> {
    fn new(part: &OauthPart) -> Oauth<'_> {
        match part {
            OauthPart::Served(served) => Oauth::Served {
                asked: served.asked,
                client_id: served.client_id.as_deref(),
                token_id: served.token_id.as_deref(),
                error: served.error.as_deref(),
                fault: served.fault.as_deref(),
            },
            OauthPart::Used(token) => Oauth::Used {
                token_call: token.token_call,
                token_ms: millis(token.token_us),
                first_use: token.is_first_use,
            },
        }
    }
}

impl Forwarded<'_> {
    fn new(passed_on: &PassedOn) -> Forwarded<'_> {
        let (changed, error) = match &passed_on.outcome {
            ForwardOutcome::Changed { changed, .. } => (changed.as_slice(), None),
            ForwardOutcome::Failed { why } => (&[][..], Some(why.as_str())),
            ForwardOutcome::Relayed | ForwardOutcome::TooSlow => (&[][..], None),
        };
        Forwarded {
            to: &passed_on.to,
            handler_ms: millis(passed_on.handler_us),
            outcome: passed_on.outcome.as_str(),
            changed,
            error,
        }
    }
}

impl Times {
    fn new(timing: &Timing, opening: &Opening) -> Times {
        let token_us = opening.token_us();
        let [tls, read, decide, handler, hold, record, delay, write] =
            opening.phases(timing).map(|(_, micros)| millis(micros));
        let percent = f64::from(timing.total_us().saturating_add(token_us)) / BUDGET.as_micros() as f64 * 100.0;
        Times {
            total_ms: millis(timing.total_us()),
            token_ms: millis(token_us),
            // Two decimals are a third of a millisecond.
            budget_percent: (percent * 100.0).round() / 100.0,
            phases: Phases {
                tls_ms: tls,
                read_ms: read,
                decide_ms: decide,
                handler_ms: handler,
                hold_ms: hold,
                record_ms: record,
                delay_ms: delay,
                write_ms: write,
            },
        }
    }
}

fn looked_at(decided: &Decided) -> Vec<Looked<'_>> {
    let looked = decided.rules.iter().map(|rule| Looked {
        name: &rule.name,
        matched: rule.matched(),
        failed: rule.failed.as_ref().map(ToString::to_string),
    });
    looked.collect()
}

/// Milliseconds with microseconds as decimals.
fn millis(micros: u32) -> f64 {
    f64::from(micros) / 1_000.0
}

fn headers_json(headers: &Headers) -> Value {
    headers.iter().map(|(name, value)| json!([String::from_utf8_lossy(name), String::from_utf8_lossy(value)])).collect()
}

/// `body` where it is UTF-8, else `body_base64`.
fn insert_body(object: &mut Map<String, Value>, body: &Bytes) {
    match std::str::from_utf8(body) {
        Ok(text) => object.insert("body".into(), text.into()),
        Err(_) => object.insert("body_base64".into(), STANDARD.encode(body).into()),
    };
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::test_record;
    use std::sync::Arc;

    use crate::call::{HeldFor, HoldEnd, Link, Relay, ReplayOf, Served, SessionId, TlsVersion, TokenUse};

    fn names(object: &Map<String, Value>) -> Vec<&str> {
        object.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_line_has_the_documented_members_and_shapes() {
        let mut record = test_record();
        record.opening.request.query = Some("a=1&token=abc".into());
        record.opening.link = Link { attempt: 2, retry_of: Some(CallId(3)), duplicate_of: None };
        let session = SessionId(uuid::Uuid::nil());
        record.opening.replay_of = Some(ReplayOf { session, call_id: CallId(7) });
        let line = call_line(&record, &Masker::default());
        assert_eq!(
            names(&line),
            [
                "id",
                "direction",
                "received_at",
                "http_version",
                "method",
                "path",
                "query",
                "endpoint",
                "hook",
                "event_id",
                "attempt",
                "retry_of",
                "duplicate_of",
                "replay_of",
                "recorded",
                "auth",
                "response",
                "timing",
                "verdict",
                "problem",
                "tls",
                "oauth"
            ]
        );
        assert_eq!(line["query"], "a=1&token=••••");
        assert_eq!(line["retry_of"], 3);
        assert_eq!(line["replay_of"], json!({ "session": session.to_string(), "id": 7 }));
        assert_eq!(line["timing"]["total_ms"], json!(2.41));
        assert_eq!(line["timing"]["budget_percent"], json!(0.08));
        assert_eq!(line["timing"]["phases"]["delay_ms"], json!(0.0));
        assert_eq!(line["response"], json!({ "status": 204, "rule": "default", "bytes": 0 }));
        assert_eq!(line["verdict"]["retry"]["expected"], false);
        assert!(line["problem"].is_null() && line["verdict"]["conflict"].is_null());
        assert!(line["tls"].is_null() && line["oauth"].is_null());
        assert_eq!(line["timing"]["token_ms"], json!(0.0));
    }

    #[test]
    fn a_line_names_the_token_and_what_tls_agreed_on() {
        let mut record = test_record();
        record.opening.request.tls = Some(TlsFacts {
            version: TlsVersion::Tls13,
            alpn: Some("h2".into()),
            cipher: Some("TLS13_AES_256_GCM_SHA384".into()),
            server_name: None,
            certificate_names: Default::default(),
        });
        let used = TokenUse { token_call: CallId(3), token_us: 598_000, is_first_use: true };
        record.opening.oauth = Some(OauthPart::Used(used));
        let line = call_line(&record, &Masker::default());
        let tls =
            json!({"version": "TLSv1.3", "alpn": "h2", "cipher": "TLS13_AES_256_GCM_SHA384", "server_name": null});
        assert_eq!(line["tls"], tls);
        assert_eq!(line["oauth"], json!({"part": "used", "token_call": 3, "token_ms": 598.0, "first_use": true}));
        let timing = &line["timing"];
        assert_eq!(
            (&timing["total_ms"], &timing["token_ms"], &timing["budget_percent"]),
            (&json!(2.41), &json!(598.0), &json!(20.01))
        );
        record.opening.oauth = Some(OauthPart::Served(Served {
            asked: Document::Token,
            client_id: Some("0oa1".into()),
            token_id: None,
            error: Some("invalid_client".into()),
            fault: None,
        }));
        let served = json!({"part": "served", "asked": "token", "client_id": "0oa1", "token_id": null,
            "error": "invalid_client", "fault": null});
        assert_eq!(call_line(&record, &Masker::default())["oauth"], served);
    }

    #[test]
    fn a_line_says_what_the_handler_did_and_how_long_a_person_took() {
        let mut record = test_record();
        record.closing.timing = Some(Timing { decide_us: 2_000_000, ..Timing::default() });
        let original = OriginalAnswer {
            status: 200,
            headers: vec![("Set-Cookie".into(), "a=s1".into())],
            body: r#"{"password":"s2"}"#.into(),
        };
        let changed = ForwardOutcome::Changed { original, changed: vec!["status".into()] };
        record.opening.relay = Some(Arc::new(Relay {
            forwarded: Some(PassedOn {
                to: "http://127.0.0.1:9000/hook?token=s3".into(),
                handler_us: 12_500,
                outcome: changed,
            }),
            held: Some(HeldFor { held_us: 1_500_000, end: HoldEnd::Edited }),
        }));
        let line = call_line(&record, &Masker::default());
        let forward = json!({"to": "http://127.0.0.1:9000/hook?token=••••", "handler_ms": 12.5, "outcome": "changed",
            "changed": ["status"]});
        assert_eq!(line["forward"], forward);
        assert_eq!(line["hold"], json!({"held_ms": 1500.0, "end": "edited"}));
        let phases = &line["timing"]["phases"];
        assert_eq!(
            (&phases["decide_ms"], &phases["handler_ms"], &phases["hold_ms"]),
            (&json!(487.5), &json!(12.5), &json!(1500.0))
        );
        let exported = export_line(&record, &Masker::default(), false);
        let original = json!({"status": 200, "headers": [["Set-Cookie", "••••"]], "body": "{\"password\":\"••••\"}"});
        assert_eq!(exported["forward"]["original"], original);
    }

    #[test]
    fn what_never_was_is_null() {
        let mut record = test_record();
        record.opening.response = None;
        record.closing.timing = None;
        record.opening.request.method = None;
        let line = call_line(&record, &Masker::default());
        assert!(line["response"].is_null() && line["timing"].is_null() && line["method"].is_null());
        assert!(export_line(&record, &Masker::default(), true)["response"].is_null());
    }

    #[test]
    fn an_export_is_masked_unless_revealed() {
        let record = test_record();
        let masked = export_line(&record, &Masker::default(), false);
        assert_eq!(masked["request"]["headers"], json!([["Authorization", "Basic ••••"], ["X-MiXeD", "1"]]));
        assert_eq!(masked["request"]["body"], "{\"password\":\"••••\"}");
        assert_eq!(masked["request"]["truncated"], false);
        assert_eq!(masked["response"]["body"], "");
        let revealed = export_line(&record, &Masker::default(), true);
        assert_eq!(revealed["request"]["body"], "{\"password\":\"open-sesame\"}");
    }

    #[test]
    fn a_body_that_is_no_text_is_base64() {
        let mut record = test_record();
        record.opening.request.body = Bytes::from_static(&[0xff, 0x00]);
        let line = export_line(&record, &Masker::default(), true);
        assert_eq!(line["request"]["body_base64"], "/wA=");
        assert!(line["request"].get("body").is_none());
    }
}
