//! How a call is sent: where to, with which credential, trusting whom.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use crate::call::Secret;
use crate::sender::{Sender, Target, Trust, basic_credential};
use crate::workspace;

#[derive(Debug, Args)]
pub struct SendArgs {
    /// Where to: http or https
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// HTTP Basic
    #[arg(long, value_name = "USER:PASS", value_parser = secret)]
    pub basic: Option<Secret>,
    /// A header field; may be given more than once
    #[arg(long, value_name = "NAME: VALUE", value_parser = secret)]
    pub header: Vec<Secret>,
    /// Certificates to trust beside the system's and our own
    #[arg(long, value_name = "PEM", conflicts_with = "insecure")]
    pub cacert: Option<PathBuf>,
    /// Believe any certificate
    #[arg(long)]
    pub insecure: bool,
    /// How often
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub repeat: u32,
    /// One JSON object for each send
    #[arg(long)]
    pub json: bool,
}

/// What is given on the command line is not printed again.
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl SendArgs {
    pub fn target(&self) -> Result<Target, Failure> {
        Target::parse(&self.to).map_err(Failure::input)
    }

    /// Header fields to add: the credential and what else was given.
    pub fn fields(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut fields = Vec::new();
        if let Some(basic) = &self.basic {
            let Some((user, password)) = basic.reveal().split_once(':') else {
                return Err(Failure::Input("--basic needs a user and a password with ':' between them".to_owned()));
            };
            fields.push(("Authorization".to_owned(), basic_credential(user, password)));
        }
        for (idx, header) in self.header.iter().enumerate() {
            let parts =
                header.reveal().split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
            match parts {
                Some((name, value)) if !name.is_empty() => fields.push((name, value)),
                _ => {
                    return Err(Failure::Input(format!("--header number {} is not written as 'NAME: VALUE'", idx + 1)));
                }
            }
        }
        Ok(fields)
    }

    pub fn sender(&self) -> Result<Sender, Failure> {
        let our_authority = workspace::data_dir().ok().map(|folder| folder.join("tls").join("ca.pem"));
        let trust = Trust { our_authority, extra_ca: self.cacert.clone(), insecure: self.insecure, system: true };
        Sender::new(&trust, Vec::new()).map_err(Failure::input)
    }
}

/// The runtime on which a command sends.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Machine(format!("cannot start the network: {error}")))
}
