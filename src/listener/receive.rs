//! Reads the body of a request within its limits.
//!
//! What was read is never lost: where the client goes away or the connection ends, the call is reported with the bytes that
//! came. A body larger than the limit is kept up to the limit; the rest is read and thrown away after the answer.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, Sleep};

use super::connection::Connection;
use super::framing::Moment;
use super::{Arrived, CallHandler};
use crate::call::{Problem, ProblemKind, Request};

/// A request whose body is being read. Dropped before its end, it reports itself as closed early.
pub(super) struct Receiving<H: CallHandler> {
    connection: Arc<Connection<H>>,
    request: Option<Request>,
    received: Moment,
    tls_us: u32,
    body: Kept,
}

/// The bytes kept so far: one piece is kept without a copy.
#[derive(Debug, Default)]
enum Kept {
    #[default]
    Nothing,
    One(Bytes),
    Several(BytesMut),
}

/// How the body ended.
enum End {
    Whole,
    TooLarge,
    Stalled,
    Broken(hyper::Error),
}

impl Kept {
    fn len(&self) -> usize {
        match self {
            Kept::Nothing => 0,
            Kept::One(bytes) => bytes.len(),
            Kept::Several(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, more: Bytes) {
        *self = match std::mem::take(self) {
            Kept::Nothing => Kept::One(more),
            Kept::One(first) => {
                let mut all = BytesMut::with_capacity((first.len() + more.len()) * 2);
                all.extend_from_slice(&first);
                all.extend_from_slice(&more);
                Kept::Several(all)
            }
            Kept::Several(mut all) => {
                all.extend_from_slice(&more);
                Kept::Several(all)
            }
        };
    }

    fn take(&mut self) -> Bytes {
        match std::mem::take(self) {
            Kept::Nothing => Bytes::new(),
            Kept::One(bytes) => bytes,
            Kept::Several(bytes) => bytes.freeze(),
        }
    }
}

impl<H: CallHandler> Receiving<H> {
    pub fn new(connection: Arc<Connection<H>>, request: Request, received: Moment, tls_us: u32) -> Receiving<H> {
        Receiving { connection, request: Some(request), received, tls_us, body: Kept::Nothing }
    }

    /// Reads the body to its end or limit. Gives the request, and the body where some of it is still to come.
    pub async fn read(mut self, mut body: Incoming) -> (Arrived, Option<Incoming>) {
        let limit = self.connection.limits.body_bytes;
        let size = body.size_hint().exact();
        let expects_continue = self
            .request
            .as_ref()
            .and_then(|request| request.header("expect"))
            .is_some_and(|expect| expect.eq_ignore_ascii_case("100-continue"));
        // A client that asks first is told at once: the body is not even sent.
        let end = match size {
            Some(size) if size > limit && expects_continue => End::TooLarge,
            _ => self.read_frames(&mut body, limit).await,
        };
        let (problem, rest) = match end {
            End::Whole => (None, None),
            End::TooLarge => {
                let detail = match size {
                    Some(size) => format!("the body has {size} bytes, the limit is {limit}"),
                    None => format!("the body has more than {limit} bytes, the limit"),
                };
                (Some(Problem { kind: ProblemKind::BodyTooLarge, detail }), Some(body))
            }
            End::Stalled => {
                let waited = self.connection.limits.body_progress;
                let detail = format!("{} bytes of the body came, then none for {waited:?}", self.body.len());
                (Some(Problem { kind: ProblemKind::BodyTimeout, detail }), None)
            }
            End::Broken(error) => (Some(broken(&error, self.body.len(), size)), None),
        };
        let arrived = self.finish(size, problem);
        (arrived, rest)
    }

    async fn read_frames(&mut self, body: &mut Incoming, limit: u64) -> End {
        if body.is_end_stream() {
            return End::Whole;
        }
        let mut stall = None;
        loop {
            let next = Next { body, connection: &self.connection, stall: &mut stall };
            let data = match next.await {
                None => return End::Stalled,
                Some(None) => return End::Whole,
                Some(Some(Err(error))) => return End::Broken(error),
                // Trailers say nothing that Okta would send.
                Some(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_) => continue,
                },
            };
            let n_room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(self.body.len());
            if data.len() > n_room {
                self.body.push(data.slice(..n_room));
                return End::TooLarge;
            }
            self.body.push(data);
        }
    }

    fn finish(&mut self, size: Option<u64>, problem: Option<Problem>) -> Arrived {
        let body = self.body.take();
        let is_whole = problem.is_none();
        let request = self.request.take().map(|request| Request {
            body_size: if is_whole { Some(body.len() as u64) } else { size },
            body,
            truncated: !is_whole,
            ..request
        });
        let request = request.unwrap_or_else(|| super::refusal::no_request(&self.connection, self.received));
        Arrived { request, problem, tls_us: self.tls_us, read_us: self.received.elapsed_us() }
    }
}

impl<H: CallHandler> Drop for Receiving<H> {
    fn drop(&mut self) {
        if self.request.is_none() {
            return;
        }
        let n_bytes = self.body.len();
        let detail = format!("the connection ended after {n_bytes} bytes of the body");
        let arrived = self.finish(None, Some(Problem { kind: ProblemKind::ClosedEarly, detail }));
        self.connection.report_closed(arrived);
    }
}

fn broken(error: &hyper::Error, n_bytes: usize, size: Option<u64>) -> Problem {
    let mut cause = error.source();
    while let Some(source) = cause {
        if let Some(error) = source.downcast_ref::<io::Error>()
            && matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
            && error.get_ref().is_none_or(|inner| !inner.is::<rustls::Error>())
        {
            let detail = format!("the chunks of the body are broken after {n_bytes} bytes: {error}");
            return Problem { kind: ProblemKind::BadHttp, detail };
        }
        cause = source.source();
    }
    let detail = match size {
        Some(size) => format!("the client ended the connection after {n_bytes} of {size} bytes of the body"),
        None => format!("the client ended the connection after {n_bytes} bytes of the body"),
    };
    Problem { kind: ProblemKind::ClosedEarly, detail }
}

/// The next frame of a body; none where it made no progress for too long.
///
/// On HTTP/1 the driver of the connection watches the time, on HTTP/2 each stream does, since others go on.
struct Next<'a, H: CallHandler> {
    body: &'a mut Incoming,
    connection: &'a Connection<H>,
    stall: &'a mut Option<Pin<Box<Sleep>>>,
}

