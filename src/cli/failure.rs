//! Why a command did not do what it was asked for, and which exit code says so.

use std::fmt;
use std::process::ExitCode;

use crate::engine::EngineError;
use crate::session::SessionError;

#[derive(Debug)]
pub enum Failure {
    /// Wrong usage, or input that cannot be read: exit code 2.
    Input(String),
    /// The machine refuses: exit code 3.
    Machine(String),
    /// Standard output is closed: whoever read it has had enough.
    NobodyReads,
}

impl Failure {
    pub fn input(error: impl fmt::Display) -> Failure {
        Failure::Input(error.to_string())
    }

    pub fn machine(error: impl fmt::Display) -> Failure {
        Failure::Machine(error.to_string())
    }

    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Input(_) => ExitCode::from(2),
            Failure::Machine(_) => ExitCode::from(3),
            Failure::NobodyReads => ExitCode::SUCCESS,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Input(text) | Failure::Machine(text) => f.write_str(text),
            Failure::NobodyReads => f.write_str("nobody reads standard output"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Failure {
        match error.is_machine() {
            true => Failure::machine(error),
            false => Failure::input(error),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Failure {
        match error {
            EngineError::Session(error) => error.into(),
            // A certificate of one's own is input, and so are the names for the local one.
            EngineError::Identity(error) => Failure::input(error),
            other => Failure::machine(other),
        }
    }
}
