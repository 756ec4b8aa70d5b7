//! Where a call is sent.

use std::fmt;

use axum::http::Uri;

/// An `http` or `https` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub is_https: bool,
    /// Without brackets, also where it is an IPv6 address.
    pub host: String,
    pub port: u16,
    /// Begins with `/`.
    pub path_and_query: String,
}

/// Why a text is no URL to send to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetError {
    pub url: String,
    pub why: &'static str,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no URL to send to: {}; write one such as https://127.0.0.1:8443/hooks/token",
            self.url, self.why
        )
    }
}

impl std::error::Error for TargetError {}

impl Target {
    pub fn parse(url: &str) -> Result<Target, TargetError> {
        let fail = |why| TargetError { url: url.to_owned(), why };
        let uri: Uri = url.trim().parse().map_err(|_| fail("it cannot be read"))?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(fail("only http and https can be sent to")),
            None => return Err(fail("it has no scheme")),
        };
        let authority = uri.authority().ok_or_else(|| fail("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(fail("a credential does not belong into the URL, use --basic for it"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(fail("it has no host"));
        }
        // Behind the host, and behind the brackets of an IPv6 address, a colon can only begin a port.
        let after_host = authority.as_str().rsplit(']').next().unwrap_or_default();
        let port = match (after_host.split_once(':'), is_https) {
            (Some((_, port)), _) => match port.parse() {
                Ok(port @ 1..) => port,
                _ => return Err(fail("its port is no number from 1 to 65535")),
            },
            (None, true) => 443,
            (None, false) => 80,
        };
        let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str());
        let path_and_query = match path_and_query {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        Ok(Target { is_https, host, port, path_and_query })
    }

    /// The same place with the path and query of a recorded call, where this one names no path of its own.
    pub fn with_recorded_path(self, recorded: &str) -> Target {
        match self.path_and_query.as_str() {
            "/" => Target { path_and_query: recorded.to_owned(), ..self },
            _ => self,
        }
    }

    /// Host and port as the `Host` field has them: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.is_https, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path_and_query)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(url: &str, expected: &str) {
        let shown = match Target::parse(url) {
            Ok(target) => format!("{} {} {}", target.host, target.port, target.path_and_query),
            Err(error) => error.why.to_owned(),
        };
        assert_eq!(shown, expected, "{url}");
    }

    #[test]
    fn urls_are_read_or_refused_with_the_reason() {
        check("https://127.0.0.1:8443/hooks/token?a=b", "127.0.0.1 8443 /hooks/token?a=b");
        check("https://quiet-otter.tunnel.example", "quiet-otter.tunnel.example 443 /");
        check("http://[::1]:8080/x", "::1 8080 /x");
        check("http://localhost?x=1", "localhost 80 /?x=1");
        check("ftp://x/", "only http and https can be sent to");
        check("localhost:8443", "it has no scheme");
        check("https://user:pass@x/", "a credential does not belong into the URL, use --basic for it");
        check("https://x:99999/", "its port is no number from 1 to 65535");
        check("https://", "it cannot be read");
        check("", "it cannot be read");
    }

    #[test]
    fn a_recorded_path_is_appended_only_where_there_is_none() {
        let recorded = |url: &str| Target::parse(url).unwrap().with_recorded_path("/hooks/saml?x=1").to_string();
        assert_eq!(recorded("https://a.example"), "https://a.example/hooks/saml?x=1");
        assert_eq!(recorded("https://a.example/"), "https://a.example/hooks/saml?x=1");
        assert_eq!(recorded("https://a.example/my"), "https://a.example/my");
    }
}
