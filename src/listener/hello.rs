//! The first bytes on a TLS port: are they TLS?
//!
//! Stands under TLS. Where the first byte is no TLS record, TLS never sees it, so that no alert is written to a client that
//! speaks plain HTTP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::Moment;

/// Bytes of a failed handshake that are kept: a client hello begins with what can be read of it.
const KEPT_BYTES: usize = 1_024;

/// The content type of a TLS record that carries a handshake (RFC 8446, 5.1).
const HANDSHAKE_RECORD: u8 = 22;

pub(super) struct Hello<S> {
    pub stream: S,
    pub first_byte: Option<Moment>,
    /// The first bytes, as far as they came with the first read.
    pub first_bytes: Vec<u8>,
    pub is_tls: bool,
}

impl<S> Hello<S> {
    pub fn new(stream: S) -> Hello<S> {
        Hello { stream, first_byte: None, first_bytes: Vec::new(), is_tls: true }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Hello<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.first_byte.is_some() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let n_before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let bytes = buf.filled().get(n_before..).unwrap_or_default();
        let Some(first) = bytes.first() else { return Poll::Ready(Ok(())) };
        let is_tls = *first == HANDSHAKE_RECORD;
        let kept = if is_tls { bytes.get(..KEPT_BYTES).unwrap_or(bytes) } else { bytes };
        self.first_bytes = kept.to_vec();
        self.first_byte = Some(Moment::now());
        self.is_tls = is_tls;
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
