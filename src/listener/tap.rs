//! The byte stream under the HTTP library.
//!
//! Passes every byte on unchanged but for the case of response header names. Notes heads, times and what the library writes by
//! itself. It must never wait for anything but the stream.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::CallHandler;
use super::broken::{Broken, half_of_head};
use super::connection::{Connection, KEPT_BYTES};
use super::framing::Moment;

/// The wrapper around one stream.
pub(super) struct Tap<S, H: CallHandler> {
    stream: S,
    /// Bytes that were read to find out which HTTP is spoken.
    prefix: Bytes,
    connection: Arc<Connection<H>>,
    /// What still goes out of a response that is reset inside its head.
    last: Option<Bytes>,
}

impl<S, H: CallHandler> Tap<S, H> {
    pub fn new(stream: S, prefix: Bytes, connection: Arc<Connection<H>>) -> Tap<S, H> {
        Tap { stream, prefix, connection, last: None }
    }

    pub fn into_stream(self) -> S {
        self.stream
    }

    fn note_read(&self, bytes: &[u8]) {
        let now = Moment::now();
        let mut wire = self.connection.wire();
        wire.last_read = now.at;
        wire.first_byte.get_or_insert(now);
        if self.connection.is_http2 {
            let n_room = KEPT_BYTES.saturating_sub(wire.first_bytes.len()).min(bytes.len());
            wire.first_bytes.extend_from_slice(bytes.get(..n_room).unwrap_or_default());
        } else {
            wire.framing.feed(bytes, now);
        }
    }

    /// Notes bytes that the stream took.
    fn note_written(&self, buffers: &[IoSlice<'_>], n_bytes: usize) {
        let is_unasked = !self.connection.is_http2 && self.connection.n_open() == 0;
        if !self.connection.is_http2 && !is_unasked {
            return;
        }
        let mut wire = self.connection.wire();
        let mut n_left = n_bytes;
        for buffer in buffers {
            let taken = buffer.get(..n_left).unwrap_or(buffer);
            n_left -= taken.len();
            if is_unasked {
                let n_room = KEPT_BYTES.saturating_sub(wire.unasked.len()).min(taken.len());
                wire.unasked.extend_from_slice(taken.get(..n_room).unwrap_or_default());
            } else {
                wire.frames.feed(taken);
            }
        }
    }
}

impl<S: AsyncWrite + Unpin, H: CallHandler> Tap<S, H> {
    /// Writes half of the head, and fails when it has left.
    fn poll_reset_in_head(&mut self, cx: &mut Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut last = match self.last.take() {
            Some(last) => last,
            None => {
                let written =
                    Bytes::from(buffers.iter().flat_map(|buffer| buffer.iter().copied()).collect::<Vec<u8>>());
                written.slice(..half_of_head(&written))
            }
        };
        while !last.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, &last) {
                Poll::Ready(written) => last.advance(written?.min(last.len())),
                Poll::Pending => {
                    self.last = Some(last);
                    return Poll::Pending;
                }
            }
        }
        self.last = Some(last);
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.connection.wire().broken = Some(Broken::Reset);
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl<S: AsyncRead + Unpin, H: CallHandler> AsyncRead for Tap<S, H> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n_before = buf.filled().len();
        if self.prefix.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        } else {
            let n_taken = self.prefix.len().min(buf.remaining());
            buf.put_slice(self.prefix.get(..n_taken).unwrap_or_default());
            self.prefix.advance(n_taken);
        }
        let bytes = buf.filled().get(n_before..).unwrap_or_default();
        if !bytes.is_empty() {
            self.note_read(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin, H: CallHandler> AsyncWrite for Tap<S, H> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        if me.last.is_some() || me.connection.wire().is_reset_in_head {
            return me.poll_reset_in_head(cx, buffers);
        }
        let recase = match me.connection.is_http2 {
            true => None,
            false => me.connection.wire().recase.take(),
        };
        let Some(mut recase) = recase else {
            let n_bytes = ready!(Pin::new(&mut me.stream).poll_write_vectored(cx, buffers))?;
            me.note_written(buffers, n_bytes);
            return Poll::Ready(Ok(n_bytes));
        };
        let written = {
            let changed = recase.buffers(buffers);
            let given = if changed.is_empty() { buffers } else { &changed };
            let written = Pin::new(&mut me.stream).poll_write_vectored(cx, given);
            (written, !changed.is_empty())
        };
        let (written, is_changed) = written;
        let n_bytes = match &written {
            Poll::Ready(Ok(n_bytes)) => *n_bytes,
            _ => 0,
        };
        if !(is_changed && recase.advance(n_bytes)) {
            me.connection.wire().recase = Some(recase);
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.connection.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
