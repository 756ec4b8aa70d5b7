//! The ways to bring Okta's calls to a laptop: which programs there are, starting one, and its public URL.
//!
//! Uses nobody, and knows neither calls nor settings. Values are apart from what runs: [`Program`] and [`Recipe`] say what can be
//! done and how, [`Recogniser`] finds the public URL in what a program prints, [`agent`] reads what a running ngrok says about
//! itself; only [`Running`] (a child process) and [`find_agent`] (a call to 127.0.0.1) touch the machine.
//!
//! A program is started from its arguments, never through a shell, in a process group of its own, so that all of it can be ended;
//! it is never left behind when this program ends by itself or is told to.

pub mod agent;
mod arguments;
mod find_agent;
mod output;
mod program;
mod progress;
mod recipe;
mod recognise;
mod running;
mod search;
mod ssh;
mod url;

use std::net::SocketAddr;

pub use arguments::{ArgumentsError, command_line, split};
pub use find_agent::{AGENT_PORTS, find_agent};
pub use output::{LINE_BYTES, LineSplitter};
pub use program::Program;
pub use progress::{End, LINES, Progress};
pub use recipe::{Recipe, Way, own_command, recipes, without_questions};
pub use recognise::Recogniser;
pub use running::{Running, StartError, end_all_at_once};
pub use search::{Installed, search};
pub use url::public_url_in;

/// The listener that a tunnel is to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub https: SocketAddr,
    /// The plain port, where there is one.
    pub http: Option<SocketAddr>,
}

/// The port of the listener that a tunnel leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Port {
    #[default]
    Https,
    /// Plain HTTP, for tunnels that end TLS themselves.
    Http,
}

impl Target {
    /// The address behind a port; none where the listener has no such port.
    pub fn address(&self, port: Port) -> Option<SocketAddr> {
        match port {
            Port::Https => Some(reachable(self.https)),
            Port::Http => self.http.map(reachable),
        }
    }

    /// Which of the ports has this number.
    pub fn port_of(&self, number: u16) -> Option<Port> {
        match number {
            0 => None,
            number if number == self.https.port() => Some(Port::Https),
            number if self.http.is_some_and(|http| http.port() == number) => Some(Port::Http),
            _ => None,
        }
    }
}

/// Where a program on this machine reaches an address: one that stands for all interfaces is reached at the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v6.port())),
        address => address,
    }
}
