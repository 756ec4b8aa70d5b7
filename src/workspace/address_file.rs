//! A file of address ranges, such as Okta's `ip_ranges.json`.

use std::io::Read as _;
use std::path::Path;

use crate::auth::AddressList;
use crate::call::Timestamp;

/// Okta's file has some 100 KiB; a hundred times that is none.
const LARGEST: u64 = 16 << 20;

/// What a file of address ranges says, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressFile {
    pub list: AddressList,
    /// When it was last changed; none where the system does not say.
    pub modified_at: Option<Timestamp>,
}

/// Reads one.
///
/// # Errors
///
/// A sentence with the file's name where it cannot be read, or is no list of cells.
pub fn read(path: &Path) -> Result<AddressFile, String> {
    let fail = |detail: String| format!("cannot read the address ranges in {}: {detail}", path.display());
    let file = std::fs::File::open(path).map_err(|error| fail(error.to_string()))?;
    let about = file.metadata().map_err(|error| fail(error.to_string()))?;
    if !about.is_file() {
        return Err(fail("it is no file".to_owned()));
    }
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(fail("it is larger than 16 MiB".to_owned()));
    }
    let list = AddressList::parse(&text).map_err(fail)?;
    Ok(AddressFile { list, modified_at: about.modified().ok().map(Timestamp::from_system_time) })
}
