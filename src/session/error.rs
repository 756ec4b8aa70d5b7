//! Why a session cannot be opened, read or written: one clear sentence each.

use std::fmt;
use std::path::PathBuf;

/// What went wrong with a session file. Nothing on disk was changed.
#[derive(Debug)]
pub enum SessionError {
    NotFound {
        path: PathBuf,
    },
    Denied {
        path: PathBuf,
    },
    NotASession {
        path: PathBuf,
    },
    Newer {
        path: PathBuf,
        version: i64,
    },
    Damaged {
        path: PathBuf,
        detail: String,
    },
    /// Another process records into it.
    Locked {
        path: PathBuf,
    },
    /// The machine refuses: no space, no folder.
    Machine {
        doing: &'static str,
        path: PathBuf,
        detail: String,
    },
    Cancelled,
}

impl SessionError {
    /// True where the machine refuses, false where the input is at fault.
    pub fn is_machine(&self) -> bool {
        matches!(self, SessionError::Locked { .. } | SessionError::Machine { .. })
    }

    /// Sorts an error of SQLite by what a person can do about it.
    pub fn from_sqlite(path: &std::path::Path, doing: &'static str, error: &rusqlite::Error) -> SessionError {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => SessionError::NotASession { path },
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => SessionError::Damaged { path, detail: error.to_string() },
            Some(rusqlite::ErrorCode::PermissionDenied | rusqlite::ErrorCode::AuthorizationForStatementDenied) => {
                SessionError::Denied { path }
            }
            _ => SessionError::Machine { doing, path, detail: error.to_string() },
        }
    }

    pub fn from_io(path: &std::path::Path, doing: &'static str, error: &std::io::Error) -> SessionError {
        let path = path.to_owned();
        match error.kind() {
            std::io::ErrorKind::NotFound => SessionError::NotFound { path },
            std::io::ErrorKind::PermissionDenied => SessionError::Denied { path },
            _ => SessionError::Machine { doing, path, detail: error.to_string() },
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionError::NotFound { path } => write!(f, "there is no session at {}; check the path", path.display()),
            SessionError::Denied { path } => {
                write!(f, "{} may not be read or written by you; change its permissions or take a copy", path.display())
            }
            SessionError::NotASession { path } => {
                write!(f, "{} is not a Hookscope session; choose a file that ends in .hookscope", path.display())
            }
            SessionError::Newer { path, version } => write!(
                f,
                "{} was written by a newer Hookscope (form {version}); open it with that version or a later one",
                path.display()
            ),
            SessionError::Damaged { path, detail } => {
                write!(f, "{} is damaged and was left as it is ({detail}); open another copy of it", path.display())
            }
            SessionError::Locked { path } => write!(
                f,
                "{} is in use by another Hookscope; end that one, or record into another file",
                path.display()
            ),
            SessionError::Machine { doing, path, detail } => {
                write!(f, "cannot {doing} {}: {detail}; check the folder and the space on its disk", path.display())
            }
            SessionError::Cancelled => f.write_str("cancelled; nothing was left behind"),
        }
    }
}

impl std::error::Error for SessionError {}
