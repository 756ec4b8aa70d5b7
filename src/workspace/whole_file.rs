//! Writing a file so that it appears whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever could before; a new file is its owner's alone.
    AsBefore,
    /// Its owner alone, whoever could before.
    Owner,
}

/// Writes a file. A folder that is missing is made.
pub fn write(path: &Path, text: &str, readers: Readers) -> std::io::Result<()> {
    // A link is written through, not replaced.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let unique: String = uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect();
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{unique}.new"));
    let beside = PathBuf::from(beside);
    let written = write_beside(&beside, &path, text, readers);
    if written.is_err() {
        // It may not be there; the error that matters is the one before.
        std::fs::remove_file(&beside).ok();
    }
    written
}

fn write_beside(beside: &Path, path: &Path, text: &str, readers: Readers) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if readers == Readers::AsBefore
        && let Ok(about) = std::fs::metadata(path)
    {
        file.set_permissions(about.permissions())?;
    }
    drop(file);
    std::fs::rename(beside, path)
}
