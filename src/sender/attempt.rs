//! One attempt: a request out, a response or the reason for none back.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use axum::http::{HeaderName, HeaderValue, Method, Request as HttpRequest};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

use super::connect::connect;
use super::target::Target;
use super::trust::{Believed, Trust, TrustError};
use crate::call::{BUDGET, Headers, HttpVersion, ReplayOf, Response, Timestamp};

/// The most of a response that is read.
pub(super) const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub target: Target,
    pub method: String,
    /// As they go out; what Okta always sends is added where it is missing.
    pub headers: Headers,
    pub body: Bytes,
    /// Said to our own listener only.
    pub replay_of: Option<ReplayOf>,
}

/// A whole response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub status: u16,
    pub http_version: HttpVersion,
    pub headers: Headers,
    pub body: Bytes,
}

impl Received {
    /// As the response of a call that was sent from here.
    pub fn as_response(&self) -> Response {
        Response {
            status: self.status,
            headers: self.headers.clone(),
            body: self.body.clone(),
            rule: "sent".into(),
            revision: 0,
        }
    }
}

/// Why no whole response came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    Connect {
        target: String,
        detail: String,
    },
    Tls {
        target: String,
        detail: String,
    },
    /// Nothing whole in time.
    Late {
        after: Duration,
    },
    /// It began and was cut off.
    Partial {
        status: u16,
        detail: String,
    },
    NoAnswer {
        detail: String,
    },
    TooLarge {
        most_bytes: usize,
    },
    /// The request cannot be said in HTTP.
    Unsendable {
        detail: String,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Connect { target, detail } => write!(f, "{target} cannot be reached: {detail}"),
            SendError::Tls { target, detail } => {
                write!(
                    f,
                    "the TLS handshake with {target} failed: {detail}; name its authority, or send without verifying"
                )
            }
            SendError::Late { after } => write!(f, "no whole answer within {} ms", after.as_millis()),
            SendError::Partial { status, detail } => write!(f, "the answer ({status}) was cut off: {detail}"),
            SendError::NoAnswer { detail } => write!(f, "the connection ended without an answer: {detail}"),
            SendError::TooLarge { most_bytes } => write!(f, "the answer is larger than {most_bytes} bytes"),
            SendError::Unsendable { detail } => write!(f, "the request cannot be sent: {detail}"),
        }
    }
}

impl std::error::Error for SendError {}

/// What became of one attempt.
#[derive(Clone, Debug)]
pub struct Sent {
    pub outcome: Result<Received, SendError>,
    pub started_at: Timestamp,
    /// From the name lookup to the last byte.
    pub duration: Duration,
    /// True where the server was our own listener: it has written the row.
    pub to_ourselves: bool,
    /// Header fields as they went out.
    pub headers: Headers,
}

/// Sends calls.
#[derive(Clone)]
pub struct Sender {
    believed: Believed,
    own_addresses: Vec<SocketAddr>,
}

impl Sender {
    /// `own_addresses`: where our own listener is known to be.
    pub fn new(trust: &Trust, own_addresses: Vec<SocketAddr>) -> Result<Sender, TrustError> {
        Ok(Sender { believed: Believed::new(trust)?, own_addresses })
    }

    /// One attempt, three seconds for the whole of it. Redirects are answers like any other.
    pub async fn send(&self, outgoing: &Outgoing) -> Sent {
        self.send_within(outgoing, BUDGET, MAX_RESPONSE_BYTES).await
    }

