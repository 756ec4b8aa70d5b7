//! One accepted socket, from accept to its end.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{AlertDescription, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Guest};
use super::driver::{Driver, Http};
use super::framing::{Moment, end_of_head, micros};
use super::gate::{Level, Until};
use super::hello::Hello;
use super::linger::linger;
use super::refusal::{Conclusion, unknown_request};
use super::service::call;
use super::tap::Tap;
use super::{Arrived, CallHandler};
use crate::call::{Headers, Problem, ProblemKind, Response};

/// Serves a socket of the TLS port. `trust` is the file that a client must trust.
pub(super) async fn serve_tls<H: CallHandler>(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    trust: PathBuf,
    guest: Guest<H>,
) {
    let limits = guest.limits;
    let gate = guest.gate.clone();
    // Tunnel agents open connections ahead: the clock begins with the first byte. Looking at it is surer than being told that
    // there is something to read.
    let mut first = [0; 1];
    let peek = timeout(limits.idle, tcp.peek(&mut first));
    if !matches!(Until::new(gate.clone(), Level::Closing, peek).await, Some(Ok(Ok(1)))) {
        return;
    }
    let came = Moment::now();
    let accept = TlsAcceptor::from(config).accept(Hello::new(tcp)).into_fallible();
    // A handshake is no call yet: it does not hold up the end of the listener.
    let Some(accepted) = Until::new(gate, Level::Closing, timeout(limits.head, accept)).await else { return };
    let stream = match accepted {
        Ok(Ok(stream)) => stream,
        Ok(Err((error, hello))) => {
            let Some(first_byte) = hello.first_byte else { return };
            if !hello.is_tls {
                return refuse_plain(hello, first_byte, &guest).await;
            }
            let detail = handshake_failure(&error, &trust);
            return refuse_tls(&guest, first_byte, hello.first_bytes, detail);
        }
        Err(_) => {
            let detail = format!("the TLS handshake was not done after {:?}", limits.head);
            return refuse_tls(&guest, came, Vec::new(), detail);
        }
    };
    let tls_us = stream.get_ref().0.first_byte.map_or(0, |first| first.elapsed_us());
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let connection = Connection::new(guest, true, is_http2, tls_us);
    serve_http(stream, Bytes::new(), connection, |stream| stream.into_inner().0.stream).await;
}

/// Serves a socket of the plain port.
pub(super) async fn serve_plain<H: CallHandler>(mut tcp: TcpStream, guest: Guest<H>) {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let limits = guest.limits;
    let gate = guest.gate.clone();
    let mut first = BytesMut::with_capacity(8 * 1024);
    let read = timeout(limits.idle, tcp.read_buf(&mut first));
    if !matches!(Until::new(gate, Level::Closing, read).await, Some(Ok(Ok(1..)))) {
        return;
    }
    let read_first = async {
        // Enough to tell HTTP/2 from a method that begins alike.
        while first.len() < 4 && PREFACE.starts_with(&first) {
            if !matches!(tcp.read_buf(&mut first).await, Ok(n_read) if n_read > 0) {
                break;
            }
        }
    };
    // What did not come in time is the connection's own matter below.
    timeout(limits.head, read_first).await.ok();
    let is_http2 = first.starts_with(b"PRI ");
    let connection = Connection::new(guest, false, is_http2, 0);
    serve_http(tcp, first.freeze(), connection, |tcp| tcp).await;
}

async fn serve_http<S, H>(stream: S, prefix: Bytes, connection: Arc<Connection<H>>, tcp_of: fn(S) -> TcpStream)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: CallHandler,
{
    let conclusion = Conclusion::new(connection.clone());
    let head_bytes = connection.limits.head_bytes;
    let io = TokioIo::new(Tap::new(stream, prefix, connection.clone()));
    let callee = connection.clone();
    let service = service_fn(move |request| call(callee.clone(), request));
    if connection.is_http2 {
        let mut http = http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX))
            .serve_connection(io, service);
        let over = Driver::new(&mut http, connection.clone()).await;
        conclusion.conclude(&over);
        return;
    }
    let mut http = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(head_bytes)
        // Below 8 KiB the library panics.
        .max_buf_size(head_bytes.max(8 * 1024))
        .serve_connection(io, service);
    let over = Driver::new(&mut http, connection.clone()).await;
    let broken = connection.wire().broken.take();
    let is_refused = conclusion.conclude(&over);
    if let Some(broken) = broken {
        return broken.carry_out(http.into_parts().io.into_inner().into_stream(), tcp_of).await;
    }
    if is_refused {
        linger(tcp_of(http.into_parts().io.into_inner().into_stream())).await;
    }
}

