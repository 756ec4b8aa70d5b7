//! One call: read, ask the handler, wait, answer.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{Method, StatusCode};

use super::CallHandler;
use super::answer::{Answer, EndGuard, Ending};
use super::broken::begin;
use super::connection::{Connection, OpenCall};
use super::framing::{Moment, micros};
use super::recase::Recase;
use super::receive::{Receiving, drain};
use super::request_head::request_of;
use crate::call::{Problem, ProblemKind, Response, Timing};

/// Nothing is answered: the HTTP library closes the connection, or resets the stream.
#[derive(Debug)]
pub(super) struct Silence;

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is answered")
    }
}

impl std::error::Error for Silence {}

/// Carries one call from its head to a response that the HTTP library can write.
///
/// The library drops this future when the client goes away. A client that ends only its own side of the connection counts as
/// gone too: the two cannot be told apart before something is written, and Okta keeps its side open.
pub(super) async fn call<H: CallHandler>(
    connection: Arc<Connection<H>>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Answer<H>>, Silence> {
    let open = OpenCall::new(connection.clone());
    let (head, tls_us) = {
        let mut wire = connection.wire();
        wire.is_stalled = false;
        wire.unasked.clear();
        (wire.framing.take_head(), std::mem::take(&mut wire.tls_us))
    };
    let received = head.as_ref().map_or_else(Moment::now, |head| head.first_byte);
    let recorded = request_of(head.as_ref(), &request, received, &connection.peer, connection.over_tls);
    let method = request.method().clone();
    let receiving = Receiving::new(connection.clone(), recorded, received, tls_us);
    let (arrived, rest) = receiving.read(request.into_body()).await;
    let client_is_gone = arrived.problem.as_ref().is_some_and(|problem| problem.kind == ProblemKind::ClosedEarly);
    if client_is_gone {
        connection.report_closed(arrived);
        return Err(Silence);
    }
    let read_us = arrived.read_us;
    let reply = connection.handler.answer(arrived).await;
    let Some(response) = reply.response else {
        return Err(Silence);
    };
    let timing =
        Timing { tls_us, read_us, decide_us: reply.decide_us, record_us: reply.record_us, ..Timing::default() };
    let ending = Ending { ticket: reply.ticket, first_byte: received.at, timing, problem: None, broken: None };
    let mut end = EndGuard::new(open, ending);
    if !reply.delay.is_zero() {
        let before = Instant::now();
        // The guard lives on: a client that goes away while it waits ends the call.
        tokio::time::sleep(reply.delay).await;
        if let Some(ending) = end.ending_mut() {
            ending.timing.delay_us = micros(before.elapsed());
        }
    }
    if let Some(rest) = rest {
        drain(rest);
    }
    let Some((mut end, fault)) = begin(&connection, reply.fault, &response, end).await else {
        return Err(Silence);
    };
    let (status, problem) = writable_status(response.status);
    if let Some(ending) = end.ending_mut() {
        ending.problem = problem;
    }
    Ok(response_of(&connection, &method, status, response, |body| Answer::new(body, end, fault)))
}

/// The status to write. The HTTP library cannot end a call with an interim status (100 to 199) nor write one of other than three
/// digits: the nearest one that it can write is taken, and the call says so.
fn writable_status(status: u16) -> (StatusCode, Option<Problem>) {
    let nearest = if status < 200 { 200 } else { status.min(999) };
    let code = StatusCode::from_u16(nearest).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = (nearest != status).then(|| Problem {
        kind: ProblemKind::BadHttp,
        detail: format!("{status} cannot be the final status of a response: {nearest} was written; use 200 to 999"),
    });
    (code, problem)
}

/// The response as the HTTP library wants it. A header that HTTP does not allow is left out; so are those that frame the
/// message, since the length is that of the body.
fn response_of<H: CallHandler>(
    connection: &Connection<H>,
    method: &Method,
    status: StatusCode,
    response: Response,
    answer: impl FnOnce(Bytes) -> Answer<H>,
) -> hyper::Response<Answer<H>> {
    let is_silent_connect = method == Method::CONNECT && status.is_success();
    let has_body = !(is_silent_connect
        || method == Method::HEAD
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED));
    let n_bytes = response.body.len();
    let body = if has_body { response.body } else { Bytes::new() };
    let mut answer = hyper::Response::new(answer(body));
    *answer.status_mut() = status;
    let fields = answer.headers_mut();
    for (name, value) in response.headers.iter() {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) else { continue };
        if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            fields.append(name, value);
        }
    }
    if method == Method::HEAD && n_bytes > 0 {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(n_bytes));
    }
    if connection.is_http2 {
        connection.n_answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    } else if let Some(recase) = Recase::new(&response.headers) {
        connection.wire().recase = Some(recase);
    }
    answer
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_cannot_be_written_becomes_the_nearest_one_and_says_so() {
        let check = |status: u16, written: u16, said: bool| {
            let (code, problem) = writable_status(status);
            assert_eq!((code.as_u16(), problem.is_some()), (written, said), "{status}");
        };
        check(200, 200, false);
        check(299, 299, false);
        check(999, 999, false);
        check(102, 200, true);
        check(101, 200, true);
        check(0, 200, true);
        check(1000, 999, true);
        check(u16::MAX, 999, true);
    }
}
