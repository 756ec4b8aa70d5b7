//! Files that are named on the command line; `-` is standard input.

use std::io::Read as _;
use std::path::Path;

use super::failure::Failure;

/// The most that is read of one: far more than Okta sends or accepts.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The bytes of a file, or of standard input.
pub fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let is_standard = path.as_os_str() == "-";
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
