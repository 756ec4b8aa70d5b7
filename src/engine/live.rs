//! The session that is being recorded: where calls are numbered, tied to earlier ones and written.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{LiveView, SessionState};
use crate::call::{BUDGET, CallId, Link, Links, Opening, ReplayOf, SessionId, Summary, Timestamp};
use crate::okta::HookKind;
use crate::session::{LiveSession, Recorder, SessionError};

/// One live session: where calls are numbered, tied to earlier ones and recorded.
pub struct Live {
    pub recorder: Recorder,
    pub view: LiveView,
    pub id: SessionId,
    pub state: SessionState,
    next_call_id: AtomicU32,
    /// The last call that was recorded before this run.
    last_earlier: CallId,
    links: Mutex<Links>,
    /// Calls of this session that have not ended: it stays open for them when another becomes the live one.
    n_under_way: AtomicUsize,
    session: Mutex<Option<LiveSession>>,
}

impl Live {
    pub fn new(session: LiveSession, is_working: bool) -> Live {
        let view = LiveView { index: session.index(), reader: session.reader() };
        Live {
            recorder: session.recorder(),
            view,
            id: session.id(),
            state: SessionState {
                path: session.path().to_owned(),
                id: session.id(),
                is_working,
                gave_way: session.gave_way(),
            },
            next_call_id: AtomicU32::new(session.next_call_id().0),
            last_earlier: CallId(session.next_call_id().0.saturating_sub(1)),
            links: Mutex::default(),
            n_under_way: AtomicUsize::new(0),
            session: Mutex::new(Some(session)),
        }
    }

    /// Learns the calls that were recorded before this run, so that their repeats are known. A repeat that comes in the moments
    /// until then counts as a first call.
    pub fn learn_earlier(&self) {
        self.view.index.for_each_summary(self.last_earlier, |call| {
            let mut links = lock(&self.links);
            let event_id = call.event_id.as_deref();
            links.arrive(call.call_id, call.hook, event_id, call.replay_of, call.received_at);
            links.end(call.call_id, call.hook, event_id, call.replay_of, ended_badly(&call));
        });
    }

    /// The number of the next call, and what it repeats. Both at once, so that the first of two equal calls has the lower number.
    pub fn number(
        &self,
        hook: HookKind,
        event_id: Option<&str>,
        replay_of: Option<ReplayOf>,
        now: Timestamp,
    ) -> (CallId, Link) {
        let mut links = lock(&self.links);
        let call_id = CallId(self.next_call_id.fetch_add(1, Ordering::Relaxed));
        let link = links.arrive(call_id, hook, event_id, replay_of, now);
        (call_id, link)
    }

    pub fn begin(&self) {
        self.n_under_way.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes how a call ended, for the calls that will repeat it.
    pub fn end(&self, opening: &Opening, badly: bool) {
        self.n_under_way.fetch_sub(1, Ordering::AcqRel);
        lock(&self.links).end(opening.call_id, opening.hook, opening.event_id.as_deref(), opening.replay_of, badly);
    }

    pub fn n_under_way(&self) -> usize {
        self.n_under_way.load(Ordering::Acquire)
    }

    /// Writes what is left and closes the file, so that one whole file is left. Blocks; later calls do nothing.
    pub fn close(&self) -> Result<(), SessionError> {
        match lock(&self.session).take() {
            Some(session) => session.close(),
            None => Ok(()),
        }
    }
}

/// 3xx, 5xx, late or without an answer: what Okta may send again.
pub fn ended_badly(summary: &Summary) -> bool {
    let late = summary.total_us.is_none_or(|total| u128::from(total) > BUDGET.as_micros());
    late || summary.status.is_none_or(|status| (300..400).contains(&status) || status >= 500)
}

/// A poisoned lock still holds whole values: every critical section here is a few moves that cannot fail halfway.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
