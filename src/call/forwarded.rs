//! What the headers of a call say about the way it came: which tunnel, from whom, to which public name.
//!
//! For display only. Whoever sends a request can put anything into these headers, and each proxy adds to what was there: only what
//! the last one added is sure. Whether a client address counts is decided elsewhere.

use std::net::IpAddr;

use super::{Headers, Request};

/// A tunnel's public side, recognised by the headers that it adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunnelEdge {
    Cloudflare,
    Ngrok,
    Tailscale,
}

impl TunnelEdge {
    /// What it is called to a person.
    pub fn title(self) -> &'static str {
        match self {
            TunnelEdge::Cloudflare => "Cloudflare (cloudflared)",
            TunnelEdge::Ngrok => "ngrok",
            TunnelEdge::Tailscale => "Tailscale Funnel",
        }
    }
}

/// One thing that a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedFact {
    /// In sentence case, without a colon.
    pub label: &'static str,
    /// One line of at most 160 letters.
    pub value: String,
    /// The header that says so, as this program spells it.
    pub header: &'static str,
}

/// The way of a call, as far as its headers tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    pub edge: Option<TunnelEdge>,
    /// Who called the public side. Left-most of a list where there are several, so anybody may have set it.
    pub client: Option<ForwardedFact>,
    /// Addresses of `X-Forwarded-For` or `Forwarded`, from the client to the last proxy; at most 32.
    pub hops: Vec<String>,
    /// The name that was called.
    pub public_host: Option<ForwardedFact>,
    /// The scheme that was called.
    pub scheme: Option<ForwardedFact>,
    /// The edge's own number of the call, to look it up there.
    pub edge_id: Option<ForwardedFact>,
}

/// The most addresses that are read from a list.
const HOPS: usize = 32;
/// The most letters of a value that are shown.
const LETTERS: usize = 160;

impl Forwarded {
    /// Reads the headers of a request.
    pub fn of(request: &Request) -> Forwarded {
        let headers = &request.headers;
        let elements = forwarded_elements(headers);
        let hops = hops(headers, &elements);
        let from_element = |name: &str| elements.iter().find_map(|element| element.get(name));
        let fact = |label: &'static str, header: &'static str, value: Option<String>| {
            value.map(|value| ForwardedFact { label, value: shown(&value), header })
        };
        let client = fact("Client", "CF-Connecting-IP", text(headers, "CF-Connecting-IP"))
            .or_else(|| fact("Client", "X-Forwarded-For", list(headers, "X-Forwarded-For").into_iter().next()))
            .or_else(|| fact("Client", "Forwarded", from_element("for").map(|node| node.to_owned())));
        let forwarded_host =
            fact("Public host", "X-Forwarded-Host", list(headers, "X-Forwarded-Host").into_iter().next())
                .or_else(|| fact("Public host", "Forwarded", from_element("host").map(str::to_owned)));
        let scheme = fact("Called with", "X-Forwarded-Proto", list(headers, "X-Forwarded-Proto").into_iter().next())
            .or_else(|| fact("Called with", "Forwarded", from_element("proto").map(str::to_owned)));
        let edge_id = fact("CF-Ray", "CF-Ray", text(headers, "CF-Ray"));
        let came_by_proxy = client.is_some() || forwarded_host.is_some() || scheme.is_some() || edge_id.is_some();
        // Tunnels that keep the host name pass it in Host; without another sign it is only what was called here.
        let public_host = forwarded_host.or_else(|| {
            fact("Public host", "Host", text(headers, "Host")).filter(|host| came_by_proxy && is_name(&host.value))
        });
        let edge = edge_of(headers, public_host.as_ref());
        Forwarded { edge, client, hops, public_host, scheme, edge_id }
    }

    /// True where nothing says that it came through anything.
    pub fn is_empty(&self) -> bool {
        self.edge.is_none()
            && self.client.is_none()
            && self.public_host.is_none()
            && self.scheme.is_none()
            && self.hops.is_empty()
    }

    /// The single facts, in the order in which they are shown.
    pub fn facts(&self) -> Vec<ForwardedFact> {
        let through = self.edge.map(|edge| ForwardedFact {
            label: "Came through",
            value: edge.title().to_owned(),
            header: "its headers or its name",
        });
        let hops = (self.hops.len() > 1).then(|| ForwardedFact {
            label: "Way",
            value: shown(&self.hops.join(" → ")),
            header: "X-Forwarded-For, Forwarded",
        });
        let others = [&self.client, &self.public_host, &self.scheme, &self.edge_id].map(Clone::clone);
        through.into_iter().chain(others.into_iter().flatten()).chain(hops).collect()
    }

