//! The SQLite file: its schema, its identity, and the rows in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};

use super::error::SessionError;
use super::same::{beside, followed, left_over};
use super::{identity, private};
use crate::call::{
    AuthResult, CallId, Closing, DeliveryEvents, Direction, Link, Problem, ProblemKind, ReplayOf, SessionId, Summary,
    Timestamp, Timing, event_counts,
};
use crate::okta::{HookKind, Outcome, Severity};

/// "Hook" in ASCII: tells a session from every other SQLite file.
pub const APPLICATION_ID: i64 = 0x486f_6f6b;
/// The form of the schema. A higher one is refused; a lower one is read as it is.
pub const FORM: i64 = 1;
/// A session whose last call has a higher number is not continued: so many numbers are left for one run.
const LAST_ID: CallId = CallId(u32::MAX - 100_000_000);
/// How long a statement waits for another process's short lock.
const BUSY: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ends (
  id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, direction TEXT NOT NULL, hook TEXT NOT NULL,
  endpoint TEXT, method TEXT, path TEXT, status INTEGER, outcome TEXT NOT NULL, severity TEXT, auth TEXT NOT NULL,
  attempt INTEGER NOT NULL, retry_of INTEGER, duplicate_of INTEGER, replay_of TEXT, problem TEXT, problem_detail TEXT,
  event_id TEXT, response_bytes INTEGER NOT NULL, tls_us INTEGER, read_us INTEGER, decide_us INTEGER, record_us INTEGER,
  delay_us INTEGER, write_us INTEGER, verdict INTEGER NOT NULL, events BLOB, token TEXT);
CREATE TABLE IF NOT EXISTS verdicts (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS marks (id INTEGER PRIMARY KEY, pinned INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '');
";

/// Opens a file for recording: creates it, or continues it. A file that is no session, or one of a newer program, is left as it
/// is, and so is what lies beside it.
pub fn open_for_recording(named: &Path) -> Result<Connection, SessionError> {
    let path = &followed(named);
    let is_there = match std::fs::metadata(path) {
        Ok(about) if !about.is_file() => return Err(SessionError::NotASession { path: named.to_owned() }),
        Ok(about) if about.len() > 0 => {
            identity::check(path).map_err(|error| error.named(named))?;
            return resume(path).map_err(|error| error.named(named));
        }
        Ok(_) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(SessionError::from_io(named, "open", &error)),
    };
    if let Some(log) = left_over(path) {
        // SQLite would throw away the log of a file that is not there any more.
        return Err(SessionError::LogLeft { path: named.to_owned(), log });
    }
    let machine = |error: std::io::Error| SessionError::Machine {
        doing: "create",
        path: named.to_owned(),
        detail: error.to_string(),
    };
    drop(private::create_file(path).map_err(machine)?);
    // An empty file of somebody else's may not be restricted; what they let others read is theirs to say.
    private::restrict(path).ok();
    begin(path).inspect_err(|_| {
        if !is_there {
            // What was begun is not left lying there; the error that matters is the first one.
            for made in beside(path).iter().chain([path]) {
                std::fs::remove_file(made).ok();
            }
        }
    })
}

/// Makes a session of an empty file. All of it is one commit into the file itself, before there is a log: a process that is killed
/// at any moment leaves an empty file or a session.
fn begin(path: &Path) -> Result<Connection, SessionError> {
    let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "create", &error);
    let connection = open_to_write(path)?;
    connection.execute_batch("PRAGMA page_size = 4096; BEGIN IMMEDIATE;").map_err(fail)?;
    make_schema(&connection).map_err(fail)?;
    set_meta(&connection, "session", &uuid::Uuid::new_v4().to_string()).map_err(fail)?;
    let now = Timestamp::from_system_time(std::time::SystemTime::now());
    set_meta(&connection, "created_at", &now.to_string()).map_err(fail)?;
    connection.execute_batch("COMMIT").and_then(|()| record_fast(&connection)).map_err(fail)?;
    Ok(connection)
}

