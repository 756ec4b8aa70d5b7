//! A call as one JSON object: the line that `serve --json` prints, and the longer one of an export.
//!
//! Scripts hold on to these names and shapes: members may be added, none is renamed or taken away. What is not asked to be
//! revealed is masked here, so that no front has to think of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{AuthReport, BUDGET, Headers, Masker, Record, Response, Timing};
use crate::okta::{Finding, Verdict};

/// The object of one call, without `event`; the query is masked.
pub fn call_line(record: &Record, masker: &Masker) -> Map<String, Value> {
    let query = record.opening.request.query.as_deref().map(|query| masker.mask_query(query));
    line(record, query)
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
    let mut object = line(record, request.query.clone());
    let mut sent = Map::new();
    sent.insert("headers".into(), headers_json(&request.headers));
    insert_body(&mut sent, &request.body);
    sent.insert("truncated".into(), request.truncated.into());
    object.insert("request".into(), sent.into());
    if let (Some(Value::Object(answered)), Some(response)) = (object.get_mut("response"), &record.opening.response) {
        answered.insert("headers".into(), headers_json(&response.headers));
        insert_body(answered, &response.body);
    }
    object
}

/// A verdict in the shape of the command line's JSON.
pub fn verdict_json(verdict: &Verdict) -> Value {
    json!({
        "outcome": verdict.outcome.as_str(),
        "summary": verdict.summary,
        "confidence": verdict.confidence.as_str(),
        "user_sees": verdict.user_sees,
        "system_log": verdict.system_log,
        "conflict": verdict.conflict.as_ref().map(|conflict| json!({
            "one": conflict.one,
            "other": conflict.other,
            "taken": conflict.taken,
        })),
        "retry": { "expected": verdict.retry.expected, "why": verdict.retry.why },
        "findings": verdict.findings.iter().map(finding_json).collect::<Vec<_>>(),
    })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "id": finding.id,
        "severity": finding.severity.as_str(),
        "message": finding.message,
        "pointer": finding.pointer,
        "line": finding.line,
        "column": finding.column,
        "source": finding.source,
        "confidence": finding.confidence.as_str(),
    })
}

fn line(record: &Record, query: Option<String>) -> Map<String, Value> {
    let opening = &record.opening;
    let request = &opening.request;
    let link = opening.link;
    let replay_of =
        opening.replay_of.map(|replay| json!({ "session": replay.session.to_string(), "id": replay.call_id }));
    let problem = record
        .closing
        .problem
        .as_ref()
        .map(|problem| json!({ "kind": problem.kind.as_str(), "detail": problem.detail }));
    let members = [
        ("id", json!(opening.call_id)),
        ("direction", opening.direction.as_str().into()),
        ("received_at", request.received_at.to_string().into()),
        ("http_version", request.http_version.map(|version| version.as_str()).into()),
        ("method", request.method.clone().into()),
        ("path", request.path.clone().into()),
        ("query", query.into()),
        ("endpoint", opening.endpoint.as_deref().into()),
        ("hook", opening.hook.as_str().into()),
        ("event_id", opening.event_id.clone().into()),
        ("attempt", link.attempt.into()),
        ("retry_of", json!(link.retry_of)),
        ("duplicate_of", json!(link.duplicate_of)),
        ("replay_of", replay_of.into()),
        ("recorded", record.recorded.into()),
        ("auth", auth_json(&opening.auth)),
        ("response", opening.response.as_ref().map(response_json).into()),
        ("timing", record.closing.timing.as_ref().map(timing_json).into()),
        ("verdict", verdict_json(&record.closing.verdict)),
        ("problem", problem.into()),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn auth_json(auth: &AuthReport) -> Value {
    let checks: Vec<Value> = auth
        .checks
        .iter()
        .map(|check| json!({ "name": check.name, "result": check.result, "detail": check.detail }))
        .collect();
    json!({ "result": auth.result.as_str(), "checks": checks })
}

fn response_json(response: &Response) -> Value {
    json!({ "status": response.status, "rule": &*response.rule, "bytes": response.body.len() })
}

fn timing_json(timing: &Timing) -> Value {
    let phases: Map<String, Value> =
        timing.phases().into_iter().map(|(name, micros)| (format!("{name}_ms"), millis(micros).into())).collect();
    let budget_us = BUDGET.as_micros() as f64;
    let percent = f64::from(timing.total_us()) / budget_us * 100.0;
    json!({
        "total_ms": millis(timing.total_us()),
        // Two decimals are a third of a millisecond.
        "budget_percent": (percent * 100.0).round() / 100.0,
        "phases": phases,
    })
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
    use crate::call::{CallId, Link, ReplayOf, SessionId};

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
                "problem"
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
