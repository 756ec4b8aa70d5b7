//! One connection: from its first byte to its last call.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::body::WholeBody;
use super::framing::{Framing, HTTP2_PREFACE, MAX_FIELDS, MAX_HEAD_BYTES, ReadHead};
use super::pending::PendingEnd;
use super::tap::{Rest, Tap, Tapped, header_block};
use super::{Arrived, CallHandler, Limits, Stopping, micros};
use crate::call::{Headers, HttpVersion, Problem, ProblemKind, Request, Response, Timestamp, Timing};

/// What an oversized body is still read for, so that the client sees the answer: so many bytes, so long.
const DRAIN_BYTES: u64 = 16 * 1024 * 1024;
const DRAIN_FOR: Duration = Duration::from_secs(2);
/// A connection that sends nothing at all is closed after this, without a row. Tunnels open connections long ahead.
const SILENT_FOR: Duration = Duration::from_secs(600);
/// How much is looked at to tell TLS from HTTP from noise.
const PEEKED: usize = 24;
/// How much of what is no request is kept.
const KEPT_NOISE: usize = 4_096;

/// What every connection of a listener needs.
pub struct Shared<H> {
    pub handler: Arc<H>,
    pub limits: Limits,
    pub stopping: watch::Receiver<Stopping>,
}

/// Serves the TLS port's connections.
pub async fn serve_tls<H: CallHandler>(
    tcp: TcpStream,
    peer: SocketAddr,
    acceptor: TlsAcceptor,
    shared: Arc<Shared<H>>,
) {
    let Some(first) = peek(&tcp, &shared).await else {
        return;
    };
    let (begun, begun_at) = (Instant::now(), SystemTime::now());
    let about = About { peer, over_tls: false, begun_at };
    if first.first() != Some(&0x16) {
        return refuse_noise(tcp, &first, about, begun, &shared).await;
    }
    let accepted = tokio::time::timeout(shared.limits.head, acceptor.accept(tcp)).await;
    let tls = match accepted {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => {
            let problem = Problem { kind: ProblemKind::TlsHandshake, detail: handshake_failure(&error) };
            return shared.handler.refused(about.nothing(problem, micros(begun.elapsed())), None, 0);
        }
        Err(_) => {
            let problem = Problem {
                kind: ProblemKind::TlsHandshake,
                detail: format!(
                    "the client did not finish the TLS handshake within {} s",
                    shared.limits.head.as_secs_f32()
                ),
            };
            return shared.handler.refused(about.nothing(problem, micros(begun.elapsed())), None, 0);
        }
    };
    let tls_us = micros(begun.elapsed());
    let is_http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
    serve(tls, About { over_tls: true, ..about }, tls_us, is_http2, shared).await;
}

/// Serves the plain port's connections.
pub async fn serve_plain<H: CallHandler>(tcp: TcpStream, peer: SocketAddr, shared: Arc<Shared<H>>) {
    let Some(first) = peek(&tcp, &shared).await else {
        return;
    };
    let about = About { peer, over_tls: false, begun_at: SystemTime::now() };
    serve(tcp, about, 0, HTTP2_PREFACE.starts_with(&first) && first.len() >= 4, shared).await;
}

/// Waits for the first bytes without taking them. None where the connection ends, or is silent for too long.
async fn peek<H>(tcp: &TcpStream, shared: &Shared<H>) -> Option<Vec<u8>> {
    let mut stopping = shared.stopping.clone();
    let mut first = [0; PEEKED];
    let n = tokio::select! {
        peeked = tokio::time::timeout(SILENT_FOR, tcp.peek(&mut first)) => peeked.ok()?.ok()?,
        _ = stopping.wait_for(|stopping| *stopping != Stopping::No) => return None,
    };
    first.get(..n).filter(|first| !first.is_empty()).map(<[u8]>::to_vec)
}

/// What is known of a connection before it has a request.
#[derive(Clone, Copy)]
struct About {
    peer: SocketAddr,
    over_tls: bool,
    begun_at: SystemTime,
}

impl About {
    fn nothing(self, problem: Problem, read_us: u32) -> Arrived {
        Arrived { request: self.request(Bytes::new()), problem: Some(problem), tls_us: 0, read_us }
    }

