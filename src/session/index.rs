//! The calls of a session in short, in memory: what rows show and filters look at.
//!
//! Slots are addressed by call id: append-only chunks behind `Arc`, each slot written once. Order is by id, a lookup is two
//! steps, and a slot that is still empty is a call under way. Whoever reads holds a lock only while it copies the list of
//! chunks. Strings that repeat (paths, endpoints, methods) are interned.

mod rough_time;
mod row_view;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio::sync::watch;

use self::rough_time::RoughTime;
use crate::call::{
    AuthResult, CallId, Direction, EventCounts, Link, ProblemKind, ReplayOf, Summary, Timestamp, TokenUse,
};
use crate::okta::{HookKind, Outcome, Severity};

/// Rows in one chunk: large enough that a list of chunks is short, small enough that one is allocated in no time.
const CHUNK: usize = 4_096;

/// A text by its number in [`Symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

impl Symbol {
    /// Tells it from the others of its index.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// Texts that repeat.
#[derive(Debug, Default)]
struct Symbols {
    texts: Vec<Arc<str>>,
    by_text: HashMap<Arc<str>, Symbol>,
}

/// One call, in about a hundred bytes.
#[derive(Debug)]
pub struct Row {
    received_at: Timestamp,
    event_id: Option<Box<str>>,
    path: Option<Symbol>,
    endpoint: Option<Symbol>,
    method: Option<Symbol>,
    /// With the time of fetching its token, where that counts. `u32::MAX` where there is none.
    counted_us: u32,
    response_bytes: u32,
    retry_of: u32,
    duplicate_of: u32,
    events: EventCounts,
    /// 0 where nothing was answered.
    status: u16,
    tls: RoughTime,
    hook: HookKind,
    outcome: Outcome,
    severity: Option<Severity>,
    auth: AuthResult,
    problem: Option<ProblemKind>,
    attempt: u8,
    direction: Direction,
    is_replay: bool,
}

type Chunk = [OnceLock<Row>; CHUNK];

/// Not inlined: the chunk passes over the stack, and every insert would pay for the room that one in thousands needs.
#[inline(never)]
fn new_chunk() -> Arc<Chunk> {
    Arc::new([const { OnceLock::new() }; CHUNK])
}

struct Shared {
    chunks: RwLock<Vec<Option<Arc<Chunk>>>>,
    symbols: RwLock<Symbols>,
    marks: RwLock<Marks>,
    n_rows: AtomicUsize,
    text_bytes: AtomicUsize,
    last_id: AtomicU32,
    version: AtomicU64,
    changed: watch::Sender<u64>,
}

/// What can change about a call after it has ended. Small: few calls have any of it.
#[derive(Debug, Default)]
struct Marks {
    pinned: BTreeSet<CallId>,
    notes: BTreeMap<CallId, Arc<str>>,
    replays: HashMap<CallId, ReplayOf>,
    /// Calls that came with a token of the stand-in authorization server.
    tokens: BTreeMap<CallId, TokenUse>,
    not_recorded: BTreeSet<CallId>,
    /// Calls that Okta sent once more.
    retried: BTreeSet<CallId>,
    /// Calls up to this one are cleared; 0 where nothing is.
    cleared_through: u32,
    /// Calls up to this one are no longer in the file, but for those that were kept; 0 where all are.
    forgotten_through: u32,
    /// Earlier calls that stayed in the file, because they were pinned when the others went.
    kept: BTreeSet<CallId>,
    /// The calls in the order in which they came into the index.
    arrived: Vec<CallId>,
    /// Counts the changes that can change what a filter finds among rows that are there already.
    version: u64,
    tallies: BTreeMap<Option<Symbol>, Tally>,
    /// What was counted of cleared calls.
    cleared_tallies: BTreeMap<Option<Symbol>, Tally>,
}

/// How one endpoint fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub n_calls: usize,
    /// Outcome and severity of its newest calls, newest first; none where there were fewer.
    pub recent: [Option<(Outcome, Option<Severity>)>; 10],
}

impl Marks {
    fn is_gone(&self, call_id: CallId) -> bool {
        call_id.0 <= self.forgotten_through && !self.kept.contains(&call_id)
    }

