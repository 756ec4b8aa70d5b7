//! A file that appears whole or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::error::SessionError;
use super::lock::{Held, SessionLock};
use super::private;
use super::same::{base_of, beside, is_same_place, left_over, with_ending};

/// A file that is being written beside the one whose place it takes. Dropped before that, it leaves nothing.
#[derive(Debug)]
pub struct Whole {
    part: PathBuf,
    target: PathBuf,
    is_there: bool,
}

impl Whole {
    /// Begins one, readable by its owner only, under a name that nothing has yet. A link is written through, not replaced.
    pub fn begin(target: &Path) -> io::Result<(Whole, File)> {
        let target = std::fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        if target.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; add the name of a file"));
        }
        let unique: String = uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect();
        let part = with_ending(&target, &format!(".{unique}.part"));
        let file = private::create_new_file(&part)?;
        Ok((Whole { part, target, is_there: false }, file))
    }

    /// Where it is written until it is whole.
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// It is whole: it takes the place of what was there.
    pub fn finish(mut self) -> io::Result<()> {
        std::fs::rename(&self.part, &self.target)?;
        self.is_there = true;
        Ok(())
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.is_there {
            for path in beside(&self.part).iter().chain([&self.part]) {
                // What could not be removed is said nowhere else: the error that matters came before.
                std::fs::remove_file(path).ok();
            }
        }
    }
}

/// Refuses to write where a session lies that is in use: one of `sessions`, or one that any Hookscope records into; by whatever
/// path, link or second name it is reached, and whatever of it is meant. Writing there would take the file from under whoever
/// uses it, or leave the log of one session beside another.
pub fn refuse_session(target: &Path, sessions: &[&Path], data_dir: Option<&Path>) -> Result<(), SessionError> {
    let is_part_of = |session: &Path| {
        beside(session).iter().map(PathBuf::as_path).chain([session]).any(|part| is_same_place(target, part))
    };
    let is_beside_one = base_of(target).is_some_and(|base| base.exists());
    let is_recorded = data_dir.is_some_and(|data_dir| SessionLock::held(target, data_dir) != Held::No);
    // A log that is left there would be taken for that of the new file.
    if is_beside_one || is_recorded || sessions.iter().any(|session| is_part_of(session)) || left_over(target).is_some()
    {
        return Err(SessionError::InUse { path: target.to_owned() });
    }
    Ok(())
}
