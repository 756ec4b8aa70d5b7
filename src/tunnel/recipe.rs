//! The exact command that points a tunnel program at this listener.

use super::arguments::{ArgumentsError, command_line, split};
use super::{Port, Program, Target};

/// What has to be put in by the user before an ssh command can work.
const SSH_PLACE: &str = "user@your-server.example";
/// The bore server that its author runs for everybody.
const BORE_SERVER: &str = "bore.pub";

/// One way to point a program at the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub port: Port,
    /// Program and arguments, as a person would type them.
    pub arguments: Vec<String>,
    /// What is added where it is started here: output that can be read, and no questions.
    pub added: Vec<String>,
    /// False where the user must put something in first, such as the name of a server.
    pub is_complete: bool,
}

impl Way {
    /// The command to copy.
    pub fn command(&self) -> String {
        command_line(&self.arguments)
    }

    /// Program and arguments to start.
    pub fn started(&self) -> Vec<String> {
        self.arguments.iter().chain(&self.added).cloned().collect()
    }
}

/// A program and the ways to point it at the listener: to the HTTPS port, then to the plain one where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    pub program: Program,
    pub ways: Vec<Way>,
}

impl Recipe {
    pub fn of(program: Program, target: &Target) -> Recipe {
        let ports = [Port::Https, Port::Http];
        Recipe { program, ways: ports.into_iter().filter_map(|port| way(program, target, port)).collect() }
    }

    pub fn way(&self, port: Port) -> Option<&Way> {
        self.ways.iter().find(|way| way.port == port)
    }
}

/// The recipe of every program that has one.
pub fn recipes(target: &Target) -> Vec<Recipe> {
    Program::WITH_RECIPE.into_iter().map(|program| Recipe::of(program, target)).collect()
}

fn way(program: Program, target: &Target, port: Port) -> Option<Way> {
    let address = target.address(port)?;
    let (host, number) = (address.ip(), address.port());
    let url = match port {
        Port::Https => format!("https://{address}"),
        Port::Http => format!("http://{address}"),
    };
    let (arguments, added, is_complete): (Vec<String>, &[&str], bool) = match program {
        Program::Cloudflared => {
            let mut arguments = texts(&["cloudflared", "tunnel", "--url", &url]);
            if port == Port::Https {
                // It checks certificates unless told; ours is of an authority that only this machine knows.
                arguments.push("--no-tls-verify".to_owned());
            }
            (arguments, &[], true)
        }
        // Without a log it draws a screen of its own, which needs a terminal.
        Program::Ngrok => (texts(&["ngrok", "http", &url]), &["--log", "stdout", "--log-format", "logfmt"], true),
        Program::Tailscale => {
            let url = if port == Port::Https { url.replacen("https", "https+insecure", 1) } else { url };
            (texts(&["tailscale", "funnel", &url]), &[], true)
        }
        Program::Ssh => {
            let forward = format!("0.0.0.0:{number}:{address}");
            let arguments = texts(&["ssh", "-v", "-N", "-o", "ExitOnForwardFailure=yes", "-R", &forward, SSH_PLACE]);
            (arguments, &[], false)
        }
        Program::Bore => {
            let mut arguments = texts(&["bore", "local", &number.to_string(), "--to", BORE_SERVER]);
            if !host.is_loopback() {
                arguments.extend(texts(&["--local-host", &host.to_string()]));
            }
            (arguments, &[], true)
        }
        Program::Other => return None,
    };
    Some(Way { port, arguments, added: texts(added), is_complete })
}

/// A command of the user's own, with `{address}`, `{port}` and `{scheme}` filled in for the HTTPS port, and the same with
/// `{http_address}` and `{http_port}` for the plain one.
pub fn own_command(command: &str, target: &Target) -> Result<Vec<String>, ArgumentsError> {
    let fill = |argument: String| -> String {
        let mut filled = argument;
        if let Some(address) = target.address(Port::Https) {
            filled = filled.replace("{address}", &address.to_string()).replace("{port}", &address.port().to_string());
            filled = filled.replace("{scheme}", "https");
        }
        if let Some(address) = target.address(Port::Http) {
            filled = filled.replace("{http_address}", &address.to_string());
            filled = filled.replace("{http_port}", &address.port().to_string());
        }
        filled
    };
    // Filled in after the split, so that nothing filled in can become two arguments.
    Ok(split(command)?.into_iter().map(fill).collect())
}

