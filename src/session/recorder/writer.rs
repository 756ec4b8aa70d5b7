//! The thread that writes the session: commits, orders, and what has to be removed.
//!
//! Calls come first: an order or a removal is done in pieces, between which the calls that have come are written.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{Opening, Order, Shared, ToldEnd, lock};
use crate::call::CallId;
use crate::okta::Verdict;
use crate::session::{file, load};

/// How long ends may wait for company.
const ENDS_EVERY: Duration = Duration::from_millis(50);
/// Ends written together with openings: few, so that the openings do not wait for them.
const ENDS_WITH_OPENINGS: usize = 96;
/// How long to wait after a failed write.
const RETRY_EVERY: Duration = Duration::from_millis(200);
/// How long the end of the program waits for a disk that cannot be written.
const GIVE_UP: Duration = Duration::from_secs(3);
/// How long a clear can be undone.
const UNDO_FOR: Duration = Duration::from_secs(600);
/// How often the size of the file is looked at while there are calls.
const SIZE_EVERY: Duration = Duration::from_secs(2);
/// Rows removed in one commit, so that a removal never holds up a call for long.
const REMOVE_AT_ONCE: u32 = 500;
/// How long removing what was cleared may hold up the end of the program; the rest goes with the next start.
const REMOVE_AT_END: Duration = Duration::from_secs(2);
/// Distinct verdicts that are remembered by their text; more are written again.
const MAX_VERDICTS: usize = 4_096;
/// Four gibibytes.
const DEFAULT_MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Openings in one commit at most.
const MAX_BATCH: usize = 512;

/// The thread's own things.
pub(super) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    /// Ids by the form that is written, those of earlier runs included.
    verdicts: HashMap<String, i64>,
    /// Ids by value, so that a verdict that was met before is not put into words again.
    verdict_ids: HashMap<Verdict, i64>,
    next_verdict_id: i64,
    cleared_at: Option<Instant>,
    max_bytes: u64,
    last_size_check: Instant,
    is_too_large: bool,
    /// Calls up to this one were removed in this run, but for those that were pinned.
    removed_through: CallId,
}

/// What became of an order.
enum Step {
    Done,
    /// This is left of it.
    More(Order),
    /// The thread is to end.
    End,
}

/// What is written in one commit.
#[derive(Default)]
struct Batch {
    openings: Vec<Opening>,
    ends: Vec<ToldEnd>,
}

impl Writer {
    /// `verdicts` are those of earlier runs.
    pub(super) fn new(connection: Connection, shared: Arc<Shared>, verdicts: HashMap<String, i64>) -> Writer {
        Writer {
            connection,
            shared,
            next_verdict_id: verdicts.values().max().map_or(1, |id| id + 1),
            verdicts,
            verdict_ids: HashMap::new(),
            cleared_at: None,
            max_bytes: DEFAULT_MAX_BYTES,
            last_size_check: Instant::now(),
            is_too_large: false,
            removed_through: CallId(0),
        }
    }

    /// Writes until it is told to stop.
    pub(super) fn run(mut self) {
        let mut orders = VecDeque::new();
        let mut batch = Batch::default();
        loop {
            self.wait(&mut batch, &mut orders);
            self.write_until_done(&mut batch, &orders);
            while let Some(order) = orders.pop_front() {
                match self.carry_out(order) {
                    Step::Done => {}
                    Step::More(order) => {
                        // Calls that have come meanwhile are written first: somebody waits for them.
                        orders.push_front(order);
                        self.put_back(&mut orders);
                    }
                    Step::End => {
                        self.remove_cleared_at_end();
                        return;
                    }
                }
            }
            self.keep_house();
        }
    }

    /// Gives orders back, before those that have come meanwhile.
    fn put_back(&self, orders: &mut VecDeque<Order>) {
        let mut queue = lock(&self.shared.queue);
        orders.append(&mut queue.orders);
        std::mem::swap(orders, &mut queue.orders);
    }

