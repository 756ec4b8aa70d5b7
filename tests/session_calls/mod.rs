//! A made-up call and its time, for the tests of session files.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookscope::call::{
    AuthReport, CallId, Direction, Headers, HttpVersion, Link, Opening, Request, Response, Timestamp, Timing,
};
use hookscope::okta::HookKind;

/// How long a condition may take to come true on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A POST to a path, answered with a status.
pub fn opening(id: u32, hook: HookKind, path: &str, status: u16) -> Opening {
    Opening {
        call_id: CallId(id),
        direction: Direction::Received,
        request: Request {
            received_at: Timestamp(1_932_000_000_000_000 + i64::from(id)),
            peer: "127.0.0.1:1".to_owned(),
            over_tls: true,
            tls: None,
            http_version: Some(HttpVersion::Http11),
            method: Some("POST".to_owned()),
            path: Some(path.to_owned()),
            query: None,
            headers: Headers::from_fields([("Host", "localhost"), ("Authorization", "Basic b2t0YTpzZWNyZXQ=")]),
            body: Bytes::from(format!("{{\"eventId\":\"event-{id}\"}}")),
            body_size: None,
            truncated: false,
        },
        hook,
        endpoint: path.strip_prefix("/hooks/").map(Arc::from),
        endpoint_hook: None,
        event_id: Some(format!("event-{id}")),
        link: Link::FIRST,
        replay_of: None,
        auth: AuthReport::NOT_CONFIGURED,
        response: Some(Response {
            status,
            headers: Headers::default(),
            body: Bytes::new(),
            rule: "default".into(),
            revision: 1,
        }),
        problem: None,
        oauth: None,
        decided: None,
    }
}

/// A call that took so many milliseconds, one of them to be read.
pub fn timing(total_ms: u32) -> Timing {
    Timing { read_us: 1_000, write_us: total_ms * 1_000 - 1_000, ..Timing::default() }
}
