//! The session that is being recorded: where calls are numbered, tied to earlier ones and written.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{LiveView, SessionState};
use crate::call::{
    Arrival, CallId, DeliveryEvents, EventKey, EventLedger, Links, Opening, ReplayOf, SessionId, Timestamp, answer_of,
};
use crate::okta::{FirstAnswer, HookKind};
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
    seen: Mutex<Seen>,
    /// Held while earlier deliveries are learned from the file: it is not closed under them.
    learning: Mutex<()>,
    is_closed: AtomicBool,
    /// Calls of this session that have not ended: it stays open for them when another becomes the live one.
    n_under_way: AtomicUsize,
    session: Mutex<Option<LiveSession>>,
}

/// The calls and events that were seen, behind one lock: what has the lower number came first for both.
#[derive(Default)]
struct Seen {
    links: Links,
    events: EventLedger,
}

/// What a call gets when it arrives.
pub struct Numbered {
    pub call_id: CallId,
    pub arrival: Arrival,
    /// Set where keys of events were given.
    pub events: Option<DeliveryEvents>,
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
            seen: Mutex::default(),
            learning: Mutex::default(),
            is_closed: AtomicBool::new(false),
            n_under_way: AtomicUsize::new(0),
            session: Mutex::new(Some(session)),
        }
    }

    /// Learns the calls that were recorded before this run, so that their repeats are known. A repeat that comes in the moments
    /// until then counts as a first call.
    pub fn learn_earlier(&self) {
        self.view.index.for_each_summary(self.last_earlier, |call| {
            let links = &mut lock(&self.seen).links;
            let event_id = call.event_id.as_deref();
            links.arrive(call.call_id, call.hook, event_id, call.replay_of, call.received_at);
            links.end(call.call_id, call.hook, event_id, call.replay_of, answer_of(&call));
        });
        let _learning = lock(&self.learning);
        if self.is_closed.load(Ordering::Acquire) {
            return;
        }
        let learned = self.view.reader.for_each_delivery(self.last_earlier, |call_id, events| {
            lock(&self.seen).events.learn(call_id, events);
            !self.is_closed.load(Ordering::Acquire)
        });
        if let Err(error) = learned {
            log::warn!("events that come again may count as new: {error}");
        }
    }

    /// The number of the next call, and what it repeats. Both at once, so that the first of two equal calls has the lower number.
    /// `keys` are those of the events of a delivery.
    pub fn number(
        &self,
        hook: HookKind,
        event_id: Option<&str>,
        replay_of: Option<ReplayOf>,
        now: Timestamp,
        keys: Option<Vec<EventKey>>,
    ) -> Numbered {
        let mut seen = lock(&self.seen);
        let call_id = CallId(self.next_call_id.fetch_add(1, Ordering::Relaxed));
        let arrival = seen.links.arrive(call_id, hook, event_id, replay_of, now);
        let events = keys.map(|keys| match replay_of {
            // What is sent again from here says nothing about what Okta sends.
            Some(_) => DeliveryEvents::unmarked(keys),
            None => seen.events.arrive(call_id, keys),
        });
        Numbered { call_id, arrival, events }
    }

    pub fn begin(&self) {
        self.n_under_way.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes how a call ended, for the calls that will repeat it.
    pub fn end(&self, opening: &Opening, answer: FirstAnswer) {
        self.n_under_way.fetch_sub(1, Ordering::AcqRel);
        let event_id = opening.event_id.as_deref();
        lock(&self.seen).links.end(opening.call_id, opening.hook, event_id, opening.replay_of, answer);
    }

    pub fn n_under_way(&self) -> usize {
        self.n_under_way.load(Ordering::Acquire)
    }

    /// Writes what is left and closes the file, so that one whole file is left. Blocks; later calls do nothing.
    pub fn close(&self) -> Result<(), SessionError> {
        self.is_closed.store(true, Ordering::Release);
        drop(lock(&self.learning));
        match lock(&self.session).take() {
            Some(session) => session.close(),
            None => Ok(()),
        }
    }
}

/// A poisoned lock still holds whole values: every critical section here is a few moves that cannot fail halfway.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::delivery_keys;

    fn deliver(live: &Live, event_id: &str, uuid: &str, published: &str) -> Numbered {
        let body = format!(
            r#"{{"data":{{"events":[{{"uuid":"{uuid}","published":"{published}","target":[{{"id":"00u1"}}]}}]}}}}"#
        );
        let keys = delivery_keys(body.as_bytes());
        live.number(HookKind::Event, Some(event_id), None, Timestamp(0), Some(keys))
    }

    fn duplicate_of(numbered: &Numbered) -> Option<CallId> {
        numbered.events.as_ref().and_then(|events| events.notes[0].duplicate_of)
    }

    #[test]
    fn of_events_that_come_at_once_only_the_first_is_new() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::new(LiveSession::working(dir.path()).unwrap(), true);
        let numbered: Vec<Numbered> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    let live = &live;
                    std::thread::Builder::new()
                        .spawn_scoped(scope, move || deliver(live, &format!("e-{n}"), "same", "2031-04-05T06:07:08Z"))
                        .unwrap()
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for numbered in &numbered {
            let first = (numbered.call_id != CallId(1)).then_some(CallId(1));
            assert_eq!(duplicate_of(numbered), first, "call {}", numbered.call_id);
        }
        live.close().unwrap();
    }

    #[test]
    fn the_events_of_an_earlier_run_are_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::new(LiveSession::working(dir.path()).unwrap(), true);
        let first = deliver(&live, "e-1", "u-1", "2031-04-05T06:07:08Z");
        let mut record =
            crate::call::Record { recorded: true, pinned: false, note: String::new(), ..crate::call::test_record() };
        record.opening.call_id = first.call_id;
        record.opening.hook = HookKind::Event;
        record.closing.events = first.events.map(std::sync::Arc::new);
        live.recorder.submit(first.call_id, crate::session::Packed::new(&record.opening));
        live.recorder.close_call(record.summary(), record.closing);
        live.close().unwrap();

        let session = LiveSession::working(dir.path()).unwrap();
        let live = Live::new(session, true);
        live.learn_earlier();
        let again = deliver(&live, "e-2", "u-1", "2031-04-05T06:07:08Z");
        assert_eq!(duplicate_of(&again), Some(first.call_id));
        let older = deliver(&live, "e-3", "u-2", "2031-04-05T06:07:07Z");
        assert_eq!(older.events.unwrap().notes[0].older_than, Some(first.call_id));
        live.close().unwrap();
    }
}