/// The first sessions had no column for the events of deliveries, later ones none for the tokens of calls. Adding one rewrites
/// nothing, and a version that does not know it reads and writes the others as before.
fn add_later_columns(connection: &Connection) -> rusqlite::Result<()> {
    for (column, kind) in [("events", "BLOB"), ("token", "TEXT")] {
        if !has_column(connection, column)? {
            connection.execute_batch(&format!("ALTER TABLE ends ADD COLUMN {column} {kind}"))?;
        }
    }
    Ok(())
}

fn has_column(connection: &Connection, column: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM pragma_table_info('ends') WHERE name = ?1")?.exists([column])
}

/// Goes on with a session, once it is known that it can be read.
fn resume(path: &Path) -> Result<Connection, SessionError> {
    let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "open", &error);
    let connection = open_to_write(path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fail)?;
    check_identity(&connection, path)?;
    session_id(&connection, path)?;
    let last = super::load::last_id(&connection).map_err(|error| SessionError::from_sqlite(path, "read", &error))?;
    if last > LAST_ID {
        let detail = format!("its calls are numbered up to {last}, and no number is left");
        return Err(SessionError::Damaged { path: path.to_owned(), detail });
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(fail)?;
    connection
        .execute_batch(SCHEMA)
        .and_then(|()| add_later_columns(&connection))
        .and_then(|()| record_fast(&connection))
        .map_err(fail)?;
    Ok(connection)
}

/// Opens a file that is there for writing.
pub fn open_to_write(path: &Path) -> Result<Connection, SessionError> {
    let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "open", &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(BUSY).map_err(fail)?;
    // Where it may not be written SQLite opens it all the same, and only the first write fails.
    if connection.is_readonly("main").map_err(fail)? {
        return Err(SessionError::Machine {
            doing: "write",
            path: path.to_owned(),
            detail: "it or its disk is read-only".to_owned(),
        });
    }
    Ok(connection)
}

fn record_fast(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384;",
    )
}

/// Makes the tables of a session in an empty database.
pub fn make_schema(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORM};"))?;
    connection.execute_batch(SCHEMA)
}

/// Opens a file for reading only. With `is_still` nobody else can change it, and nothing beside it is needed or made.
pub fn open_for_reading(path: &Path, is_still: bool) -> Result<Connection, SessionError> {
    let fail = |error: &rusqlite::Error| SessionError::from_sqlite(path, "open", error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let immutable = if is_still { "?immutable=1" } else { "" };
    let connection = Connection::open_with_flags(format!("file:{}{immutable}", uri_path(path)), flags)
        .map_err(|error| fail(&error))?;
    connection.busy_timeout(BUSY).map_err(|error| fail(&error))?;
    check_identity(&connection, path)?;
    Ok(connection)
}

/// A path as the path of a URI: everything that is not plain is escaped.
fn uri_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { format!("/{}", text.replace('\\', "/")) } else { text.into_owned() };
    let mut uri = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b':' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// Is this a session, and one that this program can read?
pub fn check_identity(connection: &Connection, path: &Path) -> Result<(), SessionError> {
    let number = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let fail = |error: rusqlite::Error| SessionError::from_sqlite(path, "read", &error);
    if number("application_id").map_err(fail)? != APPLICATION_ID {
        return Err(SessionError::NotASession { path: path.to_owned() });
    }
    let version = number("user_version").map_err(fail)?;
    if version > FORM {
        return Err(SessionError::Newer { path: path.to_owned(), version });
    }
    Ok(())
}

pub fn meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()
}

pub fn set_meta(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
            [key, value],
        )
        .map(drop)
}

/// The id that every session has; a file without one is no session.
pub fn session_id(connection: &Connection, path: &Path) -> Result<SessionId, SessionError> {
    let text = meta(connection, "session").map_err(|error| SessionError::from_sqlite(path, "read", &error))?;
    text.and_then(|text| uuid::Uuid::parse_str(&text).ok())
        .map(SessionId)
        .ok_or_else(|| SessionError::Damaged { path: path.to_owned(), detail: "it has no session id".to_owned() })
}