    /// All of it in a sentence, such as "Came through ngrok, client 203.0.113.7, public host x.ngrok-free.app".
    pub fn sentence(&self) -> Option<String> {
        let mut parts = vec![match self.edge {
            Some(edge) => format!("Came through {}", edge.title()),
            None => "Came through a proxy".to_owned(),
        }];
        parts.extend(self.client.as_ref().map(|client| format!("client {}", client.value)));
        parts.extend(self.public_host.as_ref().map(|host| format!("public host {}", host.value)));
        (!self.is_empty()).then(|| parts.join(", "))
    }
}

/// A value as it is shown: one line, not too long.
fn shown(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(LETTERS).collect()
}

fn text(headers: &Headers, name: &str) -> Option<String> {
    let value = std::str::from_utf8(headers.get(name)?).ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// The members of a list over all its fields (RFC 9110, 5.3); empty ones do not count.
fn list(headers: &Headers, name: &'static str) -> Vec<String> {
    let values = headers.get_all(name).filter_map(|value| std::str::from_utf8(value).ok());
    let members = values.flat_map(|value| value.split(',')).map(str::trim).filter(|member| !member.is_empty());
    members.take(HOPS).map(str::to_owned).collect()
}

/// One element of `Forwarded` (RFC 7239, 4): names in lower case, values without quotes.
struct Element(Vec<(String, String)>);

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn forwarded_elements(headers: &Headers) -> Vec<Element> {
    let values = headers.get_all("Forwarded").filter_map(|value| std::str::from_utf8(value).ok());
    let elements = values.flat_map(|value| split_outside_quotes(value, ',')).map(|element| {
        let pairs = split_outside_quotes(element, ';').into_iter().filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim().to_ascii_lowercase(), unquoted(value.trim())))
        });
        Element(pairs.collect())
    });
    elements.filter(|element| !element.0.is_empty()).take(HOPS).collect()
}

fn split_outside_quotes(text: &str, at: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(|character: char| {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return character == at && !is_quoted,
        }
        false
    })
    .collect()
}

/// The content of a quoted string (RFC 9110, 5.6.4), or the token itself.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut characters = inner.chars();
    let mut text = String::with_capacity(inner.len());
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            character => text.push(character),
        }
    }
    text
}

fn hops(headers: &Headers, elements: &[Element]) -> Vec<String> {
    let listed = list(headers, "X-Forwarded-For");
    match listed.is_empty() {
        false => listed,
        true => elements.iter().filter_map(|element| element.get("for")).map(str::to_owned).collect(),
    }
}

fn edge_of(headers: &Headers, public_host: Option<&ForwardedFact>) -> Option<TunnelEdge> {
    let has_prefix = |prefix: &str| {
        headers.iter().any(|(name, _)| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        })
    };
    let host = public_host.map(|host| host.value.to_ascii_lowercase()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let is_under = |ends: &[&str]| ends.iter().any(|end| host.ends_with(end));
    if headers.get("CF-Ray").is_some() || headers.get("CF-Connecting-IP").is_some() || is_under(&[".trycloudflare.com"])
    {
        return Some(TunnelEdge::Cloudflare);
    }
    if has_prefix("Tailscale-") || is_under(&[".ts.net"]) {
        return Some(TunnelEdge::Tailscale);
    }
    let ngrok = [".ngrok-free.app", ".ngrok-free.dev", ".ngrok.app", ".ngrok.dev", ".ngrok.io"];
    // A caller may send this one to pass by the warning page; ngrok hands it on.
    (has_prefix("Ngrok-") || is_under(&ngrok)).then_some(TunnelEdge::Ngrok)
}

