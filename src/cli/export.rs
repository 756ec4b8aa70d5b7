//! `hookscope export`: recorded calls out.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::arguments::{ExportArgs, Format};
use super::failure::Failure;
use super::{pick, print};
use crate::call::{Masker, Record, curl_command, export_line};
use crate::session::{Whole, refuse_session};
use crate::workspace::{self, Workspace};

pub fn run(args: &ExportArgs) -> Result<(), Failure> {
    let picked = args.picking.picked()?;
    let session = pick::open(&args.session)?;
    let masker = masker();
    let target = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    if let Some(target) = target {
        refuse_session(target, &[&args.session], workspace::data_dir().ok().as_deref())?;
    }
    let mut out = Out::open(target)?;
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
pub(super) fn masker() -> Masker {
    let loaded =
        workspace::default_path().ok().filter(|path| path.is_file()).and_then(|path| Workspace::load(&path).ok());
    loaded.map(|loaded| loaded.workspace.setup().masker()).unwrap_or_default()
}

/// Standard output, or a file that appears whole or not at all.
enum Out {
    Standard(Vec<u8>),
    File { file: std::io::BufWriter<std::fs::File>, whole: Whole, target: PathBuf },
}

/// Lines are gathered up to this size before they are written.
const AT_ONCE: usize = 64 * 1024;

impl Out {
    fn open(path: Option<&Path>) -> Result<Out, Failure> {
        let Some(target) = path else {
            return Ok(Out::Standard(Vec::new()));
        };
        let (whole, file) = Whole::begin(target).map_err(|error| failed(target, &error))?;
        Ok(Out::File { file: std::io::BufWriter::with_capacity(AT_ONCE, file), whole, target: target.to_owned() })
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
            Out::File { file, whole, target } => {
                // Closed before it gets its name: not every system renames an open file.
                let written = file.into_inner().map(drop).map_err(std::io::IntoInnerError::into_error);
                written.and_then(|()| whole.finish()).map_err(|error| failed(&target, &error))
            }
        }
    }
}

fn failed(target: &Path, error: &std::io::Error) -> Failure {
    Failure::Machine(format!("cannot write {}: {error}; check the folder and the space on its disk", target.display()))
}
