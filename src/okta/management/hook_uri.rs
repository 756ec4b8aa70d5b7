//! Would Okta take this URL, and could it be reached?

use std::net::IpAddr;

use super::Remark;
use crate::okta::sources::{BEST_PRACTICES, HTTP_CONFIG, HTTP_RFC, IPV6_GUIDE, SECURE_HOOKS};
use crate::okta::verdict::Confidence::{self, D, I, U};
use crate::okta::verdict::Severity::{self, Error, Warning};
use crate::okta::verdict::Text;

/// The longest URL of a hook, in characters (Okta OpenAPI 2026.06.3, InlineHookHttpConfigCreate).
pub const MOST_URI_CHARACTERS: usize = 1_024;

/// The worst that is wrong with a hook's URL; none where nothing is known to be.
pub fn hook_uri_problem(url: &str) -> Option<Remark> {
    let problems = hook_uri_problems(url);
    let worst = problems.iter().map(|problem| problem.severity).max()?;
    problems.into_iter().find(|problem| problem.severity == worst)
}

/// Everything that is wrong with a hook's URL, as far as it can be told without the network.
pub fn hook_uri_problems(url: &str) -> Vec<Remark> {
    let mut problems = Vec::new();
    let mut add = |severity: Severity, message: Text, source: &'static str, confidence: Confidence| {
        problems.push(Remark::new(severity, "URL", message, source, confidence));
    };
    if url.trim().is_empty() {
        add(Error, "Give the URL that Okta is to call".into(), HTTP_CONFIG, D);
        return problems;
    }
    if url.contains(char::is_whitespace) {
        add(Error, "Take the white space out of the URL: Okta refuses it".into(), HTTP_CONFIG, D);
    }
    let n_characters = url.chars().count();
    if n_characters > MOST_URI_CHARACTERS {
        let message = format!("Shorten the URL: it has {n_characters} characters, and Okta takes 1,024 at most");
        add(Error, message.into(), HTTP_CONFIG, D);
    }
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else {
        add(Error, "Begin the URL with https://".into(), HTTP_CONFIG, D);
        return problems;
    };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => {}
        "http" => {
            let message = "Begin the URL with https://: Okta refuses http with \"invalid URL provided\"";
            add(Error, message.into(), BEST_PRACTICES, D);
        }
        _ => add(Error, "Begin the URL with https://: Okta calls nothing else".into(), HTTP_CONFIG, D),
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if rest.contains('#') {
        let message = "Leave out what follows '#': it is never sent in a request";
        add(Warning, message.into(), HTTP_RFC, D);
    }
    let host_and_port = match authority.rsplit_once('@') {
        Some((_, host_and_port)) => {
            let message = "Take the credential out of the URL and set it as the authentication secret: whether Okta takes one in \
                           the URL is not documented";
            add(Warning, message.into(), SECURE_HOOKS, U);
            host_and_port
        }
        None => authority,
    };
    let (host, port) = match host_and_port.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, after)) => (host, after.strip_prefix(':')),
            None => (rest, None),
        },
        None => match host_and_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_and_port, None),
        },
    };
    if host.is_empty() {
        add(Error, "Name the host in the URL: there is none".into(), HTTP_CONFIG, D);
        return problems;
    }
    match port.map(|port| (port, port.parse::<u16>())) {
        None | Some((_, Ok(443))) => {}
        Some((_, Ok(1..))) => {
            let message = "Use port 443 if you can: which other ports Okta calls is not documented";
            add(Warning, message.into(), HTTP_CONFIG, U);
        }
        Some((port, _)) => {
            let message = format!("Correct the port: '{port}' is no number from 1 to 65535");
            add(Error, message.into(), HTTP_CONFIG, D);
        }
    }
    if let Some((message, source, confidence)) = unreachable(host) {
        add(Error, message.into(), source, confidence);
    } else if !host.is_ascii() {
        let message = "Write the host in its ASCII form (xn--…): whether Okta takes another one is not documented";
        add(Warning, message.into(), HTTP_CONFIG, U);
    }
    problems
}

