//! Whose file is this? Read from its own bytes, before SQLite sees it.
//!
//! SQLite changes a file that has a log beside it by merely opening it, so that asking SQLite would be too late: what is foreign,
//! newer or no database at all stays as it is, and so does what lies beside it. The form of the header and of the log are those
//! of sqlite.org, "Database File Format", sections 1.3 and 4.1.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::error::SessionError;
use super::file::{APPLICATION_ID, FORM};
use super::same::with_ending;

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The header of the file, which is the beginning of its first page.
const HEADER: usize = 100;
/// The header of the log, and that of each page in it.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// Is this a session, and one that this program can read? The file is only read.
///
/// Not for a file that this process records into: closing it would give up the locks that SQLite holds on it.
pub fn check(path: &Path) -> Result<(), SessionError> {
    let fail = |error: io::Error| SessionError::unreadable(path, &error);
    let mut file = File::open(path).map_err(fail)?;
    let in_file = read_header(&mut file).map_err(fail)?;
    let Some(in_file) = in_file.filter(|header| header.starts_with(MAGIC)) else {
        return Err(SessionError::NotASession { path: path.to_owned() });
    };
    // The log holds what is newer than the file.
    let header = match newest_in_log(path).map_err(fail)? {
        Some(in_log) if in_log.starts_with(MAGIC) => in_log,
        Some(_) | None => in_file,
    };
    let [application_id, version] = [68, 60].map(|at| i64::from(number_at(&header, at)));
    if application_id != APPLICATION_ID {
        return Err(SessionError::NotASession { path: path.to_owned() });
    }
    if version > FORM {
        return Err(SessionError::Newer { path: path.to_owned(), version });
    }
    Ok(())
}

fn read_header(file: &mut File) -> io::Result<Option<[u8; HEADER]>> {
    let mut header = [0; HEADER];
    match file.read_exact(&mut header) {
        Ok(()) => Ok(Some(header)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The header of the file as the last commit in its log has it; none where the log does not say.
///
/// Frames belong to the log's present run if they carry its salt. Their checksums are left to SQLite: what is decided here is
/// only whether it may look.
fn newest_in_log(path: &Path) -> io::Result<Option<[u8; HEADER]>> {
    let mut log = match File::open(with_ending(path, "-wal")) {
        Ok(log) => log,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let size = log.metadata()?.len();
    let mut header = [0; LOG_HEADER as usize];
    if size < LOG_HEADER {
        return Ok(None);
    }
    log.read_exact(&mut header)?;
    let page_size = u64::from(number_at(&header, 8));
    if number_at(&header, 0) & !1 != 0x377f_0682 || !(512..=65_536).contains(&page_size) {
        return Ok(None);
    }
    let salt = [16, 20].map(|at| number_at(&header, at));
    let (mut committed, mut seen) = (None, None);
    let mut at = LOG_HEADER;
    while at + FRAME_HEADER + page_size <= size {
        let mut frame = [0; FRAME_HEADER as usize];
        log.seek(SeekFrom::Start(at))?;
        log.read_exact(&mut frame)?;
        if [8, 12].map(|at| number_at(&frame, at)) != salt {
            break;
        }
        if number_at(&frame, 0) == 1 {
            seen = read_header(&mut log)?;
        }
        if number_at(&frame, 4) != 0 {
            committed = seen.or(committed);
        }
        at += FRAME_HEADER + page_size;
    }
    Ok(committed)
}

/// The number that stands at a place, its highest byte first; 0 beyond the end.
fn number_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}