/// A name, not an address and not this machine.
fn is_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let name = name.trim_matches(['[', ']']);
    name.parse::<IpAddr>().is_err() && !name.eq_ignore_ascii_case("localhost") && name.contains('.')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, &str)]) -> Forwarded {
        let mut request = crate::call::test_record().opening.request;
        request.headers = Headers::from_fields(fields.iter().copied());
        Forwarded::of(&request)
    }

    #[test]
    fn each_tunnel_is_recognised_by_what_it_adds() {
        let check = |fields: &[(&str, &str)], expected: Option<&str>| {
            assert_eq!(of(fields).sentence().as_deref(), expected, "{fields:?}");
        };
        check(
            &[
                ("Host", "quiet-otter.trycloudflare.com"),
                ("Cf-Connecting-Ip", "203.0.113.7"),
                ("Cf-Ray", "8f00aa11bb22cc33-AMS"),
                ("X-Forwarded-For", "203.0.113.7"),
                ("X-Forwarded-Proto", "https"),
            ],
            Some(
                "Came through Cloudflare (cloudflared), client 203.0.113.7, public host quiet-otter.trycloudflare.com",
            ),
        );
        check(
            &[
                ("Host", "quiet-otter.ngrok-free.app"),
                ("X-Forwarded-For", "203.0.113.7"),
                ("X-Forwarded-Host", "quiet-otter.ngrok-free.app"),
                ("X-Forwarded-Proto", "https"),
            ],
            Some("Came through ngrok, client 203.0.113.7, public host quiet-otter.ngrok-free.app"),
        );
        check(
            &[
                ("Host", "laptop.tail1a2b3.ts.net"),
                ("X-Forwarded-For", "203.0.113.7"),
                ("Tailscale-Funnel-Request", "?1"),
            ],
            Some("Came through Tailscale Funnel, client 203.0.113.7, public host laptop.tail1a2b3.ts.net"),
        );
        check(
            &[("Host", "hooks.example.com"), ("X-Forwarded-For", "203.0.113.7, 10.0.0.2")],
            Some("Came through a proxy, client 203.0.113.7, public host hooks.example.com"),
        );
        check(&[("Host", "127.0.0.1:8443")], None);
        check(&[("Host", "hooks.example.com")], None);
        check(&[("Host", "localhost:8443"), ("X-Forwarded-Proto", "https")], Some("Came through a proxy"));
    }

    #[test]
    fn the_standard_header_is_read_with_quotes_and_over_several_fields() {
        let way = of(&[
            ("Forwarded", r#"For="[2001:db8::1]:4711";host="a;b\".example";proto=https;by=203.0.113.60"#),
            ("Forwarded", "for=198.51.100.17, for=unknown"),
        ]);
        assert_eq!(way.hops, ["[2001:db8::1]:4711", "198.51.100.17", "unknown"]);
        assert_eq!(way.public_host.unwrap().value, "a;b\".example");
        assert_eq!(way.scheme.unwrap().value, "https");
        assert_eq!(way.client.unwrap().header, "Forwarded");
    }

    #[test]
    fn what_was_added_by_each_proxy_is_shown_as_a_way() {
        let facts = of(&[("X-Forwarded-For", "198.51.100.1, 203.0.113.7"), ("X-Forwarded-For", "10.0.0.2")]).facts();
        let way = facts.iter().find(|fact| fact.label == "Way").unwrap();
        assert_eq!(way.value, "198.51.100.1 → 203.0.113.7 → 10.0.0.2");
        let single = of(&[("X-Forwarded-For", "198.51.100.1")]).facts();
        assert!(single.iter().all(|fact| fact.label != "Way"));
    }

    #[test]
    fn endless_and_broken_headers_give_bounded_facts() {
        let long = "1.1.1.1,".repeat(10_000);
        let way = of(&[
            ("X-Forwarded-For", &long),
            ("Forwarded", "for=\"never closed, ;;;=,,"),
            ("X-Forwarded-Host", &"h".repeat(9_999)),
        ]);
        assert_eq!(way.hops.len(), HOPS);
        assert!(way.facts().iter().all(|fact| fact.value.chars().count() <= LETTERS));
        assert!(of(&[]).is_empty() && of(&[]).facts().is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_header_breaks_the_reader(name in "(Forwarded|X-Forwarded-For|Host|CF-Ray|Ngrok-X)", value in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            let mut request = crate::call::test_record().opening.request;
            request.headers = Headers::from_fields([(name.as_bytes(), value.as_slice())]);
            for fact in Forwarded::of(&request).facts() {
                proptest::prop_assert!(!fact.value.chars().any(char::is_control));
            }
        }
    }
}