    fn shows(&self, call_id: CallId) -> bool {
        let is_cleared = call_id.0 <= self.cleared_through && !self.pinned.contains(&call_id);
        !is_cleared && !self.is_gone(call_id)
    }
}

impl Tally {
    /// Adds the calls of an earlier time.
    fn join(&mut self, earlier: Tally) {
        self.n_calls += earlier.n_calls;
        let all: Vec<_> = self.recent.iter().chain(&earlier.recent).flatten().copied().collect();
        for (slot, recent) in self.recent.iter_mut().zip(all.into_iter().map(Some).chain(std::iter::repeat(None))) {
            *slot = recent;
        }
    }
}

/// A row with what its symbols mean.
#[derive(Clone, Copy)]
pub struct RowView<'a> {
    pub call_id: CallId,
    row: &'a Row,
}

/// The index of one session. A clone is another hold on the same.
#[derive(Clone)]
pub struct Index {
    shared: Arc<Shared>,
}

impl Default for Index {
    fn default() -> Index {
        Index {
            shared: Arc::new(Shared {
                chunks: RwLock::default(),
                symbols: RwLock::default(),
                marks: RwLock::default(),
                n_rows: AtomicUsize::new(0),
                text_bytes: AtomicUsize::new(0),
                last_id: AtomicU32::new(0),
                version: AtomicU64::new(0),
                changed: watch::Sender::new(0),
            }),
        }
    }
}

impl Index {
    /// Adds a call that has ended. A call that is there already stays as it is.
    pub fn insert(&self, summary: &Summary) {
        let call_id = summary.call_id;
        let Some(position) = call_id.0.checked_sub(1).map(|before| before as usize) else {
            return;
        };
        let chunk = self.chunk_or_new(position / CHUNK);
        let event_bytes = summary.event_id.as_ref().map_or(0, |event_id| event_id.len() + 16);
        let recent = (summary.outcome, summary.severity);
        let (replay_of, recorded, retry_of) = (summary.replay_of, summary.recorded, summary.link.retry_of);
        let token = summary.token;
        let row = self.row_of(summary);
        let endpoint = row.endpoint;
        let Some(slot) = chunk.get(position % CHUNK) else {
            return;
        };
        if slot.set(row).is_err() {
            return;
        }
        {
            let mut marks = write(&self.shared.marks);
            marks.arrived.push(call_id);
            if let Some(replay_of) = replay_of {
                marks.replays.insert(call_id, replay_of);
            }
            if let Some(token) = token {
                marks.tokens.insert(call_id, token);
            }
            if !recorded {
                marks.not_recorded.insert(call_id);
            }
            if let Some(first) = retry_of {
                marks.retried.insert(first);
            }
            if !marks.shows(call_id) {
                drop(marks);
                self.count(call_id, event_bytes);
                return;
            }
            let tally = marks.tallies.entry(endpoint).or_default();
            tally.n_calls += 1;
            tally.recent.rotate_right(1);
            if let Some(newest) = tally.recent.first_mut() {
                *newest = Some(recent);
            }
        }
        self.count(call_id, event_bytes);
    }

    fn count(&self, call_id: CallId, event_bytes: usize) {
        self.shared.text_bytes.fetch_add(event_bytes, Ordering::Relaxed);
        self.shared.n_rows.fetch_add(1, Ordering::Relaxed);
        self.shared.last_id.fetch_max(call_id.0, Ordering::AcqRel);
        self.touch();
    }

    fn row_of(&self, summary: &Summary) -> Row {
        Row {
            received_at: summary.received_at,
            path: summary.path.as_ref().map(|text| self.intern(text)),
            endpoint: summary.endpoint.as_ref().map(|text| self.intern(text)),
            method: summary.method.as_ref().map(|text| self.intern(text)),
            event_id: summary.event_id.clone(),
            counted_us: summary.counted_us().unwrap_or(u32::MAX),
            response_bytes: summary.response_bytes,
            retry_of: summary.link.retry_of.map_or(0, |call_id| call_id.0),
            duplicate_of: summary.link.duplicate_of.map_or(0, |call_id| call_id.0),
            events: summary.events,
            status: summary.status.unwrap_or(0),
            tls: RoughTime::of(summary.tls_us),
            hook: summary.hook,
            outcome: summary.outcome,
            severity: summary.severity,
            auth: summary.auth,
            problem: summary.problem,
            attempt: summary.link.attempt,
            direction: summary.direction,
            is_replay: summary.replay_of.is_some(),
        }
    }

