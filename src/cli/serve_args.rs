//! What `hookscope serve` can be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use crate::respond::Setup;
use crate::workspace::{self, Issue, Workspace};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope serve\n  hookscope serve --listen 127.0.0.1:0 --json --calls 10\n  hookscope serve --workspace hooks.toml --session test.hookscope --for 60"
)]
pub struct ServeArgs {
    /// Where to listen for HTTPS; port 0 is any free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Where to listen for plain HTTP, for tunnels that end TLS themselves; loopback only
    #[arg(long, value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// The workspace file
    #[arg(long, value_name = "FILE")]
    pub workspace: Option<PathBuf>,
    /// The session file, created or continued; without it the working session
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// A certificate chain of your own
    #[arg(long, value_name = "PEM", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Its key
    #[arg(long, value_name = "PEM", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Ends after so many calls
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub calls: Option<u64>,
    /// Ends after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub seconds: Option<Duration>,
    /// One JSON object for each line
    #[arg(long)]
    pub json: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "write a number of seconds above 0".to_owned())
}

impl ServeArgs {
    /// The workspace that holds, and what is wrong with its file. Only a file that is named must be there.
    pub fn workspace(&self) -> Result<(Workspace, Vec<Issue>), Failure> {
        let path = match &self.workspace {
            Some(path) => Some(path.clone()),
            None => workspace::default_path().ok().filter(|path| path.is_file()),
        };
        match path {
            Some(path) => {
                Workspace::load(&path).map(|loaded| (loaded.workspace, loaded.issues)).map_err(Failure::input)
            }
            None => Ok((Workspace::first_start(None), Vec::new())),
        }
    }

    /// Puts what was said on the command line in place of what the workspace says.
    pub fn apply(&self, setup: &mut Setup) -> Result<(), Failure> {
        if let Some(https) = self.listen {
            setup.listener.https = https;
        }
        if let Some(http) = self.http {
            if !http.ip().is_loopback() {
                return Err(Failure::Input(format!(
                    "--http {http} is no loopback address; plain HTTP is for tunnels on this machine: write 127.0.0.1:{}",
                    http.port()
                )));
            }
            setup.listener.http = Some(http);
        }
        Ok(())
    }

    pub fn certificate(&self) -> Option<(PathBuf, PathBuf)> {
        self.cert.clone().zip(self.key.clone())
    }
}
