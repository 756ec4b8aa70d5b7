//! The public URL in what a tunnel program prints, line by line.

use super::ssh::{self, RemoteForward};
use super::url::{host_of, public_url_in, urls};
use super::{Port, Program, Target};

/// Reads the output of one run of a program.
#[derive(Clone, Debug)]
pub struct Recogniser {
    program: Program,
    /// What an ssh command forwards, where it leads to our HTTPS port.
    forward: Option<RemoteForward>,
    /// A bore client that leads to our plain port gives a plain address.
    scheme: &'static str,
    url: Option<String>,
    /// The URL was put together from the command; one that the program prints takes its place.
    is_derived: bool,
}

impl Recogniser {
    /// For a command, program first.
    pub fn new(arguments: &[String], target: &Target) -> Recogniser {
        let program = arguments.first().map_or(Program::Other, |first| Program::of_command(first));
        let rest = arguments.get(1..).unwrap_or_default();
        let forward = (program == Program::Ssh)
            .then(|| ssh::remote_forward(rest))
            .flatten()
            // To the plain port something else ends TLS, and its name is not in the command.
            .filter(|forward| target.port_of(forward.local_port) == Some(Port::Https));
        let leads_to_plain = rest
            .iter()
            .find_map(|argument| argument.parse().ok())
            .is_some_and(|number| target.port_of(number) == Some(Port::Http));
        let scheme = if leads_to_plain { "http" } else { "https" };
        Recogniser { program, forward, scheme, url: None, is_derived: false }
    }

    pub fn program(&self) -> Program {
        self.program
    }

    /// Takes a line without control characters; gives the public URL where it is a new one.
    pub fn line(&mut self, line: &str) -> Option<String> {
        let (found, is_derived) = match self.program {
            Program::Cloudflared => (cloudflared(line), false),
            Program::Ngrok => (ngrok(line), false),
            Program::Tailscale => (tailscale(line), false),
            Program::Bore => (bore(line, self.scheme), false),
            Program::Ssh => match self.first_in(line) {
                Some(printed) => (Some(printed), false),
                None => (self.forward.as_ref().and_then(|forward| ssh_forward(line, forward)), true),
            },
            Program::Other => (self.first_in(line), false),
        };
        let found = found?;
        if self.url.as_ref() == Some(&found) || (is_derived && self.url.is_some() && !self.is_derived) {
            return None;
        }
        self.url = Some(found.clone());
        self.is_derived = is_derived;
        Some(found)
    }

    /// Of what any program prints only the first address is taken: what follows may be about anything.
    fn first_in(&self, line: &str) -> Option<String> {
        if self.url.is_some() && !self.is_derived {
            return None;
        }
        // The verbose output of ssh speaks of files and keys.
        if line.starts_with("debug") {
            return None;
        }
        public_url_in(line)
    }
}

/// `INF |  https://four-words.trycloudflare.com  |` of a quick tunnel, or the hostname in the settings of a named one.
fn cloudflared(line: &str) -> Option<String> {
    let quick = urls(line).find(|url| {
        host_of(url).is_some_and(|host| host.ends_with(".trycloudflare.com") && host != "api.trycloudflare.com")
    });
    if let Some(url) = quick {
        let host = host_of(url)?;
        return Some(format!("https://{host}"));
    }
    if !line.contains("Updated to new configuration") {
        return None;
    }
    // The settings are JSON within a quoted value, so that their quotes have backslashes.
    let line = line.replace('\\', "");
    let (_, rest) = line.split_once("\"hostname\":\"")?;
    let host = rest.split('"').next()?;
    let url = format!("https://{host}");
    host_of(&url)?;
    Some(url)
}

