//! The contract as data: one file of cases for each hook kind in `tests/cases`.
//!
//! A case is a request, an answer and its circumstances, and what must come of them: outcome, every finding with its place, and
//! what Okta changes. `name` says which rule it is about; a rule has a case on both of its sides.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hookscope::okta::{Answer, Asked, BadCredential, Credential, Exchange, HookKind, effect, judge, sample};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The rule, and what the case shows of it.
    name: String,
    /// Name of a sample that is the request.
    sample: Option<String>,
    /// The request itself. With neither, the request is not given.
    request: Option<String>,
    /// JSON Pointers of the request and what is put there (JSON text) before it is judged; an empty text takes the member out.
    #[serde(default)]
    edit: BTreeMap<String, String>,
    /// The challenge of a verification.
    challenge: Option<String>,
    #[serde(default = "ok")]
    status: u16,
    /// `application/json` where there is a body.
    content_type: Option<String>,
    #[serde(default)]
    response: String,
    /// Takes the place of `response`: that many bytes of JSON.
    response_bytes: Option<usize>,
    /// What kept the answer from coming; then there is none.
    no_answer: Option<String>,
    /// What cut the answer off before its end.
    cut_off: Option<String>,
    #[serde(default)]
    elapsed_ms: u64,
    #[serde(default = "first")]
    attempt: u8,
    /// Names of the credential checks that failed; an empty list: the credential is missing. Left out: it is good.
    bad_credential: Option<Vec<String>>,

    outcome: String,
    confidence: Option<String>,
    /// `severity id pointer` of every finding, in any order; the pointer is left out where there is none. A finding about the
    /// request is written `severity id request:pointer`.
    #[serde(default)]
    findings: Vec<String>,
    /// What Okta changes, as `pointer = JSON`, or `pointer gone`; an empty list: nothing. Left out: not looked at.
    changes: Option<Vec<String>>,
    conflict: Option<bool>,
    /// Parts of what the two sides of the conflict say, or of what is taken.
    #[serde(default)]
    conflict_says: Vec<String>,
    /// `yes`, `no` or `unknown`.
    retry: Option<String>,
    user_sees: Option<String>,
    system_log: Option<String>,
    /// A part of the sentence.
    summary: Option<String>,
    /// A part of the message of any finding, one entry for each that is looked for.
    #[serde(default)]
    says: Vec<String>,
}

fn ok() -> u16 {
    200
}

fn first() -> u8 {
    1
}

/// Runs the cases of a file; gives what did not come as written.
fn run(kind: HookKind) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/{kind}.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!file.case.is_empty());
    file.case.iter().flat_map(|case| check(kind, case)).collect()
}

fn request_of(case: &Case) -> Option<String> {
    let text = match (&case.sample, &case.request) {
        (Some(name), None) => sample(name).unwrap_or_else(|| panic!("no sample {name}")).body.to_owned(),
        (None, given) => given.clone()?,
        (Some(_), Some(_)) => panic!("{}: either sample or request", case.name),
    };
    if case.edit.is_empty() {
        return Some(text);
    }
    let mut value: Value = serde_json::from_str(&text).unwrap();
    for (pointer, json) in &case.edit {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap_or_else(|| panic!("{}: no {pointer}", case.name));
        let member = member.replace("~1", "/").replace("~0", "~");
        match (json.as_str(), parent) {
            ("", Value::Object(object)) => drop(object.shift_remove(&member)),
            (json, Value::Object(object)) => drop(object.insert(member, serde_json::from_str(json).unwrap())),
            (json, Value::Array(array)) => {
                array[member.parse::<usize>().unwrap()] = serde_json::from_str(json).unwrap()
            }
            _ => panic!("{}: {pointer} has no members", case.name),
        }
    }
    Some(value.to_string())
}

