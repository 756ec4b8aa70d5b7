//! The session that is recorded into: lock, recorder, checkpoints, index.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::checkpoint::Checkpoints;
use super::error::SessionError;
use super::index::Index;
use super::lock::SessionLock;
use super::reader::Reader;
use super::recorder::Recorder;
use super::same::with_ending;
use super::{file, load, private};
use crate::call::{CallId, SessionId, Timestamp};

/// The file that every start continues.
const WORKING: &str = "working.hookscope";

/// A session that this process records into. Dropping it without [`LiveSession::close`] loses nothing that was answered.
pub struct LiveSession {
    path: PathBuf,
    id: SessionId,
    gave_way: bool,
    next_call_id: CallId,
    index: Index,
    recorder: Recorder,
    reader: Reader,
    thread: JoinHandle<()>,
    checkpoints: Checkpoints,
    loading: Loading,
    _lock: SessionLock,
}

impl LiveSession {
    /// Continues the working session; where another process holds it, begins a file of its own.
    pub fn working(data_dir: &Path) -> Result<LiveSession, SessionError> {
        make_folder(data_dir)?;
        let path = data_dir.join(WORKING);
        let opened = match LiveSession::open(&path, data_dir, false) {
            Err(SessionError::LogLeft { log, .. }) => {
                // Somebody took the session away and left its log, which nobody can read alone. It is not thrown away, but it
                // must not keep the program from starting.
                let aside = with_ending(&log, ".left");
                std::fs::rename(&log, &aside).map_err(|error| SessionError::from_io(&log, "move", &error))?;
                log::warn!("{} belonged to a session that is gone; it is {} now", log.display(), aside.display());
                LiveSession::open(&path, data_dir, false)
            }
            opened => opened,
        };
        match opened {
            Err(SessionError::Locked { .. }) => LiveSession::open(&fresh_path(data_dir), data_dir, true),
            other => other,
        }
    }

    /// Creates or continues a session at a path.
    pub fn at(path: &Path, data_dir: &Path) -> Result<LiveSession, SessionError> {
        make_folder(data_dir)?;
        LiveSession::open(path, data_dir, false)
    }

    /// Begins another session beside the working one.
    pub fn new_in(data_dir: &Path) -> Result<LiveSession, SessionError> {
        make_folder(data_dir)?;
        LiveSession::open(&fresh_path(data_dir), data_dir, false)
    }

    fn open(path: &Path, data_dir: &Path, gave_way: bool) -> Result<LiveSession, SessionError> {
        let mut lock = SessionLock::take(path, data_dir)?;
        let connection = file::open_for_recording(path)?;
        lock.cover(path, data_dir)?;
        let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "read", &error);
        let id = file::session_id(&connection, path)?;
        let index = Index::default();
        load::marks(&connection, &index).map_err(fail)?;
        let last = load::last_id(&connection).map_err(fail)?;
        load::newest(&connection, &index, last).map_err(fail)?;
        let verdicts = verdicts(&connection).map_err(fail)?;
        let reading = file::open_for_reading(path, false)?;
        let checkpoints = Checkpoints::start(path)?;
        let loading = Loading::start(path, &index, last)?;
        let (recorder, thread) = Recorder::start(connection, path.to_owned(), index.clone(), verdicts)?;
        let reader = Reader::new(reading, path.to_owned(), id, index.clone(), Some(recorder.clone()));
        Ok(LiveSession {
            path: path.to_owned(),
            id,
            gave_way,
            next_call_id: CallId(last.0.saturating_add(1)),
            index,
            recorder,
            reader,
            thread,
            checkpoints,
            loading,
            _lock: lock,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn id(&self) -> SessionId {
        self.id
    }

    /// True where the working session was in use, so that this is another file.
    pub fn gave_way(&self) -> bool {
        self.gave_way
    }

    pub fn next_call_id(&self) -> CallId {
        self.next_call_id
    }

    /// True once every earlier call is in the index. The newest are there from the start.
    pub fn loaded(&self) -> watch::Receiver<bool> {
        self.loading.is_complete.clone()
    }

    pub fn index(&self) -> Index {
        self.index.clone()
    }

    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Writes what is left and leaves one whole file.
    pub fn close(self) -> Result<(), SessionError> {
        self.recorder.stop();
        if self.thread.join().is_err() {
            return Err(SessionError::Machine {
                doing: "close",
                path: self.path,
                detail: "the recorder ended too early; every answered call is in the file".to_owned(),
            });
        }
        drop(self.checkpoints);
        drop(self.loading);
        // Readers that are still held keep the log beside the file; the main connection is this one, and the last.
        let fail = |error: rusqlite::Error| SessionError::from_sqlite(&self.path, "close", &error);
        *self.reader.connection() = rusqlite::Connection::open_in_memory().map_err(fail)?;
        let last = file::open_to_write(&self.path)?;
        last.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fail)?;
        last.close().map_err(|(_, error)| fail(error))
    }
}

/// The thread that reads the earlier calls of a session, so that a large one does not hold up a start.
struct Loading {
    is_complete: watch::Receiver<bool>,
    is_unwanted: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Loading {
    fn start(path: &Path, index: &Index, last: CallId) -> Result<Loading, SessionError> {
        let connection = file::open_for_reading(path, false)?;
        let (complete, is_complete) = watch::channel(false);
        let is_unwanted = Arc::new(AtomicBool::new(false));
        let (index, unwanted) = (index.clone(), is_unwanted.clone());
        let thread = std::thread::Builder::new()
            .name("hookscope-load".to_owned())
            .spawn(move || {
                match load::all(&connection, &index, last, |_| !unwanted.load(Ordering::Acquire)) {
                    Ok(0) => {}
                    Ok(n_damaged) => log::error!("{n_damaged} earlier calls of the session are damaged and not shown"),
                    Err(error) => log::error!("cannot read the earlier calls of the session: {error}"),
                }
                complete.send_replace(true);
            })
            .map_err(|error| SessionError::Machine {
                doing: "read",
                path: path.to_owned(),
                detail: error.to_string(),
            })?;
        Ok(Loading { is_complete, is_unwanted, thread: Some(thread) })
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        self.is_unwanted.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("reading the earlier calls ended too early");
        }
    }
}

fn make_folder(data_dir: &Path) -> Result<(), SessionError> {
    private::create_folder(data_dir).map_err(|error| SessionError::Machine {
        doing: "make the folder",
        path: data_dir.to_owned(),
        detail: error.to_string(),
    })
}

/// A name that no session has yet.
fn fresh_path(data_dir: &Path) -> PathBuf {
    let now = Timestamp::from_system_time(std::time::SystemTime::now());
    let stamp: String = now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let names = std::iter::once(format!("working-{stamp}.hookscope"))
        .chain((2..).map(|n| format!("working-{stamp}-{n}.hookscope")));
    names.map(|name| data_dir.join(name)).find(|path| !path.exists()).unwrap_or_else(|| data_dir.join(WORKING))
}

fn verdicts(connection: &rusqlite::Connection) -> rusqlite::Result<HashMap<String, i64>> {
    let mut statement = connection.prepare("SELECT json, id FROM verdicts ORDER BY id DESC LIMIT 4096")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
