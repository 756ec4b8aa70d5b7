//! Brings an index up to date from a file.

use rusqlite::Connection;

use super::file;
use super::index::Index;
use super::packed::Packed;
use super::reader::judged_anew;
use crate::call::CallId;

/// Rows that are read before anything else, so that a window has something to show.
const FIRST: u32 = 256;

/// The highest id in the file; 0 where there is none.
pub fn last_id(connection: &Connection) -> rusqlite::Result<CallId> {
    connection
        .query_row(
            "SELECT max(coalesce((SELECT max(id) FROM calls), 0), coalesce((SELECT max(id) FROM ends), 0))",
            [],
            |row| row.get(0),
        )
        .map(CallId)
}

/// Pins, notes and the clear mark.
pub fn marks(connection: &Connection, index: &Index) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT id, pinned, note FROM marks")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let call_id = CallId(row.get(0)?);
        if row.get::<_, bool>(1)? {
            index.set_pinned(&[call_id], true);
        }
        let note: String = row.get(2)?;
        if !note.is_empty() {
            index.set_note(call_id, &note);
        }
    }
    let cleared_through = file::cleared_through(connection)?;
    if cleared_through > CallId(0) {
        index.set_cleared_through(cleared_through);
    }
    Ok(())
}

/// The newest rows: what a list that follows shows first. What cannot be read of them is told by [`all`].
pub fn newest(connection: &Connection, index: &Index, last: CallId) -> rusqlite::Result<()> {
    let from = CallId(last.0.saturating_sub(FIRST).saturating_add(1));
    file::read_ends(connection, from, last, |end| {
        if let Ok(end) = end {
            index.insert(&end.summary);
        }
        true
    })
}

/// How many calls have ended.
pub fn n_ends(connection: &Connection) -> rusqlite::Result<usize> {
    connection
        .query_row("SELECT count(*) FROM ends", [], |row| row.get::<_, i64>(0))
        .map(|n_ends| usize::try_from(n_ends).unwrap_or(0))
}

/// After so many rows whoever lists them is told that earlier ones have come.
const ANNOUNCE_EVERY: usize = 65_536;

/// Every row up to `through`, oldest first, and then the calls whose end nobody wrote. `go_on` is asked now and then with the
/// number of rows that have been read. Gives the number of rows that are damaged.
pub fn all(
    connection: &Connection,
    index: &Index,
    through: CallId,
    go_on: impl Fn(usize) -> bool,
) -> rusqlite::Result<usize> {
    let (mut n_read, mut n_damaged) = (0usize, 0usize);
    let mut is_wanted = true;
    file::read_ends(connection, CallId(1), through, |end| {
        match end {
            Ok(end) => index.insert(&end.summary),
            Err(_) => n_damaged += 1,
        }
        n_read += 1;
        if n_read.is_multiple_of(ANNOUNCE_EVERY) {
            index.announce_earlier();
        }
        is_wanted = !n_read.is_multiple_of(1_024) || go_on(n_read);
        is_wanted
    })?;
    if !is_wanted {
        return Ok(n_damaged);
    }
    let mut statement = connection
        .prepare("SELECT id, packed FROM calls WHERE id <= ?1 AND id NOT IN (SELECT id FROM ends) ORDER BY id")?;
    let mut rows = statement.query([through.0])?;
    while let Some(row) = rows.next()? {
        let Ok(call_id) = row.get(0).map(CallId) else {
            n_damaged += 1;
            continue;
        };
        match Packed::unpack(call_id, row.get_ref(1)?.as_blob().unwrap_or_default()) {
            Some(opening) => {
                let closing = judged_anew(&opening);
                index.insert(&opening.summary(&closing, true));
            }
            None => n_damaged += 1,
        }
    }
    index.announce_earlier();
    Ok(n_damaged)
}
