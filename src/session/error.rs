//! Why a session cannot be opened, read or written: one clear sentence each.

use std::fmt;
use std::path::PathBuf;

use rusqlite::ErrorCode;

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
    /// The file is not there, or empty, but a log of it is.
    LogLeft {
        path: PathBuf,
        log: PathBuf,
    },
    /// What was to be written over is a session in use, or belongs to one.
    InUse {
        path: PathBuf,
    },
    /// The system cannot read it.
    Unreadable {
        path: PathBuf,
        detail: String,
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
        let detail = error.to_string();
        match error.sqlite_error_code() {
            // SQLite sees only what begins as a session does.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => SessionError::Damaged { path, detail },
            Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => {
                SessionError::Denied { path }
            }
            // A table or a column that every session has is missing, or a value is none that was written.
            Some(ErrorCode::Unknown) | None if doing == "read" => SessionError::Damaged { path, detail },
            _ => SessionError::Machine { doing, path, detail },
        }
    }

    /// Sorts an error of the system about a file that is only to be read.
    pub fn unreadable(path: &std::path::Path, error: &std::io::Error) -> SessionError {
        match SessionError::from_io(path, "read", error) {
            SessionError::Machine { path, detail, .. } => SessionError::Unreadable { path, detail },
            other => other,
        }
    }

    /// The same about a file by the name that the user knows it by.
    pub fn named(mut self, name: &std::path::Path) -> SessionError {
        match &mut self {
            SessionError::NotFound { path }
            | SessionError::Denied { path }
            | SessionError::NotASession { path }
            | SessionError::Newer { path, .. }
            | SessionError::Damaged { path, .. }
            | SessionError::Locked { path }
            | SessionError::LogLeft { path, .. }
            | SessionError::InUse { path }
            | SessionError::Unreadable { path, .. }
            | SessionError::Machine { path, .. } => *path = name.to_owned(),
            SessionError::Cancelled => {}
        }
        self
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
                write!(
                    f,
                    "{} is damaged and was left as it is ({detail}); open another copy of it, or move it away to begin anew",
                    path.display()
                )
            }
            SessionError::LogLeft { path, log } => write!(
                f,
                "{} is not there any more, but {} is; move that away, or choose another file",
                path.display(),
                log.display()
            ),
            SessionError::InUse { path } => {
                write!(f, "{} is a session that is in use, or belongs to one; choose another file", path.display())
            }
            SessionError::Unreadable { path, detail } => {
                write!(f, "{} cannot be read: {detail}; check the path", path.display())
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
