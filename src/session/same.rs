//! Is this the same file? Paths can be spelled in many ways, and a file can have many names. The one place that knows how each
//! system tells.

use std::path::{Path, PathBuf};

/// What tells a file that is there from every other one, however it is reached: by a link, a hard link, a relative path. None
/// where it is not there.
///
/// It only asks about the file and never opens it: closing a file gives up the locks that SQLite holds on it in this process.
pub fn file_key(path: &Path) -> Option<Vec<u8>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let about = std::fs::metadata(path).ok()?;
        Some(format!("{}:{}", about.dev(), about.ino()).into_bytes())
    }
    #[cfg(not(unix))]
    {
        Some(std::fs::canonicalize(path).ok()?.into_os_string().into_encoded_bytes())
    }
}

/// Do two paths lead to one file that is there?
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (file_key(one), file_key(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// Would two paths be one file, whether it is there or not?
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    is_same_file(one, other) || spelled_out(one) == spelled_out(other)
}

/// The path that every way to write it comes to, where its folder is there.
pub fn spelled_out(path: &Path) -> PathBuf {
    if let Ok(canonical) = std::fs::canonicalize(path) {
        return canonical;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            std::fs::canonicalize(parent).map_or_else(|_| path.to_owned(), |parent| parent.join(name))
        }
        _ => path.to_owned(),
    }
}

/// The path beside which SQLite puts its log: links are followed. Elsewhere than on Unix SQLite takes a path as it is given, and
/// the system's own spelled-out form would be no path to it.
pub fn followed(path: &Path) -> PathBuf {
    if cfg!(unix) { std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() }
}

/// What the names of the files end in that SQLite keeps beside a session: its log, the index of that, its journal.
const ENDINGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The files that SQLite may keep beside a session.
pub fn beside(path: &Path) -> [PathBuf; 3] {
    ENDINGS.map(|ending| with_ending(path, ending))
}

/// The file beside which one of such a name lies.
pub fn base_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let base = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
    Some(path.with_file_name(base))
}

/// A log or journal with something in it that is not in the file yet.
pub fn left_over(path: &Path) -> Option<PathBuf> {
    ["-wal", "-journal"]
        .map(|ending| with_ending(path, ending))
        .into_iter()
        .find(|log| std::fs::metadata(log).is_ok_and(|log| log.len() > 0))
}

/// A path with more at its end.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