/// The clear mark: calls up to this one are cleared. 0 where nothing is.
pub fn cleared_through(connection: &Connection) -> rusqlite::Result<CallId> {
    let text = meta(connection, "cleared_through")?;
    Ok(CallId(text.and_then(|text| text.parse().ok()).unwrap_or(0)))
}

/// How a call ended, as one row.
#[derive(Clone, Debug)]
pub struct End {
    pub summary: Summary,
    pub timing: Option<Timing>,
    pub problem: Option<Problem>,
    pub verdict_id: i64,
    pub events: Option<Arc<DeliveryEvents>>,
}

const END_COLUMNS: &str = "id, received_at, direction, hook, endpoint, method, path, status, outcome, severity, auth, attempt, \
     retry_of, duplicate_of, replay_of, problem, event_id, response_bytes, tls_us, read_us, decide_us, record_us, delay_us, \
     write_us, verdict, problem_detail";

/// Writes one end row; of the closing's verdict it holds the id only.
pub fn insert_end(
    connection: &Connection,
    summary: &Summary,
    closing: &Closing,
    verdict_id: i64,
) -> rusqlite::Result<()> {
    let timing = |pick: fn(&Timing) -> u32| closing.timing.as_ref().map(pick);
    let problem = closing.problem.as_ref();
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO ends (id, received_at, direction, hook, endpoint, method, path, status, outcome, severity, auth, \
         attempt, retry_of, duplicate_of, replay_of, problem, event_id, response_bytes, tls_us, read_us, decide_us, record_us, \
         delay_us, write_us, verdict, problem_detail, events, token) \
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28)",
    )?;
    statement
        .execute(params![
            summary.call_id.0,
            summary.received_at.0,
            summary.direction.as_str(),
            summary.hook.as_str(),
            summary.endpoint.as_deref(),
            summary.method.as_deref(),
            summary.path.as_deref(),
            summary.status,
            summary.outcome.as_str(),
            summary.severity.map(Severity::as_str),
            summary.auth.as_str(),
            summary.link.attempt,
            summary.link.retry_of.map(|call_id| call_id.0),
            summary.link.duplicate_of.map(|call_id| call_id.0),
            summary.replay_of.map(|replay_of| replay_of.to_string()),
            problem.map(|problem| problem.kind.as_str()),
            summary.event_id.as_deref(),
            summary.response_bytes,
            timing(|timing| timing.tls_us),
            timing(|timing| timing.read_us),
            timing(|timing| timing.decide_us),
            timing(|timing| timing.record_us),
            timing(|timing| timing.delay_us),
            timing(|timing| timing.write_us),
            verdict_id,
            problem.map(|problem| problem.detail.as_str()),
            closing.events.as_ref().map(|events| events.pack()),
            summary.token.as_ref().and_then(|token| serde_json::to_string(token).ok()),
        ])
        .map(drop)
}

/// Reads the ends with ids from `from` to `through` in order; `look` says whether to go on. A row that cannot be understood is
/// given as the error that it is, and the ones after it follow.
pub fn read_ends(
    connection: &Connection,
    from: CallId,
    through: CallId,
    mut look: impl FnMut(rusqlite::Result<End>) -> bool,
) -> rusqlite::Result<()> {
    let later = |column| has_column(connection, column).map(|is_there| if is_there { column } else { "NULL" });
    let (events, token) = (later("events")?, later("token")?);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {END_COLUMNS}, {events}, {token} FROM ends WHERE id BETWEEN ?1 AND ?2 ORDER BY id"
    ))?;
    let mut rows = statement.query(params![from.0, through.0])?;
    while let Some(row) = rows.next()? {
        if !look(end_of(row)) {
            return Ok(());
        }
    }
    Ok(())
}

