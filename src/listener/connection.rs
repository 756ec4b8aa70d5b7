//! What the parts of one connection share: the stream's wrapper, the service, the driver.
//!
//! They run on one task (HTTP/1) or on one for each stream (HTTP/2); the lock is held for a few instructions, never across an
//! await, and never while the handler is called.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use super::answer::Ending;
use super::broken::Broken;
use super::frames::FrameWatch;
use super::framing::{Framing, Moment};
use super::gate::Gate;
use super::recase::Recase;
use super::{Arrived, CallHandler, Limits};

/// Bytes of a response that the HTTP library wrote by itself, and of a stream that is not HTTP: enough to show what it was.
pub(super) const KEPT_BYTES: usize = 4_096;

/// One connection from the moment its TLS is done.
pub(super) struct Connection<H: CallHandler> {
    pub handler: Arc<H>,
    pub gate: Arc<Gate>,
    pub limits: Limits,
    /// Address and port of the client, as text.
    pub peer: String,
    pub over_tls: bool,
    pub is_http2: bool,
    /// Calls whose head was taken and whose end has not come.
    n_open: AtomicU32,
    /// Responses that were handed to the HTTP library.
    pub n_answered: AtomicU32,
    wire: Mutex<Wire<H>>,
    /// Its place among the open connections, kept until its last call is reported.
    _permit: OwnedSemaphorePermit,
}

/// What the bytes of a connection say.
pub(super) struct Wire<H: CallHandler> {
    pub framing: Framing,
    pub frames: FrameWatch,
    /// Of the handshake, until the first call takes it.
    pub tls_us: u32,
    pub last_read: Instant,
    /// When the last call ended.
    pub last_end: Instant,
    /// When the first byte came.
    pub first_byte: Option<Moment>,
    /// The first bytes of an HTTP/2 connection.
    pub first_bytes: Vec<u8>,
    /// Responses whose last byte is with the HTTP library; the next flush ends them.
    pub endings: Vec<Ending>,
    pub recase: Option<Recase>,
    /// What the HTTP library wrote while no call was open.
    pub unasked: Vec<u8>,
    /// How the connection is to be ended, where a fault was asked for.
    pub broken: Option<Broken<H>>,
    /// The response that is written next is reset inside its head.
    pub is_reset_in_head: bool,
    /// Set by the driver: the body made no progress for too long.
    pub is_stalled: bool,
}

/// Who a connection belongs to and how it may behave.
pub(super) struct Guest<H> {
    pub handler: Arc<H>,
    pub gate: Arc<Gate>,
    pub limits: Limits,
    pub peer: String,
    pub permit: OwnedSemaphorePermit,
}

impl<H: CallHandler> Connection<H> {
    pub fn new(guest: Guest<H>, over_tls: bool, is_http2: bool, tls_us: u32) -> Arc<Connection<H>> {
        let head_limit = guest.limits.head_bytes;
        let now = Instant::now();
        Arc::new(Connection {
            handler: guest.handler,
            gate: guest.gate,
            limits: guest.limits,
            peer: guest.peer,
            over_tls,
            is_http2,
            n_open: AtomicU32::new(0),
            n_answered: AtomicU32::new(0),
            wire: Mutex::new(Wire {
                framing: Framing::new(head_limit),
                frames: FrameWatch::default(),
                tls_us,
                last_read: now,
                last_end: now,
                first_byte: None,
                first_bytes: Vec::new(),
                endings: Vec::new(),
                recase: None,
                unasked: Vec::new(),
                broken: None,
                is_reset_in_head: false,
                is_stalled: false,
            }),
            _permit: guest.permit,
        })
    }

    pub fn wire(&self) -> MutexGuard<'_, Wire<H>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn n_open(&self) -> u32 {
        self.n_open.load(Ordering::Relaxed)
    }

    /// Counts a call as ended.
    pub fn end_call(&self) {
        self.n_open.fetch_sub(1, Ordering::Relaxed);
        self.gate.leave();
    }

    /// The socket has accepted everything that the HTTP library had: what was handed over has ended.
    pub fn flushed(&self) {
        let now;
        let endings = {
            let mut wire = self.wire();
            if wire.endings.is_empty() {
                return;
            }
            now = Instant::now();
            wire.last_end = now;
            std::mem::take(&mut wire.endings)
        };
        for ending in endings {
            self.handler.ended(ending.ended(now, None));
            self.end_call();
        }
    }

    /// Tells the handler about a call whose client is gone. Nothing can be answered, and the task of the connection may end
    /// before the handler has recorded it: it gets its own.
    pub fn report_closed(self: &Arc<Self>, arrived: Arrived) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let connection = self.clone();
        runtime.spawn(async move {
            let first_byte = Instant::now();
            let timing = crate::call::Timing { tls_us: arrived.tls_us, read_us: arrived.read_us, ..Default::default() };
            let problem = arrived.problem.clone();
            let reply = connection.handler.answer(arrived).await;
            if reply.response.is_some() {
                let timing = crate::call::Timing {
                    decide_us: reply.decide_us,
                    record_us: reply.record_us,
                    write_us: super::framing::micros(first_byte.elapsed())
                        .saturating_sub(reply.decide_us.saturating_add(reply.record_us)),
                    ..timing
                };
                connection.handler.ended(super::Ended { ticket: reply.ticket, timing, problem });
            }
        });
    }
}

/// Counts a call as under way while it lives.
pub(super) struct OpenCall<H: CallHandler> {
    pub connection: Arc<Connection<H>>,
    is_counted: bool,
}

impl<H: CallHandler> OpenCall<H> {
    pub fn new(connection: Arc<Connection<H>>) -> OpenCall<H> {
        connection.gate.enter();
        connection.n_open.fetch_add(1, Ordering::Relaxed);
        OpenCall { connection, is_counted: true }
    }

    /// Leaves the count to whoever ends the call with [`Connection::end_call`].
    pub fn leave_open(&mut self) {
        self.is_counted = false;
    }
}

impl<H: CallHandler> Drop for OpenCall<H> {
    fn drop(&mut self) {
        if self.is_counted {
            self.connection.end_call();
        }
    }
}
