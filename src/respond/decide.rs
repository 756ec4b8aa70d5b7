//! The choice of a response.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::setup::{Endpoint, ResponseSetup, Setup};
use crate::call::{AuthReport, AuthResult, Headers, Problem, ProblemKind, Request, Response};
use crate::okta::HookKind;

/// What is known of a call when its response is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub hook: HookKind,
    /// None on a path without endpoint.
    pub endpoint: Option<&'a Endpoint>,
    /// The value of the challenge header of a verification.
    pub challenge: Option<&'a str>,
    pub auth: &'a AuthReport,
    /// What the listener found wrong with the request.
    pub problem: Option<&'a Problem>,
}

/// What can be used up: the staged next responses. Hit counts and sequences of rules join it.
#[derive(Debug, Default)]
pub struct Counters {
    next_by_endpoint: HashMap<Arc<str>, ResponseSetup>,
}

impl Counters {
    /// Stages a response for the next call of an endpoint; a staged one is replaced.
    pub fn stage(&mut self, endpoint: Arc<str>, response: ResponseSetup) {
        self.next_by_endpoint.insert(endpoint, response);
    }

    /// Takes a staged response back.
    pub fn unstage(&mut self, endpoint: &str) -> Option<ResponseSetup> {
        self.next_by_endpoint.remove(endpoint)
    }

    /// The endpoints with a staged response.
    pub fn staged(&self) -> impl Iterator<Item = &Arc<str>> {
        self.next_by_endpoint.keys()
    }
}

/// What will be answered, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub response: Response,
    /// To wait between the record and the first byte.
    pub delay: Duration,
}

/// The kind of a call: a GET with the challenge header is a verification; else the kind that the body names; else, for a POST,
/// the endpoint's; else unknown.
pub fn kind_of_call(request: &Request, event_type: Option<&str>, endpoint: Option<&Endpoint>) -> HookKind {
    let method = request.method.as_deref();
    if method == Some("GET") && request.headers.get("x-okta-verification-challenge").is_some() {
        return HookKind::Verification;
    }
    let named = event_type.and_then(HookKind::from_event_type);
    let expected = || endpoint.filter(|_| method == Some("POST")).and_then(|endpoint| endpoint.hook.kind());
    named.or_else(expected).unwrap_or(HookKind::Unknown)
}

/// The response that changes nothing for anybody: what a first start answers for a kind.
pub fn least_harmful(kind: HookKind) -> Option<ResponseSetup> {
    let (status, body) = match kind {
        HookKind::Event | HookKind::Token | HookKind::Saml | HookKind::Registration | HookKind::UserImport => (204, ""),
        HookKind::PasswordImport => (
            200,
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.action.update\",\n      \"value\": {\n        \"credential\": \"UNVERIFIED\"\n      }\n    }\n  ]\n}\n",
        ),
        HookKind::Telephony => (
            200,
            "{\n  \"error\": {\n    \"errorSummary\": \"Not sent by this provider; Okta sends the code itself\"\n  }\n}\n",
        ),
        HookKind::Verification | HookKind::Unknown => return None,
    };
    let headers = match body {
        "" => Vec::new(),
        _ => vec![("Content-Type".to_owned(), "application/json".to_owned())],
    };
    Some(ResponseSetup { status, headers, delay: Duration::ZERO, body: body.into(), body_file: None })
}

/// Chooses the response of a call.
///
/// The listener's own answers come first (413, 401, the verification), then what is staged for the endpoint's next call, then
/// the endpoint's response, then the least harmful one of the kind. On a path without endpoint the first endpoint of the call's
/// kind answers. None means that nothing is answered: the request never became whole.
pub fn decide(setup: &Setup, asked: &Asked<'_>, counters: &mut Counters) -> Option<Plan> {
    match asked.problem.map(|problem| problem.kind) {
        Some(ProblemKind::BodyTooLarge) => {
            let limit = setup.listener.max_body_bytes;
            return Some(by_listener(setup, 413, &format!("the body is larger than {limit} bytes")));
        }
        Some(_) => return None,
        None => {}
    }
    let failed = matches!(asked.auth.result, AuthResult::Fail | AuthResult::Missing);
    if failed && setup.enforce && asked.endpoint.is_some() {
        return Some(by_listener(setup, 401, "the credential is missing or wrong"));
    }
    if let (HookKind::Verification, Some(challenge)) = (asked.hook, asked.challenge) {
        let body = serde_json::json!({ "verification": challenge }).to_string();
        return Some(listener_plan(setup, 200, body));
    }
    let answering =
        asked.endpoint.or_else(|| setup.endpoints.iter().find(|endpoint| endpoint.hook.kind() == Some(asked.hook)));
    if let Some(endpoint) = answering {
        if let Some(next) = counters.unstage(&endpoint.name) {
            return Some(plan_of(&next, "next".into(), setup.revision));
        }
        if let Some(response) = &endpoint.response {
            return Some(plan_of(response, "default".into(), setup.revision));
        }
    }
    let kind = answering.and_then(|endpoint| endpoint.hook.kind()).unwrap_or(asked.hook);
    match least_harmful(kind) {
        Some(response) => Some(plan_of(&response, "default".into(), setup.revision)),
        None => Some(by_listener(setup, 404, "no endpoint has this path, and the call names no hook kind")),
    }
}

fn plan_of(setup: &ResponseSetup, rule: Arc<str>, revision: u64) -> Plan {
    Plan {
        response: Response {
            status: setup.status,
            headers: Headers::from_fields(setup.headers.iter().map(|(name, value)| (name, value))),
            body: Bytes::copy_from_slice(setup.body.as_bytes()),
            rule,
            revision,
        },
        delay: setup.delay,
    }
}

fn by_listener(setup: &Setup, status: u16, why: &str) -> Plan {
    listener_plan(setup, status, serde_json::json!({ "error": why }).to_string())
}

fn listener_plan(setup: &Setup, status: u16, body: String) -> Plan {
    Plan {
        response: Response {
            status,
            headers: Headers::from_fields([("Content-Type", "application/json")]),
            body: Bytes::from(body),
            rule: "listener".into(),
            revision: setup.revision,
        },
        delay: Duration::ZERO,
    }
}