fn end_of(row: &Row<'_>) -> rusqlite::Result<End> {
    let text = |idx: usize| row.get_ref(idx).map(|value| value.as_str_or_null().ok().flatten());
    let total = |idx: usize| row.get::<_, Option<u32>>(idx);
    let timing = match total(18)? {
        None => None,
        Some(tls_us) => Some(Timing {
            tls_us,
            read_us: total(19)?.unwrap_or(0),
            decide_us: total(20)?.unwrap_or(0),
            record_us: total(21)?.unwrap_or(0),
            delay_us: total(22)?.unwrap_or(0),
            write_us: total(23)?.unwrap_or(0),
        }),
    };
    let problem_kind = text(15)?.and_then(|name| ProblemKind::ALL.into_iter().find(|kind| kind.as_str() == name));
    let problem = match problem_kind {
        Some(kind) => Some(Problem { kind, detail: text(25)?.unwrap_or_default().to_owned() }),
        None => None,
    };
    let events = row.get_ref(26)?.as_blob_or_null().ok().flatten().and_then(DeliveryEvents::unpack).map(Arc::new);
    let token = text(27)?.and_then(|token| serde_json::from_str(token).ok());
    let hook = text(3)?.and_then(|kind| kind.parse().ok()).unwrap_or(HookKind::Unknown);
    let replay_of = text(14)?.and_then(ReplayOf::parse);
    let call_id = |idx: usize| row.get::<_, Option<u32>>(idx).map(|id| id.map(CallId));
    let summary = Summary {
        call_id: CallId(row.get(0)?),
        received_at: Timestamp(row.get(1)?),
        direction: if text(2)? == Some("sent") { Direction::Sent } else { Direction::Received },
        hook,
        endpoint: text(4)?.map(Into::into),
        method: text(5)?.map(Into::into),
        path: text(6)?.map(Into::into),
        status: row.get(7)?,
        outcome: named(text(8)?, Outcome::ALL, Outcome::as_str).unwrap_or(Outcome::Undocumented),
        severity: named(text(9)?, [Severity::Info, Severity::Warning, Severity::Error], Severity::as_str),
        auth: named(
            text(10)?,
            [AuthResult::Pass, AuthResult::Fail, AuthResult::Missing, AuthResult::NotConfigured],
            AuthResult::as_str,
        )
        .unwrap_or(AuthResult::NotConfigured),
        total_us: timing.map(|timing| timing.total_us()),
        token,
        link: Link { attempt: row.get(11)?, retry_of: call_id(12)?, duplicate_of: call_id(13)? },
        replay_of,
        problem: problem_kind,
        recorded: true,
        event_id: text(16)?.map(Into::into),
        response_bytes: row.get(17)?,
        events: event_counts(hook, events.as_deref(), replay_of.is_some()),
    };
    Ok(End { summary, timing, problem, verdict_id: row.get(24)?, events })
}

fn named<T: Copy, const N: usize>(name: Option<&str>, all: [T; N], as_str: fn(T) -> &'static str) -> Option<T> {
    let name = name?;
    all.into_iter().find(|one| as_str(*one) == name)
}

/// The events of deliveries that Okta sent, up to and with `through`, in order; `look` says whether to go on.
pub fn read_events(
    connection: &Connection,
    through: CallId,
    mut look: impl FnMut(CallId, &DeliveryEvents) -> bool,
) -> rusqlite::Result<()> {
    if !has_column(connection, "events")? {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        "SELECT id, events FROM ends WHERE id <= ?1 AND events IS NOT NULL AND replay_of IS NULL ORDER BY id",
    )?;
    let mut rows = statement.query([through.0])?;
    while let Some(row) = rows.next()? {
        let events = row.get_ref(1)?.as_blob().ok().and_then(DeliveryEvents::unpack);
        if let Some(events) = events
            && !look(CallId(row.get(0)?), &events)
        {
            return Ok(());
        }
    }
    Ok(())
}
