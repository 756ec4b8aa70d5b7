//! Without a window: one file per subcommand, over the same engine as the window.
//!
//! Exit codes: 0 done; 1 done, with a finding of severity error or a difference; 2 wrong usage or input that cannot be read; 3 the machine
//! refuses. Errors go to standard error as `error: …`. With `--json` standard output holds one JSON object a line and nothing else.

mod arguments;
mod check;
mod compare;
mod expect;
mod export;
mod failure;
mod input;
mod junit;
mod matrix;
mod pick;
mod print;
mod replay;
mod report;
mod sample;
mod send;
mod send_args;
mod serve;
mod serve_args;
mod try_credentials;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

pub use arguments::{Arguments, Subcommand};
pub use failure::Failure;

/// What a run without a subcommand is asked for: a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowAsked {
    pub workspace: Option<PathBuf>,
    pub session: Option<PathBuf>,
}

/// What the command line asks for.
pub enum Asked {
    Window(WindowAsked),
    /// It was carried out, or refused.
    Done(ExitCode),
}

/// Reads the command line and carries out what needs no window.
pub fn run() -> Asked {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; everything else is wrong usage. Nobody may be reading: that is fine too.
            error.print().ok();
            return Asked::Done(ExitCode::from(if error.use_stderr() { 2 } else { 0 }));
        }
    };
    let result = match arguments.command {
        None => {
            return Asked::Window(WindowAsked { workspace: arguments.workspace, session: arguments.session });
        }
        Some(Subcommand::Serve(args)) => serve::run(&args).map(|()| false),
        Some(Subcommand::Check(args)) => check::run(&args),
        Some(Subcommand::Sample(args)) => sample::run(&args).map(|()| false),
        Some(Subcommand::Send(args)) => send::run(&args),
        Some(Subcommand::Replay(args)) => replay::run(&args),
        Some(Subcommand::Compare(args)) => compare::run(&args),
        Some(Subcommand::Export(args)) => export::run(&args).map(|()| false),
    };
    Asked::Done(match result {
        Ok(has_errors) => ExitCode::from(u8::from(has_errors)),
        // Whoever read us has what it wanted.
        Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(failure) => {
            print::error(&failure.to_string());
            failure.exit_code()
        }
    })
}