impl<H: CallHandler> Future for Next<'_, H> {
    type Output = Option<Option<Result<hyper::body::Frame<Bytes>, hyper::Error>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut *me.body).poll_frame(cx) {
            if let Some(stall) = me.stall {
                stall.as_mut().reset(Instant::now() + me.connection.limits.body_progress);
            }
            return Poll::Ready(Some(frame));
        }
        let is_stalled = match me.connection.is_http2 {
            false => me.connection.wire().is_stalled,
            true => {
                let progress = me.connection.limits.body_progress;
                me.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(progress))).as_mut().poll(cx).is_ready()
            }
        };
        if is_stalled { Poll::Ready(None) } else { Poll::Pending }
    }
}

/// The rest of a body that is too large is read so far, so that a client that writes before it reads sees the answer.
const DRAINED_BYTES: usize = 16 * 1024 * 1024;
const DRAINED_FOR: Duration = Duration::from_secs(2);

/// Reads what is left of a body and throws it away, on a task of its own.
pub(super) fn drain(mut body: Incoming) {
    let read = async move {
        let mut n_bytes = 0;
        while n_bytes < DRAINED_BYTES {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
            match frame {
                Some(Ok(frame)) => n_bytes += frame.data_ref().map_or(0, Bytes::len),
                Some(Err(_)) | None => break,
            }
        }
    };
    tokio::spawn(tokio::time::timeout(DRAINED_FOR, read));
}