    fn chunk_or_new(&self, chunk_idx: usize) -> Arc<Chunk> {
        if let Some(Some(chunk)) = read(&self.shared.chunks).get(chunk_idx) {
            return chunk.clone();
        }
        let mut chunks = write(&self.shared.chunks);
        if chunks.len() <= chunk_idx {
            chunks.resize(chunk_idx + 1, None);
        }
        match chunks.get_mut(chunk_idx) {
            Some(Some(chunk)) => chunk.clone(),
            Some(empty) => {
                let fresh = new_chunk();
                *empty = Some(fresh.clone());
                fresh
            }
            None => new_chunk(),
        }
    }

    fn chunk(&self, chunk_idx: usize) -> Option<Arc<Chunk>> {
        read(&self.shared.chunks).get(chunk_idx).cloned().flatten()
    }

    fn intern(&self, text: &Arc<str>) -> Symbol {
        if let Some(symbol) = read(&self.shared.symbols).by_text.get(text) {
            return *symbol;
        }
        let mut symbols = write(&self.shared.symbols);
        if let Some(symbol) = symbols.by_text.get(text) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(symbols.texts.len()).unwrap_or(u32::MAX));
        symbols.texts.push(text.clone());
        symbols.by_text.insert(text.clone(), symbol);
        self.shared.text_bytes.fetch_add(text.len() + 72, Ordering::Relaxed);
        symbol
    }

    /// What a symbol stands for.
    pub fn text(&self, symbol: Option<Symbol>) -> Option<Arc<str>> {
        read(&self.shared.symbols).texts.get(symbol?.0 as usize).cloned()
    }

    /// The symbols whose text fits, as a lookup table by symbol.
    pub fn symbols_where(&self, fits: impl Fn(&str) -> bool) -> Vec<bool> {
        read(&self.shared.symbols).texts.iter().map(|text| fits(text)).collect()
    }

    fn touch(&self) {
        let version = self.shared.version.fetch_add(1, Ordering::AcqRel) + 1;
        self.shared.changed.send_replace(version);
    }

    /// A call in short; none where it has not ended, or is gone.
    pub fn get(&self, call_id: CallId) -> Option<Summary> {
        let position = call_id.0.checked_sub(1)? as usize;
        let chunk = self.chunk(position / CHUNK)?;
        let row = chunk.get(position % CHUNK)?.get()?;
        let marks = read(&self.shared.marks);
        let some = |id: u32| (id > 0).then_some(CallId(id));
        let token = marks.tokens.get(&call_id).copied();
        Some(Summary {
            call_id,
            direction: row.direction,
            received_at: row.received_at,
            hook: row.hook,
            endpoint: self.text(row.endpoint),
            method: self.text(row.method),
            path: self.text(row.path),
            status: (row.status > 0).then_some(row.status),
            outcome: row.outcome,
            severity: row.severity,
            auth: row.auth,
            total_us: (row.counted_us != u32::MAX)
                .then(|| row.counted_us.saturating_sub(token.map_or(0, |token| token.counted_us()))),
            token,
            tls_us: row.tls.micros(),
            link: Link { attempt: row.attempt, retry_of: some(row.retry_of), duplicate_of: some(row.duplicate_of) },
            replay_of: marks.replays.get(&call_id).copied(),
            problem: row.problem,
            recorded: !marks.not_recorded.contains(&call_id),
            event_id: row.event_id.clone(),
            response_bytes: row.response_bytes,
            events: row.events,
        })
    }

    /// Looks at the rows with ids from `from` to `through`, in order.
    pub fn for_each(&self, from: CallId, through: CallId, mut look: impl FnMut(RowView<'_>)) {
        let chunks = read(&self.shared.chunks).clone();
        let first = from.0.saturating_sub(1) as usize;
        for (chunk_idx, chunk) in chunks.iter().enumerate().skip(first / CHUNK) {
            let Some(chunk) = chunk else { continue };
            for (slot_idx, slot) in chunk.iter().enumerate() {
                let call_id = CallId(u32::try_from(chunk_idx * CHUNK + slot_idx + 1).unwrap_or(u32::MAX));
                if call_id < from {
                    continue;
                }
                if call_id > through {
                    return;
                }
                if let Some(row) = slot.get() {
                    look(RowView { call_id, row });
                }
            }
        }
    }

    /// The calls up to and with `through` in short, in order.
    pub fn for_each_summary(&self, through: CallId, mut look: impl FnMut(Summary)) {
        let mut ids = Vec::new();
        self.for_each(CallId(1), through, |row| ids.push(row.call_id));
        for call_id in ids {
            if let Some(summary) = self.get(call_id) {
                look(summary);
            }
        }
    }

    /// Calls that have ended, cleared ones too.
    pub fn len(&self) -> usize {
        self.shared.n_rows.load(Ordering::Acquire)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn last_id(&self) -> CallId {
        CallId(self.shared.last_id.load(Ordering::Acquire))
    }

    /// Counts every change; the watch says when.
    pub fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }

    pub fn watch(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Counts the changes to pins, notes and the clear mark, after which a list has to be made anew.
    pub fn marks_version(&self) -> u64 {
        read(&self.shared.marks).version
    }

    /// Says that rows have come below those that were there already, as when a file is read from its newest rows on.
    pub fn announce_earlier(&self) {
        write(&self.shared.marks).version += 1;
        self.touch();
    }

    pub fn is_pinned(&self, call_id: CallId) -> bool {
        read(&self.shared.marks).pinned.contains(&call_id)
    }

    pub fn note(&self, call_id: CallId) -> Option<Arc<str>> {
        read(&self.shared.marks).notes.get(&call_id).cloned()
    }

    /// The calls that came with a token which this call fetched, in order.
    pub fn users_of_token(&self, token_call: CallId) -> Vec<CallId> {
        let marks = read(&self.shared.marks);
        // The token is there before whoever uses it.
        let later = marks.tokens.range(token_call..);
        later.filter(|(_, token)| token.token_call == token_call).map(|(call_id, _)| *call_id).collect()
    }

    /// False while its record is not yet in the file.
    pub fn is_recorded(&self, call_id: CallId) -> bool {
        !read(&self.shared.marks).not_recorded.contains(&call_id)
    }

    pub fn n_pinned(&self) -> usize {
        read(&self.shared.marks).pinned.len()
    }

    /// Was this call sent once more?
    pub fn has_retry(&self, call_id: CallId) -> bool {
        read(&self.shared.marks).retried.contains(&call_id)
    }

    /// Calls up to and with this one are cleared, but for pinned ones.
    pub fn cleared_through(&self) -> CallId {
        CallId(read(&self.shared.marks).cleared_through)
    }

    pub fn set_pinned(&self, call_ids: &[CallId], pinned: bool) {
        let mut marks = write(&self.shared.marks);
        for call_id in call_ids {
            if !pinned {
                marks.pinned.remove(call_id);
            } else if !marks.is_gone(*call_id) {
                marks.pinned.insert(*call_id);
            }
        }
        marks.version += 1;
        drop(marks);
        self.touch();
    }

    pub fn set_note(&self, call_id: CallId, note: &str) {
        let mut marks = write(&self.shared.marks);
        if note.is_empty() {
            marks.notes.remove(&call_id);
        } else {
            marks.notes.insert(call_id, note.into());
        }
        marks.version += 1;
        drop(marks);
        self.touch();
    }

    pub fn set_cleared_through(&self, call_id: CallId) {
        let mut marks = write(&self.shared.marks);
        let Marks { tallies, cleared_tallies, cleared_through, version, .. } = &mut *marks;
        if call_id.0 > *cleared_through {
            // What was counted is put aside, so that an undo brings it back.
            for (endpoint, tally) in std::mem::take(tallies) {
                cleared_tallies.entry(endpoint).or_default().join(tally);
            }
        } else {
            for (endpoint, tally) in std::mem::take(cleared_tallies) {
                tallies.entry(endpoint).or_default().join(tally);
            }
        }
        *cleared_through = call_id.0;
        *version += 1;
        drop(marks);
        self.touch();
    }

    pub fn set_recorded(&self, call_id: CallId) {
        if write(&self.shared.marks).not_recorded.remove(&call_id) {
            self.touch();
        }
    }

    /// Forgets calls that are no longer in the file: up to and with this one, but for those that were `kept`. What was pinned
    /// in the moment in which it went is gone too. A chunk that is wholly gone gives its memory back.
    pub fn forget_through(&self, call_id: CallId, kept: BTreeSet<CallId>) {
        // What was counted of cleared calls lies aside.
        let mut gone: BTreeMap<(bool, Option<Symbol>), usize> = BTreeMap::new();
        let before = {
            let marks = read(&self.shared.marks);
            (marks.forgotten_through, marks.kept.clone(), marks.cleared_through)
        };
        let (forgotten_through, kept_before, cleared_through) = before;
        self.for_each(CallId(1), call_id, |row| {
            let was_there = row.call_id.0 > forgotten_through || kept_before.contains(&row.call_id);
            let is_cleared = row.call_id.0 <= cleared_through;
            *gone.entry((is_cleared, row.row.endpoint)).or_default() +=
                usize::from(was_there && !kept.contains(&row.call_id));
        });
        let kept: Vec<CallId> = {
            let mut marks = write(&self.shared.marks);
            marks.forgotten_through = call_id.0.max(forgotten_through);
            marks.kept.retain(|known| *known > call_id);
            marks.kept.extend(kept);
            marks.version += 1;
            let Marks { pinned, kept, .. } = &mut *marks;
            pinned.retain(|pinned| *pinned > call_id || kept.contains(pinned));
            for ((is_cleared, endpoint), n_gone) in gone {
                let tallies = if is_cleared { &mut marks.cleared_tallies } else { &mut marks.tallies };
                let tally = tallies.entry(endpoint).or_default();
                tally.n_calls = tally.n_calls.saturating_sub(n_gone);
            }
            marks.kept.iter().copied().collect()
        };
        let whole_chunks = call_id.0 as usize / CHUNK;
        for (chunk_idx, chunk) in write(&self.shared.chunks).iter_mut().enumerate().take(whole_chunks) {
            let has_kept = kept.iter().any(|kept| kept.0.saturating_sub(1) as usize / CHUNK == chunk_idx);
            if !has_kept && let Some(gone) = chunk.take() {
                let n_gone = gone.iter().filter(|slot| slot.get().is_some()).count();
                self.shared.n_rows.fetch_sub(n_gone, Ordering::AcqRel);
            }
        }
        self.touch();
    }

    /// False where a call is cleared and not pinned, or no longer in the file.
    pub fn shows(&self, call_id: CallId) -> bool {
        read(&self.shared.marks).shows(call_id)
    }

    /// From the next call on all are shown.
    pub fn hidden_through(&self) -> CallId {
        let marks = read(&self.shared.marks);
        CallId(marks.cleared_through.max(marks.forgotten_through))
    }

    /// The calls that have come into the index after the first `n_known`, in that order.
    pub fn arrived_after(&self, n_known: usize) -> Vec<CallId> {
        read(&self.shared.marks).arrived.get(n_known..).unwrap_or_default().to_vec()
    }

    /// How many calls have ever come into the index.
    pub fn n_arrived(&self) -> usize {
        read(&self.shared.marks).arrived.len()
    }

    /// Each endpoint's calls since this index was made; `None` is every path without an endpoint.
    pub fn tallies(&self) -> Vec<(Option<Arc<str>>, Tally)> {
        let marks = read(&self.shared.marks);
        marks.tallies.iter().map(|(endpoint, tally)| (self.text(*endpoint), *tally)).collect()
    }

    /// An estimate of the memory that the calls keep, strings and all, in bytes.
    pub fn bytes(&self) -> usize {
        let n_chunks = read(&self.shared.chunks).iter().flatten().count();
        let arrived = read(&self.shared.marks).arrived.capacity() * size_of::<CallId>();
        n_chunks * size_of::<Chunk>() + arrived + self.shared.text_bytes.load(Ordering::Relaxed)
    }
}

/// A poisoned lock still holds whole values: nothing under it can fail halfway.
fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
