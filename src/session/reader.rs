//! Reads whole calls from a session file, one at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};

use super::error::SessionError;
use super::file;
use super::index::Index;
use super::packed::Packed;
use super::recorder::Recorder;
use crate::call::{CallId, Closing, DeliveryEvents, Opening, Record, SessionId, judge_call};
use crate::okta::Verdict;

/// How long a call that is on its way into the file is waited for.
const FLUSH_FOR: Duration = Duration::from_millis(500);

/// Reads calls of one session. A clone is another hold on the same connection.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

struct Shared {
    connection: Mutex<Connection>,
    path: PathBuf,
    session: SessionId,
    index: Index,
    /// The recorder of a live session: it is asked to write what is still on its way.
    recorder: Option<Recorder>,
}

impl Reader {
    pub fn new(
        connection: Connection,
        path: PathBuf,
        session: SessionId,
        index: Index,
        recorder: Option<Recorder>,
    ) -> Reader {
        Reader { shared: Arc::new(Shared { connection: Mutex::new(connection), path, session, index, recorder }) }
    }

    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    pub fn session(&self) -> SessionId {
        self.shared.session
    }

    /// A call, whole. None where there is no such call.
    ///
    /// A call whose end was not written before its process died is judged anew from what is there.
    pub fn record(&self, call_id: CallId) -> Result<Option<Record>, SessionError> {
        let found = self.read(call_id)?;
        match (&found, &self.shared.recorder) {
            (Some((_, true)), _) | (_, None) => Ok(found.map(|(record, _)| record)),
            (_, Some(recorder)) => {
                // It may be on its way. Where the disk is stuck, what is there is shown.
                recorder.flush(FLUSH_FOR);
                Ok(self.read(call_id)?.map(|(record, _)| record))
            }
        }
    }

    /// The call, and whether its end is in the file.
    fn read(&self, call_id: CallId) -> Result<Option<(Record, bool)>, SessionError> {
        let connection = self.connection();
        let fail = |error: rusqlite::Error| SessionError::from_sqlite(&self.shared.path, "read", &error);
        let packed: Option<Vec<u8>> = connection
            .prepare_cached("SELECT packed FROM calls WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([call_id.0], |row| row.get(0)).optional())
            .map_err(fail)?;
        let Some(packed) = packed else {
            return Ok(None);
        };
        let mut opening = Packed::unpack(call_id, &packed).ok_or_else(|| SessionError::Damaged {
            path: self.shared.path.clone(),
            detail: format!("call {call_id} cannot be unpacked"),
        })?;
        let mut end = None;
        file::read_ends(&connection, call_id, call_id, |found| {
            end = Some(found);
            false
        })
        .map_err(fail)?;
        let (closing, is_whole) = match end.transpose().map_err(fail)? {
            Some(end) => {
                // Which call it repeats may not have been known yet when it was written first.
                opening.link = end.summary.link;
                let verdict = match verdict(&connection, end.verdict_id).map_err(fail)? {
                    Some(verdict) => verdict,
                    None => judge_call(&opening, end.timing, end.problem.as_ref()),
                };
                let verdict = Arc::new(verdict);
                (Closing { timing: end.timing, verdict, problem: end.problem, events: end.events }, true)
            }
            None => (judged_anew(&opening), false),
        };
        drop(connection);
        let index = &self.shared.index;
        let record = Record {
            opening,
            closing,
            recorded: index.is_recorded(call_id),
            pinned: index.is_pinned(call_id),
            note: index.note(call_id).map(|note| note.to_string()).unwrap_or_default(),
        };
        Ok(Some((record, is_whole)))
    }

    /// The ids of all calls in the file that are not cleared, in order.
    pub fn ids(&self) -> Result<Vec<CallId>, SessionError> {
        let connection = self.connection();
        let fail = |error: rusqlite::Error| SessionError::from_sqlite(&self.shared.path, "read", &error);
        let cleared_through = file::cleared_through(&connection).map_err(fail)?;
        let mut statement = connection
            .prepare_cached(
                "SELECT id FROM calls WHERE id > ?1 OR id IN (SELECT id FROM marks WHERE pinned) ORDER BY id",
            )
            .map_err(fail)?;
        let ids = statement.query_map([cleared_through.0], |row| row.get(0).map(CallId)).map_err(fail)?;
        ids.collect::<rusqlite::Result<Vec<CallId>>>().map_err(fail)
    }

    /// The events of Okta's deliveries up to and with `through`, in order; `look` says whether to go on.
    pub fn for_each_delivery(
        &self,
        through: CallId,
        look: impl FnMut(CallId, &DeliveryEvents) -> bool,
    ) -> Result<(), SessionError> {
        // A connection of its own: whoever opens a call meanwhile does not wait.
        let connection = file::open_for_reading(&self.shared.path, false)?;
        file::read_events(&connection, through, look)
            .map_err(|error| SessionError::from_sqlite(&self.shared.path, "read", &error))
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn recorder(&self) -> Option<&Recorder> {
        self.shared.recorder.as_ref()
    }
}

fn verdict(connection: &Connection, verdict_id: i64) -> rusqlite::Result<Option<Verdict>> {
    let json: Option<String> = connection
        .prepare_cached("SELECT json FROM verdicts WHERE id = ?1")?
        .query_row([verdict_id], |row| row.get(0))
        .optional()?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

/// What can be said of a call whose end nobody wrote.
pub fn judged_anew(opening: &Opening) -> Closing {
    let problem = opening.problem.clone();
    let verdict = judge_call(opening, None, problem.as_ref());
    Closing { timing: None, verdict: Arc::new(verdict), problem, events: None }
}
