//! The first bytes on a TLS port: are they TLS?
//!
//! Stands under TLS. Where the first byte is no TLS record, TLS never sees it, so that no alert is written to a client that
//! speaks plain HTTP.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::Moment;

/// Bytes of a failed handshake that are kept: a client hello of today, with a key for a quantum computer's time, is 1,700 bytes.
const KEPT_BYTES: usize = 2_048;

/// The content type of a TLS record that carries a handshake (RFC 8446, 5.1).
const HANDSHAKE_RECORD: u8 = 22;

pub(super) struct Hello<S> {
    pub stream: S,
    seen: Arc<OnceLock<Seen>>,
}

/// What the first read of a connection brought.
pub(super) struct Seen {
    pub first_byte: Moment,
    /// The first bytes, as far as they came with the first read.
    pub bytes: Vec<u8>,
    pub is_tls: bool,
}

impl<S> Hello<S> {
    pub fn new(stream: S) -> Hello<S> {
        Hello { stream, seen: Arc::default() }
    }

    /// What is seen, also when the stream itself is gone; empty until something came.
    pub fn seen(&self) -> Arc<OnceLock<Seen>> {
        self.seen.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Hello<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.seen.get().is_some() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let n_before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let bytes = buf.filled().get(n_before..).unwrap_or_default();
        let Some(first) = bytes.first() else { return Poll::Ready(Ok(())) };
        let is_tls = *first == HANDSHAKE_RECORD;
        let kept = if is_tls { bytes.get(..KEPT_BYTES).unwrap_or(bytes) } else { bytes };
        // It is empty: that was looked at above.
        self.seen.set(Seen { first_byte: Moment::now(), bytes: kept.to_vec(), is_tls }).ok();
        if is_tls {
            return Poll::Ready(Ok(()));
        }
        buf.set_filled(n_before);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "not TLS")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Hello<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