    /// One attempt with limits of its own, for what is no hook call.
    pub async fn send_within(&self, outgoing: &Outgoing, time: Duration, most_bytes: usize) -> Sent {
        let started_at = Timestamp::from_system_time(SystemTime::now());
        let started = Instant::now();
        let mut progress = Progress::default();
        let outcome = match tokio::time::timeout(time, self.exchange(outgoing, most_bytes, &mut progress)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::Late { after: time }),
        };
        Sent {
            outcome,
            started_at,
            duration: started.elapsed(),
            to_ourselves: progress.to_ourselves,
            headers: progress.headers,
        }
    }

    async fn exchange(
        &self,
        outgoing: &Outgoing,
        most_bytes: usize,
        progress: &mut Progress,
    ) -> Result<Received, SendError> {
        let (stream, is_ours) = connect(&outgoing.target, &self.believed, &self.own_addresses).await?;
        progress.to_ourselves = is_ours;
        let request = request_of(outgoing, is_ours)?;
        progress.headers = Headers::from_fields(
            request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())),
        );
        let no_answer = |error: hyper::Error| SendError::NoAnswer { detail: error.to_string() };
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .title_case_headers(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(no_answer)?;
        // The connection ends with the answer; its own errors are those of the request.
        let driver = tokio::spawn(async move { drop(connection.await) });
        let _end = AbortOnDrop(driver);
        let response = sender.send_request(request).await.map_err(no_answer)?;
        read_whole(response, most_bytes).await
    }
}

/// The whole of a response, or why there is none.
pub(super) async fn read_whole(response: hyper::Response<Incoming>, most_bytes: usize) -> Result<Received, SendError> {
    let (parts, mut body) = response.into_parts();
    let status = parts.status.as_u16();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| SendError::Partial { status, detail: error.to_string() })?;
        if let Some(data) = frame.data_ref() {
            whole.extend_from_slice(data);
        }
        if whole.len() > most_bytes {
            return Err(SendError::TooLarge { most_bytes });
        }
    }
    let http_version = match parts.version {
        axum::http::Version::HTTP_10 => HttpVersion::Http10,
        _ => HttpVersion::Http11,
    };
    let headers = Headers::from_fields(parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    Ok(Received { status, http_version, headers, body: whole.freeze() })
}

#[derive(Default)]
struct Progress {
    to_ourselves: bool,
    headers: Headers,
}

/// Ends the connection's task with the attempt, also where that ends in the middle.
pub(super) struct AbortOnDrop(pub(super) tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn request_of(outgoing: &Outgoing, is_ours: bool) -> Result<HttpRequest<Full<Bytes>>, SendError> {
    let Outgoing { target, method, headers, body, .. } = outgoing;
    let has_body = !body.is_empty();
    let mut request = request_of_fields(target, method, headers, body.clone())?;
    let fields = request.headers_mut();
    // What Okta sends with every call (Okta developer docs, "Inline hooks concept"; the agent as seen in traces).
    let json = HeaderValue::from_static("application/json");
    fields.entry(axum::http::header::ACCEPT).or_insert(json.clone());
    if has_body {
        fields.entry(axum::http::header::CONTENT_TYPE).or_insert(json);
    }
    fields.entry(axum::http::header::USER_AGENT).or_insert(HeaderValue::from_static("Okta-Integrations"));
    if let (Some(replay_of), true) = (outgoing.replay_of, is_ours)
        && let Ok(value) = HeaderValue::from_str(&replay_of.to_string())
    {
        fields.insert(HeaderName::from_static("hookscope-replay"), value);
    }
    Ok(request)
}

/// A request with these fields and the target's host.
pub(super) fn request_of_fields(
    target: &Target,
    method: &str,
    headers: &Headers,
    body: Bytes,
) -> Result<HttpRequest<Full<Bytes>>, SendError> {
    let unsendable = |detail: String| SendError::Unsendable { detail };
    let mut request = HttpRequest::new(Full::new(body));
    *request.method_mut() =
        Method::from_bytes(method.as_bytes()).map_err(|_| unsendable(format!("'{method}' is no method")))?;
    *request.uri_mut() =
        target.path_and_query.parse().map_err(|_| unsendable("the path cannot be part of a request".to_owned()))?;
    let fields = request.headers_mut();
    for (name, value) in headers.iter() {
        let shown = || String::from_utf8_lossy(name).into_owned();
        let field = HeaderName::from_bytes(name).map_err(|_| unsendable(format!("'{}' is no header name", shown())))?;
        let value = HeaderValue::from_bytes(value)
            .map_err(|_| unsendable(format!("the value of {} is no header value", shown())))?;
        fields.append(field, value);
    }
    let host =
        HeaderValue::from_str(&target.authority()).map_err(|_| unsendable("the host is no header value".to_owned()))?;
    fields.insert(axum::http::header::HOST, host);
    Ok(request)
}
