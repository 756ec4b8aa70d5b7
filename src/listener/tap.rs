//! The byte stream under the HTTP library, tapped.
//!
//! Notes when a request begins and when its response has left, keeps each HTTP/1 head as it was read, and keeps what the library
//! wrote by itself when it refused one. It changes no byte.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::framing::{Framing, ReadHead};
use super::pending::PendingEnd;

/// How much is kept of what the library writes by itself: more than its longest refusal.
const KEPT_REFUSAL: usize = 4_096;

/// What the tap has seen of one connection.
pub struct Seen {
    framing: Framing,
    heads: VecDeque<ReadHead>,
    /// Responses whose last byte was handed over and waits to be accepted by the socket.
    leaving: Vec<(u64, PendingEnd)>,
    n_written: u64,
    /// What was written while no call was under way.
    unasked: Vec<u8>,
    n_calls_under_way: usize,
    is_timed_out: bool,
    has_ended: bool,
}

/// A hold on what was seen; the connection's tasks share it.
#[derive(Clone)]
pub struct Tap {
    seen: Arc<Mutex<Seen>>,
}

impl Tap {
    pub fn new(framing: Framing) -> Tap {
        Tap {
            seen: Arc::new(Mutex::new(Seen {
                framing,
                heads: VecDeque::new(),
                leaving: Vec::new(),
                n_written: 0,
                unasked: Vec::new(),
                n_calls_under_way: 0,
                is_timed_out: false,
                has_ended: false,
            })),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head of the request that the library has just handed over.
    pub fn take_head(&self) -> Option<ReadHead> {
        let mut seen = self.seen();
        seen.n_calls_under_way += 1;
        seen.heads.pop_front()
    }

    /// The response of a call was handed over whole: its end is when the next flush succeeds.
    pub fn leaves(&self, end: PendingEnd) {
        let mut seen = self.seen();
        let mark = seen.n_written;
        seen.leaving.push((mark, end));
    }

    /// A call has ended, one way or the other.
    pub fn call_ended(&self) {
        let mut seen = self.seen();
        seen.n_calls_under_way = seen.n_calls_under_way.saturating_sub(1);
        seen.unasked.clear();
    }

    /// Everything that was left when the connection ended.
    pub fn finish(&self) -> Rest {
        let mut seen = self.seen();
        seen.has_ended = true;
        let leaving: Vec<PendingEnd> = seen.leaving.drain(..).map(|(_, end)| end).collect();
        let rest = Rest {
            head: seen.heads.pop_front(),
            partial: seen.framing.take_partial(),
            refusal: std::mem::take(&mut seen.unasked),
            is_timed_out: seen.is_timed_out,
            n_refused_streams: seen.framing.n_streams().saturating_sub(seen.framing.n_taken()),
        };
        drop(seen);
        // Dropping them says that the connection ended too early; not under the lock.
        drop(leaving);
        rest
    }

    /// HTTP/2: a stream has become a call.
    pub fn stream_taken(&self) {
        let mut seen = self.seen();
        seen.n_calls_under_way += 1;
        seen.framing.stream_taken();
    }
}

/// What a connection left behind.
pub struct Rest {
    /// A whole head that the library did not take: it refused it.
    pub head: Option<ReadHead>,
    /// The beginning of a head.
    pub partial: Option<ReadHead>,
    /// What the library wrote by itself.
    pub refusal: Vec<u8>,
    pub is_timed_out: bool,
    /// HTTP/2: streams that began and never became calls.
    pub n_refused_streams: u64,
}

/// A stream that tells a [`Tap`] what goes through it.
pub struct Tapped<S> {
    inner: S,
    tap: Tap,
    head_limit: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Tapped<S> {
    pub fn new(inner: S, tap: Tap, head_limit: Duration) -> Tapped<S> {
        Tapped { inner, tap, head_limit, deadline: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(context, buf);
        match &polled {
            Poll::Ready(Ok(())) => {
                let fresh = buf.filled().get(before..).unwrap_or_default();
                if !fresh.is_empty() {
                    let mut seen = this.tap.seen();
                    let Seen { framing, heads, .. } = &mut *seen;
                    framing.read(fresh, Instant::now(), SystemTime::now(), heads);
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let begun = this.tap.seen().framing.begun();
                match begun {
                    None => this.deadline = None,
                    Some(begun) => {
                        let deadline = this.deadline.get_or_insert_with(|| {
                            Box::pin(tokio::time::sleep_until((begun + this.head_limit).into()))
                        });
                        if deadline.as_mut().poll(context).is_ready() {
                            this.tap.seen().is_timed_out = true;
                            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                        }
                    }
                }
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(n_written)) = &polled {
            let mut seen = self.tap.seen();
            seen.n_written += *n_written as u64;
            if seen.n_calls_under_way == 0 && seen.leaving.is_empty() {
                let room = KEPT_REFUSAL.saturating_sub(seen.unasked.len());
                seen.unasked.extend(bytes.iter().take((*n_written).min(room)));
            }
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(context);
        if let Poll::Ready(Ok(())) = &polled {
            let mut left = Vec::new();
            {
                let mut seen = self.tap.seen();
                let n_written = seen.n_written;
                if seen.leaving.iter().any(|(mark, _)| *mark < n_written) {
                    let (gone, still): (Vec<_>, Vec<_>) =
                        seen.leaving.drain(..).partition(|(mark, _)| *mark < n_written);
                    seen.leaving = still;
                    left = gone;
                }
            }
            for (_, end) in left {
                end.arrived();
            }
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// The bytes of a head between its first line and its empty line.
pub fn header_block(head: &[u8]) -> Bytes {
    let start = head.iter().position(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1);
    let block = head.get(start..).unwrap_or_default();
    let block = block.strip_suffix(b"\r\n\r\n").map_or_else(
        || block.strip_suffix(b"\n\n").map_or(block, |_| block.get(..block.len() - 1).unwrap_or_default()),
        |_| block.get(..block.len() - 2).unwrap_or_default(),
    );
    // A head without fields ends with its first line and one empty line.
    Bytes::copy_from_slice(if block == b"\r\n" || block == b"\n" { b"" } else { block })
}
