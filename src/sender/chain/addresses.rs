//! The addresses of the host: could Okta reach one of them?

use std::net::{IpAddr, Ipv4Addr};

use crate::call::{Hop, HopKind, HopState};

/// Judges what the name led to.
pub fn look_at(host: &str, addresses: &[IpAddr]) -> Hop {
    let hop = |state, sentence: String| Hop::found(HopKind::Dns, state, sentence);
    let shown = addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    let public = |address: &&IpAddr| kind_of(address).is_none();
    let hop = match addresses {
        [] => hop(HopState::Bad, format!("{host} has no address: is the tunnel still up, and its name spelled right?")),
        _ if !addresses.iter().any(IpAddr::is_ipv4) => hop(
            HopState::Bad,
            "There is no IPv4 address, and Okta's calls leave over IPv4 only: use a tunnel that has one".to_owned(),
        ),
        _ if !addresses.iter().filter(|address| address.is_ipv4()).any(|address| public(&address)) => {
            let kind = addresses.iter().find_map(kind_of).unwrap_or("private");
            let sentence = format!(
                "{host} leads to a {kind} address, which only this {} can reach: Okta needs a name that leads to a public one",
                if kind == "loopback" { "machine" } else { "network" }
            );
            hop(HopState::Doubtful, sentence)
        }
        [_] => hop(HopState::Good, format!("{host} has a public address")),
        _ => hop(HopState::Good, format!("{host} has {} addresses, and Okta can use its IPv4 ones", addresses.len())),
    };
    if shown.is_empty() { hop } else { hop.with_fact("Addresses", shown) }
}

/// The name could not be looked up.
pub fn not_found(host: &str, why: &str) -> Hop {
    let sentence = format!(
        "{host} cannot be looked up ({why}): is the tunnel still up, and its name spelled right? A new name can take a minute"
    );
    Hop::found(HopKind::Dns, HopState::Bad, sentence)
}

/// What keeps an address from being public; none where nothing does.
fn kind_of(address: &IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) if v4.is_loopback() => Some("loopback"),
        IpAddr::V4(v4) if v4.is_private() || is_shared(v4) => Some("private"),
        IpAddr::V4(v4) if v4.is_link_local() => Some("link-local"),
        IpAddr::V4(v4) if v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() => Some("reserved"),
        IpAddr::V6(v6) if v6.is_loopback() => Some("loopback"),
        IpAddr::V6(v6) if v6.is_unique_local() => Some("private"),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some("link-local"),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// The shared address space of carriers (RFC 6598), which Tailscale uses inside its own network.
fn is_shared(address: &Ipv4Addr) -> bool {
    matches!(address.octets(), [100, 64..=127, _, _])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], state: HopState, says: &str) {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let hop = look_at("quiet-otter.tunnel.example", &addresses);
        assert_eq!(hop.state, state, "{addresses:?}: {}", hop.sentence);
        assert!(hop.sentence.contains(says), "{addresses:?}: {}", hop.sentence);
    }

    #[test]
    fn okta_needs_a_public_address_of_version_4() {
        check(&["198.51.100.7"], HopState::Good, "has a public address");
        check(&["198.51.100.7", "2001:db8::1"], HopState::Good, "2 addresses");
        check(&["2001:db8::1"], HopState::Bad, "over IPv4 only");
        check(&["::1"], HopState::Bad, "over IPv4 only");
        check(&["127.0.0.1"], HopState::Doubtful, "a loopback address, which only this machine");
        check(&["192.168.1.4", "2001:db8::1"], HopState::Doubtful, "a private address, which only this network");
        check(&["100.101.2.3"], HopState::Doubtful, "private");
        check(&["169.254.0.9"], HopState::Doubtful, "link-local");
        check(&[], HopState::Bad, "no address");
    }
}
