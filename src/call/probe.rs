//! The request of a test of the tunnel: how the listener knows it, what it answers, and what the test is told of it.
//!
//! A probe is `GET <public URL>/.well-known/hookscope/<nonce>`. The path alone says nothing: only a nonce that a running test has
//! registered is answered so; with any other it is a call like every other. It is recorded like every call.

use bytes::Bytes;

use super::{CallId, Headers, Opening, Problem, ProblemKind, Request, Response};
use crate::okta::HookKind;

/// What stands before the nonce; the path of the public URL may stand before that.
pub const PROBE_PATH: &str = "/.well-known/hookscope/";

/// Length of a nonce: 128 random bits in hexadecimal digits.
const NONCE_CHARS: usize = 32;

/// What a tunnel tells about the client and itself: the fields that are shown of a probe.
const FORWARDED: [&str; 9] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-real-ip",
    "cf-connecting-ip",
    "tailscale-funnel-request",
    "via",
];

/// The nonce in a path, if it could be that of a probe.
pub fn probe_nonce(path: &str) -> Option<&str> {
    let (_, nonce) = path.rsplit_once(PROBE_PATH)?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (nonce.len() == NONCE_CHARS && nonce.bytes().all(is_hex)).then_some(nonce)
}

/// What the listener answers a probe.
pub fn probe_response(nonce: &str, revision: u64) -> Response {
    let body = serde_json::json!({ "hookscope": "test of the tunnel", "nonce": nonce }).to_string();
    Response {
        status: 200,
        headers: Headers::from_fields([("Content-Type", "application/json"), ("Cache-Control", "no-store")]),
        body: Bytes::from(body),
        rule: "listener".into(),
        revision,
    }
}

/// Is this the listener's answer to the probe with this nonce?
pub fn is_probe_answer(status: u16, body: &[u8], nonce: &str) -> bool {
    let answered = || serde_json::from_slice::<serde_json::Value>(body).ok();
    status == 200
        && answered().is_some_and(|answer| answer.get("nonce").and_then(serde_json::Value::as_str) == Some(nonce))
}

impl Opening {
    /// True for a call that was a test of the tunnel, told by what is recorded of it: its path and the listener's own answer.
    pub fn is_probe(&self) -> bool {
        let nonce = self.request.path.as_deref().and_then(probe_nonce);
        let response = self.response.as_ref().filter(|response| &*response.rule == "listener");
        match (self.hook, nonce, response) {
            (HookKind::Unknown, Some(nonce), Some(response)) => is_probe_answer(response.status, &response.body, nonce),
            _ => false,
        }
    }
}

/// What a test of the tunnel is told by the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeSeen {
    /// The request came.
    Arrived(ProbeArrival),
    /// It is over: the listener's own time in microseconds, none where its answer could not be written.
    Ended { own_us: Option<u32> },
    /// Something came while the test ran that never became a request.
    Stray(Stray),
}

/// How a probe came to the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeArrival {
    pub call_id: CallId,
    pub over_tls: bool,
    /// Address of the peer, or of the client that the tunnel names, where that is believed.
    pub peer: String,
    /// The `Host` field as it came.
    pub host: Option<String>,
    pub http_version: Option<&'static str>,
    /// The fields in which a tunnel tells about the client: name and value.
    pub forwarded: Vec<(String, String)>,
}

impl ProbeArrival {
    pub fn of(call_id: CallId, request: &Request) -> ProbeArrival {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let is_shown = |name: &str| FORWARDED.iter().any(|shown| name.eq_ignore_ascii_case(shown));
        ProbeArrival {
            call_id,
            over_tls: request.over_tls,
            peer: request.peer.clone(),
            host: request.header("host").map(str::to_owned),
            http_version: request.http_version.map(|version| version.as_str()),
            forwarded: request
                .headers
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .filter(|(name, _)| is_shown(name))
                .collect(),
        }
    }
}

/// A connection that never became a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    pub call_id: CallId,
    pub problem: ProblemKind,
    /// One sentence of the listener.
    pub detail: String,
    /// The bytes that came begin as a TLS handshake does (RFC 8446, 5.1).
    pub begins_as_tls: bool,
    /// The bytes that came.
    pub bytes: Bytes,
}

impl Stray {
    pub fn of(call_id: CallId, request: &Request, problem: &Problem) -> Stray {
        Stray {
            call_id,
            problem: problem.kind,
            detail: problem.detail.clone(),
            begins_as_tls: request.body.starts_with(&[22, 3]),
            bytes: request.body.clone(),
        }
    }

    /// Is it certain that it belongs to the test with this nonce?
    pub fn carries(&self, nonce: &str) -> bool {
        memchr::memmem::find(&self.bytes, nonce.as_bytes()).is_some()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::call::test_record;
    use crate::okta::Outcome;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn only_a_whole_nonce_at_the_end_of_the_path_is_one() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(probe_nonce(path), expected, "{path}");
        check(&format!("/.well-known/hookscope/{NONCE}"), Some(NONCE));
        check(&format!("/behind/a/proxy/.well-known/hookscope/{NONCE}"), Some(NONCE));
        check("/.well-known/hookscope/", None);
        check("/.well-known/hookscope/0123", None);
        check(&format!("/.well-known/hookscope/{NONCE}/x"), None);
        check(&format!("/.well-known/hookscope/{}", NONCE.to_uppercase()), None);
        check("/hooks/token", None);
    }

    #[test]
    fn a_recorded_test_of_the_tunnel_says_that_it_is_one() {
        let mut record = test_record();
        record.opening.hook = HookKind::Unknown;
        record.opening.endpoint = None;
        record.opening.endpoint_hook = None;
        record.opening.request.method = Some("GET".into());
        record.opening.request.path = Some(format!("{PROBE_PATH}{NONCE}"));
        record.opening.response = Some(probe_response(NONCE, 3));
        let verdict = record.rejudge();
        assert_eq!(verdict.outcome, Outcome::Undocumented);
        assert!(verdict.summary.starts_with("Test of the tunnel"), "{}", verdict.summary);
        // What an endpoint of the user's own answers is that endpoint's matter.
        record.opening.response.as_mut().unwrap().rule = "default".into();
        assert!(!record.opening.is_probe());
        record.opening.response = Some(probe_response("other", 3));
        assert!(!record.opening.is_probe());
    }

    #[test]
    fn only_our_own_answer_to_this_nonce_counts() {
        let body = probe_response(NONCE, 0).body;
        assert!(is_probe_answer(200, &body, NONCE));
        assert!(!is_probe_answer(502, &body, NONCE));
        assert!(!is_probe_answer(200, &body, "00000000000000000000000000000000"));
        assert!(!is_probe_answer(200, b"<html>", NONCE));
    }
}
