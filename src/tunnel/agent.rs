//! What a running ngrok agent says about its tunnels (its local API, `GET /api/tunnels`).

use super::{Port, Target};

/// One tunnel of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentTunnel {
    pub public_url: String,
    /// What it leads to, as the agent writes it: `https://localhost:8443`, `localhost:22`.
    pub leads_to: String,
}

/// What came of asking for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has a tunnel that leads here.
    Ours { agent_port: u16, public_url: String },
    /// It has none that leads here, but these.
    NotOurs { agent_port: u16, tunnels: Vec<AgentTunnel> },
    /// Something answered that is no agent, or too late, or nothing that can be read.
    Unreadable { agent_port: u16, why: String },
    /// Nothing listens where an agent would.
    NotRunning,
}

/// Reads the answer of the API. None where it is not one.
pub fn read_tunnels(body: &[u8]) -> Option<Vec<AgentTunnel>> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let tunnels = value.get("tunnels")?.as_array()?;
    let tunnel = |value: &serde_json::Value| {
        let leads_to = value.get("config").and_then(|config| config.get("addr"))?.as_str()?;
        Some(AgentTunnel { public_url: value.get("public_url")?.as_str()?.to_owned(), leads_to: leads_to.to_owned() })
    };
    Some(tunnels.iter().filter_map(tunnel).collect())
}

/// The public URL of the tunnel that leads to the listener; one to the HTTPS port before one to the plain port, and `https`
/// before others.
pub fn pick(tunnels: &[AgentTunnel], target: &Target) -> Option<String> {
    let mut ours: Vec<(u8, String)> = tunnels
        .iter()
        .filter_map(|tunnel| {
            let port = target.port_of(port_of(&tunnel.leads_to)?)?;
            let (scheme, rest) = tunnel.public_url.split_once("://")?;
            // A tunnel of bytes carries TLS to the HTTPS port, so it is called with https too.
            let (rank, url) = match (scheme, port) {
                ("https", Port::Https) => (0, tunnel.public_url.clone()),
                ("https", Port::Http) => (1, tunnel.public_url.clone()),
                ("tcp" | "tls", Port::Https) => (2, format!("https://{rest}")),
                ("http", _) => (3, tunnel.public_url.clone()),
                _ => return None,
            };
            Some((rank, url.trim_end_matches('/').to_owned()))
        })
        .collect();
    // Among equals the agent's order stays.
    ours.sort_by_key(|(rank, _)| *rank);
    ours.into_iter().next().map(|(_, url)| url)
}

/// The port in `https://localhost:8443`, `localhost:22` or `8443`. Where it leads to another machine there is none.
fn port_of(leads_to: &str) -> Option<u16> {
    let (scheme, rest) = leads_to.split_once("://").unwrap_or(("", leads_to));
    let authority = rest.split('/').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None if authority.parse::<u16>().is_ok() => ("localhost", authority.parse().ok()?),
        None if scheme == "https" => (authority, 443),
        None if scheme == "http" => (authority, 80),
        None => return None,
    };
    let is_here = host == "localhost" || host == "[::1]" || host.starts_with("127.") || host == "0.0.0.0";
    is_here.then_some(port)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target { https: "127.0.0.1:8443".parse().unwrap(), http: Some("127.0.0.1:8080".parse().unwrap()) }
    }

    fn picked(tunnels: &[(&str, &str)]) -> Option<String> {
        let tunnels: Vec<_> = tunnels
            .iter()
            .map(|(url, addr)| AgentTunnel { public_url: (*url).to_owned(), leads_to: (*addr).to_owned() })
            .collect();
        pick(&tunnels, &target())
    }

    #[test]
    fn the_answer_of_an_agent_is_read() {
        let body = br#"{"tunnels":[{"name":"command_line","ID":"1f","uri":"/api/tunnels/command_line","public_url":"https://quiet-otter.ngrok-free.app","proto":"https","config":{"addr":"https://localhost:8443","inspect":true},"metrics":{"conns":{"count":0}}},{"name":"odd"}],"uri":"/api/tunnels"}"#;
        let tunnels = read_tunnels(body).unwrap();
        assert_eq!(tunnels.len(), 1);
        assert_eq!(pick(&tunnels, &target()).as_deref(), Some("https://quiet-otter.ngrok-free.app"));
        assert_eq!(read_tunnels(br#"{"tunnels":[]}"#), Some(Vec::new()));
        for body in [&b"{}"[..], b"<html>", b"", b"{\"tunnels\":3}", b"[1]"] {
            assert_eq!(read_tunnels(body), None);
        }
    }

    #[test]
    fn only_a_tunnel_to_this_listener_is_picked() {
        let check = |tunnels: &[(&str, &str)], expected: Option<&str>| {
            assert_eq!(picked(tunnels).as_deref(), expected, "{tunnels:?}");
        };
        check(
            &[("https://a.ngrok.app", "http://localhost:3000"), ("https://b.ngrok.app", "https://localhost:8443")],
            Some("https://b.ngrok.app"),
        );
        check(&[("https://a.ngrok.app", "http://localhost:8080")], Some("https://a.ngrok.app"));
        check(
            &[("https://a.ngrok.app", "http://127.0.0.1:8080"), ("https://b.ngrok.app", "https://127.0.0.1:8443")],
            Some("https://b.ngrok.app"),
        );
        check(&[("tcp://2.tcp.ngrok.io:12345", "localhost:8443")], Some("https://2.tcp.ngrok.io:12345"));
        check(&[("tcp://2.tcp.ngrok.io:12345", "localhost:8080")], None);
        check(
            &[("http://a.ngrok.app", "http://localhost:8080"), ("https://a.ngrok.app", "http://localhost:8080")],
            Some("https://a.ngrok.app"),
        );
        check(&[("https://a.ngrok.app", "https://192.168.1.7:8443")], None);
        check(&[("https://a.ngrok.app", "8443")], Some("https://a.ngrok.app"));
        check(&[("nonsense", "localhost:8443"), ("https://a", "")], None);
        check(&[], None);
    }
}
