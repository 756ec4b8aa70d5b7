//! A response on its way out.

use std::sync::Arc;
use std::time::Instant;

use super::{CallHandler, Ended};
use crate::call::{Problem, ProblemKind, Timing};

/// Whoever is told how a call ended.
pub trait EndSink: Send + Sync {
    fn ended(&self, ended: Ended);
}

impl<H: CallHandler> EndSink for H {
    fn ended(&self, ended: Ended) {
        CallHandler::ended(self, ended);
    }
}

/// A call that has a reply and has not ended. Dropped before its response has arrived, it ends the call as closed early.
pub struct PendingEnd {
    sink: Option<Arc<dyn EndSink>>,
    ticket: u64,
    /// When the clock of the request began.
    begun: Instant,
    /// Everything but `write_us`.
    timing: Timing,
    /// Set where the response was not written as it was asked for.
    problem: Option<Problem>,
    tap: super::tap::Tap,
}

impl PendingEnd {
    pub fn new(
        sink: Arc<dyn EndSink>,
        ticket: u64,
        begun: Instant,
        timing: Timing,
        tap: super::tap::Tap,
    ) -> PendingEnd {
        PendingEnd { sink: Some(sink), ticket, begun, timing, problem: None, tap }
    }

    pub fn set_delay(&mut self, delay_us: u32) {
        self.timing.delay_us = delay_us;
    }

    /// The socket has accepted the last byte.
    pub fn arrived(mut self) {
        let problem = self.problem.take();
        self.end(problem);
    }

    fn end(&mut self, problem: Option<Problem>) {
        let Some(sink) = self.sink.take() else {
            return;
        };
        let elapsed = super::micros(self.begun.elapsed()).saturating_add(self.timing.tls_us);
        let mut timing = self.timing;
        timing.write_us = elapsed.saturating_sub(timing.total_us());
        self.tap.call_ended();
        sink.ended(Ended { ticket: self.ticket, timing, problem });
    }
}

impl Drop for PendingEnd {
    fn drop(&mut self) {
        self.end(Some(Problem {
            kind: ProblemKind::ClosedEarly,
            detail: "the connection ended before the whole response was written".to_owned(),
        }));
    }
}
