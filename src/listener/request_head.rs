//! Method, target and header lines of a request, as they were sent.

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::HOST;

use super::framing::{Head, Moment};
use crate::call::{Headers, HttpVersion, Request, TlsFacts};

/// The request without its body. `transport` says whether it came over TLS, and what its handshake agreed on. `head` is that of HTTP/1; on HTTP/2 there is none, and names are lower case by the standard.
pub(super) fn request_of(
    head: Option<&Head>,
    request: &hyper::Request<Incoming>,
    received: Moment,
    peer: &str,
    transport: (bool, Option<TlsFacts>),
) -> Request {
    let (over_tls, tls) = transport;
    let http_version = match request.version() {
        hyper::Version::HTTP_2 => HttpVersion::Http2,
        hyper::Version::HTTP_10 => HttpVersion::Http10,
        _ => HttpVersion::Http11,
    };
    let (target, headers) = match head {
        Some(head) => {
            let (target, block) = split(&head.bytes);
            (String::from_utf8_lossy(target).into_owned(), Headers::from_block(block))
        }
        None => {
            let target = request.uri().path_and_query().map(|target| target.as_str().to_owned());
            let authority = request.uri().authority().map(|authority| authority.as_str());
            (target.or_else(|| authority.map(str::to_owned)).unwrap_or_default(), fields_of(request, authority))
        }
    };
    let (path, query) = path_and_query(&target);
    Request {
        received_at: received.wall,
        peer: peer.to_owned(),
        over_tls,
        tls,
        http_version: Some(http_version),
        method: Some(request.method().as_str().to_owned()),
        path: Some(path.to_owned()),
        query: query.map(str::to_owned),
        headers,
        body: Bytes::new(),
        body_size: None,
        truncated: false,
    }
}

/// The header fields of an HTTP/2 request: `:authority` first, as `host`, unless there is a `host`.
fn fields_of(request: &hyper::Request<Incoming>, authority: Option<&str>) -> Headers {
    let host = authority.filter(|_| !request.headers().contains_key(HOST));
    let host = host.map(|host| ("host", host.as_bytes()));
    let fields = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Headers::from_fields(host.into_iter().chain(fields))
}

/// Request target and block of header lines.
fn split(head: &Bytes) -> (&[u8], Bytes) {
    let line_end = memchr::memchr(b'\n', head).map_or(head.len(), |at| at + 1);
    let line = head.get(..line_end).unwrap_or_default();
    let target = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default().trim_ascii();
    let block_end = match head.get(line_end..) {
        Some(lines) if lines.ends_with(b"\r\n") => head.len() - 2,
        Some(lines) if lines.ends_with(b"\n") => head.len() - 1,
        _ => head.len(),
    };
    (target, head.slice(line_end.min(block_end)..block_end))
}

/// Path and query of a target. Of an absolute one (`http://host/path?query`) the part after the host; a target that is only a
/// host (CONNECT) is the path itself.
fn path_and_query(target: &str) -> (&str, Option<&str>) {
    let from_path = match target.split_once("://") {
        Some((scheme, after)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            after.find(['/', '?']).and_then(|at| after.get(at..)).unwrap_or("/")
        }
        _ => target,
    };
    match from_path.split_once('?') {
        Some(("", query)) => ("/", Some(query)),
        Some((path, query)) => (path, Some(query)),
        None => (from_path, None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_cut_where_they_should_be() {
        let check = |target: &str, path: &str, query: Option<&str>| assert_eq!(path_and_query(target), (path, query));
        check("/a/b?c=d?e", "/a/b", Some("c=d?e"));
        check("/a", "/a", None);
        check("/a?", "/a", Some(""));
        check("*", "*", None);
        check("http://host:1/a?b", "/a", Some("b"));
        check("https://host", "/", None);
        check("https://host?x", "/", Some("x"));
        check("host:443", "host:443", None);
        check("/redirect?to=https://x/y", "/redirect", Some("to=https://x/y"));
        check("/redirect/https://x/y", "/redirect/https://x/y", None);
    }

    #[test]
    fn a_head_without_headers_has_an_empty_block() {
        assert_eq!(split(&Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")), (&b"/"[..], Bytes::new()));
        assert_eq!(
            split(&Bytes::from_static(b"GET /x HTTP/1.1\nA: b\n\n")),
            (&b"/x"[..], Bytes::from_static(b"A: b\n"))
        );
    }
}