    /// Something that never became a request.
    fn request(self, body: Bytes) -> Request {
        Request {
            received_at: Timestamp::from_system_time(self.begun_at),
            peer: self.peer.to_string(),
            over_tls: self.over_tls,
            http_version: None,
            method: None,
            path: None,
            query: None,
            headers: Headers::default(),
            body_size: None,
            truncated: false,
            body,
        }
    }
}

/// What does not begin like TLS, on the TLS port.
async fn refuse_noise<H: CallHandler>(
    mut tcp: TcpStream,
    first: &[u8],
    about: About,
    begun: Instant,
    shared: &Shared<H>,
) {
    use tokio::io::AsyncReadExt as _;
    let mut kept = BytesMut::with_capacity(KEPT_NOISE);
    // The bytes are there already; more may follow at once.
    let read = tokio::time::timeout(Duration::from_millis(200), tcp.read_buf(&mut kept)).await;
    let reset = matches!(read, Ok(Err(_)));
    let is_http = first.iter().take_while(|byte| byte.is_ascii_uppercase()).count() >= 3 && first.contains(&b' ');
    let mut arrived =
        Arrived { request: about.request(kept.freeze()), problem: None, tls_us: 0, read_us: micros(begun.elapsed()) };
    if !is_http {
        arrived.problem = Some(Problem {
            kind: ProblemKind::NotTls,
            detail: "the first bytes are neither TLS nor HTTP; point the client at https:// on this port".to_owned(),
        });
        return shared.handler.refused(arrived, None, 0);
    }
    arrived.problem = Some(Problem {
        kind: ProblemKind::PlainHttp,
        detail: "plain HTTP came to the HTTPS port; write https:// in the address, or give a tunnel the plain port"
            .to_owned(),
    });
    let body = "This port speaks HTTPS: write https:// in the address.\n";
    let text = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let writing = Instant::now();
    let written = !reset && tcp.write_all(text.as_bytes()).await.is_ok();
    // A client that is gone does not need the goodbye.
    tcp.shutdown().await.ok();
    let response = written.then(|| Response {
        status: 400,
        headers: Headers::from_fields([("content-type", "text/plain"), ("connection", "close")]),
        body: Bytes::from_static(body.as_bytes()),
        rule: "listener".into(),
        revision: 0,
    });
    shared.handler.refused(arrived, response, micros(writing.elapsed()));
}

/// What rustls says, in words that help.
fn handshake_failure(error: &std::io::Error) -> String {
    let detail = error.to_string();
    let distrusts = ["UnknownCA", "BadCertificate", "CertificateUnknown"].iter().any(|alert| detail.contains(alert));
    if distrusts {
        return format!(
            "the client does not trust this listener's certificate; give it the exported authority, or tell the tunnel not to verify ({detail})"
        );
    }
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return "the client closed the connection during the TLS handshake; it may not trust the certificate, or only look whether the port is open".to_owned();
    }
    format!("the TLS handshake failed: {detail}")
}

/// One connection's state that all its requests share.
struct Connection<H> {
    shared: Arc<Shared<H>>,
    about: About,
    tap: Tap,
    tls_us: u32,
    tls_is_counted: AtomicBool,
    is_http2: bool,
}

/// Ends what is left when the connection does, also when its task is dropped.
struct Finish<H: CallHandler> {
    connection: Arc<Connection<H>>,
    result: Option<String>,
}

impl<H: CallHandler> Drop for Finish<H> {
    fn drop(&mut self) {
        let rest = self.connection.tap.finish();
        self.connection.report(rest, self.result.take());
    }
}

