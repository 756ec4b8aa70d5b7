//! A session that is looked at. Nothing on disk is changed by it.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use rusqlite::InterruptHandle;

use super::error::SessionError;
use super::index::Index;
use super::place::{OpenProgress, Place};
use super::reader::Reader;
use super::{file, load};
use crate::call::{CallId, SessionId};

/// A session opened for reading. Its newest rows are there at once; the rest of the index follows on a thread of its own.
/// Dropping it ends that.
pub struct ViewedSession {
    path: PathBuf,
    id: SessionId,
    index: Index,
    reader: Reader,
    progress: Arc<OpenProgress>,
    /// Why not everything could be read.
    problem: Arc<OnceLock<String>>,
    loading: Option<JoinHandle<()>>,
    interrupt: InterruptHandle,
    /// Holds the copy that was made where a left-over log could not be recovered in place. It goes last.
    place: Place,
}

impl ViewedSession {
    /// Opens a session. `loaded` is called from another thread when more rows are there, and once when all are.
    pub fn open(
        path: &Path,
        data_dir: &Path,
        loaded: impl Fn() + Send + 'static,
    ) -> Result<ViewedSession, SessionError> {
        ViewedSession::open_with(path, data_dir, Arc::default(), loaded)
    }

    /// The same, watched. Cancelled before it is open it is an error and leaves nothing behind; later it stops where it is.
    pub fn open_with(
        path: &Path,
        data_dir: &Path,
        progress: Arc<OpenProgress>,
        loaded: impl Fn() + Send + 'static,
    ) -> Result<ViewedSession, SessionError> {
        let place = Place::of(path, data_dir, &progress)?;
        progress.is_wanted()?;
        let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "read", &error);
        let open = || file::open_for_reading(place.path(), place.is_still()).map_err(|error| error.named(path));
        let connection = open()?;
        let id = file::session_id(&connection, path)?;
        let index = Index::default();
        let last = load::last_id(&connection).map_err(fail)?;
        load::marks(&connection, &index).map_err(fail)?;
        load::newest(&connection, &index, last).map_err(fail)?;
        let problem: Arc<OnceLock<String>> = Arc::default();
        let loading = Loading {
            connection: open()?,
            index: index.clone(),
            last,
            progress: progress.clone(),
            problem: problem.clone(),
            path: path.to_owned(),
        };
        let interrupt = loading.connection.get_interrupt_handle();
        let loading =
            std::thread::Builder::new().name("hookscope-load".to_owned()).spawn(move || loading.run(loaded)).map_err(
                |error| SessionError::Machine { doing: "read", path: path.to_owned(), detail: error.to_string() },
            )?;
        let reader = Reader::new(connection, path.to_owned(), id, index.clone(), None);
        Ok(ViewedSession {
            path: path.to_owned(),
            id,
            index,
            reader,
            progress,
            problem,
            loading: Some(loading),
            interrupt,
            place,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn id(&self) -> SessionId {
        self.id
    }

    pub fn index(&self) -> Index {
        self.index.clone()
    }

    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    pub fn is_complete(&self) -> bool {
        self.progress.is_complete.load(Ordering::Acquire)
    }

    /// How far the index is.
    pub fn progress(&self) -> &OpenProgress {
        &self.progress
    }

    /// What is wrong with the file, where not everything in it could be read. Known once it is complete.
    pub fn problem(&self) -> Option<&str> {
        self.problem.get().map(String::as_str)
    }

    /// True where a copy is read, because a killed run left a log that could not be recovered in place.
    pub fn is_copy(&self) -> bool {
        matches!(self.place, Place::Copy(_))
    }

    /// Waits until every row is in the index.
    pub fn wait(&mut self) {
        if let Some(loading) = self.loading.take()
            && loading.join().is_err()
        {
            log::error!("reading {} ended too early", self.path.display());
        }
    }

    /// The ids of all calls, in order.
    pub fn ids(&self) -> Result<Vec<CallId>, SessionError> {
        self.reader.ids()
    }
}

impl Drop for ViewedSession {
    fn drop(&mut self) {
        self.progress.cancel();
        // What it reads at this moment may take a while.
        self.interrupt.interrupt();
        self.wait();
    }
}

/// What reads the earlier rows.
struct Loading {
    connection: rusqlite::Connection,
    index: Index,
    last: CallId,
    progress: Arc<OpenProgress>,
    problem: Arc<OnceLock<String>>,
    path: PathBuf,
}

impl Loading {
    fn run(self, loaded: impl Fn()) {
        let progress = &self.progress;
        let counted = load::n_ends(&self.connection).map(|n_all| progress.n_rows_all.store(n_all, Ordering::Release));
        let read = counted.and_then(|()| {
            load::all(&self.connection, &self.index, self.last, |n_read| {
                progress.n_rows_done.store(n_read, Ordering::Release);
                loaded();
                !progress.is_cancelled.load(Ordering::Acquire)
            })
        });
        let path = self.path.display();
        if read.is_ok() {
            progress.n_rows_done.store(progress.rows().1, Ordering::Release);
        }
        let problem = match read {
            Ok(0) => None,
            _ if progress.is_wanted().is_err() => None,
            Ok(n_damaged) => {
                Some(format!("{path} is damaged: {n_damaged} of its calls cannot be read; the others are shown"))
            }
            Err(error) => {
                let n_read = self.index.len();
                Some(format!("{path} is damaged: after {n_read} calls it cannot be read on ({error}); those are shown"))
            }
        };
        if let Some(problem) = problem {
            // Nobody else sets it.
            self.problem.set(problem).ok();
        }
        progress.is_complete.store(true, Ordering::Release);
        loaded();
    }
}
