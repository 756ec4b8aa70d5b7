//! What came to the listener: the probe, or something that shows which setting of the tunnel is wrong.

use super::ListenerPorts;
use crate::call::{Hop, HopKind, HopState, ProbeArrival, ProblemKind, Stray};

/// The probe came.
pub fn arrived(arrival: &ProbeArrival, listener: Option<&ListenerPorts>) -> Hop {
    let port = match (arrival.over_tls, listener) {
        (true, Some(listener)) => format!("over TLS on port {}", listener.https.port()),
        (false, Some(ListenerPorts { http: Some(http), .. })) => format!("as plain HTTP on port {}", http.port()),
        (true, None) => "over TLS".to_owned(),
        (false, _) => "as plain HTTP".to_owned(),
    };
    let sentence = format!("The call came here {port}, as call {}", arrival.call_id);
    let hop = Hop::found(HopKind::Arrival, HopState::Good, sentence).with_fact("From", arrival.peer.clone());
    let hop = match &arrival.host {
        Some(host) => hop.with_fact("Host", host.clone()),
        None => hop,
    };
    let hop = match arrival.http_version {
        Some(version) => hop.with_fact("Version", version),
        None => hop,
    };
    let forwarded = arrival.forwarded.iter().map(|(name, value)| format!("{name}: {value}"));
    forwarded.fold(hop, |hop, field| hop.with_fact("Forwarded", field))
}

/// It did not come; what came instead says why.
pub fn not_arrived(strays: &[Stray], nonce: &str, listener: Option<&ListenerPorts>) -> Hop {
    let bad = |sentence: String| Hop::found(HopKind::Arrival, HopState::Bad, sentence);
    let Some(listener) = listener else {
        return bad("The listener is not up, so nothing can come here: start listening, and test again".to_owned());
    };
    // What carries the nonce belongs to the test for certain; what else came in the same moment very likely does.
    let stray = strays.iter().find(|stray| stray.carries(nonce)).or_else(|| strays.first());
    let Some(stray) = stray else {
        let plain = listener.http.map(|http| format!(", or plain HTTP to port {}", http.port())).unwrap_or_default();
        return bad(format!(
            "The call did not come here: the tunnel must forward to this machine, https to port {}{plain}",
            listener.https.port()
        ));
    };
    bad(wrong(stray, listener)).with_fact("Call", stray.call_id.to_string())
}

/// Which setting of the tunnel is to be changed.
fn wrong(stray: &Stray, listener: &ListenerPorts) -> String {
    let https = listener.https.port();
    match (stray.problem, listener.http) {
        (ProblemKind::PlainHttp, None) => format!(
            "The tunnel speaks plain HTTP to the https port {https}: let it forward to https://localhost:{https}, or give the \
             listener a plain port"
        ),
        (ProblemKind::PlainHttp, Some(http)) => format!(
            "The tunnel speaks plain HTTP to the https port {https}: let it forward to http://localhost:{}, or to \
             https://localhost:{https}",
            http.port()
        ),
        (ProblemKind::BadHttp, Some(http)) if stray.begins_as_tls => format!(
            "The tunnel speaks TLS to the plain port {}: let it forward to https://localhost:{https}, or to \
             http://localhost:{}",
            http.port(),
            http.port()
        ),
        (ProblemKind::TlsHandshake, _) => {
            format!("The tunnel came to port {https}, but its TLS handshake with the listener failed: {}", stray.detail)
        }
        (problem, _) => {
            format!("Something came that is no call ({}): {}", problem.as_str(), stray.detail)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::call::CallId;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    fn ports(http: bool) -> ListenerPorts {
        ListenerPorts {
            https: "127.0.0.1:8443".parse().unwrap(),
            http: http.then(|| "127.0.0.1:8080".parse().unwrap()),
        }
    }

    fn stray(problem: ProblemKind, bytes: &str) -> Stray {
        Stray {
            call_id: CallId(7),
            problem,
            detail: "the client does not trust the listener's certificate".to_owned(),
            begins_as_tls: bytes.starts_with("\u{16}\u{3}"),
            bytes: bytes.to_owned().into(),
        }
    }

    #[test]
    fn a_wrong_port_is_told_with_the_setting_to_change() {
        let check = |stray: Stray, http: bool, says: &str| {
            let hop = not_arrived(&[stray], NONCE, Some(&ports(http)));
            assert_eq!(hop.state, HopState::Bad);
            assert!(hop.sentence.contains(says), "{}", hop.sentence);
            assert_eq!(hop.facts, [("Call", "7".to_owned())]);
        };
        check(
            stray(ProblemKind::PlainHttp, "GET /"),
            false,
            "forward to https://localhost:8443, or give the listener a plain",
        );
        check(
            stray(ProblemKind::PlainHttp, "GET /"),
            true,
            "forward to http://localhost:8080, or to https://localhost:8443",
        );
        check(
            stray(ProblemKind::BadHttp, "\u{16}\u{3}\u{1}"),
            true,
            "TLS to the plain port 8080: let it forward to https",
        );
        check(stray(ProblemKind::TlsHandshake, "\u{16}\u{3}"), true, "does not trust the listener's certificate");
        check(stray(ProblemKind::NotTls, "SSH-2.0"), true, "no call (not-tls)");
    }

    #[test]
    fn what_carries_the_nonce_is_believed_before_what_came_first() {
        let other = stray(ProblemKind::NotTls, "SSH-2.0");
        let ours = Stray {
            call_id: CallId(9),
            ..stray(ProblemKind::PlainHttp, &format!("GET /.well-known/hookscope/{NONCE} HTTP/1.1\r\n"))
        };
        let hop = not_arrived(&[other, ours], NONCE, Some(&ports(false)));
        assert_eq!(hop.facts, [("Call", "9".to_owned())]);
    }

    #[test]
    fn nothing_at_all_names_the_ports() {
        let says = |listener: Option<&ListenerPorts>| not_arrived(&[], NONCE, listener).sentence;
        assert!(says(None).contains("start listening"));
        assert!(says(Some(&ports(true))).contains("https to port 8443, or plain HTTP to port 8080"));
    }

    #[test]
    fn an_arrival_says_how_it_came() {
        let arrival = ProbeArrival {
            call_id: CallId(3),
            over_tls: false,
            peer: "203.0.113.7 through 127.0.0.1:9".to_owned(),
            host: Some("quiet-otter.tunnel.example".to_owned()),
            http_version: Some("HTTP/1.1"),
            forwarded: vec![("X-Forwarded-For".to_owned(), "203.0.113.7".to_owned())],
        };
        let hop = arrived(&arrival, Some(&ports(true)));
        assert_eq!(hop.sentence, "The call came here as plain HTTP on port 8080, as call 3");
        assert!(hop.facts.contains(&("Forwarded", "X-Forwarded-For: 203.0.113.7".to_owned())));
    }
}
