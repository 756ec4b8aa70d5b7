//! From where a session is read when it is looked at: as it lies there, through the log of whoever records into it, or from a copy.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::SessionError;
use super::lock::{Held, SessionLock};
use super::same::{beside, followed, left_over, with_ending};
use super::{file, identity, load, private};

/// How opening a session is coming along. Shared between the threads that read and whoever watches or cancels.
#[derive(Debug, Default)]
pub struct OpenProgress {
    /// Bytes of a copy that has to be made first; 0 of 0 where none is.
    pub n_bytes_done: AtomicU64,
    pub n_bytes_all: AtomicU64,
    /// Calls in the index, of those in the file. 0 of 0 until they are counted.
    pub n_rows_done: AtomicUsize,
    pub n_rows_all: AtomicUsize,
    pub is_complete: AtomicBool,
    pub is_cancelled: AtomicBool,
}

impl OpenProgress {
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Release);
    }

    pub fn is_wanted(&self) -> Result<(), SessionError> {
        if self.is_cancelled.load(Ordering::Acquire) { Err(SessionError::Cancelled) } else { Ok(()) }
    }

    /// Calls in the index, and calls in the file.
    pub fn rows(&self) -> (usize, usize) {
        (self.n_rows_done.load(Ordering::Acquire), self.n_rows_all.load(Ordering::Acquire))
    }

    /// The share that is done, from 0 to 1.
    pub fn share(&self) -> f32 {
        let (n_done, n_all) = match self.rows() {
            (_, 0) => (self.n_bytes_done.load(Ordering::Acquire), self.n_bytes_all.load(Ordering::Acquire)),
            (n_done, n_all) => (n_done as u64, n_all as u64),
        };
        if n_all == 0 { 0.0 } else { (n_done as f32 / n_all as f32).min(1.0) }
    }
}

/// Where the session is read from.
pub enum Place {
    /// Nobody writes it: read as it is, and nothing is made beside it.
    Still(PathBuf),
    /// A process records into it: read through its log.
    Moving(PathBuf),
    Copy(Copy),
}

/// A copy in the data folder. It goes with this.
pub struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        for path in beside(&self.0).iter().chain([&self.0]) {
            // It may never have been there.
            std::fs::remove_file(path).ok();
        }
    }
}

impl Place {
    /// Finds out how a session can be read. What is no session, or one of a newer program, is refused before anything but its
    /// bytes has been looked at.
    pub fn of(named: &Path, data_dir: &Path, progress: &OpenProgress) -> Result<Place, SessionError> {
        let about = std::fs::metadata(named).map_err(|error| SessionError::unreadable(named, &error))?;
        if !about.is_file() || about.len() < 100 {
            return Err(SessionError::NotASession { path: named.to_owned() });
        }
        let path = followed(named);
        match SessionLock::held(&path, data_dir) {
            Held::No => {}
            // It is a session, then, and it may be this process that records: the file is left to SQLite.
            Held::Yes => return Ok(Place::Moving(path)),
            // Its log lies beside the other name: by this one it cannot be read whole.
            Held::ByAnotherName => return Err(SessionError::Locked { path: named.to_owned() }),
        }
        identity::check(&path).map_err(|error| error.named(named))?;
        if left_over(&path).is_none() {
            return Ok(Place::Still(path));
        }
        // A killed run left its log. SQLite recovers it; under the lock, so that nobody begins to record meanwhile.
        let lock = match SessionLock::take(&path, data_dir) {
            Ok(lock) => Some(lock),
            Err(SessionError::Locked { .. }) => return Ok(Place::Moving(path)),
            // A data folder that cannot be written keeps no lock; then nobody records either.
            Err(_) => None,
        };
        progress.is_wanted()?;
        match recover(&path) {
            Ok(()) => return Ok(Place::Still(path)),
            Err(error) if !error.is_machine() && !matches!(error, SessionError::Denied { .. }) => {
                return Err(error.named(named));
            }
            // It cannot be recovered where it lies.
            Err(_) => {}
        }
        let copy = Copy(copy_path(data_dir)?);
        let logs = ["-wal", "-journal"].map(|ending| (with_ending(&path, ending), with_ending(&copy.0, ending)));
        for (from, to) in [(path.clone(), copy.0.clone())].into_iter().chain(logs) {
            if from.exists() {
                copy_file(&from, &to, progress)?;
            }
        }
        drop(lock);
        recover(&copy.0).map_err(|error| error.named(named))?;
        Ok(Place::Copy(copy))
    }

    pub fn path(&self) -> &Path {
        match self {
            Place::Still(path) | Place::Moving(path) | Place::Copy(Copy(path)) => path,
        }
    }

    pub fn is_still(&self) -> bool {
        !matches!(self, Place::Moving(_))
    }
}

/// Moves a left-over log into the file, once it is known that both together can be read.
fn recover(path: &Path) -> Result<(), SessionError> {
    let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "recover", &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    // Until it is known to be good nothing is written: not by closing it, and no file beside it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fail)?;
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE;").map_err(fail)?;
    file::check_identity(&connection, path)?;
    file::session_id(&connection, path)?;
    load::last_id(&connection).map_err(|error| SessionError::from_sqlite(path, "read", &error))?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fail)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(fail)?;
    // The index of the log that the killed run left: while the file is held alone nobody uses it. There may be none.
    std::fs::remove_file(with_ending(path, "-shm")).ok();
    connection.close().map_err(|(_, error)| fail(error))
}

/// Bytes that are copied between two looks at whether they are still wanted.
const AT_ONCE: usize = 1024 * 1024;

/// Copies a file into one of our own, that can be written even where the first one cannot.
fn copy_file(from: &Path, to: &Path, progress: &OpenProgress) -> Result<(), SessionError> {
    let fail = |error: std::io::Error| SessionError::from_io(from, "copy", &error);
    let mut source = std::fs::File::open(from).map_err(fail)?;
    progress.n_bytes_all.fetch_add(source.metadata().map_err(fail)?.len(), Ordering::AcqRel);
    let mut target = private::create_file(to).map_err(fail)?;
    let mut buffer = vec![0; AT_ONCE];
    loop {
        progress.is_wanted()?;
        let n_read = source.read(&mut buffer).map_err(fail)?;
        let Some(piece) = buffer.get(..n_read).filter(|piece| !piece.is_empty()) else {
            return Ok(());
        };
        target.write_all(piece).map_err(fail)?;
        progress.n_bytes_done.fetch_add(n_read as u64, Ordering::AcqRel);
    }
}

fn copy_path(data_dir: &Path) -> Result<PathBuf, SessionError> {
    let folders = [data_dir.join("recovered"), std::env::temp_dir().join("hookscope-recovered")];
    for folder in &folders {
        if private::create_folder(folder).is_ok() {
            return Ok(folder.join(format!("{}.hookscope", uuid::Uuid::new_v4())));
        }
    }
    Err(SessionError::Machine {
        doing: "make a copy in",
        path: data_dir.to_owned(),
        detail: "no folder can be written".to_owned(),
    })
}
