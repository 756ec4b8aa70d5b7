//! A session that is looked at. Nothing on disk is changed by it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::checkpoint::log_path;
use super::error::SessionError;
use super::index::Index;
use super::lock::SessionLock;
use super::reader::Reader;
use super::{file, load, private};
use crate::call::{CallId, SessionId};

/// A session opened for reading. Its newest rows are there at once; the rest of the index follows on a thread of its own.
pub struct ViewedSession {
    path: PathBuf,
    id: SessionId,
    index: Index,
    reader: Reader,
    is_complete: Arc<AtomicBool>,
    is_unwanted: Arc<AtomicBool>,
    loading: Option<JoinHandle<()>>,
    /// The copy that was made where a left-over log could not be recovered in place. It goes with this.
    copy: Option<Copy>,
    _lock: Option<SessionLock>,
}

/// A copy in the data folder.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        for path in [self.0.clone(), log_path(&self.0), shm_path(&self.0)] {
            // It may never have been there.
            std::fs::remove_file(path).ok();
        }
    }
}

impl ViewedSession {
    /// Opens a session. `loaded` is called from another thread when more rows are there, and once when all are.
    pub fn open(
        path: &Path,
        data_dir: &Path,
        loaded: impl Fn() + Send + 'static,
    ) -> Result<ViewedSession, SessionError> {
        let about = std::fs::metadata(path).map_err(|error| SessionError::from_io(path, "open", &error))?;
        if about.is_dir() || about.len() < 100 {
            return Err(SessionError::NotASession { path: path.to_owned() });
        }
        std::fs::File::open(path).map_err(|error| SessionError::from_io(path, "open", &error))?;
        let (place, lock) = Place::of(path, data_dir)?;
        let connection = file::open_for_reading(place.path(), place.is_still())?;
        let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "read", &error);
        let id = file::session_id(&connection, path)?;
        let index = Index::default();
        let last = load::last_id(&connection).map_err(fail)?;
        load::marks(&connection, &index).map_err(fail)?;
        load::newest(&connection, &index, last).map_err(fail)?;
        let is_complete = Arc::new(AtomicBool::new(false));
        let is_unwanted = Arc::new(AtomicBool::new(false));
        let loading = {
            let connection = file::open_for_reading(place.path(), place.is_still())?;
            let (index, is_complete, is_unwanted) = (index.clone(), is_complete.clone(), is_unwanted.clone());
            std::thread::Builder::new()
                .name("hookscope-load".to_owned())
                .spawn(move || {
                    let result = load::all(&connection, &index, last, || {
                        loaded();
                        !is_unwanted.load(Ordering::Acquire)
                    });
                    if let Err(error) = result {
                        log::error!("cannot read the rest of the session: {error}");
                    }
                    is_complete.store(true, Ordering::Release);
                    loaded();
                })
                .map_err(|error| SessionError::Machine {
                    doing: "read",
                    path: path.to_owned(),
                    detail: error.to_string(),
                })?
        };
        let reader = Reader::new(connection, path.to_owned(), id, index.clone(), None);
        let copy = match place {
            Place::Copy(copy) => Some(copy),
            Place::Still(_) | Place::Moving(_) => None,
        };
        Ok(ViewedSession {
            path: path.to_owned(),
            id,
            index,
            reader,
            is_complete,
            is_unwanted,
            loading: Some(loading),
            copy,
            _lock: lock,
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
        self.is_complete.load(Ordering::Acquire)
    }

    /// True where a copy is read, because a killed run left a log that could not be recovered in place.
    pub fn is_copy(&self) -> bool {
        self.copy.is_some()
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
        self.is_unwanted.store(true, Ordering::Release);
        self.wait();
    }
}

/// Where the session is read from.
enum Place {
    /// Nobody writes it: read as it is, and nothing is made beside it.
    Still(PathBuf),
    /// Another process writes it: read through its log.
    Moving(PathBuf),
    Copy(Copy),
}

impl Place {
    fn of(path: &Path, data_dir: &Path) -> Result<(Place, Option<SessionLock>), SessionError> {
        if SessionLock::is_held(path, data_dir) {
            return Ok((Place::Moving(path.to_owned()), None));
        }
        let has_log = std::fs::metadata(log_path(path)).is_ok_and(|log| log.len() > 0);
        if !has_log {
            return Ok((Place::Still(path.to_owned()), None));
        }
        // A killed run left its log. SQLite recovers it; under the lock, so that nobody begins to record meanwhile.
        let lock = match SessionLock::take(path, data_dir) {
            Ok(lock) => Some(lock),
            Err(SessionError::Locked { .. }) => return Ok((Place::Moving(path.to_owned()), None)),
            // A data folder that cannot be written keeps no lock; then nobody records either.
            Err(_) => None,
        };
        if recover(path).is_ok() {
            return Ok((Place::Still(path.to_owned()), lock));
        }
        let copy = Copy(copy_path(data_dir)?);
        for (from, to) in [(path.to_owned(), copy.0.clone()), (log_path(path), log_path(&copy.0))] {
            std::fs::copy(&from, &to).map_err(|error| SessionError::from_io(&from, "copy", &error))?;
        }
        recover(&copy.0)?;
        Ok((Place::Copy(copy), None))
    }

    fn path(&self) -> &Path {
        match self {
            Place::Still(path) | Place::Moving(path) | Place::Copy(Copy(path)) => path,
        }
    }

    fn is_still(&self) -> bool {
        !matches!(self, Place::Moving(_))
    }
}

/// Moves a left-over log into the file.
fn recover(path: &Path) -> Result<(), SessionError> {
    let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "recover", &error);
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(fail)?;
    file::check_identity(&connection, path)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fail)?;
    connection.close().map_err(|(_, error)| fail(error))
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

fn shm_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-shm");
    PathBuf::from(name)
}
