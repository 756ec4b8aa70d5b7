//! `hookscope export`: recorded calls out.

use std::io::Write as _;
use std::path::Path;

use super::arguments::{ExportArgs, Format};
use super::failure::Failure;
use super::{pick, print};
use crate::call::{Masker, Record, curl_command, export_line};
use crate::session::private;
use crate::workspace::{self, Workspace};

pub fn run(args: &ExportArgs) -> Result<(), Failure> {
    let picked = args.picking.picked()?;
    let session = pick::open(&args.session)?;
    let masker = masker();
    let mut out = Out::open(args.output.as_deref().filter(|path| path.as_os_str() != "-"))?;
    for call_id in picked.ids(&session)? {
        let Some(record) = session.reader().record(call_id)? else { continue };
        out.write(&line_of(args, &record, &masker))?;
    }
    out.finish()
}

fn line_of(args: &ExportArgs, record: &Record, masker: &Masker) -> String {
    match args.format {
        Format::Jsonl => {
            format!("{}\n", serde_json::Value::Object(export_line(record, masker, args.reveal_secrets)))
        }
        Format::Curl => {
            let shown = if args.reveal_secrets { record.clone() } else { masker.mask_record(record) };
            match curl_command(&shown.opening.request) {
                Some(command) => format!("{command}\n"),
                None => format!("# call {} never became a request\n", record.opening.call_id),
            }
        }
    }
}

/// What the user's workspace names as secret is masked too.
fn masker() -> Masker {
    let loaded =
        workspace::default_path().ok().filter(|path| path.is_file()).and_then(|path| Workspace::load(&path).ok());
    loaded.map(|loaded| loaded.workspace.setup().masker()).unwrap_or_default()
}

/// Standard output, or a file that appears whole or not at all.
enum Out {
    Standard(Vec<u8>),
    File { file: std::io::BufWriter<std::fs::File>, beside: std::path::PathBuf, target: std::path::PathBuf },
}

/// Lines are gathered up to this size before they are written.
const AT_ONCE: usize = 64 * 1024;

impl Out {
    fn open(path: Option<&Path>) -> Result<Out, Failure> {
        let Some(target) = path else {
            return Ok(Out::Standard(Vec::new()));
        };
        let mut beside = target.as_os_str().to_owned();
        beside.push(".part");
        let beside = std::path::PathBuf::from(beside);
        // One that an earlier crash left is in the way.
        std::fs::remove_file(&beside).ok();
        let file = private::create_file(&beside).map_err(|error| failed(target, &error))?;
        Ok(Out::File { file: std::io::BufWriter::new(file), beside, target: target.to_owned() })
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Out::Standard(gathered) => {
                gathered.extend_from_slice(text.as_bytes());
                if gathered.len() >= AT_ONCE {
                    print::bytes(gathered)?;
                    gathered.clear();
                }
                Ok(())
            }
            Out::File { file, target, .. } => file.write_all(text.as_bytes()).map_err(|error| failed(target, &error)),
        }
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Out::Standard(gathered) => print::bytes(&gathered),
            Out::File { mut file, beside, target } => {
                let written = file.flush().and_then(|()| std::fs::rename(&beside, &target));
                written.map_err(|error| failed(&target, &error))
            }
        }
    }
}

fn failed(target: &Path, error: &std::io::Error) -> Failure {
    Failure::Machine(format!("cannot write {}: {error}; check the folder and the space on its disk", target.display()))
}
