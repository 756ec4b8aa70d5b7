//! A response body that knows when its last byte left, and reports it exactly once.
//!
//! The HTTP library holds the piece until it is copied or written; when nothing of it remains, the next flush of the stream
//! means that the socket has accepted the last byte. A piece that is dropped before was not sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};

use super::broken::Broken;
use super::connection::OpenCall;
use super::framing::micros;
use super::pace::Pace;
use super::{CallHandler, Ended};
use crate::call::{Problem, ProblemKind, Timing};

/// What will be reported about a call when its response has left.
#[derive(Debug)]
pub(super) struct Ending {
    pub ticket: u64,
    /// When its first request byte came.
    pub first_byte: Instant,
    /// All phases but `write_us`.
    pub timing: Timing,
    /// What could not be written as it was asked for.
    pub problem: Option<Problem>,
    /// Where the call is cut off on purpose: what is said of it then.
    pub broken: Option<Problem>,
}

impl Ending {
    /// The report, with the rest of the time given to the last phase.
    pub fn ended(self, now: Instant, problem: Option<Problem>) -> Ended {
        let total_us = micros(now.saturating_duration_since(self.first_byte));
        // The handshake was before the first request byte.
        let others_us = self.timing.total_us().saturating_sub(self.timing.tls_us);
        let timing = Timing { write_us: total_us.saturating_sub(others_us), ..self.timing };
        Ended { ticket: self.ticket, timing, problem: problem.or(self.problem) }
    }

    /// The report of a call whose response did not leave whole.
    pub fn cut_off(mut self, now: Instant) -> Ended {
        let problem = self.broken.take().unwrap_or_else(closed_early);
        self.ended(now, Some(problem))
    }
}

fn closed_early() -> Problem {
    Problem {
        kind: ProblemKind::ClosedEarly,
        detail: "the client closed the connection before the response was written".to_owned(),
    }
}

/// Reports a call as closed early unless its response was handed over.
pub(super) struct EndGuard<H: CallHandler> {
    open: Option<OpenCall<H>>,
    ending: Option<Ending>,
}

impl<H: CallHandler> EndGuard<H> {
    pub fn new(open: OpenCall<H>, ending: Ending) -> EndGuard<H> {
        EndGuard { open: Some(open), ending: Some(ending) }
    }

    pub fn ending_mut(&mut self) -> Option<&mut Ending> {
        self.ending.as_mut()
    }

    /// Says that the call is cut off on purpose, and how.
    pub fn break_off(&mut self, how: &str) {
        if let Some(ending) = &mut self.ending {
            ending.broken = Some(Problem::cut_off_on_purpose(how));
        }
    }

    /// Says that on purpose nothing of the answer is sent, and what happens in its place.
    pub fn leave_unanswered(&mut self, how: &str) {
        if let Some(ending) = &mut self.ending {
            ending.broken = Some(Problem::not_sent_on_purpose(how));
        }
    }

    /// The last byte has left, and nobody else reports it.
    pub fn sent(mut self) {
        if let (Some(open), Some(ending)) = (self.open.take(), self.ending.take()) {
            let problem = ending.broken.clone();
            open.connection.handler.ended(ending.ended(Instant::now(), problem));
        }
    }

    /// The HTTP library has the last byte: the next flush ends the call.
    fn hand_over(&mut self) {
        let (Some(mut open), Some(ending)) = (self.open.take(), self.ending.take()) else { return };
        open.leave_open();
        open.connection.wire().endings.push(ending);
    }
}

impl<H: CallHandler> Drop for EndGuard<H> {
    fn drop(&mut self) {
        if let (Some(open), Some(ending)) = (&self.open, self.ending.take()) {
            open.connection.handler.ended(ending.cut_off(Instant::now()));
        }
    }
}

/// The bytes of a response body on their way to the socket.
pub(super) struct Piece<H: CallHandler> {
    bytes: Bytes,
    end: Option<EndGuard<H>>,
}

impl<H: CallHandler> Buf for Piece<H> {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, n_bytes: usize) {
        self.bytes.advance(n_bytes);
        if !self.bytes.has_remaining()
            && let Some(mut end) = self.end.take()
        {
            end.hand_over();
        }
    }
}

/// A response body: as a rule of one piece, or of none.
pub(super) struct Answer<H: CallHandler> {
    rest: Bytes,
    /// Goes with the last piece; where there is none the head is all.
    end: Option<EndGuard<H>>,
    fault: BodyFault,
}

/// What is wrong with the body on purpose.
pub(super) enum BodyFault {
    None,
    /// It comes late, or in pieces.
    Paced(Pace),
    /// It never comes: the connection is reset once the head has left.
    Reset {
        has_left: bool,
    },
}

impl<H: CallHandler> Answer<H> {
    pub fn new(bytes: Bytes, end: EndGuard<H>, fault: BodyFault) -> Answer<H> {
        Answer { rest: bytes, end: Some(end), fault }
    }

    /// The piece; with the last one goes the end of the call.
    fn piece(&mut self, bytes: Bytes) -> Frame<Piece<H>> {
        let end = if self.rest.is_empty() { self.end.take() } else { None };
        Frame::data(Piece { bytes, end })
    }

    /// Lets the head leave, then ends the connection.
    fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Piece<H>>>>> {
        if let BodyFault::Reset { has_left: has_left @ false } = &mut self.fault {
            *has_left = true;
            // The library writes what it has when a body has to be waited for.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(open) = self.end.as_ref().and_then(|end| end.open.as_ref()) {
            open.connection.wire().broken = Some(Broken::Reset);
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}

impl<H: CallHandler> Body for Answer<H> {
    type Data = Piece<H>;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Piece<H>>>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let me = &mut *self;
        let bytes = match &mut me.fault {
            BodyFault::None => std::mem::take(&mut me.rest),
            BodyFault::Paced(pace) => std::task::ready!(pace.poll_piece(&mut me.rest, cx)),
            BodyFault::Reset { .. } => return me.poll_reset(cx),
        };
        Poll::Ready(Some(Ok(me.piece(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

impl<H: CallHandler> Drop for Answer<H> {
    fn drop(&mut self) {
        // Where something of the body is left, the guard says that it was cut off.
        if self.rest.is_empty()
            && let Some(mut end) = self.end.take()
        {
            end.hand_over();
        }
    }
}
