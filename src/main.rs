//! The program: arguments, logging, crypto provider, run, exit code.

use std::process::ExitCode;

use hookscope::cli::{self, Asked};
use hookscope::window;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    // The first provider wins; nothing else in this program installs one.
    rustls::crypto::ring::default_provider().install_default().ok();
    match cli::run() {
        Asked::Done(exit_code) => exit_code,
        Asked::Window(asked) => {
            window::run(window::WindowOptions { workspace: asked.workspace, session: asked.session })
        }
    }
}
