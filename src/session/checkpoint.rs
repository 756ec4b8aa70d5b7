//! Moves what was committed from the log into the file, on a connection and a thread of its own.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::error::SessionError;
use super::file;
use super::same::{followed, with_ending};

/// How often the size of the log is looked at while there are calls.
const EVERY: Duration = Duration::from_millis(500);
/// Below this the log is left alone: it costs nothing.
const WORTH_IT: u64 = 16 * 1024 * 1024;
/// Above this writers wait until the log can begin anew.
const CAP: u64 = 64 * 1024 * 1024;

/// The thread that keeps the log small. It ends when this is dropped.
pub struct Checkpoints {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub fn start(path: &Path) -> Result<Checkpoints, SessionError> {
        let connection = file::open_to_write(path)?;
        connection
            .busy_timeout(Duration::from_secs(2))
            .and_then(|()| connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;"))
            .map_err(|error| SessionError::from_sqlite(path, "open", &error))?;
        let log = with_ending(&followed(path), "-wal");
        let (stop, stopped) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("hookscope-checkpoint".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                    let size = std::fs::metadata(&log).map(|log| log.len()).unwrap_or(0);
                    if size >= WORTH_IT {
                        checkpoint(&connection, "PASSIVE");
                    }
                    if size >= CAP {
                        checkpoint(&connection, "TRUNCATE");
                    }
                }
            })
            .map_err(|error| SessionError::Machine {
                doing: "start the checkpoints of",
                path: path.to_owned(),
                detail: error.to_string(),
            })?;
        Ok(Checkpoints { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::warn!("the thread that keeps the log small ended too early");
        }
    }
}

/// A busy log is tried again in half a second.
fn checkpoint(connection: &Connection, how: &str) {
    let result = connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()));
    if let Err(error) = result {
        log::debug!("checkpoint: {error}");
    }
}
