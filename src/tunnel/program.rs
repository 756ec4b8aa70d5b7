//! The tunnel programs that are known, and what is worth knowing about each.

use std::fmt;

/// A tunnel program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Program {
    Cloudflared,
    Ngrok,
    Tailscale,
    Ssh,
    Bore,
    /// Any other, started with a command of the user's own.
    Other,
}

impl Program {
    /// Those with a recipe, in the order in which they are offered: what needs least comes first.
    pub const WITH_RECIPE: [Program; 5] =
        [Program::Cloudflared, Program::Ngrok, Program::Tailscale, Program::Ssh, Program::Bore];

    /// The name of its file, and what it is called in a workspace and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Program::Cloudflared => "cloudflared",
            Program::Ngrok => "ngrok",
            Program::Tailscale => "tailscale",
            Program::Ssh => "ssh",
            Program::Bore => "bore",
            Program::Other => "other",
        }
    }

    /// What it is called to a person.
    pub fn title(self) -> &'static str {
        match self {
            Program::Tailscale => "Tailscale Funnel",
            Program::Ssh => "ssh -R",
            Program::Other => "Own command",
            program => program.name(),
        }
    }

    pub fn named(name: &str) -> Option<Program> {
        Program::WITH_RECIPE.into_iter().find(|program| program.name() == name)
    }

    /// The program that a command runs, by the name of its file.
    pub fn of_command(first_argument: &str) -> Program {
        let name = first_argument.rsplit(['/', '\\']).next().unwrap_or(first_argument);
        let name = name.strip_suffix(".exe").unwrap_or(name);
        Program::named(name).unwrap_or(Program::Other)
    }

    /// True where the tunnel carries bytes only: then TLS ends at this listener, not at the tunnel's edge.
    pub fn carries_bytes_only(self) -> bool {
        matches!(self, Program::Ssh | Program::Bore)
    }

    /// What a person needs before it works.
    pub fn needs(self) -> &'static str {
        match self {
            Program::Cloudflared => "No account",
            Program::Ngrok => "An account; its token once: ngrok config add-authtoken TOKEN",
            Program::Tailscale => {
                "A tailnet in which Funnel and HTTPS certificates are switched on; on Linux root or: tailscale set --operator=USER"
            }
            Program::Ssh => {
                "A server of your own whose sshd forwards to the outside (GatewayPorts clientspecified), and a key without questions"
            }
            Program::Bore => "A bore server; bore.pub is a public one",
            Program::Other => "",
        }
    }

    /// What its public URL looks like.
    pub fn url_looks(self) -> &'static str {
        match self {
            Program::Cloudflared => "https://four-random-words-here.trycloudflare.com",
            Program::Ngrok => "https://NAME.ngrok-free.app, or a domain of the account",
            Program::Tailscale => "https://MACHINE.TAILNET.ts.net",
            Program::Ssh => "https://YOUR-SERVER:PORT",
            Program::Bore => "https://BORE-SERVER:PORT",
            Program::Other => "",
        }
    }

    /// Does the URL stay when it is started again? Hooks in Okta hold the old one.
    pub fn name_stays(self) -> &'static str {
        match self {
            Program::Cloudflared => "A new name at each start. A named tunnel of an account keeps its name",
            Program::Ngrok => "Stays where the account has a domain: add --url https://NAME",
            Program::Tailscale => "Stays",
            Program::Ssh => "Stays with your server's name and a fixed port",
            Program::Bore => "A new port at each start, unless --port asks for one",
            Program::Other => "",
        }
    }

    /// What trips people; each is a sentence.
    pub fn notes(self) -> &'static [&'static str] {
        match self {
            Program::Cloudflared => &[
                "--no-tls-verify accepts this listener's own certificate, on this machine only; --origin-ca-pool FILE with the exported certificate checks it instead",
                "Without an account it does not start while a config.yml lies in ~/.cloudflared",
            ],
            Program::Ngrok => &[
                "The free plan shows browsers a page of its own before yours. If Okta gets HTML, add the header ngrok-skip-browser-warning to the hook in Okta",
            ],
            Program::Tailscale => {
                &["https+insecure accepts this listener's own certificate", "Public ports are 443, 8443 and 10000"]
            }
            Program::Ssh => &[
                "TLS ends at this listener: Okta meets its certificate, which must hold the server's name and come from a public authority (--cert and --key). Expect one of the local authority to be refused",
                "To the plain port it needs something on the server that ends TLS, since Okta calls https only",
            ],
            Program::Bore => &[
                "TLS ends at this listener: Okta meets its certificate, which must hold the bore server's name and come from a public authority (--cert and --key). Expect one of the local authority to be refused",
                "Okta does not say whether it calls other ports than 443",
            ],
            Program::Other => &[],
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}
