//! Drives one connection: its deadlines, its graceful end.
//!
//! One timer for a connection, set only when something is awaited from the client: a head or a body that has begun, or the next
//! call. A call whose bytes came together touches no timer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;

use super::CallHandler;
use super::connection::Connection;
use super::gate::Level;

/// A connection of the HTTP library, either version.
pub(super) trait Http: Future<Output = hyper::Result<()>> + Unpin {
    fn close_gracefully(self: Pin<&mut Self>);
}

/// Why the connection is over.
#[derive(Debug)]
pub(super) enum Over {
    /// The HTTP library says so.
    Done(hyper::Result<()>),
    /// A head had begun and did not become whole in time.
    HeadTimeout,
    /// Nothing was under way for a long time.
    Idle,
}

pub(super) struct Driver<'a, C, H: CallHandler> {
    http: &'a mut C,
    connection: Arc<Connection<H>>,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
    is_closing: bool,
}

#[derive(Clone, Copy)]
enum Awaited {
    Head,
    Body,
    Call,
}

impl<'a, C: Http, H: CallHandler> Driver<'a, C, H> {
    pub fn new(http: &'a mut C, connection: Arc<Connection<H>>) -> Driver<'a, C, H> {
        Driver { http, connection, timer: None, is_closing: false }
    }

    fn deadline(&self) -> Option<(Instant, Awaited)> {
        let limits = &self.connection.limits;
        let n_open = self.connection.n_open();
        let wire = self.connection.wire();
        if !self.connection.is_http2 {
            if let Some(began) = wire.framing.head_began()
                && n_open == 0
            {
                // A head that came while another call was under way has its time from the end of that call.
                return Some((began.max(wire.last_end) + limits.head, Awaited::Head));
            }
            if wire.framing.in_body() && n_open > 0 {
                return (!wire.is_stalled).then(|| (wire.last_read + limits.body_progress, Awaited::Body));
            }
        }
        (n_open == 0).then(|| (wire.last_read.max(wire.last_end) + limits.idle, Awaited::Call))
    }
}

impl<C: Http, H: CallHandler> Future for Driver<'_, C, H> {
    type Output = Over;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Over> {
        let me = &mut *self;
        if !me.is_closing && me.connection.gate.level() >= Level::Closing {
            me.is_closing = true;
            Pin::new(&mut *me.http).close_gracefully();
        }
        loop {
            if let Poll::Ready(result) = Pin::new(&mut *me.http).poll(cx) {
                return Poll::Ready(Over::Done(result));
            }
            let Some((deadline, awaited)) = me.deadline() else { return Poll::Pending };
            // A timer that fires too early is set anew when it fires; one that would fire too late is set now.
            let timer = match &mut me.timer {
                Some((at, timer)) => {
                    if deadline < *at {
                        *at = deadline;
                        timer.as_mut().reset(deadline.into());
                    }
                    timer
                }
                None => {
                    let timer = Box::pin(tokio::time::sleep_until(deadline.into()));
                    &mut me.timer.insert((deadline, timer)).1
                }
            };
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            me.timer = None;
            if Instant::now() < deadline {
                continue;
            }
            match awaited {
                Awaited::Head => return Poll::Ready(Over::HeadTimeout),
                Awaited::Call => return Poll::Ready(Over::Idle),
                // The service sees this on the next turn of the loop.
                Awaited::Body => me.connection.wire().is_stalled = true,
            }
        }
    }
}
