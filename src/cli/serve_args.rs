//! What `hookscope serve` can be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use crate::engine::{TunnelCommand, TunnelPort, TunnelProgram, is_installed};
use crate::respond::Setup;
use crate::workspace::{self, Issue, Workspace};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope serve\n  hookscope serve --listen 127.0.0.1:0 --json --calls 10\n  hookscope serve --workspace hooks.toml --session test.hookscope --for 60\n  hookscope serve --json --tunnel cloudflared"
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
    /// Starts a tunnel program that leads here, and ends it with this run: cloudflared, ngrok, tailscale, bore, or `own`, which is
    /// the command in the workspace's [tunnel]. Its public URL is printed when it is known
    #[arg(long, value_name = "NAME", value_parser = tunnel)]
    pub tunnel: Option<TunnelArg>,
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

/// Which tunnel to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunnelArg {
    Program(TunnelProgram),
    /// The command of the workspace.
    Own,
}

fn tunnel(name: &str) -> Result<TunnelArg, String> {
    match (name, TunnelProgram::named(name)) {
        ("own", _) => Ok(TunnelArg::Own),
        (_, Some(TunnelProgram::Ssh)) => Err(
            "an ssh command needs your server's name: write it as command under [tunnel] in the workspace, and say own"
                .to_owned(),
        ),
        (_, Some(program)) => Ok(TunnelArg::Program(program)),
        (_, None) => Err("write cloudflared, ngrok, tailscale, bore or own".to_owned()),
    }
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

    /// What starts the tunnel that was asked for. A program that is not there is found before anything is started.
    pub fn tunnel(&self, setup: &Setup) -> Result<Option<TunnelCommand>, Failure> {
        match self.tunnel {
            None => Ok(None),
            Some(TunnelArg::Program(program)) if !is_installed(program) => Err(Failure::Machine(format!(
                "cannot start {}: there is no such program on the PATH; install it, or leave --tunnel out",
                program.name()
            ))),
            Some(TunnelArg::Program(program)) => Ok(Some(TunnelCommand::Start { program, port: TunnelPort::Https })),
            Some(TunnelArg::Own) => match &setup.tunnel.command {
                Some(command) => Ok(Some(TunnelCommand::StartOwn(command.clone()))),
                None => Err(Failure::Input(
                    "--tunnel own needs a command in the workspace: write command = \"…\" under [tunnel]".to_owned(),
                )),
            },
        }
    }

    pub fn certificate(&self) -> Option<(PathBuf, PathBuf)> {
        self.cert.clone().zip(self.key.clone())
    }
}
