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
            index.set_pinned(call_id, true);
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

/// The newest rows: what a list that follows shows first.
pub fn newest(connection: &Connection, index: &Index, last: CallId) -> rusqlite::Result<()> {
    let from = CallId(last.0.saturating_sub(FIRST).saturating_add(1));
    file::read_ends(connection, from, last, |end| {
        index.insert(&end.summary);
        true
    })
}

/// Every row, oldest first, and then the calls whose end nobody wrote. `go_on` is asked after each with how many there were.
pub fn all(connection: &Connection, index: &Index, mut go_on: impl FnMut(usize) -> bool) -> rusqlite::Result<()> {
    let mut n_read = 0;
    let mut is_wanted = true;
    file::read_ends(connection, CallId(1), CallId(u32::MAX), |end| {
        index.insert(&end.summary);
        n_read += 1;
        is_wanted = n_read % 1_024 != 0 || go_on(n_read);
        is_wanted
    })?;
    if !is_wanted {
        return Ok(());
    }
    let mut statement =
        connection.prepare("SELECT id, packed FROM calls WHERE id NOT IN (SELECT id FROM ends) ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let call_id = CallId(row.get(0)?);
        let packed = row.get_ref(1)?.as_blob().unwrap_or_default();
        // One that cannot be unpacked is named when it is opened.
        if let Some(opening) = Packed::unpack(call_id, packed) {
            let closing = judged_anew(&opening);
            index.insert(&opening.summary(&closing, true));
        }
    }
    Ok(())
}