fn check(kind: HookKind, case: &Case) -> Vec<String> {
    let request = request_of(case);
    let asked = match (&case.challenge, &request) {
        (Some(challenge), _) => Asked::Challenge(challenge),
        (None, Some(request)) => Asked::Body(request.as_bytes()),
        (None, None) => Asked::NotGiven,
    };
    let body = match case.response_bytes {
        Some(size) => padded(size),
        None => case.response.trim_start_matches('\n').to_owned(),
    };
    let json = Some("application/json").filter(|_| !body.is_empty());
    let answer = match (&case.no_answer, &case.cut_off) {
        (Some(why), _) => Answer::None { why },
        (None, Some(why)) => Answer::Partial { why },
        (None, None) => Answer::Complete {
            status: case.status,
            content_type: case.content_type.as_deref().or(json),
            body: body.as_bytes(),
        },
    };
    let exchange = Exchange {
        hook: kind,
        endpoint_hook: None,
        asked,
        answer,
        elapsed: Duration::from_millis(case.elapsed_ms),
        attempt: case.attempt,
        credential: case.bad_credential.as_ref().map_or(Credential::Good, |failed| {
            Credential::Bad(BadCredential::new(failed.is_empty(), failed.iter().map(String::as_str)))
        }),
    };
    let verdict = judge(&exchange);
    let mut wrong = Vec::new();
    let mut expect = |what: &str, expected: &str, got: &str| {
        if expected != got {
            wrong.push(format!("{kind}, {}: {what}\n    expected {expected}\n    got      {got}", case.name));
        }
    };
    expect("outcome", &case.outcome, verdict.outcome.as_str());
    if let Some(confidence) = &case.confidence {
        expect("confidence", confidence, verdict.confidence.as_str());
    }
    let mut expected = case.findings.clone();
    expected.sort();
    let mut found: Vec<String> = verdict
        .findings
        .iter()
        .map(|finding| {
            let place = match (&finding.pointer, &finding.request_pointer) {
                (Some(pointer), _) => format!(" {pointer}"),
                (None, Some(pointer)) => format!(" request:{pointer}"),
                (None, None) => String::new(),
            };
            format!("{} {}{place}", finding.severity.as_str(), finding.id).trim_end().to_owned()
        })
        .collect();
    found.sort();
    expect("findings", &format!("{expected:#?}"), &format!("{found:#?}"));
    if let Some(conflict) = case.conflict {
        expect("conflict", &conflict.to_string(), &verdict.conflict.is_some().to_string());
    }
    for part in &case.conflict_says {
        let said = verdict.conflict.as_ref().map(|conflict| [&*conflict.one, &*conflict.other, &*conflict.taken]);
        if !said.is_some_and(|said| said.iter().any(|side| side.contains(part.as_str()))) {
            expect("a conflict that says", part, &format!("{said:#?}"));
        }
    }
    if let Some(retry) = &case.retry {
        let got = match verdict.retry.expected {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        expect("retry", retry, got);
    }
    if let Some(sees) = &case.user_sees {
        expect("the user sees", sees, verdict.user_sees.as_deref().unwrap_or(""));
    }
    if let Some(log) = &case.system_log {
        expect("System Log", log, verdict.system_log.as_deref().unwrap_or(""));
    }
    if let Some(part) = &case.summary
        && !verdict.summary.contains(part.as_str())
    {
        expect("summary", part, &verdict.summary);
    }
    for part in &case.says {
        let messages: Vec<&str> = verdict.findings.iter().map(|finding| &*finding.message).collect();
        if !messages.iter().any(|message| message.contains(part.as_str())) {
            expect("a finding that says", part, &format!("{messages:#?}"));
        }
    }
    for finding in verdict.findings.iter().filter(|finding| finding.pointer.is_some()) {
        let is_placed = finding.line.is_some() && finding.column.is_some();
        expect("a finding with a pointer has line and column", "true", &is_placed.to_string());
    }
    if let Some(changes) = &case.changes {
        let got = match effect(&exchange, verdict.outcome) {
            None => "no effect".to_owned(),
            Some(effect) => {
                let mut got = Vec::new();
                diff("", &Value::Object(effect.before), &Value::Object(effect.after), &mut got);
                format!("{got:#?}")
            }
        };
        expect("changes", &format!("{changes:#?}"), &got);
    }
    wrong
}

/// What is different, in the order of the members.
fn diff(at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            for (name, value) in one {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match other.get(name) {
                    Some(after) => diff(&at, value, after, found),
                    None => found.push(format!("{at} gone")),
                }
            }
            for (name, value) in other.iter().filter(|(name, _)| !one.contains_key(*name)) {
                found.push(format!("{at}/{} = {value}", name.replace('~', "~0").replace('/', "~1")));
            }
        }
        (before, after) if before == after => {}
        (_, after) => found.push(format!("{at} = {after}")),
    }
}

/// A good envelope of exactly that many bytes.
fn padded(size: usize) -> String {
    let shell = r#"{"debugContext":{"padding":""}}"#;
    let padding = "x".repeat(size - shell.len());
    format!(r#"{{"debugContext":{{"padding":"{padding}"}}}}"#)
}

fn check_all(kind: HookKind) {
    let wrong = run(kind);
    assert!(wrong.is_empty(), "{} did not come as written:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn token_cases() {
    check_all(HookKind::Token);
}

#[test]
fn saml_cases() {
    check_all(HookKind::Saml);
}

#[test]
fn registration_cases() {
    check_all(HookKind::Registration);
}

#[test]
fn password_import_cases() {
    check_all(HookKind::PasswordImport);
}

#[test]
fn user_import_cases() {
    check_all(HookKind::UserImport);
}

#[test]
fn telephony_cases() {
    check_all(HookKind::Telephony);
}

#[test]
fn event_cases() {
    check_all(HookKind::Event);
}

#[test]
fn verification_cases() {
    check_all(HookKind::Verification);
}
