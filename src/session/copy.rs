//! *Save as*: a copy of a session, with secrets masked unless they are asked for.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rusqlite::Connection;

use super::error::SessionError;
use super::file;
use super::packed::Packed;
use super::reader::Reader;
use super::whole::{Whole, refuse_session};
use crate::call::{Record, Timestamp};

/// How a copy is coming along. Shared between the thread that writes and whoever watches or cancels.
#[derive(Debug, Default)]
pub struct CopyProgress {
    pub n_done: AtomicUsize,
    pub n_all: AtomicUsize,
    pub is_cancelled: AtomicBool,
}

/// What a record becomes on its way into a copy.
pub type Change = Arc<dyn Fn(&Record) -> Record + Send + Sync>;

/// Calls written in one commit.
const AT_ONCE: usize = 2_000;

/// Writes a copy of every call that is not cleared. It is written beside the target and takes its place when it is whole;
/// cancelled or failed, nothing is left. Gives the number of calls.
///
/// The target must not be the session itself, however it is reached, nor what SQLite keeps beside it. Whoever has other sessions
/// open asks [`refuse_session`] before.
pub fn save_copy(
    source: &Reader,
    target: &Path,
    change: Option<&Change>,
    progress: &CopyProgress,
) -> Result<usize, SessionError> {
    refuse_session(target, &[source.path()], None)?;
    if let Some(recorder) = source.recorder() {
        recorder.flush(std::time::Duration::from_secs(5));
    }
    let fail = |error: std::io::Error| SessionError::Machine {
        doing: "write",
        path: target.to_owned(),
        detail: error.to_string(),
    };
    let (whole, file) = Whole::begin(target).map_err(fail)?;
    drop(file);
    let n_calls = write(source, whole.part(), target, change, progress)?;
    whole.finish().map_err(fail)?;
    Ok(n_calls)
}

fn write(
    source: &Reader,
    beside: &Path,
    target: &Path,
    change: Option<&Change>,
    progress: &CopyProgress,
) -> Result<usize, SessionError> {
    let fail = |error: rusqlite::Error| SessionError::from_sqlite(target, "write", &error);
    let connection = file::open_to_write(beside)?;
    connection
        .execute_batch("PRAGMA page_size = 4096; PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF;")
        .map_err(fail)?;
    file::make_schema(&connection).map_err(fail)?;
    file::set_meta(&connection, "session", &source.session().to_string()).map_err(fail)?;
    let now = Timestamp::from_system_time(std::time::SystemTime::now());
    file::set_meta(&connection, "created_at", &now.to_string()).map_err(fail)?;
    let ids = source.ids()?;
    progress.n_all.store(ids.len(), Ordering::Release);
    let mut verdicts = std::collections::HashMap::new();
    for (chunk_idx, chunk) in ids.chunks(AT_ONCE).enumerate() {
        connection.execute_batch("BEGIN").map_err(fail)?;
        for (idx, call_id) in chunk.iter().enumerate() {
            if progress.is_cancelled.load(Ordering::Acquire) {
                return Err(SessionError::Cancelled);
            }
            let Some(record) = source.record(*call_id)? else { continue };
            let record = change.map_or_else(|| record.clone(), |change| change(&record));
            write_record(&connection, &record, &mut verdicts).map_err(fail)?;
            progress.n_done.store(chunk_idx * AT_ONCE + idx + 1, Ordering::Release);
        }
        connection.execute_batch("COMMIT").map_err(fail)?;
    }
    connection.execute_batch("PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT;").map_err(fail)?;
    connection.close().map_err(|(_, error)| fail(error))?;
    std::fs::File::open(beside)
        .and_then(|file| file.sync_all())
        .map_err(|error| SessionError::from_io(target, "write", &error))?;
    Ok(ids.len())
}

fn write_record(
    connection: &Connection,
    record: &Record,
    verdicts: &mut std::collections::HashMap<String, i64>,
) -> rusqlite::Result<()> {
    let packed = Packed::new(&record.opening);
    connection
        .prepare_cached("INSERT INTO calls (id, packed) VALUES (?1, ?2)")?
        .execute(rusqlite::params![record.opening.call_id.0, packed.0])?;
    // A verdict is texts and enums only: it always has a JSON form.
    let json = serde_json::to_string(&*record.closing.verdict).unwrap_or_default();
    let next = i64::try_from(verdicts.len()).unwrap_or(i64::MAX - 1) + 1;
    let verdict_id = match verdicts.get(&json) {
        Some(verdict_id) => *verdict_id,
        None => {
            connection
                .prepare_cached("INSERT INTO verdicts (id, json) VALUES (?1, ?2)")?
                .execute(rusqlite::params![next, json])?;
            verdicts.insert(json, next);
            next
        }
    };
    file::insert_end(connection, &record.summary(), &record.closing, verdict_id)?;
    if record.pinned || !record.note.is_empty() {
        connection
            .prepare_cached("INSERT INTO marks (id, pinned, note) VALUES (?1, ?2, ?3)")?
            .execute(rusqlite::params![record.opening.call_id.0, record.pinned, record.note])?;
    }
    Ok(())
}
