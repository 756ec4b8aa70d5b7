//! `hookscope compare`: two recorded calls, by structure.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::{export, pick, print};
use crate::call::{CallId, ComparedPart, Record, Volatile, compare_calls, comparison_json, comparison_text};
use crate::session::ViewedSession;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hookscope compare session.hookscope 3 7\n  hookscope compare before.hookscope 3 3 --with after.hookscope --json\n  hookscope compare session.hookscope 3 7 --ignore x-nonce --ignore /data/context/session/id\n\nExit codes: 0 nothing is different; 1 something is; 2 wrong usage or input; 3 the machine refuses.\nThe order of members does not count. Ids and times that are new in each call are left out and counted. Secrets are masked\nbefore they are compared, so two different ones are the same."
)]
pub struct CompareArgs {
    /// The session file
    #[arg(value_name = "SESSION")]
    pub session: PathBuf,
    /// The id of the first call
    #[arg(value_name = "A")]
    pub before: u32,
    /// The id of the second call
    #[arg(value_name = "B")]
    pub after: u32,
    /// The session of the second call, where it is another one
    #[arg(long, value_name = "SESSION2")]
    pub with: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
    /// Leaves out members and headers of this name too, or what stands at this JSON Pointer; may be repeated
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,
}

/// True where something is different.
pub fn run(args: &CompareArgs) -> Result<bool, Failure> {
    let session = pick::open(&args.session)?;
    let with = args.with.as_deref().map(pick::open).transpose()?;
    let with_path = args.with.as_deref().unwrap_or(&args.session);
    let before = record_of(&session, &args.session, args.before)?;
    let after = record_of(with.as_ref().unwrap_or(&session), with_path, args.after)?;
    let masker = export::masker();
    let volatile = Volatile::default().with(args.ignore.iter().cloned());
    let parts = compare_calls(&masker.mask_record(&before), &masker.mask_record(&after), &volatile);
    let is_equal = parts.iter().all(ComparedPart::is_equal);
    match args.json {
        true => {
            let side = |path: &Path, call_id: u32| json!({ "session": path.display().to_string(), "call": call_id });
            let object = json!({
                "before": side(&args.session, args.before),
                "after": side(with_path, args.after),
                "equal": is_equal,
                "parts": comparison_json(&parts),
            });
            print::line(&object.to_string())?;
        }
        false => {
            for line in comparison_text(&parts).lines() {
                print::line(&print::one_line(line))?;
            }
            if is_equal {
                print::line("Nothing is different")?;
            }
        }
    }
    Ok(!is_equal)
}

fn record_of(session: &ViewedSession, path: &Path, call_id: u32) -> Result<Record, Failure> {
    session.reader().record(CallId(call_id))?.ok_or_else(|| {
        Failure::Input(format!(
            "there is no call {call_id} in {}; 'hookscope export' lists the calls that are",
            path.display()
        ))
    })
}
