//! The session that is being recorded: where calls are numbered, tied to earlier ones and written.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::seen::{Arriving, Earlier, Ending, Known, Planned, Seen};
use super::{LiveView, SessionState};
use crate::call::{CallId, Direction, Opening, SessionId, answer_in, answer_of};
use crate::okta::FirstAnswer;
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
    /// True once the calls of earlier runs are known: then no lock has to be asked.
    is_learned: AtomicBool,
    n_corrected: AtomicUsize,
    /// Held by whoever learns the earlier calls, until every ending that waited for it is told: the file is not closed under them.
    learning: Mutex<()>,
    is_closed: AtomicBool,
    /// Calls of this session that have not ended: it stays open for them when another becomes the live one.
    n_under_way: AtomicUsize,
    session: Mutex<Option<LiveSession>>,
}

impl Live {
    pub fn new(session: LiveSession, is_working: bool) -> Live {
        let has_earlier = session.next_call_id() > CallId(1);
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
            seen: Mutex::new(Seen::new(has_earlier)),
            is_learned: AtomicBool::new(!has_earlier),
            n_corrected: AtomicUsize::new(0),
            learning: Mutex::default(),
            is_closed: AtomicBool::new(false),
            n_under_way: AtomicUsize::new(0),
            session: Mutex::new(Some(session)),
        }
    }

    /// Learns the calls that were recorded before this run, and with them what the calls of this run repeat. Gives the endings
    /// that waited for it to `tell`. Later times do nothing.
    pub fn learn_earlier(&self, tell: impl FnMut(Ending)) {
        let _until_told = lock(&self.learning);
        if self.is_learned.load(Ordering::Acquire) {
            return;
        }
        let mut earlier = Earlier::default();
        self.view.index.for_each_summary(self.last_earlier, |call| {
            if call.direction == Direction::Sent {
                return;
            }
            let event_id = call.event_id.as_deref();
            earlier.links.arrive(call.call_id, call.hook, event_id, call.replay_of, call.received_at);
            earlier.links.end(call.call_id, call.hook, event_id, call.replay_of, answer_of(&call));
        });
        let read = self.view.reader.for_each_delivery(self.last_earlier, |call_id, events| {
            earlier.events.learn(call_id, events);
            !self.is_closed.load(Ordering::Acquire)
        });
        if let Err(error) = read {
            log::warn!("events that come again may count as new: {error}");
        }
        let waiting = {
            let mut seen = lock(&self.seen);
            let waiting = seen.learned(earlier);
            self.n_corrected.store(seen.n_corrected(), Ordering::Release);
            self.is_learned.store(true, Ordering::Release);
            waiting
        };
        waiting.into_iter().for_each(tell);
    }

    /// Keeps an ending back until it is known what the call repeats; gives it back where that is known.
    pub fn put_off(&self, ending: Ending) -> Option<Ending> {
        if self.is_learned.load(Ordering::Acquire) {
            return Some(ending);
        }
        let status = ending.pending.opening.response.as_ref().map(|response| response.status);
        let opening = &ending.pending.opening;
        let counted_us = ending.timing.map(|timing| timing.total_us().saturating_add(opening.token_us()));
        let problem = opening.problem.as_ref().or(ending.problem.as_ref());
        let answer = answer_in(status, counted_us, problem.map(|problem| problem.kind));
        lock(&self.seen).put_off(ending, answer)
    }

    /// What a call is, where that turned out otherwise than was told when it arrived. Asked once, when it has ended.
    pub fn corrected(&self, call_id: CallId) -> Option<Known> {
        if self.n_corrected.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut seen = lock(&self.seen);
        let known = seen.corrected(call_id);
        self.n_corrected.store(seen.n_corrected(), Ordering::Release);
        known
    }

    /// The number of the next call, and what it repeats. Both at once, so that the first of two equal calls has the lower number.
    pub fn number(&self, arriving: Arriving<'_>) -> (CallId, Known) {
        let mut seen = lock(&self.seen);
        let call_id = CallId(self.next_call_id.fetch_add(1, Ordering::Relaxed));
        let known = seen.arrive(call_id, arriving);
        (call_id, known)
    }

    /// Notes what a numbered call will be answered with. Done before it is answered, so that a repeat of it finds it.
    pub fn plan(&self, call_id: CallId, planned: Planned<'_>) {
        lock(&self.seen).plan(call_id, planned);
    }

    pub fn begin(&self) {
        self.n_under_way.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes how a call ended, for the calls that will repeat it.
    pub fn end(&self, opening: &Opening, answer: FirstAnswer) {
        self.n_under_way.fetch_sub(1, Ordering::AcqRel);
        lock(&self.seen).end(opening, answer);
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
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::call::{Closing, Link, Request, Response, Timestamp, Timing, delivery_keys, judge_call, test_record};
    use crate::engine::under_way::Pending;
    use crate::okta::HookKind;
    use crate::session::Packed;

    fn arriving(hook: HookKind, event_id: &str) -> Arriving<'_> {
        Arriving { hook, event_id: Some(event_id), replay_of: None, received_at: Timestamp(9), keys: None }
    }

    fn deliver(live: &Live, event_id: &str, uuid: &str, published: &str) -> (CallId, Known) {
        let body = format!(
            r#"{{"data":{{"events":[{{"uuid":"{uuid}","published":"{published}","target":[{{"id":"00u1"}}]}}]}}}}"#
        );
        let keys = delivery_keys(body.as_bytes());
        live.number(Arriving { keys: Some(keys), ..arriving(HookKind::Event, event_id) })
    }

    fn first_with_event(known: &Known) -> Option<CallId> {
        known.events.as_ref().and_then(|events| events.notes[0].duplicate_of)
    }

    #[test]
    fn of_events_that_come_at_once_only_the_first_is_new() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::new(LiveSession::working(dir.path()).unwrap(), true);
        let numbered: Vec<(CallId, Known)> = std::thread::scope(|scope| {
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
        for (call_id, known) in &numbered {
            let first = (*call_id != CallId(1)).then_some(CallId(1));
            assert_eq!(first_with_event(known), first, "call {call_id}");
        }
        live.close().unwrap();
    }

    #[test]
    fn the_events_of_an_earlier_run_are_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::new(LiveSession::working(dir.path()).unwrap(), true);
        let (first, known) = deliver(&live, "e-1", "u-1", "2031-04-05T06:07:08Z");
        let mut record =
            crate::call::Record { recorded: true, pinned: false, note: String::new(), ..crate::call::test_record() };
        record.opening.call_id = first;
        record.opening.hook = HookKind::Event;
        record.closing.events = known.events.map(Arc::new);
        live.recorder.submit(first, Packed::new(&record.opening));
        live.recorder.close_call(record.summary(), record.closing);
        live.close().unwrap();

        let session = LiveSession::working(dir.path()).unwrap();
        let live = Live::new(session, true);
        // One that comes before they are known is told as what it is in the end.
        let (early, told) = deliver(&live, "e-0", "u-1", "2031-04-05T06:07:08Z");
        assert_eq!(first_with_event(&told), None);
        live.learn_earlier(|_| {});
        assert_eq!(first_with_event(&live.corrected(early).unwrap()), Some(first));
        assert_eq!(live.corrected(early), None);
        let (_, again) = deliver(&live, "e-2", "u-1", "2031-04-05T06:07:08Z");
        assert_eq!(first_with_event(&again), Some(first));
        let (_, older) = deliver(&live, "e-3", "u-2", "2031-04-05T06:07:07Z");
        assert_eq!(older.events.unwrap().notes[0].older_than, Some(first));
        live.close().unwrap();
    }

    fn opening(call_id: CallId, event_id: &str, link: Link, status: u16) -> Opening {
        let Opening { request, response, .. } = test_record().opening;
        let request =
            Request { received_at: Timestamp(i64::from(call_id.0)), path: Some("/hooks/saml".into()), ..request };
        let response = response.map(|response| Response { status, ..response });
        let (hook, event_id) = (HookKind::Saml, Some(event_id.to_owned()));
        Opening {
            call_id,
            request,
            hook,
            event_id,
            link,
            response,
            endpoint: None,
            endpoint_hook: None,
            ..test_record().opening
        }
    }

    const TIMING: Option<Timing> =
        Some(Timing { tls_us: 0, read_us: 10, decide_us: 0, record_us: 0, delay_us: 0, write_us: 10 });

    fn tell(live: &Live, opening: &Opening) {
        let verdict = Arc::new(judge_call(opening, TIMING, None));
        let closing = Closing { timing: TIMING, verdict, problem: None, events: None };
        live.recorder.close_call(opening.summary(&closing, true), closing);
    }

    /// A session as an earlier run left it: one call that ended in 503, one that ended well.
    fn reopened(dir: &Path) -> Arc<Live> {
        let path = dir.join("s.hookscope");
        let before = Live::new(LiveSession::at(&path, dir).unwrap(), false);
        for (id, event_id, status) in [(1, "failed", 503), (2, "fine", 200)] {
            let opening = opening(CallId(id), event_id, Link::FIRST, status);
            assert!(before.recorder.submit(opening.call_id, Packed::new(&opening)));
            tell(&before, &opening);
        }
        before.close().unwrap();
        let session = LiveSession::at(&path, dir).unwrap();
        let mut loaded = session.loaded();
        let waiting = async move { loaded.wait_for(|loaded| *loaded).await.map(|_| ()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), waiting).await }).unwrap().unwrap();
        Arc::new(Live::new(session, false))
    }

    fn numbered(live: &Live, event_id: &str, status: u16) -> (CallId, Known) {
        let (call_id, known) = live.number(arriving(HookKind::Saml, event_id));
        let planned = Planned {
            hook: HookKind::Saml,
            event_id: Some(event_id),
            replay_of: None,
            answer: Some(FirstAnswer::InTime(status)),
        };
        live.plan(call_id, planned);
        (call_id, known)
    }

    /// A call that comes, is written, and ends, all before earlier calls are known.
    fn comes_early(live: &Arc<Live>, event_id: &str, status: u16) -> Option<Ending> {
        let (call_id, known) = numbered(live, event_id, status);
        let opening = Arc::new(opening(call_id, event_id, known.arrival.link, status));
        live.begin();
        assert!(live.recorder.submit(call_id, Packed::new(&opening)));
        live.put_off(Ending {
            pending: Pending {
                live: live.clone(),
                opening,
                repeat: None,
                events: None,
                findings: Vec::new(),
                recorded: true,
            },
            timing: TIMING,
            problem: None,
        })
    }

    #[test]
    fn a_repeat_that_comes_before_earlier_calls_are_known_is_told_as_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let live = reopened(dir.path());
        for (event_id, status) in [("failed", 200), ("fine", 200), ("new", 503), ("new", 200), ("failed", 200)] {
            assert!(comes_early(&live, event_id, status).is_none(), "its end waits");
        }
        assert!(live.view.index.get(CallId(3)).is_none());
        let mut told = Vec::new();
        live.learn_earlier(|ending| {
            let corrected = live.corrected(ending.pending.opening.call_id);
            let link = corrected.map_or(ending.pending.opening.link, |known| known.arrival.link);
            let opening = Opening { link, ..Opening::clone(&ending.pending.opening) };
            tell(&live, &opening);
            live.end(&opening, FirstAnswer::InTime(200));
            told.push((opening.call_id.0, link));
        });
        let retry = |first: u32| Link { attempt: 2, retry_of: Some(CallId(first)), duplicate_of: None };
        let duplicate = |first: u32| Link { attempt: 1, retry_of: None, duplicate_of: Some(CallId(first)) };
        assert_eq!(told, [(3, retry(1)), (4, duplicate(2)), (5, Link::FIRST), (6, retry(5)), (7, duplicate(1))]);
        // From now on nothing waits, and what is known holds.
        assert_eq!(live.number(arriving(HookKind::Saml, "fine")).1.arrival.link, duplicate(2));
        assert!(comes_early(&live, "late", 200).is_some());
        // The file says the same, although the call was written before it was known.
        assert_eq!(live.view.reader.record(CallId(3)).unwrap().unwrap().opening.link, retry(1));
        assert_eq!(live.n_under_way(), 1);
        live.close().unwrap();
    }

    #[test]
    fn a_retry_that_comes_before_the_end_of_the_first_call_is_noted_is_a_retry() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::new(LiveSession::working(dir.path()).unwrap(), true);
        numbered(&live, "failed", 503);
        numbered(&live, "fine", 200);
        assert_eq!(numbered(&live, "failed", 200).1.arrival.link.retry_of, Some(CallId(1)));
        assert_eq!(numbered(&live, "fine", 200).1.arrival.link.duplicate_of, Some(CallId(2)));
        live.close().unwrap();
    }
}
