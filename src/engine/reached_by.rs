//! By which URLs a request says that it has reached the listener: tunnels give it other names than its own.

use std::net::{IpAddr, SocketAddr};

use crate::call::Request;
use crate::respond::StandInSetup;

/// Every URL by which the token endpoint can be meant: that of the issuer, and that by which this very request came.
pub fn token_urls(stand_in: &StandInSetup, issuer: &str, request: &Request) -> Vec<String> {
    let path = stand_in.path.trim_end_matches('/');
    let mut urls = vec![format!("{issuer}/v1/token")];
    let bases = [reached_base(request), forwarded_base(request)];
    for url in bases.into_iter().flatten().map(|base| format!("{base}{path}/v1/token")) {
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

/// Scheme and host by which a request came, as a tunnel on this machine or else its own head says.
pub fn reached_base(request: &Request) -> Option<String> {
    forwarded_base(request).or_else(|| {
        let scheme = if request.over_tls { "https" } else { "http" };
        request.header("host").filter(|host| is_host(host)).map(|host| format!("{scheme}://{host}"))
    })
}

/// The same as a tunnel says it, which is believed from this machine only.
fn forwarded_base(request: &Request) -> Option<String> {
    let peer: IpAddr = peer_ip(&request.peer)?;
    let host = request.header("x-forwarded-host").filter(|host| is_host(host)).or_else(|| {
        // Most tunnels keep the host that was asked for and say only the scheme.
        request.header("x-forwarded-proto").and_then(|_| request.header("host")).filter(|host| is_host(host))
    })?;
    let scheme = request.header("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
    peer.is_loopback().then(|| format!("{}://{host}", scheme.unwrap_or("https")))
}

/// The socket's own address, behind whatever was put before it.
fn peer_ip(peer: &str) -> Option<IpAddr> {
    peer.rsplit(' ').next()?.parse::<SocketAddr>().ok().map(|peer| peer.ip())
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::call::{Headers, Timestamp};

    fn request(peer: &str, over_tls: bool, fields: &[(&str, &str)]) -> Request {
        Request {
            received_at: Timestamp(0),
            peer: peer.to_owned(),
            over_tls,
            tls: None,
            http_version: None,
            method: Some("POST".to_owned()),
            path: None,
            query: None,
            headers: Headers::from_fields(fields.iter().copied()),
            body: Bytes::new(),
            body_size: None,
            truncated: false,
        }
    }

    #[test]
    fn the_token_endpoint_is_known_by_every_url_that_leads_to_it_and_by_no_other() {
        let stand_in = StandInSetup { path: "/o".to_owned(), ..StandInSetup::default() };
        let urls = |peer: &str, over_tls, fields: &[(&str, &str)]| {
            token_urls(&stand_in, "https://a.example/o", &request(peer, over_tls, fields))
        };
        assert_eq!(urls("127.0.0.1:9", true, &[]), ["https://a.example/o/v1/token"]);
        assert_eq!(
            urls("192.0.2.1:9", true, &[("Host", "b.example:8443"), ("X-Forwarded-Host", "evil.example")]),
            ["https://a.example/o/v1/token", "https://b.example:8443/o/v1/token"]
        );
        let forwarded = [("Host", "localhost:8080"), ("X-Forwarded-Host", "t.example"), ("X-Forwarded-Proto", "https")];
        assert!(urls("127.0.0.1:9", false, &forwarded).contains(&"https://t.example/o/v1/token".to_owned()));
        assert!(
            urls("203.0.113.7 through 127.0.0.1:9", false, &[("Host", "t.example"), ("X-Forwarded-Proto", "https")])
                .contains(&"https://t.example/o/v1/token".to_owned())
        );
        assert_eq!(urls("127.0.0.1:9", true, &[("Host", "a b\"")]).len(), 1);
    }
}