/// `url=https://…` of a log, `"url":"https://…"` of one in JSON, or `Forwarding  https://… -> …` of the screen.
fn ngrok(line: &str) -> Option<String> {
    let is_start = line.contains("started tunnel") || line.contains("client session established with url");
    let is_screen = line.trim_start().starts_with("Forwarding");
    if !is_start && !is_screen {
        return None;
    }
    let after = match is_screen {
        true => line,
        false => ["url=", "\"url\":"].iter().find_map(|mark| line.split_once(mark).map(|(_, rest)| rest))?,
    };
    let url = urls(after).next()?;
    let host = host_of(url)?;
    // The address that it leads to stands in the same line.
    (host.contains('.') && !host.starts_with("127.")).then(|| url.trim_end_matches('/').to_owned())
}

/// The address stands alone in a line; the page on which Funnel is switched on stands beside words and has a path.
fn tailscale(line: &str) -> Option<String> {
    let first = line.split_whitespace().next()?;
    let url = urls(first).next()?;
    let host = host_of(url)?;
    // The local address follows as `|-- proxy https+insecure://…`, which begins otherwise.
    host.ends_with(".ts.net").then(|| url.trim_end_matches('/').to_owned())
}

/// `listening at bore.pub:38421`
fn bore(line: &str, scheme: &str) -> Option<String> {
    let (_, rest) = line.split_once("listening at ")?;
    let place = rest.split_whitespace().next()?;
    let (host, port) = place.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    host_of(&format!("https://{host}"))?;
    Some(format!("{scheme}://{host}:{port}"))
}

