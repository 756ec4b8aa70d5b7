//! What is said of a connection when it is over: calls that it cut off, and what never became one.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::connection::Connection;
use super::driver::Over;
use super::frames::error_name;
use super::framing::{Head, Moment, end_of_head, micros};
use super::{Arrived, CallHandler};
use crate::call::{Headers, Problem, ProblemKind, Request, Response};

/// Reports what is left of a connection, at the latest when it is dropped.
pub(super) struct Conclusion<H: CallHandler> {
    connection: Arc<Connection<H>>,
    is_done: bool,
}

impl<H: CallHandler> Conclusion<H> {
    pub fn new(connection: Arc<Connection<H>>) -> Conclusion<H> {
        Conclusion { connection, is_done: false }
    }

    /// Reports what is left. True where the HTTP library wrote a refusal that the client should get to see.
    pub fn conclude(mut self, over: &Over) -> bool {
        self.is_done = true;
        self.cut_off();
        if self.connection.is_http2 {
            self.refused_streams(over);
            return false;
        }
        self.refused_head(Some(over))
    }

    /// Responses that the HTTP library had and the socket did not take.
    fn cut_off(&self) {
        let endings = std::mem::take(&mut self.connection.wire().endings);
        for ending in endings {
            self.connection.handler.ended(ending.cut_off(Instant::now()));
            self.connection.end_call();
        }
    }

    fn refused_head(&self, over: Option<&Over>) -> bool {
        // What comes after a call that closed the connection is not looked at (RFC 9112, 9.6).
        if matches!(over, Some(Over::Done(Ok(())) | Over::Idle)) {
            return false;
        }
        let (head, unasked, last_read, tls_us) = {
            let mut wire = self.connection.wire();
            let Some(head) = wire.framing.take_unclaimed() else { return false };
            (head, std::mem::take(&mut wire.unasked), wire.last_read, std::mem::take(&mut wire.tls_us))
        };
        let response = written_response(&unasked);
        let problem = self.problem_of(over, response.as_ref(), &head);
        let read_us = micros(last_read.saturating_duration_since(head.first_byte.at));
        let write_us = if response.is_some() { micros(last_read.elapsed()) } else { 0 };
        let mut request = no_request(&self.connection, head.first_byte);
        request.truncated = head.bytes.len() > self.connection.limits.head_bytes;
        request.body = head.bytes;
        let is_answered = response.is_some();
        self.connection.handler.refused(
            Arrived { request, problem: Some(problem), tls_us, read_us },
            response,
            write_us,
        );
        is_answered
    }

    fn problem_of(&self, over: Option<&Over>, response: Option<&Response>, head: &Head) -> Problem {
        let limits = &self.connection.limits;
        let n_bytes = head.bytes.len();
        let looks_like_tls = !self.connection.over_tls && head.bytes.starts_with(&[22, 3]);
        match (over, response.map(|response| response.status)) {
            (None, _) => Problem {
                kind: ProblemKind::ClosedEarly,
                detail: format!("the listener was stopped after {n_bytes} bytes of the head"),
            },
            (Some(Over::HeadTimeout), _) => Problem {
                kind: ProblemKind::HeadTimeout,
                detail: format!("{n_bytes} bytes of the head came, and it was not whole after {:?}", limits.head),
            },
            (_, Some(414 | 431)) => Problem {
                kind: ProblemKind::HeadTooLarge,
                detail: format!(
                    "the head is too large: at most {} bytes, 100 header fields and 65,534 bytes of target are read",
                    limits.head_bytes
                ),
            },
            (Some(Over::Done(Err(error))), status) if status.is_some() || error.is_parse() => Problem {
                kind: ProblemKind::BadHttp,
                detail: match looks_like_tls {
                    true => "this is TLS, and the port is the one without it: use the https port, or http".to_owned(),
                    false => format!("this is no HTTP request: {error}"),
                },
            },
            _ => Problem {
                kind: ProblemKind::ClosedEarly,
                detail: format!("the client ended the connection after {n_bytes} bytes, before the head was whole"),
            },
        }
    }

