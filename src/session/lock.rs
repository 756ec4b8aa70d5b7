//! Who records into a session: a lock of the operating system on a file in the data folder.
//!
//! It ends with the process, however that ends, leaves nothing beside the session, and leaves SQLite alone.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::error::SessionError;
use super::private;

/// Holds a session until it is dropped.
#[derive(Debug)]
pub struct SessionLock {
    _file: File,
}

impl SessionLock {
    /// Takes the lock of a session, or says that another process holds it.
    pub fn take(session: &Path, data_dir: &Path) -> Result<SessionLock, SessionError> {
        let path = lock_path(session, data_dir);
        let fail = |error: &std::io::Error| SessionError::Machine {
            doing: "lock",
            path: path.clone(),
            detail: error.to_string(),
        };
        private::create_folder(&data_dir.join("locks")).map_err(|error| fail(&error))?;
        let file = private::create_file(&path).map_err(|error| fail(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(SessionLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(SessionError::Locked { path: session.to_owned() }),
            Err(TryLockError::Error(error)) => Err(fail(&error)),
        }
    }

    /// True while some process records into a session.
    pub fn is_held(session: &Path, data_dir: &Path) -> bool {
        let path = lock_path(session, data_dir);
        match File::open(&path) {
            Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }
}

/// Named after the canonical path, so that every way to write it is one lock.
fn lock_path(session: &Path, data_dir: &Path) -> PathBuf {
    let canonical = match (session.parent(), session.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            std::fs::canonicalize(session)
                .or_else(|_| std::fs::canonicalize(parent).map(|parent| parent.join(name)))
                .unwrap_or_else(|_| session.to_owned())
        }
        _ => session.to_owned(),
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, canonical.as_os_str().as_encoded_bytes());
    let name: String = digest.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    data_dir.join("locks").join(name + ".lock")
}