impl<I, S, B> Http for http1::Connection<I, S>
where
    S: Service<hyper::Request<Incoming>, Response = hyper::Response<B>>,
    http1::Connection<I, S>: Future<Output = hyper::Result<()>> + Unpin,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn close_gracefully(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S, B> Http for http2::Connection<I, S, TokioExecutor>
where
    S: Service<hyper::Request<Incoming>, Response = hyper::Response<B>>,
    http2::Connection<I, S, TokioExecutor>: Future<Output = hyper::Result<()>> + Unpin,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    TokioExecutor: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    fn close_gracefully(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

fn refuse_tls<H: CallHandler>(guest: &Guest<H>, first_byte: Moment, bytes: Vec<u8>, detail: String) {
    let mut request = unknown_request(&guest.peer, true, first_byte);
    request.body = Bytes::from(bytes);
    request.truncated = true;
    let problem = Some(Problem { kind: ProblemKind::TlsHandshake, detail });
    let arrived = Arrived { request, problem, tls_us: first_byte.elapsed_us(), read_us: 0 };
    guest.handler.refused(arrived, None, 0);
}

/// Why a handshake failed, in plain words.
fn handshake_failure(error: &std::io::Error, trust: &std::path::Path) -> String {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return match error.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset => {
                "the client ended the connection during the TLS handshake; some clients do so when they do not trust the \
                 certificate"
                    .to_owned()
            }
            _ => format!("the TLS handshake failed: {error}"),
        };
    };
    let trust = trust.display();
    match tls {
        rustls::Error::AlertReceived(
            AlertDescription::UnknownCA | AlertDescription::BadCertificate | AlertDescription::CertificateUnknown,
        ) => format!(
            "the client does not trust the listener's certificate ({tls}); make it trust {trust}, or let the tunnel skip \
             the check"
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => {
            format!("the client says that the listener's certificate has expired ({tls}); compare the two clocks")
        }
        rustls::Error::AlertReceived(_) => format!("the client broke off the TLS handshake: {tls}"),
        rustls::Error::PeerIncompatible(_) => {
            format!("client and listener have no TLS version or cipher in common ({tls}); TLS 1.2 and 1.3 are spoken")
        }
        _ => format!("the TLS handshake failed: {tls}"),
    }
}

/// What the first bytes on the TLS port look like, if they are not TLS; none while there are too few.
fn is_plain_http(bytes: &[u8]) -> Option<bool> {
    const LONGEST_METHOD: usize = 16;
    let n_letters = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    match bytes.get(n_letters) {
        Some(b' ') => Some(n_letters > 0),
        Some(_) => Some(false),
        None if n_letters > LONGEST_METHOD => Some(false),
        None => None,
    }
}

/// Answers plain HTTP on the TLS port; closes on anything else. Both are recorded.
async fn refuse_plain<H: CallHandler>(hello: Hello<TcpStream>, first_byte: Moment, guest: &Guest<H>) {
    let mut stream = hello.stream;
    let mut bytes = BytesMut::from(hello.first_bytes.as_slice());
    let head_limit = guest.limits.head_bytes;
    let read_head = async {
        loop {
            let is_enough = match is_plain_http(&bytes) {
                Some(true) => end_of_head(&bytes, 0).is_some() || bytes.len() > head_limit,
                Some(false) => true,
                None => false,
            };
            if is_enough || !matches!(stream.read_buf(&mut bytes).await, Ok(n_read) if n_read > 0) {
                return;
            }
        }
    };
    // Late or not: what came so far is what there is to say.
    timeout(guest.limits.head, read_head).await.ok();
    let read_us = first_byte.elapsed_us();
    let is_http = is_plain_http(&bytes).unwrap_or(false);
    let mut request = unknown_request(&guest.peer, false, first_byte);
    request.truncated = true;
    request.body = bytes.freeze();
    if !is_http {
        let detail = "the first byte is no TLS: something else than an https client spoke to the https port".to_owned();
        let problem = Some(Problem { kind: ProblemKind::NotTls, detail });
        guest.handler.refused(Arrived { request, problem, tls_us: 0, read_us }, None, 0);
        return linger(stream).await;
    }
    let before = Instant::now();
    let response = say_https(stream.local_addr().ok());
    let mut text = format!("HTTP/1.1 {} Bad Request\r\n", response.status).into_bytes();
    text.extend_from_slice(response.headers.as_block());
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(&response.body);
    // A client that does not take the answer is recorded like one that does.
    stream.write_all(&text).await.ok();
    let detail = "plain HTTP came to the https port; use https:// in the address, or the plain port for a tunnel that \
                  ends TLS itself"
        .to_owned();
    let problem = Some(Problem { kind: ProblemKind::PlainHttp, detail });
    let arrived = Arrived { request, problem, tls_us: 0, read_us };
    guest.handler.refused(arrived, Some(response), micros(before.elapsed()));
    linger(stream).await;
}

fn say_https(local: Option<SocketAddr>) -> Response {
    let address = local.map_or_else(|| "…".to_owned(), |local| local.to_string());
    let body = format!("This port speaks https: use https://{address}\n");
    let n_bytes = body.len().to_string();
    let fields =
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", n_bytes.as_str()), ("Connection", "close")];
    Response {
        status: 400,
        headers: Headers::from_fields(fields),
        body: Bytes::from(body),
        rule: "listener".into(),
        revision: 0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_told_from_noise() {
        let check = |bytes: &[u8], expected| assert_eq!(is_plain_http(bytes), expected, "{bytes:?}");
        check(b"GET / HTTP/1.1\r\n", Some(true));
        check(b"POST /x", Some(true));
        check(b"PATCH ", Some(true));
        check(b"PO", None);
        check(b"", None);
        check(b"\0\0", Some(false));
        check(b" GET", Some(false));
        check(b"SSH-2.0-x", Some(false));
        check(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", Some(false));
    }
}
