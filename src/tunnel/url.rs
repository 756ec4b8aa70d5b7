//! Public URLs in a text: which of the addresses that a program prints is the one that Okta is to call.

use std::net::IpAddr;

/// First labels of hosts that explain, sell or administrate a tunnel, and are none.
const NOT_TUNNELS: [&str; 18] = [
    "admin",
    "api",
    "app",
    "blog",
    "cdn",
    "console",
    "dash",
    "dashboard",
    "developer",
    "developers",
    "docs",
    "doc",
    "help",
    "login",
    "status",
    "support",
    "update",
    "www",
];
/// Hosts that are linked to from what programs print.
const LINKED: [&str; 9] = [
    "github.com",
    "gitlab.com",
    "twitter.com",
    "x.com",
    "discord.gg",
    "localhost.run",
    "serveo.net",
    "openssh.com",
    "ngrok.com",
];

/// The first address in a line that may be a public URL: `https`, a name that is not local, no path, and neither documentation nor
/// a login page. The address ends without a slash.
pub fn public_url_in(line: &str) -> Option<String> {
    urls(line).find_map(|url| {
        let host = host_of(url)?;
        let path = path_of(url);
        let is_public = path.trim_end_matches('/').is_empty() && is_public_host(host) && !is_linked(host);
        is_public.then(|| url.trim_end_matches('/').to_owned())
    })
}

/// Every `https` address in a text, without what ends the sentence around it.
pub(super) fn urls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("https://").filter_map(|(at, scheme)| {
        let rest = text.get(at..)?;
        let is_end = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(
                    c,
                    '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '\\' | ',' | ';'
                )
        };
        // An address of IPv6 stands in brackets, but is no name that Okta could call.
        let url = rest.get(..rest.find(is_end).unwrap_or(rest.len()))?;
        let url = url.trim_end_matches(['.', ':', '!', '?', '…']);
        (url.len() > scheme.len()).then_some(url)
    })
}

/// The host of an address that [`urls`] found, without port.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // Somebody's name in an address is no part of a public URL.
    if authority.contains('@') {
        return None;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    (!host.is_empty() && host.chars().all(is_name)).then_some(host)
}

fn path_of(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)).unwrap_or_default()
}

/// A name with a dot that the public DNS may know.
fn is_public_host(host: &str) -> bool {
    let is_address = host.parse::<IpAddr>().is_ok();
    let host = host.to_ascii_lowercase();
    let is_local = ["localhost", ".localhost", ".local", ".internal", ".lan"].iter().any(|end| host.ends_with(end));
    !is_address && !is_local && host.trim_matches('.').contains('.')
}

fn is_linked(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let first = host.split('.').next().unwrap_or_default();
    NOT_TUNNELS.contains(&first) || LINKED.contains(&host.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_public_address_without_a_path_is_taken_and_links_are_not() {
        let check = |line: &str, expected: Option<&str>| assert_eq!(public_url_in(line).as_deref(), expected, "{line}");
        check("your url is: https://quiet-otter.loca.lt", Some("https://quiet-otter.loca.lt"));
        check("Forwarding HTTP traffic from https://9f3c.serveo.net", Some("https://9f3c.serveo.net"));
        check("abc.lhr.life tunneled with tls termination, https://abc.lhr.life", Some("https://abc.lhr.life"));
        check(
            "Connect via browser: https://x1.euw.devtunnels.ms:8443, https://x1-8443.euw.devtunnels.ms",
            Some("https://x1.euw.devtunnels.ms:8443"),
        );
        check("see https://docs.example.com or <https://tunnel.example.com/>.", Some("https://tunnel.example.com"));
        check("\"https://a.example.com\"", Some("https://a.example.com"));
        check("to set up follow https://localhost.run/docs/", None);
        check("https://admin.localhost.run/", None);
        check("https://github.com/ekzhang/bore", None);
        check("read https://tunnel.example.com/manual first", None);
        check("forwarding to https://localhost:8443", None);
        check("forwarding to https://127.0.0.1:8443 and https://[::1]:8443", None);
        check("https://user:word@tunnel.example.com", None);
        check("http://plain.example.com", None);
        check("https://", None);
        check("https://nodot", None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_printed_a_public_url_has_no_space_and_is_https(line in "(https://|\\PC){0,40}") {
            if let Some(url) = public_url_in(&line) {
                proptest::prop_assert!(url.starts_with("https://") && !url.contains(char::is_whitespace));
            }
        }
    }
}
