//! How a connection ends that was broken on purpose.
//!
//! The HTTP library writes whole responses only. What it cannot do is done below it, once it has let go of the stream.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::CallHandler;
use super::answer::{BodyFault, EndGuard};
use super::connection::Connection;
use super::linger::linger;
use super::pace::Pace;
use crate::call::{Headers, Response};
use crate::respond::WireFault;

/// What is to be done with a connection once the HTTP library has let go of it.
pub(super) enum Broken<H: CallHandler> {
    /// It is reset (RST).
    Reset,
    /// It is closed in order.
    Close,
    /// These bytes are written, then it is closed in order. The guard ends the call when they have left.
    Write { bytes: Bytes, end: EndGuard<H> },
}

impl<H: CallHandler> Broken<H> {
    /// Carries it out on the stream; `tcp_of` takes TLS off.
    pub async fn carry_out<S>(self, mut stream: S, tcp_of: fn(S) -> TcpStream)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self {
            Broken::Reset => {
                let tcp = tcp_of(stream);
                // Where this is refused the connection is closed in order, which is broken too.
                tcp.set_zero_linger().ok();
            }
            Broken::Close => {
                // The client may be gone: then it is closed already.
                stream.shutdown().await.ok();
                linger(tcp_of(stream)).await;
            }
            Broken::Write { bytes, end } => {
                let written = async {
                    stream.write_all(&bytes).await?;
                    stream.flush().await
                };
                if written.await.is_ok() {
                    end.sent();
                }
                stream.shutdown().await.ok();
                linger(tcp_of(stream)).await;
            }
        }
    }
}

/// A response as HTTP/1.1 writes it, also with a body that its status does not allow. The connection closes behind it.
fn as_bytes(response: &Response) -> Bytes {
    let reason = hyper::StatusCode::from_u16(response.status).ok().and_then(|status| status.canonical_reason());
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", response.status, reason.unwrap_or("Broken")).into_bytes();
    let is_ours = |name: &[u8]| {
        [&b"content-length"[..], b"transfer-encoding", b"connection"].iter().any(|own| name.eq_ignore_ascii_case(own))
    };
    let fields = Headers::from_fields(response.headers.iter().filter(|(name, _)| !is_ours(name)));
    bytes.extend_from_slice(fields.as_block());
    bytes.extend_from_slice(format!("Content-Length: {}\r\nConnection: close\r\n\r\n", response.body.len()).as_bytes());
    bytes.extend_from_slice(&response.body);
    bytes.into()
}

/// How much of a response that is reset inside its head goes out: half of its status line and header lines.
pub(super) fn half_of_head(written: &[u8]) -> usize {
    let head_end = super::framing::end_of_head(written, 0).unwrap_or(written.len());
    (head_end / 2).max(1).min(written.len())
}

/// Begins what a fault asks for: what is left for the HTTP library to write, or nothing where it must not answer. A call whose
/// answer never comes ends here with its client.
pub(super) async fn begin<H: CallHandler>(
    connection: &Connection<H>,
    fault: WireFault,
    response: &Response,
    mut end: EndGuard<H>,
) -> Option<(EndGuard<H>, BodyFault)> {
    // On HTTP/2 a stream ends and not the connection: the library resets one that is not answered.
    let is_http2 = connection.is_http2;
    let leave = |broken| {
        if !is_http2 {
            connection.wire().broken = Some(broken);
        }
    };
    match fault {
        WireFault::None => return Some((end, BodyFault::None)),
        WireFault::BodyLate(after) => return Some((end, BodyFault::Paced(Pace::late(after)))),
        WireFault::SlowBody { over } => {
            return Some((end, BodyFault::Paced(Pace::slow(over, response.body.len()))));
        }
        WireFault::Never => {
            end.leave_unanswered("nothing was ever answered");
            std::future::pending::<()>().await;
        }
        WireFault::ResetBeforeHead => {
            end.leave_unanswered("the connection was reset before the head");
            leave(Broken::Reset);
        }
        WireFault::ResetInHead => {
            end.break_off("the connection was reset inside the head");
            if !is_http2 {
                connection.wire().is_reset_in_head = true;
                return Some((end, BodyFault::None));
            }
        }
        WireFault::ResetAfterHead => {
            end.break_off("the connection was reset after the head");
            return Some((end, BodyFault::Reset { has_left: false }));
        }
        WireFault::CloseWithoutByte => {
            end.leave_unanswered("the connection was closed without an answer");
            leave(Broken::Close);
        }
        WireFault::Garbage(bytes) => {
            end.leave_unanswered("bytes that are no HTTP were sent in place of an answer");
            leave(Broken::Write { bytes, end });
        }
        WireFault::BodyDespiteStatus if is_http2 => return Some((end, BodyFault::None)),
        WireFault::BodyDespiteStatus => leave(Broken::Write { bytes: as_bytes(response), end }),
    }
    None
}
