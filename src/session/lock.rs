//! Who records into a session: locks of the operating system on files in the data folder.
//!
//! They end with the process, however that ends, leave nothing beside the session, and leave SQLite alone. One is named after the
//! session's path as it is spelled out, so that it can be taken before the file is there; another after the file itself, so that
//! a second name of the same file (a hard link) is known, beside which SQLite would begin a second log.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::SessionError;
use super::private;
use super::same::{file_key, spelled_out};

/// Whoever only looks holds a lock for a moment: so often, and so long apart, it is tried again.
const TRIES: usize = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Holds a session until it is dropped.
#[derive(Debug)]
pub struct SessionLock {
    _by_path: File,
    by_file: Option<File>,
}

/// Is a session recorded into?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    No,
    Yes,
    /// The file is, by another of its names.
    ByAnotherName,
}

impl SessionLock {
    /// Takes the lock of a session, or says that another process holds it.
    pub fn take(session: &Path, data_dir: &Path) -> Result<SessionLock, SessionError> {
        let folder = data_dir.join("locks");
        private::create_folder(&folder).map_err(|error| refused(&folder, &error))?;
        let mut lock = SessionLock { _by_path: take(session, &path_lock(session, data_dir))?, by_file: None };
        lock.cover(session, data_dir)?;
        Ok(lock)
    }

    /// Covers the file too, once it is there.
    pub fn cover(&mut self, session: &Path, data_dir: &Path) -> Result<(), SessionError> {
        if self.by_file.is_none()
            && let Some(path) = file_lock(session, data_dir)
        {
            self.by_file = Some(take(session, &path)?);
        }
        Ok(())
    }

    /// Does some process, this one or another, record into a session?
    pub fn held(session: &Path, data_dir: &Path) -> Held {
        let is_held = |path: &Path| match File::open(path) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        };
        if is_held(&path_lock(session, data_dir)) {
            Held::Yes
        } else if file_lock(session, data_dir).is_some_and(|path| is_held(&path)) {
            Held::ByAnotherName
        } else {
            Held::No
        }
    }
}

fn take(session: &Path, path: &Path) -> Result<File, SessionError> {
    let file = private::create_file(path).map_err(|error| refused(path, &error))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(refused(path, &error)),
        }
    }
    Err(SessionError::Locked { path: session.to_owned() })
}

fn refused(path: &Path, error: &std::io::Error) -> SessionError {
    SessionError::Machine { doing: "lock", path: path.to_owned(), detail: error.to_string() }
}

/// Named after the path as it is spelled out, so that every way to write it is one lock.
fn path_lock(session: &Path, data_dir: &Path) -> PathBuf {
    lock_of(spelled_out(session).as_os_str().as_encoded_bytes(), data_dir)
}

/// Named after the file itself; none where it is not there. Elsewhere than on Unix a file is known by its path only.
fn file_lock(session: &Path, data_dir: &Path) -> Option<PathBuf> {
    if cfg!(unix) { file_key(session).map(|key| lock_of(&key, data_dir)) } else { None }
}

fn lock_of(key: &[u8], data_dir: &Path) -> PathBuf {
    let digest = ring::digest::digest(&ring::digest::SHA256, key);
    let name: String = digest.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    data_dir.join("locks").join(name + ".lock")
}