    /// Sleeps until there is something to do, and takes it.
    fn wait(&self, batch: &mut Batch, orders: &mut VecDeque<Order>) {
        let mut queue = lock(&self.shared.queue);
        loop {
            let ends_wait = queue.ends_since.map(|since| since.elapsed());
            let ends_are_due = ends_wait.is_some_and(|waited| waited >= ENDS_EVERY);
            if !queue.openings.is_empty() || !queue.orders.is_empty() || ends_are_due {
                break;
            }
            queue.is_asleep = true;
            let limit = match ends_wait {
                Some(waited) => Some(ENDS_EVERY.saturating_sub(waited)),
                None if self.is_too_large => Some(Duration::from_millis(10)),
                None => self.cleared_at.map(|_| Duration::from_secs(1)),
            };
            queue = match limit {
                Some(limit) => {
                    let (queue, timeout) =
                        self.shared.wake.wait_timeout(queue, limit).unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() && ends_wait.is_none() {
                        drop(queue);
                        return;
                    }
                    queue
                }
                None => self.shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
        }
        queue.is_asleep = false;
        let n_openings = queue.openings.len().min(MAX_BATCH);
        batch.openings.extend(queue.openings.drain(..n_openings));
        if queue.openings.is_empty() {
            std::mem::swap(orders, &mut queue.orders);
        }
        // An order such as a flush means everything said before it.
        let n_ends = match (orders.is_empty(), batch.openings.is_empty()) {
            (true, false) => ENDS_WITH_OPENINGS.min(queue.ends.len()),
            _ => queue.ends.len(),
        };
        let is_due = queue.ends_since.is_some_and(|since| since.elapsed() >= ENDS_EVERY);
        if !orders.is_empty() || is_due {
            batch.ends.extend(queue.ends.drain(..n_ends));
            if queue.ends.is_empty() {
                queue.ends_since = None;
            }
        }
    }

    /// Writes a batch, however long it takes: what was said is not given up before the program ends.
    fn write_until_done(&mut self, batch: &mut Batch, orders: &VecDeque<Order>) {
        if batch.openings.is_empty() && batch.ends.is_empty() {
            return;
        }
        let begun = Instant::now();
        loop {
            match self.write(batch) {
                Ok(()) => break,
                Err(error) => {
                    self.say_backlog(Some(error.to_string()));
                    if begun.elapsed() > GIVE_UP && self.is_stopping(orders) {
                        log::error!("{} calls could not be written to the session: {error}", batch.openings.len());
                        break;
                    }
                    std::thread::sleep(RETRY_EVERY);
                }
            }
        }
        let mut freed = 0;
        for opening in batch.openings.drain(..) {
            freed += opening.packed.0.len();
            if let Some(done) = opening.done {
                // Whoever waited may have given up; then the call is marked, and unmarked with its end.
                done.send(()).ok();
            }
        }
        self.shared.backlog_bytes.fetch_sub(freed, Ordering::AcqRel);
        for (summary, ..) in batch.ends.drain(..) {
            if !summary.recorded {
                self.shared.index.set_recorded(summary.call_id);
            }
        }
        if self.shared.status.borrow().last_error.is_some() {
            self.say_backlog(None);
        }
    }

    /// Is the end of the program waited for?
    fn is_stopping(&self, orders: &VecDeque<Order>) -> bool {
        let is_stop = |order: &Order| matches!(order, Order::Stop);
        orders.iter().any(is_stop) || lock(&self.shared.queue).orders.iter().any(is_stop)
    }

    fn say_backlog(&self, last_error: Option<String>) {
        let backlog_bytes = if last_error.is_some() { self.shared.backlog_bytes.load(Ordering::Acquire) } else { 0 };
        self.shared.status.send_modify(|status| {
            status.backlog_bytes = backlog_bytes;
            status.last_error = last_error;
        });
    }

    fn write(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        let written = self
            .connection
            .prepare_cached("BEGIN IMMEDIATE")
            .and_then(|mut begin| begin.execute([]))
            .and_then(|_| self.write_rows(batch))
            .and_then(|()| self.connection.prepare_cached("COMMIT")?.execute([]).map(drop));
        if written.is_err() {
            // The transaction may have ended by itself with the error.
            self.connection.execute_batch("ROLLBACK").ok();
            // What was remembered of verdicts may name rows that have gone with it.
            self.verdict_ids.clear();
        }
        written
    }

    fn write_rows(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        {
            let mut insert = self.connection.prepare_cached("INSERT INTO calls (id, packed) VALUES (?1, ?2)")?;
            for opening in &batch.openings {
                insert.execute(rusqlite::params![opening.call_id.0, opening.packed.0])?;
            }
        }
        for (summary, closing) in &batch.ends {
            if summary.call_id <= self.removed_through && !self.is_in_file(summary.call_id)? {
                // It was under way when it was removed.
                continue;
            }
            let verdict_id = self.verdict_id(&closing.verdict)?;
            file::insert_end(&self.connection, summary, closing, verdict_id)?;
        }
        Ok(())
    }

    fn is_in_file(&self, call_id: CallId) -> rusqlite::Result<bool> {
        self.connection.prepare_cached("SELECT 1 FROM calls WHERE id = ?1")?.exists([call_id.0])
    }

    /// Most calls share a few verdicts: each text is written once.
    fn verdict_id(&mut self, verdict: &Verdict) -> rusqlite::Result<i64> {
        if let Some(verdict_id) = self.verdict_ids.get(verdict) {
            return Ok(*verdict_id);
        }
        // A verdict is texts and enums only: it always has a JSON form.
        let json = serde_json::to_string(verdict).unwrap_or_default();
        let verdict_id = match self.verdicts.get(&json) {
            Some(verdict_id) => *verdict_id,
            None => {
                let verdict_id = self.next_verdict_id;
                self.connection
                    .prepare_cached("INSERT OR REPLACE INTO verdicts (id, json) VALUES (?1, ?2)")?
                    .execute(rusqlite::params![verdict_id, json])?;
                self.next_verdict_id += 1;
                verdict_id
            }
        };
        if self.verdict_ids.len() >= MAX_VERDICTS {
            self.verdict_ids.clear();
        }
        self.verdict_ids.insert(verdict.clone(), verdict_id);
        Ok(verdict_id)
    }

    fn carry_out(&mut self, order: Order) -> Step {
        let mut more = None;
        let result = match order {
            Order::Pin(mut call_ids, pinned) => {
                let later = call_ids.split_off(call_ids.len().min(MAX_BATCH));
                more = (!later.is_empty()).then_some(Order::Pin(later, pinned));
                self.pin(&call_ids, pinned)
            }
            Order::Note(call_id, note) => self.connection.execute(
                "INSERT INTO marks (id, note) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET note = ?2",
                rusqlite::params![call_id.0, note],
            ),
            Order::Clear => {
                self.cleared_at = Some(Instant::now());
                let through = self.shared.index.cleared_through();
                file::set_meta(&self.connection, "cleared_through", &through.to_string()).map(|()| 0)
            }
            Order::UndoClear => {
                self.cleared_at = None;
                file::set_meta(&self.connection, "cleared_through", "0").map(|()| 0)
            }
            Order::MaxBytes(max_bytes) => {
                self.max_bytes = max_bytes;
                Ok(0)
            }
            Order::Flush(done) => {
                done();
                Ok(0)
            }
            Order::Stop => return Step::End,
        };
        if let Err(error) = result {
            self.say_backlog(Some(error.to_string()));
        }
        more.map_or(Step::Done, Step::More)
    }

    fn pin(&mut self, call_ids: &[CallId], pinned: bool) -> rusqlite::Result<usize> {
        let transaction = self.connection.transaction()?;
        let text = "INSERT INTO marks (id, pinned) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET pinned = ?2";
        {
            let mut statement = transaction.prepare_cached(text)?;
            for call_id in call_ids {
                statement.execute(rusqlite::params![call_id.0, pinned])?;
            }
        }
        transaction.commit()?;
        Ok(call_ids.len())
    }

    /// What has to be done now and then: removing what was cleared, and what is too much.
    fn keep_house(&mut self) {
        if self.cleared_at.is_some_and(|at| at.elapsed() >= UNDO_FOR) {
            match self.remove_cleared(REMOVE_AT_ONCE) {
                Ok(0) => self.cleared_at = None,
                Ok(_) => {}
                Err(error) => self.say_backlog(Some(error.to_string())),
            }
        }
        if !self.is_too_large && self.last_size_check.elapsed() < SIZE_EVERY {
            return;
        }
        self.last_size_check = Instant::now();
        match self.remove_too_old() {
            Ok(is_too_large) => self.is_too_large = is_too_large,
            Err(error) => {
                self.is_too_large = false;
                self.say_backlog(Some(error.to_string()));
            }
        }
    }

    fn remove_cleared(&mut self, at_once: u32) -> rusqlite::Result<usize> {
        let through = self.shared.index.cleared_through();
        self.remove_where("id <= ?1", through.0, at_once)
    }

    /// Removes the oldest unpinned calls while the file is too large. True where there may be more.
    fn remove_too_old(&mut self) -> rusqlite::Result<bool> {
        let number =
            |pragma: &str| self.connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        let used = (number("page_count")? - number("freelist_count")?).saturating_mul(number("page_size")?);
        if used.cast_unsigned() <= self.max_bytes {
            return Ok(false);
        }
        let n_removed = self.remove_where("id < ?1", u32::MAX, REMOVE_AT_ONCE)?;
        self.shared.status.send_modify(|status| status.n_removed += n_removed as u64);
        Ok(n_removed > 0)
    }

    fn remove_where(&mut self, condition: &str, value: u32, at_once: u32) -> rusqlite::Result<usize> {
        let oldest = format!(
            "SELECT id FROM calls WHERE {condition} AND id NOT IN (SELECT id FROM marks WHERE pinned) ORDER BY id LIMIT {at_once}"
        );
        let last: Option<u32> =
            self.connection.query_row(&format!("SELECT max(id) FROM ({oldest})"), [value], |row| row.get(0))?;
        let Some(last) = last else { return Ok(0) };
        match self.remove_through(last) {
            Ok((n_removed, kept)) => {
                self.removed_through = self.removed_through.max(CallId(last));
                self.shared.index.forget_through(CallId(last), kept);
                Ok(n_removed)
            }
            Err(error) => {
                self.connection.execute_batch("ROLLBACK").ok();
                Err(error)
            }
        }
    }

    /// Removes the unpinned calls up to one, in one commit. Gives how many went, and the calls that stayed.
    fn remove_through(&self, last: u32) -> rusqlite::Result<(usize, BTreeSet<CallId>)> {
        let unpinned = "id <= ?1 AND id NOT IN (SELECT id FROM marks WHERE pinned)";
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let n_removed = self.connection.execute(&format!("DELETE FROM calls WHERE {unpinned}"), [last])?;
        self.connection.execute(&format!("DELETE FROM ends WHERE {unpinned}"), [last])?;
        let kept = self
            .connection
            .prepare_cached("SELECT id FROM calls WHERE id <= ?1")?
            .query_map([last], |row| row.get(0).map(CallId))?
            .collect::<rusqlite::Result<_>>()?;
        self.connection.execute_batch("COMMIT")?;
        Ok((n_removed, kept))
    }

    /// The undo ends with the program: what is cleared goes, as far as there is time.
    fn remove_cleared_at_end(&mut self) {
        let through = self.shared.index.cleared_through();
        if through == CallId(0) {
            return;
        }
        // A call that was under way to the last has no row in the index.
        let has_later = load::last_id(&self.connection).is_ok_and(|last| last > through);
        if self.shared.index.n_pinned() == 0 && !has_later {
            // Without a condition SQLite drops whole tables of pages at once.
            let all = "BEGIN IMMEDIATE; DELETE FROM calls; DELETE FROM ends; DELETE FROM verdicts; COMMIT;";
            if let Err(error) = self.connection.execute_batch(all) {
                log::warn!("cleared calls are still in the session and go with the next start: {error}");
            }
            return;
        }
        let started = Instant::now();
        while started.elapsed() < REMOVE_AT_END {
            match self.remove_cleared(REMOVE_AT_ONCE * 10) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    log::warn!("cleared calls are still in the session and go with the next start: {error}");
                    return;
                }
            }
        }
    }
}
