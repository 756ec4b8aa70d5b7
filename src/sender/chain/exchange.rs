//! One connection to the edge, and probes over it.

use std::time::{Duration, Instant};

use axum::http::header::{ACCEPT, HOST, USER_AGENT};
use axum::http::{HeaderValue, Request};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;

use crate::call::Headers;
use crate::sender::attempt::AbortOnDrop;
use crate::sender::connect::Stream;
use crate::sender::target::Target;

/// The most of an answer that is read: what says which page it is stands at its beginning.
const MOST_BYTES: usize = 64 * 1024;

/// An answer to a probe.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    /// As far as it was read.
    pub body: Bytes,
    /// From the request to the last byte of it.
    pub took: Duration,
}

impl Response {
    /// The first value of a header field as text.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

/// A connection that speaks HTTP/1.1, as Okta's do.
pub struct Exchange {
    sender: SendRequest<Empty<Bytes>>,
    _end: AbortOnDrop,
}

impl Exchange {
    pub async fn over(stream: Stream) -> Result<Exchange, String> {
        let shaken = Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| reason(&error))?;
        // The connection ends with the test; its own errors are those of the requests.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Exchange { sender, _end: AbortOnDrop(driver) })
    }

    /// Sends a probe and reads what comes back. Redirects are answers.
    pub async fn probe(&mut self, target: &Target) -> Result<Response, String> {
        let request = request_to(target)?;
        self.sender.ready().await.map_err(|error| reason(&error))?;
        let started = Instant::now();
        let response = self.sender.send_request(request).await.map_err(|error| reason(&error))?;
        let (parts, mut body) = response.into_parts();
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| format!("it was cut off, {}", reason(&error)))?;
            if let Some(data) = frame.data_ref() {
                read.extend_from_slice(data);
            }
            if read.len() > MOST_BYTES {
                break;
            }
        }
        let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Ok(Response {
            status: parts.status.as_u16(),
            headers: Headers::from_fields(fields),
            body: read.freeze(),
            took: started.elapsed(),
        })
    }
}

/// The request of a probe. It names the agent that Okta's calls name (as seen in traces), since some edges show browsers a page first.
fn request_to(target: &Target) -> Result<Request<Empty<Bytes>>, String> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() =
        target.path_and_query.parse().map_err(|_| "the path cannot be part of a request".to_owned())?;
    let host =
        HeaderValue::from_str(&target.authority()).map_err(|_| "the host cannot be part of a request".to_owned())?;
    let fields = request.headers_mut();
    fields.insert(HOST, host);
    fields.insert(ACCEPT, HeaderValue::from_static("application/json"));
    fields.insert(USER_AGENT, HeaderValue::from_static("Okta-Integrations"));
    Ok(request)
}

fn reason(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
