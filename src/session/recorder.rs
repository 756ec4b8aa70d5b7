//! The recorder: one thread that writes what is said to it, many calls to one commit.
//!
//! An opening is in the file before whoever said it is told so; how a call ended follows in batches. In the file means that it
//! survives the end of the process, however it ends (WAL, `synchronous = NORMAL`), not a power cut. Checkpoints run on a
//! connection and a thread of their own, because inside a commit they cost a hundred times the commit. Here is who speaks to it;
//! the thread itself is `recorder/writer.rs`.

mod writer;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use self::writer::Writer;
use super::error::SessionError;
use super::index::Index;
use super::packed::Packed;
use crate::call::{CallId, Closing, Summary};

/// A write that takes longer is not waited for: Okta would soon count the call as late.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// What may wait to be written; beyond it calls get a 503.
const MAX_BACKLOG_BYTES: usize = 64 * 1024 * 1024;

/// What became of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    InFile,
    /// Not within a second; it is kept and written as soon as it can be.
    Late,
    /// Too much waits already: it is not kept.
    Full,
}

/// How the recorder fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecorderStatus {
    /// Bytes that wait to be written, where that takes longer than it should.
    pub backlog_bytes: usize,
    /// Why the last write failed, until one succeeds.
    pub last_error: Option<String>,
    /// Calls removed in this run because the file reached its limit.
    pub n_removed: u64,
}

/// A hold on the recorder. Clones share it.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    backlog_bytes: AtomicUsize,
    index: Index,
    status: watch::Sender<RecorderStatus>,
}

#[derive(Default)]
struct Queue {
    openings: VecDeque<Opening>,
    ends: VecDeque<ToldEnd>,
    ends_since: Option<Instant>,
    orders: VecDeque<Order>,
    is_asleep: bool,
}

/// How a call ended, as it was told.
type ToldEnd = (Summary, Closing);

struct Opening {
    call_id: CallId,
    packed: Packed,
    done: Option<oneshot::Sender<()>>,
}

enum Order {
    /// Ids and whether they are pinned from now on.
    Pin(Vec<CallId>, bool),
    Note(CallId, String),
    Clear,
    UndoClear,
    MaxBytes(u64),
    Flush(Box<dyn FnOnce() + Send>),
    Stop,
}

impl Recorder {
    /// Starts the thread that writes to `connection`.
    pub fn start(
        connection: Connection,
        path: PathBuf,
        index: Index,
        verdicts: HashMap<String, i64>,
    ) -> Result<(Recorder, JoinHandle<()>), SessionError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            backlog_bytes: AtomicUsize::new(0),
            index,
            status: watch::Sender::new(RecorderStatus::default()),
        });
        let thread = Writer::new(connection, shared.clone(), verdicts);
        let handle =
            std::thread::Builder::new().name("hookscope-recorder".to_owned()).spawn(move || thread.run()).map_err(
                |error| SessionError::Machine { doing: "start the recorder of", path, detail: error.to_string() },
            )?;
        Ok((Recorder { shared }, handle))
    }

    /// Says an opening and waits until it is in the file. It is said when this is called; dropping the future only stops the
    /// waiting.
    pub fn open_call(&self, call_id: CallId, packed: Packed) -> impl Future<Output = Recorded> + Send + use<> {
        let (done, written) = oneshot::channel();
        let is_kept = self.push(call_id, packed, Some(done));
        async move {
            if !is_kept {
                return Recorded::Full;
            }
            match tokio::time::timeout(PATIENCE, written).await {
                Ok(Ok(())) => Recorded::InFile,
                Ok(Err(_)) | Err(_) => Recorded::Late,
            }
        }
    }

    /// Says an opening that nobody waits for. False where too much waits already.
    pub fn submit(&self, call_id: CallId, packed: Packed) -> bool {
        self.push(call_id, packed, None)
    }

    fn push(&self, call_id: CallId, packed: Packed, done: Option<oneshot::Sender<()>>) -> bool {
        let size = packed.0.len();
        let backlog = self.shared.backlog_bytes.fetch_add(size, Ordering::AcqRel) + size;
        if backlog > MAX_BACKLOG_BYTES {
            self.shared.backlog_bytes.fetch_sub(size, Ordering::AcqRel);
            return false;
        }
        let mut queue = lock(&self.shared.queue);
        queue.openings.push_back(Opening { call_id, packed, done });
        self.wake(queue);
        true
    }

    /// Says how a call ended. It is in the index at once and in the file soon.
    pub fn close_call(&self, summary: Summary, closing: Closing) {
        self.shared.index.insert(&summary);
        let mut queue = lock(&self.shared.queue);
        queue.ends.push_back((summary, closing));
        if queue.ends_since.is_none() {
            queue.ends_since = Some(Instant::now());
            // A sleeping thread has to learn that there is something to wake up for.
            self.wake(queue);
        }
    }

    pub fn set_pinned(&self, call_ids: Vec<CallId>, pinned: bool) {
        self.shared.index.set_pinned(&call_ids, pinned);
        self.order(Order::Pin(call_ids, pinned));
    }

    pub fn set_note(&self, call_id: CallId, note: String) {
        self.shared.index.set_note(call_id, &note);
        self.order(Order::Note(call_id, note));
    }

    /// Hides every call that there is, but for pinned ones. The rows go when it can no longer be undone.
    pub fn clear(&self) {
        self.shared.index.set_cleared_through(self.shared.index.last_id());
        self.order(Order::Clear);
    }

    pub fn undo_clear(&self) {
        self.shared.index.set_cleared_through(CallId(0));
        self.order(Order::UndoClear);
    }

    /// The size of the file in bytes beyond which the oldest unpinned calls go.
    pub fn set_max_bytes(&self, max_bytes: u64) {
        self.order(Order::MaxBytes(max_bytes));
    }

    /// Waits until everything said before is in the file, at most `limit`. False where it is not.
    pub fn flush(&self, limit: Duration) -> bool {
        let (done, flushed) = std::sync::mpsc::sync_channel(1);
        self.order(Order::Flush(Box::new(move || {
            // Whoever waited may have gone.
            done.send(()).ok();
        })));
        flushed.recv_timeout(limit).is_ok()
    }

    pub fn status(&self) -> watch::Receiver<RecorderStatus> {
        self.shared.status.subscribe()
    }

    /// Ends the thread once everything is written.
    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    fn order(&self, order: Order) {
        let mut queue = lock(&self.shared.queue);
        queue.orders.push_back(order);
        self.wake(queue);
    }

    fn wake(&self, mut queue: MutexGuard<'_, Queue>) {
        if std::mem::take(&mut queue.is_asleep) {
            drop(queue);
            self.shared.wake.notify_one();
        }
    }
}

/// A poisoned lock still holds whole values: nothing under it can fail halfway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