/// The same command, told to ask nothing: there is no terminal in which a question of ssh could be answered.
pub fn without_questions(mut arguments: Vec<String>) -> Vec<String> {
    let is_ssh = arguments.first().is_some_and(|first| Program::of_command(first) == Program::Ssh);
    if is_ssh && !arguments.iter().any(|argument| argument.contains("BatchMode")) {
        arguments.splice(1..1, texts(&["-o", "BatchMode=yes"]));
    }
    arguments
}

fn texts(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn target(https: &str, http: Option<&str>) -> Target {
        Target { https: https.parse().unwrap(), http: http.map(|http| http.parse().unwrap()) }
    }

    fn commands(target: &Target, port: Port) -> Vec<String> {
        recipes(target).iter().filter_map(|recipe| recipe.way(port)).map(Way::command).collect()
    }

    #[test]
    fn each_program_has_a_command_for_this_listener_that_takes_its_certificate() {
        let listener = target("127.0.0.1:8443", None);
        assert_eq!(
            commands(&listener, Port::Https),
            [
                "cloudflared tunnel --url https://127.0.0.1:8443 --no-tls-verify",
                "ngrok http https://127.0.0.1:8443",
                "tailscale funnel https+insecure://127.0.0.1:8443",
                "ssh -v -N -o ExitOnForwardFailure=yes -R 0.0.0.0:8443:127.0.0.1:8443 user@your-server.example",
                "bore local 8443 --to bore.pub",
            ]
        );
        assert!(commands(&listener, Port::Http).is_empty());
    }

    #[test]
    fn the_plain_port_has_commands_of_its_own_where_there_is_one() {
        let listener = target("127.0.0.1:8443", Some("127.0.0.1:8080"));
        assert_eq!(
            commands(&listener, Port::Http),
            [
                "cloudflared tunnel --url http://127.0.0.1:8080",
                "ngrok http http://127.0.0.1:8080",
                "tailscale funnel http://127.0.0.1:8080",
                "ssh -v -N -o ExitOnForwardFailure=yes -R 0.0.0.0:8080:127.0.0.1:8080 user@your-server.example",
                "bore local 8080 --to bore.pub",
            ]
        );
    }

    #[test]
    fn a_listener_on_all_interfaces_is_reached_at_the_loopback_one_and_another_where_it_is() {
        assert!(commands(&target("0.0.0.0:9443", None), Port::Https).iter().all(|text| !text.contains("//0.0.0.0")));
        assert!(
            commands(&target("[::]:9443", None), Port::Https).contains(&"ngrok http https://127.0.0.1:9443".to_owned())
        );
        let elsewhere = commands(&target("192.168.7.9:9443", None), Port::Https);
        assert!(elsewhere.contains(&"bore local 9443 --to bore.pub --local-host 192.168.7.9".to_owned()));
    }

    #[test]
    fn only_a_command_without_a_place_to_fill_in_can_be_started_as_it_is() {
        let listener = target("127.0.0.1:8443", None);
        let complete: Vec<_> = recipes(&listener)
            .into_iter()
            .filter(|recipe| recipe.ways.iter().all(|way| way.is_complete))
            .map(|recipe| recipe.program)
            .collect();
        assert_eq!(complete, [Program::Cloudflared, Program::Ngrok, Program::Tailscale, Program::Bore]);
    }

    #[test]
    fn a_started_ngrok_writes_a_log_in_place_of_a_screen() {
        let recipe = Recipe::of(Program::Ngrok, &target("127.0.0.1:8443", None));
        let started = recipe.way(Port::Https).unwrap().started();
        assert_eq!(command_line(&started), "ngrok http https://127.0.0.1:8443 --log stdout --log-format logfmt");
    }

    #[test]
    fn an_own_command_gets_address_and_port_and_stays_as_many_arguments_as_were_written() {
        let listener = target("127.0.0.1:8443", Some("127.0.0.1:8080"));
        let check = |command: &str, expected: &[&str]| {
            assert_eq!(own_command(command, &listener).unwrap(), expected, "{command}");
        };
        check(
            "zrok share public {scheme}://{address} --insecure",
            &["zrok", "share", "public", "https://127.0.0.1:8443", "--insecure"],
        );
        check(
            "ssh -R 80:{http_address} nokey@localhost.run",
            &["ssh", "-R", "80:127.0.0.1:8080", "nokey@localhost.run"],
        );
        check("'my {port}' x", &["my 8443", "x"]);
        assert_eq!(own_command("", &listener), Err(ArgumentsError::Empty));
    }
}
