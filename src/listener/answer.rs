//! A response body that knows when its last byte left, and reports it exactly once.
//!
//! The HTTP library holds the piece until it is copied or written; when nothing of it remains, the next flush of the stream
//! means that the socket has accepted the last byte. A piece that is dropped before was not sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};

use super::connection::OpenCall;
use super::framing::micros;
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
}

pub(super) fn closed_early() -> Problem {
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
            open.connection.handler.ended(ending.ended(Instant::now(), Some(closed_early())));
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

/// A response body of one piece, or of none.
pub(super) struct Answer<H: CallHandler> {
    piece: Option<Piece<H>>,
    /// Where there is no piece: the head is all.
    end: Option<EndGuard<H>>,
}

impl<H: CallHandler> Answer<H> {
    pub fn new(bytes: Bytes, end: EndGuard<H>) -> Answer<H> {
        match bytes.is_empty() {
            true => Answer { piece: None, end: Some(end) },
            false => Answer { piece: Some(Piece { bytes, end: Some(end) }), end: None },
        }
    }
}

impl<H: CallHandler> Body for Answer<H> {
    type Data = Piece<H>;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Piece<H>>, Infallible>>> {
        Poll::Ready(self.piece.take().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.piece.as_ref().map_or(0, |piece| piece.bytes.len() as u64))
    }
}

impl<H: CallHandler> Drop for Answer<H> {
    fn drop(&mut self) {
        if let Some(mut end) = self.end.take() {
            end.hand_over();
        }
    }
}
