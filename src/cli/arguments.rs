//! The command line: what can be said, and the help that explains it.

use std::path::PathBuf;

use clap::Args;

use super::compare::CompareArgs;
use super::send_args::SendArgs;
use super::serve_args::ServeArgs;
use crate::okta::HookKind;
use crate::respond::{Fault, ValueEdits};

/// Shows what Okta calls, and what Okta will do with the answer
#[derive(Debug, clap::Parser)]
#[command(
    name = "hookscope",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Without a command it opens the window, listening.\n\
                  Exit codes: 0 done; 1 done, with a finding of severity error or a difference; 2 wrong usage or input; 3 the machine refuses."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Subcommand>,
    /// The workspace file with listener, endpoints and responses
    #[arg(long, value_name = "FILE")]
    pub workspace: Option<PathBuf>,
    /// A session to open beside the live one
    #[arg(value_name = "SESSION")]
    pub session: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// The listener without a window
    Serve(ServeArgs),
    /// Judges a response
    Check(CheckArgs),
    /// Prints a sample request body, or lists kinds and variants
    Sample(SampleArgs),
    /// Sends a call as Okta does
    Send(SendCommand),
    /// Sends recorded calls again
    Replay(ReplayArgs),
    /// Compares two recorded calls by structure
    Compare(CompareArgs),
    /// Writes recorded calls out
    Export(ExportArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope check --hook token response.json\n  hookscope check --request request.json --elapsed-ms 2900 --json response.json\n  hookscope check --hook event --status 204"
)]
pub struct CheckArgs {
    /// The hook kind; without it the request's
    #[arg(long, value_name = "KIND")]
    pub hook: Option<HookKind>,
    /// The request's body; - is standard input
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..=999))]
    pub status: u16,
    #[arg(long, value_name = "T", default_value = "application/json")]
    pub content_type: String,
    /// How long the answer took
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub elapsed_ms: u64,
    /// The challenge of a verification; without it only the shape is judged
    #[arg(long, value_name = "VALUE")]
    pub challenge: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    /// The response's body; - is standard input; may be left out where the status has no body
    #[arg(value_name = "RESPONSE")]
    pub response: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope sample\n  hookscope sample token > token.json\n  hookscope sample token/client-credentials"
)]
pub struct SampleArgs {
    /// The kind, or a variant of it; without it kinds and variants are listed
    #[arg(value_name = "KIND[/VARIANT]")]
    pub name: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope send --hook saml --to https://127.0.0.1:8443/hooks/saml\n  hookscope send --body request.json --to https://hooks.example/token --basic okta:secret --json\n  hookscope send --hook event --to https://hooks.example/events --basic okta:secret --try-credentials"
)]
pub struct SendCommand {
    /// The hook kind; without it the body's
    #[arg(long, value_name = "KIND", required_unless_present = "body")]
    pub hook: Option<HookKind>,
    /// The request's body; - is standard input; without it the sample of the kind
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// Sends it with the credential, without, and with a wrong one; exit code 1 where the answer is not 401 as it should be. What
    /// --basic and --header give is the credential
    #[arg(long, conflicts_with = "repeat")]
    pub try_credentials: bool,
    #[command(flatten)]
    pub sending: SendArgs,
}

fn fault(name: &str) -> Result<Fault, String> {
    let all = Fault::all();
    let names = all.iter().map(Fault::name).collect::<Vec<_>>().join(", ");
    all.into_iter().find(|fault| fault.name() == name).ok_or_else(|| format!("there is none; the faults are {names}"))
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope replay session.hookscope --to https://127.0.0.1:8443\n  hookscope replay session.hookscope --to http://localhost:3000/okta --calls 3,5-9\n  hookscope replay session.hookscope --to https://127.0.0.1:8443 --filter 'hook:token outcome:ignored'\n  hookscope replay session.hookscope --to http://localhost:3000 --expect session.hookscope --junit result.xml\n  hookscope replay session.hookscope --to http://localhost:3000 --calls 3 --matrix -o matrix.md\n\nWith --expect a call that is in FILE fails only where its status or outcome differs, also where a finding is an error.\nWith --matrix the exit code is 1 only where a measured outcome differs from the predicted one."
)]
pub struct ReplayArgs {
    /// The session file
    #[arg(value_name = "SESSION")]
    pub session: PathBuf,
    #[command(flatten)]
    pub picking: PickArgs,
    #[command(flatten)]
    pub sending: SendArgs,
    /// The workspace whose credentials take the place of masked ones, and whose endpoints --matrix predicts from; without it the one
    /// of the configuration folder
    #[arg(long, value_name = "FILE")]
    pub workspace: Option<PathBuf>,
    /// How many sends are under way at once at most
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// Milliseconds between the starts of two sends at least
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    pub spacing_ms: u64,
    /// Gives each send an eventId and times of its own, as a new call of Okta's would have them
    #[arg(long)]
    pub fresh: bool,
    /// Puts a JSON value into each body, such as '/data/userProfile/login="ada@example.com"'; null takes it out; again for more
    #[arg(long = "set", value_name = "POINTER=JSON", value_parser = ValueEdits::read_one)]
    pub edits: Vec<(String, serde_json::Value)>,
    /// Compares statuses and outcomes with a session, an export, or what 'replay --json' wrote; - is standard input
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
    /// Writes the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Tries one call against each fault in turn: what Okta does with our endpoint's answer (predicted) and with the answer of the
    /// handler at URL, which is really called (measured)
    #[arg(long, conflicts_with_all = ["expect", "junit", "repeat", "concurrency", "spacing_ms"])]
    pub matrix: bool,
    /// A fault that the matrix tries, by its name in the workspace file, with the lengths that a form begins with; again for more.
    /// Without it every fault is tried, which takes half a minute
    #[arg(long, value_name = "NAME", requires = "matrix", value_parser = fault)]
    pub fault: Vec<Fault>,
    /// The file for the matrix: CSV where its name ends in .csv, else Markdown
    #[arg(short, value_name = "FILE", requires = "matrix")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope export session.hookscope > calls.jsonl\n  hookscope export session.hookscope --filter 'hook:saml -outcome:applied'\n  hookscope export session.hookscope --format curl --calls 7"
)]
pub struct ExportArgs {
    /// The session file
    #[arg(value_name = "SESSION")]
    pub session: PathBuf,
    #[arg(long, value_enum, default_value = "jsonl")]
    pub format: Format,
    #[command(flatten)]
    pub picking: PickArgs,
    /// Writes credentials, passwords and one-time codes as they came
    #[arg(long)]
    pub reveal_secrets: bool,
    /// The file to write; - is standard output
    #[arg(short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Which calls of a session.
#[derive(Debug, Args)]
pub struct PickArgs {
    /// Ids and ranges of ids, such as 3,5-9
    #[arg(long, value_name = "IDS", conflicts_with = "filter")]
    pub calls: Option<String>,
    /// A filter, such as 'hook:token status:5xx -duplicate'
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub filter: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object for each call
    Jsonl,
    /// One curl command for each call
    Curl,
}
