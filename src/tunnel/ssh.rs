//! What an ssh command says about its tunnel: which server, which port there, which port here.

/// A remote forwarding (`-R`) to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RemoteForward {
    pub host: String,
    /// The port on the server; 0 is one that the server chooses.
    pub remote_port: u16,
    /// The port that it leads to.
    pub local_port: u16,
}

/// Options of OpenSSH's client that take a value.
const WITH_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";

/// Reads the arguments after `ssh`. None where there is no `-R` of a port to a port, or no server.
pub(super) fn remote_forward(arguments: &[String]) -> Option<RemoteForward> {
    let mut forward = None;
    let mut destination = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let Some(flags) = argument.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            if destination.is_none() {
                destination = Some(argument.as_str());
                continue;
            }
            // The second word is the command to run on the server.
            break;
        };
        let Some(at) = flags.find(|flag| WITH_VALUE.contains(flag)) else {
            continue;
        };
        let flag = flags.get(at..at + 1);
        let value = flags.get(at + 1..).filter(|value| !value.is_empty()).or_else(|| rest.next().map(String::as_str));
        if flag == Some("R") && forward.is_none() {
            forward = value.and_then(ports);
        }
    }
    let (remote_port, local_port) = forward?;
    let destination = destination?;
    let destination = destination.strip_prefix("ssh://").unwrap_or(destination);
    let host = destination.rsplit_once('@').map_or(destination, |(_, host)| host);
    // Only with the scheme can a port follow.
    let host = host.split(['/', ':']).next().filter(|host| !host.is_empty())?;
    Some(RemoteForward { host: host.to_owned(), remote_port, local_port })
}

/// `[bind:]port:host:hostport`; an address of IPv6 stands in brackets.
fn ports(value: &str) -> Option<(u16, u16)> {
    let mut parts = vec![String::new()];
    let mut is_bracketed = false;
    for character in value.chars() {
        match character {
            '[' => is_bracketed = true,
            ']' => is_bracketed = false,
            ':' if !is_bracketed => parts.push(String::new()),
            character => {
                if let Some(part) = parts.last_mut() {
                    part.push(character);
                }
            }
        }
    }
    let [.., remote, _, local] = parts.as_slice() else {
        return None;
    };
    Some((remote.parse().ok()?, local.parse().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tunnel::split;

    #[test]
    fn server_and_ports_are_found_wherever_the_options_stand() {
        let check = |command: &str, expected: Option<(&str, u16, u16)>| {
            let found = remote_forward(split(command).unwrap().get(1..).unwrap());
            let found = found.as_ref().map(|found| (found.host.as_str(), found.remote_port, found.local_port));
            assert_eq!(found, expected, "{command}");
        };
        check("ssh -R 8443:127.0.0.1:8443 me@box.example", Some(("box.example", 8443, 8443)));
        check(
            "ssh -v -N -o ExitOnForwardFailure=yes -R 0.0.0.0:443:127.0.0.1:8443 box.example",
            Some(("box.example", 443, 8443)),
        );
        check("ssh box.example -NTR 0:localhost:8443", Some(("box.example", 0, 8443)));
        check("ssh -p 2222 -i key -R0:[::1]:8443 me@box.example", Some(("box.example", 0, 8443)));
        check("ssh -R [::]:443:[::1]:8443 ssh://me@box.example:2222", Some(("box.example", 443, 8443)));
        check("ssh -R 1080 box.example", None);
        check("ssh -L 1:localhost:2 box.example", None);
        check("ssh -R 1:localhost:2", None);
        check("ssh box.example cat -R 1:localhost:2", None);
        check("ssh -R 99999:localhost:2 box.example", None);
    }
}
