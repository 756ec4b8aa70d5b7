//! Files that are named on the command line; `-` is standard input.

use std::io::Read as _;
use std::path::Path;

use super::failure::Failure;

/// The most that is read of one: far more than Okta sends or accepts.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Refuses two inputs that are both standard input: what the first one reads is gone for the second.
pub fn only_one_standard(paths: &[Option<&Path>]) -> Result<(), Failure> {
    match paths.iter().flatten().filter(|path| is_standard(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::Input("standard input (-) can be read once; name a file for one of the two".to_owned())),
    }
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The bytes of a file, or of standard input.
pub fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let is_standard = is_standard(path);
    let fail = |detail: String| {
        let name = if is_standard { "standard input".to_owned() } else { path.display().to_string() };
        Failure::Input(format!("cannot read the {what} from {name}: {detail}"))
    };
    let mut bytes = Vec::new();
    let read = if is_standard {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| fail(error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fail(format!("it is larger than {MAX_BYTES} bytes")));
    }
    Ok(bytes)
}
