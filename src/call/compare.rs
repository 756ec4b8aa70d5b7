//! Two calls, or two responses, beside each other: by structure, not by text.
//!
//! The order of members does not count, elements of arrays are matched before they are compared, and members that differ from
//! call to call by their nature (ids, times) are left out. Values only; whoever shows them masks the records first.

mod align;
mod difference;
mod text;
mod volatile;

pub use align::align;
pub use difference::{Difference, differences};
pub use text::{DifferenceKind, comparison_json, comparison_text};
pub use volatile::Volatile;

use serde_json::{Map, Value, json};

use super::{Headers, Record, Request, Response};

/// A part of two calls, as JSON on both sides, and what is different in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedPart {
    pub part: Part,
    /// Without what is volatile.
    pub before: Value,
    pub after: Value,
    pub differences: Vec<Difference>,
    /// How many members were left out on either side.
    pub n_volatile: usize,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Method, path, query.
    RequestLine,
    RequestHeaders,
    RequestBody,
    Status,
    ResponseHeaders,
    ResponseBody,
    /// Result of the credential checks.
    Credential,
    /// Outcome, sentence and findings.
    Verdict,
}

impl Part {
    pub fn text(self) -> &'static str {
        match self {
            Part::RequestLine => "Request line",
            Part::RequestHeaders => "Request headers",
            Part::RequestBody => "Request body",
            Part::Status => "Status",
            Part::ResponseHeaders => "Response headers",
            Part::ResponseBody => "Response body",
            Part::Credential => "Credential",
            Part::Verdict => "Verdict",
        }
    }
}

/// Compares two calls part by part, in the order in which they are read.
pub fn compare_calls(before: &Record, after: &Record, volatile: &Volatile) -> Vec<ComparedPart> {
    let sides = |part, make: fn(&Record) -> Value| compared(part, make(before), make(after), volatile);
    vec![
        sides(Part::RequestLine, |record| request_line(&record.opening.request)),
        sides(Part::RequestHeaders, |record| headers(&record.opening.request.headers)),
        sides(Part::RequestBody, |record| body(&record.opening.request.body)),
        sides(Part::Status, |record| record.opening.response.as_ref().map(|response| response.status).into()),
        sides(Part::ResponseHeaders, |record| of_response(record, |response| headers(&response.headers))),
        sides(Part::ResponseBody, |record| of_response(record, |response| body(&response.body))),
        sides(Part::Credential, credential),
        sides(Part::Verdict, verdict),
    ]
}

/// Compares two responses: status, headers, body.
pub fn compare_responses(before: &Response, after: &Response, volatile: &Volatile) -> Vec<ComparedPart> {
    let sides = |part, make: fn(&Response) -> Value| compared(part, make(before), make(after), volatile);
    vec![
        sides(Part::Status, |response| response.status.into()),
        sides(Part::ResponseHeaders, |response| headers(&response.headers)),
        sides(Part::ResponseBody, |response| body(&response.body)),
    ]
}

fn compared(part: Part, before: Value, after: Value, volatile: &Volatile) -> ComparedPart {
    let (before, n_before) = volatile.left_out(before);
    let (after, n_after) = volatile.left_out(after);
    let differences = differences(&before, &after);
    ComparedPart { part, before, after, differences, n_volatile: n_before.max(n_after) }
}

fn request_line(request: &Request) -> Value {
    json!({ "method": request.method, "path": request.path, "query": request.query })
}

fn of_response(record: &Record, make: fn(&Response) -> Value) -> Value {
    record.opening.response.as_ref().map_or(Value::Null, make)
}

/// Names in lower case, since their case means nothing; a name that came twice has a list.
fn headers(headers: &Headers) -> Value {
    let mut members = Map::new();
    for (name, value) in headers.iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let value = Value::from(String::from_utf8_lossy(value).into_owned());
        match members.get_mut(&name) {
            Some(Value::Array(values)) => values.push(value),
            Some(one) => *one = Value::from(vec![one.take(), value]),
            None => drop(members.insert(name, value)),
        }
    }
    members.into()
}

/// JSON where it is some, else the text, so that there is always something to compare.
fn body(body: &[u8]) -> Value {
    match body {
        [] => Value::Null,
        body => serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into()),
    }
}

fn credential(record: &Record) -> Value {
    let auth = &record.opening.auth;
    let checks: Map<String, Value> =
        auth.checks.iter().map(|check| (check.name.to_string(), json!(check.result))).collect();
    json!({ "result": auth.result, "checks": checks })
}

fn verdict(record: &Record) -> Value {
    let verdict = &record.closing.verdict;
    let findings: Vec<Value> = verdict
        .findings
        .iter()
        .map(|finding| json!({ "id": finding.id, "severity": finding.severity, "message": finding.message }))
        .collect();
    json!({ "outcome": verdict.outcome, "summary": verdict.summary, "findings": findings })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::test_record;

    #[test]
    fn a_call_is_the_same_as_itself_and_a_difference_is_found_in_its_part() {
        let before = test_record();
        let none: Vec<Difference> = Vec::new();
        for part in compare_calls(&before, &before, &Volatile::default()) {
            assert_eq!(part.differences, none, "{:?}", part.part);
        }
        let mut after = before.clone();
        after.opening.request.headers = Headers::from_fields([("authorization", "Basic b2t0YTp4"), ("x-mixed", "2")]);
        after.opening.request.body = br#"{"password": "open-sesame"}"#.as_slice().into();
        after.opening.response.as_mut().unwrap().status = 200;
        let parts = compare_calls(&before, &after, &Volatile::default());
        let changed: Vec<(Part, &str)> = parts
            .iter()
            .flat_map(|part| part.differences.iter().map(|difference| (part.part, difference.pointer.as_str())))
            .collect();
        assert_eq!(changed, [(Part::RequestHeaders, "/x-mixed"), (Part::Status, "")]);
    }

    #[test]
    fn a_header_that_came_twice_has_a_list() {
        let value = headers(&Headers::from_fields([("A", "1"), ("a", "2"), ("A", "3"), ("B", "4")]));
        assert_eq!(value, json!({ "a": ["1", "2", "3"], "b": "4" }));
    }

    #[test]
    fn a_body_that_is_no_json_is_compared_as_text() {
        assert_eq!(body(b"<html>"), json!("<html>"));
        assert_eq!(body(b""), Value::Null);
    }
}