/// `Allocated port 41234 for remote forward to localhost:8443`, or with `-v` that a fixed port is open.
fn ssh_forward(line: &str, forward: &RemoteForward) -> Option<String> {
    let port = if let Some((_, rest)) = line.split_once("Allocated port ") {
        rest.split_whitespace().next()?.parse::<u16>().ok()?
    } else if line.contains("remote forward success for") && forward.remote_port != 0 {
        forward.remote_port
    } else {
        return None;
    };
    let host = &forward.host;
    Some(if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tunnel::split;

    /// Every URL that is found in an output, in order.
    fn found(command: &str, output: &str) -> Vec<String> {
        let target = Target { https: "127.0.0.1:8443".parse().unwrap(), http: Some("127.0.0.1:8080".parse().unwrap()) };
        let mut recogniser = Recogniser::new(&split(command).unwrap(), &target);
        output.lines().filter_map(|line| recogniser.line(line)).collect()
    }

    #[test]
    fn cloudflared_quick_tunnels_print_a_box() {
        let output = r#"2031-04-05T06:07:08Z INF Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment and try it out. However, be aware that these account-less Tunnels have no uptime guarantee, are subject to the Cloudflare Online Services Terms of Use (https://www.cloudflare.com/website-terms/), and Cloudflare reserves the right to investigate your use of Tunnels for violations of such terms. If you intend to use Tunnels in production you should use a pre-created named tunnel by following: https://developers.cloudflare.com/cloudflare-one/connections/connect-apps
2031-04-05T06:07:08Z INF Requesting new quick Tunnel on trycloudflare.com...
2031-04-05T06:07:11Z INF +--------------------------------------------------------------------------------------------+
2031-04-05T06:07:11Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |
2031-04-05T06:07:11Z INF |  https://quiet-otter-sample-words.trycloudflare.com                                        |
2031-04-05T06:07:11Z INF +--------------------------------------------------------------------------------------------+
2031-04-05T06:07:11Z INF Version 2031.3.0 (Checksum 0f0f)
2031-04-05T06:07:11Z INF Settings: map[no-tls-verify:true protocol:quic url:https://127.0.0.1:8443]
2031-04-05T06:07:11Z INF Starting metrics server on 127.0.0.1:20241/metrics
2031-04-05T06:07:12Z INF Registered tunnel connection connIndex=0 connection=1f ip=198.41.192.7 location=ams01 protocol=quic"#;
        let command = "cloudflared tunnel --url https://127.0.0.1:8443 --no-tls-verify";
        assert_eq!(found(command, output), ["https://quiet-otter-sample-words.trycloudflare.com"]);
    }

    #[test]
    fn cloudflared_named_tunnels_print_their_settings() {
        let output = r#"2031-04-05T06:07:08Z INF Starting tunnel tunnelID=5b2f0c1a
2031-04-05T06:07:12Z INF Updated to new configuration config="{\"ingress\":[{\"hostname\":\"hooks.harbor-lab.example\",\"originRequest\":{\"noTLSVerify\":true},\"service\":\"https://127.0.0.1:8443\"},{\"service\":\"http_status:404\"}],\"warp-routing\":{\"enabled\":false}}" version=3"#;
        assert_eq!(
            found("/usr/local/bin/cloudflared tunnel run --token x", output),
            ["https://hooks.harbor-lab.example"]
        );
    }

    #[test]
    fn cloudflared_that_cannot_reach_its_service_gives_no_url() {
        let output = r#"failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup api.trycloudflare.com: no such host"#;
        assert!(found("cloudflared tunnel --url https://127.0.0.1:8443", output).is_empty());
    }

    #[test]
    fn ngrok_logs_its_url_in_either_format_and_shows_it_on_its_screen() {
        let log = r#"t=2031-04-05T06:07:08+0000 lvl=info msg="no configuration paths supplied"
t=2031-04-05T06:07:08+0000 lvl=info msg="starting web service" obj=web addr=127.0.0.1:4040 allow_hosts=[]
t=2031-04-05T06:07:09+0000 lvl=info msg="client session established" obj=tunnels.session
t=2031-04-05T06:07:09+0000 lvl=info msg="started tunnel" obj=tunnels name=command_line addr=https://127.0.0.1:8443 url=https://quiet-otter.ngrok-free.app
t=2031-04-05T06:07:12+0000 lvl=info msg="update available" obj=updater url=https://dl.ngrok.com/x"#;
        let json = r#"{"addr":"https://127.0.0.1:8443","lvl":"info","msg":"started tunnel","name":"command_line","obj":"tunnels","t":"2031-04-05T06:07:09Z","url":"https://quiet-otter.ngrok-free.app"}"#;
        let screen = "Web Interface                 http://127.0.0.1:4040\nForwarding                    https://quiet-otter.ngrok-free.app -> https://127.0.0.1:8443";
        for output in [log, json, screen] {
            assert_eq!(
                found("ngrok http https://127.0.0.1:8443", output),
                ["https://quiet-otter.ngrok-free.app"],
                "{output}"
            );
        }
    }

    #[test]
    fn ngrok_without_a_token_gives_no_url() {
        let output = "ERROR:  authentication failed: Usage of ngrok requires a verified account and authtoken.\nERROR:  Sign up for an account: https://dashboard.ngrok.com/signup\nERROR:  Install your authtoken: https://dashboard.ngrok.com/get-started/your-authtoken\nERROR:  ERR_NGROK_4018\nERROR:  https://ngrok.com/docs/errors/err_ngrok_4018";
        assert!(found("ngrok http 8443", output).is_empty());
    }

    #[test]
    fn tailscale_prints_its_url_alone_in_a_line_and_a_page_to_switch_funnel_on_is_none() {
        let output = "Available on the internet:\n\nhttps://laptop.tail1a2b3.ts.net/\n|-- proxy https+insecure://127.0.0.1:8443\n\nPress Ctrl+C to exit.";
        assert_eq!(
            found("tailscale funnel https+insecure://127.0.0.1:8443", output),
            ["https://laptop.tail1a2b3.ts.net"]
        );
        let other_port = "https://laptop.tail1a2b3.ts.net:8443 (Funnel on)\n|-- / proxy http://127.0.0.1:8080";
        assert_eq!(found("tailscale funnel --https=8443 8080", other_port), ["https://laptop.tail1a2b3.ts.net:8443"]);
        let off = "Funnel is not enabled on your tailnet.\nTo enable, visit:\n\n         https://login.tailscale.com/f/funnel?node=n1CNTRL";
        assert!(found("tailscale funnel 8080", off).is_empty());
    }

    #[test]
    fn bore_prints_server_and_port() {
        let output = "2031-04-05T06:07:08.910000Z  INFO bore_cli::client: connected to server remote_port=38421\n2031-04-05T06:07:08.910100Z  INFO bore_cli::client: listening at bore.pub:38421\n2031-04-05T06:07:30.000000Z  INFO proxy{id=1}: bore_cli::client: new connection";
        assert_eq!(found("bore local 8443 --to bore.pub", output), ["https://bore.pub:38421"]);
        assert_eq!(found("bore local 8080 --to bore.pub", output), ["http://bore.pub:38421"]);
        assert_eq!(
            found("bore local 8443 --to 127.0.0.1", "listening at 127.0.0.1:38421"),
            ["https://127.0.0.1:38421"]
        );
    }

    #[test]
    fn ssh_says_which_port_was_allocated_or_that_the_wanted_one_is_open() {
        let allocated = "Allocated port 41234 for remote forward to 127.0.0.1:8443";
        assert_eq!(found("ssh -N -R 0:127.0.0.1:8443 me@box.example", allocated), ["https://box.example:41234"]);
        let verbose = "debug1: Authenticating to box.example:22 as 'me'\ndebug1: remote forward success for: listen 0.0.0.0:443, connect 127.0.0.1:8443\ndebug1: pledge: network";
        assert_eq!(found("ssh -v -N -R 0.0.0.0:443:127.0.0.1:8443 me@box.example", verbose), ["https://box.example"]);
        let refused = "Error: remote port forwarding failed for listen port 443";
        assert!(found("ssh -v -N -R 443:127.0.0.1:8443 me@box.example", refused).is_empty());
        // To the plain port it is something else on the server that Okta calls.
        assert!(found("ssh -N -R 0:127.0.0.1:8080 me@box.example", allocated).is_empty());
    }

    #[test]
    fn services_behind_ssh_print_a_url_which_takes_the_place_of_a_derived_one() {
        let output = "Allocated port 4 for remote forward to 127.0.0.1:8443\nYou are not authenticated, see https://pinggy.io/docs\nhttp://rnx-quiet.a.free.pinggy.link\nhttps://rnx-quiet.a.free.pinggy.link\nhttps://later.example.com";
        assert_eq!(
            found("ssh -p 443 -R0:127.0.0.1:8443 a.pinggy.io", output),
            ["https://a.pinggy.io:4", "https://rnx-quiet.a.free.pinggy.link"]
        );
        let output = "===\nWelcome to localhost.run!\nFollow your favourite reverse tunnel at [https://twitter.com/localhost_run].\nTo set up and manage custom domains go to https://admin.localhost.run/\nMore details on custom domains (and how to enable subdomains) at https://localhost.run/docs/custom-domains\n\n1f2e3d.lhr.life tunneled with tls termination, https://1f2e3d.lhr.life";
        assert_eq!(found("ssh -R 80:127.0.0.1:8080 nokey@localhost.run", output), ["https://1f2e3d.lhr.life"]);
    }

    #[test]
    fn of_any_other_program_the_first_public_address_is_taken_and_no_later_one() {
        let output =
            "docs: https://docs.zrok.io\nhttps://x1y2.share.zrok.io\nerror reporting to https://errors.example.com";
        assert_eq!(found("zrok share public 8443", output), ["https://x1y2.share.zrok.io"]);
    }

    #[test]
    fn a_program_that_gives_a_new_url_later_is_believed() {
        let line = |name: &str| format!("t=1 lvl=info msg=\"started tunnel\" url=https://{name}.ngrok-free.app\n");
        let output = [line("a"), line("a"), line("b")].concat();
        assert_eq!(found("ngrok http 8443", &output), ["https://a.ngrok-free.app", "https://b.ngrok-free.app"]);
    }

    proptest::proptest! {
        #[test]
        fn no_line_breaks_a_recogniser(line in "\\PC{0,80}", words in "(https://|url=|listening at |Allocated port |[a-z.:/\"{} 0-9]){0,20}") {
            for command in ["cloudflared x", "ngrok x", "tailscale x", "ssh -R 0:a:8443 b.c", "bore local 8443", "x"] {
                found(command, &format!("{line}\n{words}\nmsg=\"started tunnel\" {words}\nUpdated to new configuration {words}"));
            }
        }
    }
}