    /// One row for everything that was refused on an HTTP/2 connection.
    fn refused_streams(&self, over: &Over) {
        let (frames, first_byte, first_bytes, tls_us) = {
            let mut wire = self.connection.wire();
            let Some(first_byte) = wire.first_byte else { return };
            let frames = std::mem::take(&mut wire.frames);
            (frames, first_byte, std::mem::take(&mut wire.first_bytes), std::mem::take(&mut wire.tls_us))
        };
        let n_answered = self.connection.n_answered.load(std::sync::atomic::Ordering::Relaxed);
        let n_too_large = frames.n_headers.saturating_sub(n_answered);
        let mut faults = Vec::new();
        if n_too_large > 0 {
            faults.push(format!("{n_too_large} with a head that is too large (431)"));
        }
        if frames.n_refused > 0 {
            faults.push(format!("{} that break the protocol", frames.n_refused));
        }
        let broken = match over {
            _ if frames.goaway.is_some() => frames.goaway.map(|code| error_name(code).to_owned()),
            Over::Done(Err(error)) => protocol_fault(error),
            _ => None,
        };
        if faults.is_empty() && broken.is_none() {
            return;
        }
        let streams = match faults.is_empty() {
            true => String::new(),
            false => format!("HTTP/2 requests were refused: {}", faults.join(", ")),
        };
        let detail = match broken {
            Some(error) if streams.is_empty() => format!("the HTTP/2 connection ended with {error}"),
            Some(error) => format!("{streams}; the connection ended with {error}"),
            None => streams,
        };
        let only_large = frames.n_refused == 0 && frames.goaway.is_none() && n_too_large > 0;
        let kind = if only_large { ProblemKind::HeadTooLarge } else { ProblemKind::BadHttp };
        let mut request = no_request(&self.connection, first_byte);
        request.http_version = Some(crate::call::HttpVersion::Http2);
        request.body = Bytes::from(first_bytes);
        request.truncated = true;
        let problem = Some(Problem { kind, detail });
        self.connection.handler.refused(Arrived { request, problem, tls_us, read_us: 0 }, None, 0);
    }
}

impl<H: CallHandler> Drop for Conclusion<H> {
    fn drop(&mut self) {
        if !self.is_done {
            self.cut_off();
            if !self.connection.is_http2 {
                self.refused_head(None);
            }
        }
    }
}

/// What the client did wrong on an HTTP/2 connection; none where it only went away. The library's own error cannot be named
/// here, so it is told by its text.
fn protocol_fault(error: &hyper::Error) -> Option<String> {
    let source = std::error::Error::source(error)?.to_string();
    source.strip_prefix("connection error detected: ").map(str::to_owned)
}

/// A request of which nothing is known.
pub(super) fn no_request<H: CallHandler>(connection: &Connection<H>, received: Moment) -> Request {
    unknown_request(&connection.peer, connection.over_tls, received)
}

pub(super) fn unknown_request(peer: &str, over_tls: bool, received: Moment) -> Request {
    Request {
        received_at: received.wall,
        peer: peer.to_owned(),
        over_tls,
        tls: None,
        http_version: None,
        method: None,
        path: None,
        query: None,
        headers: Headers::default(),
        body: Bytes::new(),
        body_size: None,
        truncated: false,
    }
}

/// The response that stands in written bytes.
fn written_response(bytes: &[u8]) -> Option<Response> {
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Response::new(&mut fields);
    head.parse(bytes).ok()?;
    let status = head.code?;
    let head_end = end_of_head(bytes, 0).unwrap_or(bytes.len());
    let block_start = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    let block = bytes.get(block_start..head_end.saturating_sub(2).max(block_start)).unwrap_or_default();
    Some(Response {
        status,
        headers: Headers::from_block(Bytes::copy_from_slice(block)),
        body: Bytes::copy_from_slice(bytes.get(head_end..).unwrap_or_default()),
        rule: "listener".into(),
        revision: 0,
    })
}
