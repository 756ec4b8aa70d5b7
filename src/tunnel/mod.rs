//! The ways to bring Okta's calls to a laptop: commands of tunnel programs, ready to copy.
//!
//! Uses nobody. Starting a tunnel and reading its public URL come later; until then these are texts.

use std::net::SocketAddr;

/// One tunnel program and the command that points it at the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    pub program: &'static str,
    pub command: String,
}

/// Commands for the listener at `https`, or for its plain port where a program ends TLS itself and there is one.
pub fn recipes(https: SocketAddr, http: Option<SocketAddr>) -> Vec<Recipe> {
    let https_port = https.port();
    let ngrok = match http {
        Some(http) => format!("ngrok http {}", http.port()),
        None => format!("ngrok http https://localhost:{https_port}"),
    };
    vec![
        Recipe {
            program: "cloudflared",
            command: format!("cloudflared tunnel --url https://localhost:{https_port} --no-tls-verify"),
        },
        Recipe { program: "ngrok", command: ngrok },
    ]
}