async fn serve<S, H>(stream: S, about: About, tls_us: u32, is_http2: bool, shared: Arc<Shared<H>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: CallHandler,
{
    let tap = Tap::new(if is_http2 { Framing::http2() } else { Framing::http1() });
    let stream = TokioIo::new(Tapped::new(stream, tap.clone(), shared.limits.head));
    let mut stopping = shared.stopping.clone();
    let connection =
        Arc::new(Connection { shared, about, tap, tls_us, tls_is_counted: AtomicBool::new(false), is_http2 });
    let mut finish = Finish { connection: connection.clone(), result: None };
    let service = service_fn(move |request| {
        let connection = connection.clone();
        async move { Ok::<_, Infallible>(connection.call(request).await) }
    });
    macro_rules! drive {
        ($served:expr) => {{
            let served = $served;
            tokio::pin!(served);
            let mut known = Stopping::No;
            loop {
                tokio::select! {
                    result = served.as_mut() => break result.map_err(|error| why(&error)).err(),
                    changed = stopping.wait_for(|stopping| *stopping != known) => {
                        known = changed.map_or(Stopping::Now, |stopping| *stopping);
                        match known {
                            Stopping::No => {}
                            Stopping::Gracefully => served.as_mut().graceful_shutdown(),
                            Stopping::Now => break None,
                        }
                    }
                }
            }
        }};
    }
    finish.result = if is_http2 {
        let mut http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        http2.timer(TokioTimer::new()).max_header_list_size(MAX_HEAD_BYTES as u32);
        drive!(http2.serve_connection(stream, service))
    } else {
        let mut http1 = hyper::server::conn::http1::Builder::new();
        http1.max_buf_size(MAX_HEAD_BYTES).max_headers(MAX_FIELDS).title_case_headers(true).half_close(false);
        drive!(http1.serve_connection(stream, service))
    };
}

/// An error of the library with what lies beneath it.
fn why(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl<H: CallHandler> Connection<H> {
    /// The first call of a connection bears its handshake.
    fn tls_us(&self) -> u32 {
        if self.tls_is_counted.swap(true, Ordering::AcqRel) { 0 } else { self.tls_us }
    }

    async fn call(&self, request: hyper::Request<Incoming>) -> hyper::Response<WholeBody> {
        let (parts, mut body) = request.into_parts();
        let head = if self.is_http2 {
            self.tap.stream_taken();
            None
        } else {
            self.tap.take_head()
        };
        let (begun, begun_at) =
            head.as_ref().map_or_else(|| (Instant::now(), SystemTime::now()), |head| (head.begun, head.begun_at));
        let tls_us = self.tls_us();
        let read = self.read_body(&mut body, &parts.headers).await;
        let (method, uri) = (&parts.method, &parts.uri);
        let is_head = *method == Method::HEAD;
        let http_version = match parts.version {
            Version::HTTP_10 => HttpVersion::Http10,
            Version::HTTP_2 => HttpVersion::Http2,
            _ => HttpVersion::Http11,
        };
        let headers = match &head {
            Some(head) => Headers::from_block(header_block(&head.bytes)),
            None => {
                let authority = uri.authority().map(|authority| ("host", authority.as_str().as_bytes()));
                let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
                Headers::from_fields(authority.into_iter().chain(fields))
            }
        };
        let path = match uri.path() {
            // CONNECT names an authority only.
            "" => uri.authority().map_or_else(|| "/".to_owned(), ToString::to_string),
            path => path.to_owned(),
        };
        let is_too_large = read.problem.as_ref().is_some_and(|problem| problem.kind == ProblemKind::BodyTooLarge);
        let arrived = Arrived {
            request: Request {
                received_at: Timestamp::from_system_time(begun_at),
                peer: self.about.peer.to_string(),
                over_tls: self.about.over_tls,
                http_version: Some(http_version),
                method: Some(method.as_str().to_owned()),
                path: Some(path),
                query: uri.query().map(str::to_owned),
                headers,
                body: read.body,
                body_size: read.size,
                truncated: read.is_truncated,
            },
            problem: read.problem,
            tls_us,
            read_us: micros(begun.elapsed()),
        };
        let read_us = arrived.read_us;
        let mut ending = ReplyGuard { connection: self, is_armed: true };
        let reply = self.shared.handler.answer(arrived).await;
        ending.is_armed = false;
        if is_too_large {
            // While the answer is on its way the rest is thrown away, so that the client reads the answer at all.
            drop(tokio::spawn(drain(body)));
        }
        let timing =
            Timing { tls_us, read_us, decide_us: reply.decide_us, record_us: reply.record_us, ..Timing::default() };
        let Some(response) = reply.response else {
            self.tap.call_ended();
            // Nothing is to be answered: hyper has no word for that, but the client is gone or given up.
            let mut nothing = hyper::Response::new(WholeBody::plain(Bytes::new()));
            *nothing.status_mut() = StatusCode::REQUEST_TIMEOUT;
            nothing.headers_mut().insert(hyper::header::CONNECTION, HeaderValue::from_static("close"));
            return nothing;
        };
        let sink: Arc<dyn super::pending::EndSink> = self.shared.handler.clone();
        let mut end = PendingEnd::new(sink, reply.ticket, begun, timing, self.tap.clone());
        if !reply.delay.is_zero() {
            let delaying = Instant::now();
            tokio::time::sleep(reply.delay).await;
            end.set_delay(micros(delaying.elapsed()));
        }
        let status = StatusCode::from_u16(response.status).ok().filter(|status| status.as_u16() >= 200);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let has_body = !is_head && status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED;
        let mut out = hyper::Response::new(WholeBody::new(response.body, has_body, self.tap.clone(), end));
        *out.status_mut() = status;
        if is_too_large && !self.is_http2 {
            out.headers_mut().insert(hyper::header::CONNECTION, HeaderValue::from_static("close"));
        }
        for (name, value) in response.headers.iter() {
            let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) else {
                // What HTTP cannot carry is left out; the workspace says so when it is read.
                continue;
            };
            // The length is the body's; connections and encodings are the library's.
            let is_ours = [hyper::header::CONTENT_LENGTH, hyper::header::TRANSFER_ENCODING, hyper::header::CONNECTION]
                .contains(&name);
            if !is_ours {
                out.headers_mut().append(name, value);
            }
        }
        out
    }

    async fn read_body(&self, body: &mut Incoming, headers: &hyper::HeaderMap) -> ReadBody {
        let limit = usize::try_from(self.shared.limits.max_body_bytes).unwrap_or(usize::MAX);
        let announced = headers
            .get(hyper::header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse::<u64>().ok());
        let mut whole = Bytes::new();
        let mut more: Option<BytesMut> = None;
        loop {
            let frame = match tokio::time::timeout(self.shared.limits.body_progress, body.frame()).await {
                Ok(None) => break,
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => {
                    let body = more.map_or(whole, BytesMut::freeze);
                    let detail = format!("the body ended after {} bytes ({})", body.len(), why(&error));
                    return ReadBody::broken(body, announced, ProblemKind::ClosedEarly, detail);
                }
                Err(_) => {
                    let body = more.map_or(whole, BytesMut::freeze);
                    let seconds = self.shared.limits.body_progress.as_secs_f32();
                    let detail = format!("no byte of the body came for {seconds} s, after {} bytes", body.len());
                    return ReadBody::broken(body, announced, ProblemKind::BodyTimeout, detail);
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            match &mut more {
                None if whole.is_empty() => whole = data,
                None => {
                    let mut joined = BytesMut::from(&whole[..]);
                    joined.extend_from_slice(&data);
                    more = Some(joined);
                }
                Some(joined) => joined.extend_from_slice(&data),
            }
            let length = more.as_ref().map_or(whole.len(), BytesMut::len);
            if length > limit {
                let mut kept = more.map_or(whole, BytesMut::freeze);
                kept.truncate(limit);
                let size = announced.map_or_else(|| "of unknown size".to_owned(), |size| format!("of {size} bytes"));
                return ReadBody {
                    body: kept,
                    size: announced,
                    is_truncated: true,
                    problem: Some(Problem {
                        kind: ProblemKind::BodyTooLarge,
                        detail: format!(
                            "the body {size} is larger than the limit of {limit} bytes; the first {limit} were kept"
                        ),
                    }),
                };
            }
        }
        let body = more.map_or(whole, BytesMut::freeze);
        ReadBody { size: Some(body.len() as u64), body, is_truncated: false, problem: None }
    }

    /// Makes rows of what never became a request.
    fn report(&self, rest: Rest, error: Option<String>) {
        let error = error.unwrap_or_default();
        if self.is_http2 {
            if rest.n_refused_streams > 0 {
                let detail =
                    format!("{} HTTP/2 streams were refused by the HTTP library ({error})", rest.n_refused_streams);
                let problem = Problem { kind: ProblemKind::BadHttp, detail };
                self.shared.handler.refused(self.about.nothing(problem, 0), None, 0);
            } else if error.contains("http2 error")
                && !error.contains("not a result of an error")
                && self.tls_is_counted.load(Ordering::Acquire).eq(&false)
            {
                let problem = Problem {
                    kind: ProblemKind::BadHttp,
                    detail: format!("the HTTP/2 connection failed before any request: {error}"),
                };
                self.shared.handler.refused(self.about.nothing(problem, 0), None, 0);
            }
            return;
        }
        let response = response_of(&rest.refusal);
        let status = response.as_ref().map(|response| response.status);
        let Some(head) = rest.head.or(rest.partial) else {
            return;
        };
        let is_too_large = status == Some(431) || status == Some(414) || head.bytes.len() > MAX_HEAD_BYTES;
        let problem = if rest.is_timed_out {
            let seconds = self.shared.limits.head.as_secs_f32();
            Problem {
                kind: ProblemKind::HeadTimeout,
                detail: format!("the head of the request was not whole after {seconds} s"),
            }
        } else if is_too_large {
            Problem {
                kind: ProblemKind::HeadTooLarge,
                detail: format!("the head has more than {MAX_FIELDS} fields or {MAX_HEAD_BYTES} bytes"),
            }
        } else if status.is_some() {
            Problem { kind: ProblemKind::BadHttp, detail: format!("this is not HTTP as it should be ({error})") }
        } else {
            Problem {
                kind: ProblemKind::ClosedEarly,
                detail: "the connection ended before the head of the request was whole".to_owned(),
            }
        };
        let read_us = micros(head.begun.elapsed());
        self.shared.handler.refused(self.unread(&head, problem, read_us), response, 0);
    }

    /// A head that nobody could read, as a request without method and path; its bytes are kept.
    fn unread(&self, head: &ReadHead, problem: Problem, read_us: u32) -> Arrived {
        let about = About { begun_at: head.begun_at, ..self.about };
        Arrived {
            request: Request {
                truncated: head.bytes.len() >= MAX_HEAD_BYTES,
                ..about.request(Bytes::copy_from_slice(&head.bytes))
            },
            problem: Some(problem),
            tls_us: self.tls_us(),
            read_us,
        }
    }
}

/// Says to the tap that a call is over whose client went away while it was being answered.
struct ReplyGuard<'a, H: CallHandler> {
    connection: &'a Connection<H>,
    is_armed: bool,
}

impl<H: CallHandler> Drop for ReplyGuard<'_, H> {
    fn drop(&mut self) {
        if self.is_armed {
            self.connection.tap.call_ended();
        }
    }
}

struct ReadBody {
    body: Bytes,
    size: Option<u64>,
    is_truncated: bool,
    problem: Option<Problem>,
}

impl ReadBody {
    fn broken(body: Bytes, size: Option<u64>, kind: ProblemKind, detail: String) -> ReadBody {
        ReadBody { body, size, is_truncated: true, problem: Some(Problem { kind, detail }) }
    }
}

async fn drain(mut body: Incoming) {
    let mut n_drained = 0;
    let draining = async {
        while let Some(Ok(frame)) = body.frame().await {
            n_drained += frame.data_ref().map_or(0, |data| data.len() as u64);
            if n_drained >= DRAIN_BYTES {
                return;
            }
        }
    };
    // Whatever is left then, the connection is closed on it.
    tokio::time::timeout(DRAIN_FOR, draining).await.ok();
}

/// What the library wrote by itself, read back.
fn response_of(written: &[u8]) -> Option<Response> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(end)) = response.parse(written) else {
        return None;
    };
    Some(Response {
        status: response.code?,
        headers: Headers::from_fields(response.headers.iter().map(|field| (field.name, field.value))),
        body: Bytes::copy_from_slice(written.get(end..).unwrap_or_default()),
        rule: "listener".into(),
        revision: 0,
    })
}
