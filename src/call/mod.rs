//! What is recorded: a request, its response, its times, its ids, and how secrets in it are masked.
//!
//! Values only. A recorded fact is never rewritten. Where to look next: [`Request`] and [`Response`] are what crossed the
//! wire, [`Timing`] is the clock, [`AuthReport`] is what the credential checks found, [`Links`] ties repeats together,
//! [`EventLedger`] knows the events of deliveries, [`Load`] and [`DailyEvents`] what all calls come to,
//! [`ChainReport`] is what a test of the tunnel found, [`compare_calls`] tells two calls apart, [`Masker`] hides secrets,
//! [`call_line()`] is a call as JSON, [`judge_call`] hands a call to the contract.

mod attempts;
mod auth_report;
mod chain_report;
mod compare;
mod curl;
mod daily_events;
mod decided;
mod event_ledger;
mod forwarded;
mod headers;
mod identity;
mod judge_record;
mod line;
mod links;
mod load;
mod mask;
mod oauth;
mod probe;
mod problem;
mod record;
mod relay;
mod run_report;
mod secret;
mod served_call;
mod timestamp;
mod timing;
mod tls;
mod token_loop;
mod trial;

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

pub use attempts::attempt_sentences;
pub use auth_report::{AuthCheck, AuthReport, AuthResult, CheckResult};
pub use chain_report::{ChainReport, ChainState, Hop, HopKind, HopState, TunnelOverhead, WithTunnel, time_text};
pub use compare::{
    ComparedPart, Difference, DifferenceKind, Part, Volatile, align, compare_calls, compare_responses, comparison_json,
    comparison_text, differences,
};
pub use curl::curl_command;
pub use daily_events::{DAILY_LIMIT, DAILY_WARNING, DailyEvents};
pub use decided::{Decided, FailedCondition, RuleTrace, TemplateError};
pub use event_ledger::{DeliveryEvents, EventCounts, EventKey, EventLedger, EventNote, delivery_keys};
pub use forwarded::{Forwarded as ForwardedHeaders, ForwardedFact, TunnelEdge};
pub use headers::Headers;
pub use identity::{CallId, Direction, ReplayOf, SessionId};
pub use judge_record::{exchange_of, judge_call};
pub use line::{call_line, call_text, export_line, verdict_json};
pub use links::{Arrival, Link, Links, answer_in, answer_of, repeat_of};
pub use load::{EndpointLoad, Load, LoadCall, SlotLoad};
use mask::Told;
pub use mask::{MASK, Masker, Revealed, SecretPart, SecretPlace, Shown, ShownSecret, is_masked};
pub use oauth::{Document, OauthPart, Served, TokenUse};
pub use probe::{PROBE_PATH, ProbeArrival, ProbeSeen, Stray, is_probe_answer, probe_nonce, probe_response};
pub use problem::{Problem, ProblemKind};
pub use record::{Closing, Opening, Record, Summary, event_counts};
pub use relay::{ForwardOutcome, HeldFor, HoldEnd, OriginalAnswer, PassedOn, Relay};
pub use run_report::{RunRow, RunTally, SentAttempt, Table, TableForm};
pub use secret::Secret;
pub use timestamp::Timestamp;
pub use timing::{BUDGET, Timing, micros};
pub use tls::{TlsFacts, TlsVersion};
pub use token_loop::token_loop_finding;
pub use trial::{
    TriedWith, Try, TryMeaning, TryResult, credential_headers, headers_with, judge_tries, sent_with, tries,
};

/// The version of HTTP that a request spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    Http10,
    Http11,
    Http2,
}

impl HttpVersion {
    pub fn as_str(self) -> &'static str {
        match self {
            HttpVersion::Http10 => "HTTP/1.0",
            HttpVersion::Http11 => "HTTP/1.1",
            HttpVersion::Http2 => "HTTP/2",
        }
    }
}

/// What came, byte for byte as far as it was kept.
///
/// A connection that never became a request (not TLS, not HTTP, too slow) is one too: then `method` and `path` are none and
/// `body` holds the first bytes that came, as far as they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// When its first byte came.
    pub received_at: Timestamp,
    /// Address and port of the peer, as text.
    pub peer: String,
    /// True when it came over TLS.
    pub over_tls: bool,
    /// What its handshake agreed on; none over plain HTTP, where none was finished, and in sessions of earlier builds.
    pub tls: Option<TlsFacts>,
    pub http_version: Option<HttpVersion>,
    pub method: Option<String>,
    /// The path without the query, as sent.
    pub path: Option<String>,
    /// The query without its `?`, as sent.
    pub query: Option<String>,
    pub headers: Headers,
    pub body: Bytes,
    /// Size of the whole body in bytes, also where less of it was kept; none where the end was not seen.
    pub body_size: Option<u64>,
    /// True when `body` is not the whole body.
    pub truncated: bool,
}

impl Request {
    /// Path and query as they were sent; `/` where it never became a request.
    pub fn path_and_query(&self) -> String {
        let path = self.path.as_deref().unwrap_or("/");
        match &self.query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        }
    }

    /// The address that it came from: the socket's, or the forwarded one that was put in its place.
    pub fn client(&self) -> Option<IpAddr> {
        let first = self.peer.split(' ').next()?;
        first.parse().ok().or_else(|| first.parse::<SocketAddr>().ok().map(|peer| peer.ip()))
    }

    /// The first value of a header, as text, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// What was decided to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: Bytes,
    /// What answered: `default`, `next`, a rule's name, or `listener`.
    pub rule: std::sync::Arc<str>,
    /// The revision of the setup that answered.
    pub revision: u64,
}

/// A password import call, answered 204 in 2.41 ms.
#[cfg(test)]
pub(crate) fn test_record() -> Record {
    let request = Request {
        received_at: Timestamp(1_900_000_000_123_000),
        peer: "127.0.0.1:50000".into(),
        over_tls: true,
        tls: None,
        http_version: Some(HttpVersion::Http11),
        method: Some("POST".into()),
        path: Some("/hooks/password-import".into()),
        query: None,
        headers: Headers::from_fields([("Authorization", "Basic b2t0YTp4"), ("X-MiXeD", "1")]),
        body: Bytes::from_static(br#"{"password":"open-sesame"}"#),
        body_size: Some(26),
        truncated: false,
    };
    let opening = Opening {
        call_id: CallId(4),
        direction: Direction::Received,
        request,
        hook: crate::okta::HookKind::PasswordImport,
        endpoint: Some("password-import".into()),
        endpoint_hook: Some(crate::okta::HookKind::PasswordImport),
        event_id: Some("e-4".into()),
        link: Link::FIRST,
        replay_of: None,
        auth: AuthReport::NOT_CONFIGURED,
        response: Some(Response {
            status: 204,
            headers: Headers::default(),
            body: Bytes::new(),
            rule: "default".into(),
            revision: 1,
        }),
        problem: None,
        oauth: None,
        decided: None,
        relay: None,
    };
    let timing = Timing { tls_us: 1_100, read_us: 310, decide_us: 200, record_us: 600, delay_us: 0, write_us: 200 };
    let verdict = judge_call(&opening, Some(timing), None).into();
    let closing = Closing { timing: Some(timing), verdict, problem: None, events: None };
    Record { opening, closing, recorded: true, pinned: false, note: String::new() }
}
