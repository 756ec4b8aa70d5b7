//! Would Okta take this URL?

use crate::call::{Hop, HopKind, HopState, PROBE_PATH};
use crate::sender::target::Target;

/// The longest URL that Okta takes for a hook (Okta OpenAPI, InlineHookChannelConfig and EventHookChannelConfig).
const LONGEST: usize = 1_024;

/// Judges a URL. The target is the probe's; none where nothing can be sent to it.
pub fn look_at(url: &str, nonce: &str) -> (Hop, Option<Target>) {
    let hop = |state, sentence: String| Hop::found(HopKind::Url, state, sentence);
    let trimmed = url.trim();
    if trimmed.is_empty() {
        return (
            hop(HopState::Bad, "There is no public URL: start a tunnel, or type the URL it gave you".into()),
            None,
        );
    }
    if trimmed.contains(char::is_whitespace) {
        return (
            hop(HopState::Bad, "There is white space in the URL, and Okta refuses that: take it out".into()),
            None,
        );
    }
    let target = match Target::parse(trimmed) {
        Ok(target) => probe_target(target, nonce),
        Err(error) => return (hop(HopState::Bad, error.to_string()), None),
    };
    let hop = if !target.is_https {
        hop(HopState::Bad, "Okta takes https URLs only: use the https address of the tunnel".into())
    } else if trimmed.chars().count() > LONGEST {
        let sentence = format!("The URL has more than {LONGEST} characters, and Okta refuses that: use a shorter path");
        hop(HopState::Bad, sentence)
    } else if target.port != 443 {
        let sentence = format!(
            "Okta takes it, but whether it calls port {} is not documented: a tunnel on port 443 is the safe way",
            target.port
        );
        hop(HopState::Doubtful, sentence)
    } else {
        hop(HopState::Good, "Okta takes this URL".into())
    };
    (hop, Some(target))
}

/// Where the probe goes: the path of the URL, and behind it the probe's. The query stays away.
fn probe_target(target: Target, nonce: &str) -> Target {
    let path = target.path_and_query.split('?').next().unwrap_or_default().trim_end_matches('/');
    let path_and_query = format!("{path}{PROBE_PATH}{nonce}");
    Target { path_and_query, ..target }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(url: &str, state: HopState, says: &str, target: Option<&str>) {
        let (hop, probe) = look_at(url, "n");
        assert_eq!(hop.state, state, "{url}");
        assert!(hop.sentence.contains(says), "{url}: {}", hop.sentence);
        assert_eq!(probe.map(|probe| probe.to_string()).as_deref(), target, "{url}");
    }

    #[test]
    fn a_url_that_okta_refuses_is_said_at_once() {
        let good = "https://quiet-otter.tunnel.example/.well-known/hookscope/n";
        check("https://quiet-otter.tunnel.example", HopState::Good, "takes this URL", Some(good));
        check(" https://quiet-otter.tunnel.example/?a=b ", HopState::Good, "takes this URL", Some(good));
        check(
            "https://quiet-otter.tunnel.example/behind/",
            HopState::Good,
            "takes",
            Some("https://quiet-otter.tunnel.example/behind/.well-known/hookscope/n"),
        );
        check("http://a.example/", HopState::Bad, "https URLs only", Some("http://a.example/.well-known/hookscope/n"));
        check(
            "https://a.example:8443",
            HopState::Doubtful,
            "port 8443 is not documented",
            Some("https://a.example:8443/.well-known/hookscope/n"),
        );
        check("https://a.example/x y", HopState::Bad, "white space", None);
        check("", HopState::Bad, "no public URL", None);
        check("a.example", HopState::Bad, "no scheme", None);
        let long = format!("https://a.example/{}", "x".repeat(1_010));
        assert_eq!(look_at(&long, "n").0.state, HopState::Bad);
        assert!(look_at(&long, "n").0.sentence.contains("1024"));
    }
}