/// Why a host cannot be reached from Okta; none where it may be.
fn unreachable(host: &str) -> Option<(&'static str, &'static str, Confidence)> {
    const LOCAL: &str =
        "Use a public URL, such as a tunnel's: this host is this machine or its own network, which Okta cannot reach";
    const IPV6: &str = "Use a host with an IPv4 address: Okta calls over IPv4";
    const NO_NAME: &str = "Use a name that resolves publicly: this one has no domain";
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            let [first, second, ..] = address.octets();
            let is_local = address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
                // Addresses behind a carrier's translation (RFC 6598).
                || (first == 100 && (64..128).contains(&second));
            is_local.then_some((LOCAL, HTTP_CONFIG, D))
        }
        Ok(IpAddr::V6(address)) if address.is_loopback() || address.is_unspecified() => Some((LOCAL, HTTP_CONFIG, D)),
        Ok(IpAddr::V6(_)) => Some((IPV6, IPV6_GUIDE, D)),
        Err(_) => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            let last = name.rsplit('.').next().unwrap_or_default();
            match last {
                "localhost" | "local" | "internal" | "lan" => Some((LOCAL, HTTP_CONFIG, D)),
                _ if !name.contains('.') => Some((NO_NAME, BEST_PRACTICES, I)),
                _ => None,
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// `E D part`: severity, confidence, a part of the sentence; an empty text: nothing is wrong.
    fn check(url: &str, expected: &[&str]) {
        let found = hook_uri_problems(url);
        assert_eq!(found.len(), expected.len(), "{url}: {found:#?}");
        for (remark, expected) in found.iter().zip(expected) {
            let severity = if remark.severity == Error { "E" } else { "W" };
            let (head, part) = expected.split_at(4);
            assert_eq!(head, format!("{severity} {} ", remark.confidence.as_str()), "{url}: {remark:?}");
            assert!(remark.message.contains(part), "{url}: {remark:?}");
        }
    }

    #[test]
    fn a_url_that_okta_takes_has_nothing_wrong_with_it() {
        check("https://quiet-otter.tunnel.example/hooks/token", &[]);
        check("https://quiet-otter.tunnel.example:443/hooks/token?a=b", &[]);
        check("HTTPS://203.0.113.9/", &[]);
    }

    #[test]
    fn what_okta_refuses_is_said_with_the_page_that_says_so() {
        check("", &["E D Give the URL"]);
        check("http://a.example/x", &["E D Begin the URL with https://: Okta refuses http"]);
        check("ftp://a.example/x", &["E D Okta calls nothing else"]);
        check("a.example/x", &["E D Begin the URL with https://"]);
        check("https://a.example/a b", &["E D white space"]);
        check(" https://a.example/", &["E D white space"]);
        check("https:///x", &["E D Name the host"]);
        check("https://a.example:99999/", &["E D '99999' is no number"]);
        check("https://a.example:/", &["E D '' is no number"]);
        check("https://a.example:0/", &["E D '0' is no number"]);
        assert_eq!(hook_uri_problem("http://a.example/").unwrap().source, BEST_PRACTICES);
    }

    #[test]
    fn the_limit_counts_characters_and_is_inclusive() {
        let url = |n_characters: usize| format!("https://a.example/{}", "x".repeat(n_characters - 18));
        check(&url(1_024), &[]);
        check(&url(1_025), &["E D 1025 characters, and Okta takes 1,024"]);
    }

    #[test]
    fn a_host_that_only_this_machine_knows_cannot_be_called() {
        for host in
            ["localhost", "127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.1.1", "0.0.0.0"]
        {
            check(&format!("https://{host}/x"), &["E D this machine or its own network"]);
        }
        check("https://laptop.local/", &["E D this machine or its own network"]);
        check("https://100.64.0.1/", &["E D this machine or its own network"]);
        check("https://laptop/", &["E I has no domain"]);
        check("https://[2001:db8::1]/x", &["E D IPv4"]);
    }

    #[test]
    fn what_is_not_documented_is_a_warning_that_says_so() {
        check("https://a.example:8443/", &["W U port 443"]);
        check("https://user:pw@a.example/", &["W U Take the credential out"]);
        check("https://bücher.example/", &["W U ASCII form"]);
        check("https://a.example/#x", &["W D never sent"]);
    }

    #[test]
    fn the_worst_comes_first_where_only_one_is_shown() {
        assert!(hook_uri_problem("http://a.example:8443/").unwrap().message.contains("https://"));
        assert!(hook_uri_problem("https://localhost:8443/").unwrap().message.contains("public URL"));
        assert_eq!(hook_uri_problem("https://a.example/"), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_is_judged(url in "\\PC{0,60}") {
            hook_uri_problems(&url);
            hook_uri_problems(&format!("https://{url}"));
        }
    }
}
