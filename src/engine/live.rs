//! The session that is being recorded: where calls are numbered, tied to earlier ones and written.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::under_way::Pending;
use super::{LiveView, SessionState};
use crate::call::{
    Arrival, CallId, DeliveryEvents, EventKey, EventLedger, Links, Opening, Problem, ReplayOf, SessionId, Timestamp,
    Timing, answer_from, answer_of,
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
    ties: Mutex<Ties>,
    /// True once the calls of earlier runs are known: then no lock has to be asked.
    is_learned: AtomicBool,
    n_corrected: AtomicUsize,
    /// Held by whoever learns the earlier calls, until every ending that waited for it is told.
    learning: Mutex<()>,
    /// Calls of this session that have not ended: it stays open for them when another becomes the live one.
    n_under_way: AtomicUsize,
    session: Mutex<Option<LiveSession>>,
}

/// Which calls belong together, and which events came before: behind one lock, so that what has the lower number came first for
/// both.
#[derive(Default)]
struct Ties {
    links: Links,
    events: EventLedger,
    /// What has happened while the calls of earlier runs are not known yet; none once they are.
    unlearned: Option<Unlearned>,
    /// What turned out otherwise than was told when the call arrived, until it ends.
    corrected: HashMap<CallId, Numbered>,
}

/// What a call gets when it arrives.
pub struct Numbered {
    pub call_id: CallId,
    pub arrival: Arrival,
    /// Set where keys of events were given.
    pub events: Option<DeliveryEvents>,
}

/// What happens in the moments in which a large session is still being read. A call is answered as ever meanwhile; only what came
/// of it is told once it is known what it repeats.
#[derive(Default)]
struct Unlearned {
    happened: Vec<Happened>,
    waiting: Vec<Ending>,
}

/// Events that are remembered until the earlier calls are known. Whatever comes beyond counts as a first call.
const MAX_HAPPENED: usize = 100_000;

/// One thing that happened to a call.
struct Happened {
    call_id: CallId,
    hook: HookKind,
    event_id: Option<String>,
    replay_of: Option<ReplayOf>,
    what: What,
}

enum What {
    Arrived { at: Timestamp, told: Arrival, keys: Option<Vec<EventKey>> },
    Ended { answer: FirstAnswer },
}

/// A call that has ended, and how.
pub struct Ending {
    pub pending: Pending,
    pub timing: Option<Timing>,
    pub problem: Option<Problem>,
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
            ties: Mutex::new(Ties { unlearned: has_earlier.then(Unlearned::default), ..Ties::default() }),
            is_learned: AtomicBool::new(!has_earlier),
            n_corrected: AtomicUsize::new(0),
            learning: Mutex::default(),
            n_under_way: AtomicUsize::new(0),
            session: Mutex::new(Some(session)),
        }
    }

    /// Learns the calls that were recorded before this run, and with them what the calls of this run repeat. Gives the endings
    /// that waited for it to `tell`. Later times do nothing.
    pub fn learn_earlier(&self, tell: impl FnMut(Ending)) {
        let _until_told = lock(&self.learning);
        if lock(&self.ties).unlearned.is_none() {
            return;
        }
        let mut links = Links::default();
        self.view.index.for_each_summary(self.last_earlier, |call| {
            let event_id = call.event_id.as_deref();
            links.arrive(call.call_id, call.hook, event_id, call.replay_of, call.received_at);
            links.end(call.call_id, call.hook, event_id, call.replay_of, answer_of(&call));
        });
        let mut events = EventLedger::default();
        let learned = self.view.reader.for_each_delivery(self.last_earlier, |call_id, delivery| {
            events.learn(call_id, delivery);
            true
        });
        if let Err(error) = learned {
            log::warn!("events that come again may count as new: {error}");
        }
        let waiting = {
            let mut ties = lock(&self.ties);
            let Unlearned { happened, waiting } = ties.unlearned.take().unwrap_or_default();
            for Happened { call_id, hook, event_id, replay_of, what } in happened {
                match what {
                    What::Arrived { at, told, keys } => {
                        let arrival = links.arrive(call_id, hook, event_id.as_deref(), replay_of, at);
                        if arrival != told || keys.is_some() {
                            let events = keys.map(|keys| noted(&mut events, call_id, replay_of, keys));
                            ties.corrected.insert(call_id, Numbered { call_id, arrival, events });
                        }
                    }
                    What::Ended { answer } => links.end(call_id, hook, event_id.as_deref(), replay_of, answer),
                }
            }
            ties.links = links;
            ties.events = events;
            self.n_corrected.store(ties.corrected.len(), Ordering::Release);
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
        let mut ties = lock(&self.ties);
        let opening = &ending.pending.opening;
        let status = opening.response.as_ref().map(|response| response.status);
        let answer = answer_from(status, ending.timing.as_ref().map(Timing::total_us));
        if !ties.note(opening, What::Ended { answer }) {
            return Some(ending);
        }
        ties.links.end(opening.call_id, opening.hook, opening.event_id.as_deref(), opening.replay_of, answer);
        if let Some(unlearned) = &mut ties.unlearned {
            unlearned.waiting.push(ending);
        }
        None
    }

    /// What a call repeats, where it turned out otherwise than was told when it arrived. Asked once, when it has ended.
    pub fn corrected(&self, call_id: CallId) -> Option<Numbered> {
        if self.n_corrected.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut ties = lock(&self.ties);
        let corrected = ties.corrected.remove(&call_id);
        self.n_corrected.store(ties.corrected.len(), Ordering::Release);
        corrected
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
        let mut ties = lock(&self.ties);
        let call_id = CallId(self.next_call_id.fetch_add(1, Ordering::Relaxed));
        let arrival = ties.links.arrive(call_id, hook, event_id, replay_of, now);
        ties.remember(|| Happened {
            call_id,
            hook,
            event_id: event_id.map(str::to_owned),
            replay_of,
            what: What::Arrived { at: now, told: arrival, keys: keys.clone() },
        });
        let events = keys.map(|keys| noted(&mut ties.events, call_id, replay_of, keys));
        Numbered { call_id, arrival, events }
    }

    pub fn begin(&self) {
        self.n_under_way.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes how a call ended, for the calls that will repeat it.
    pub fn end(&self, opening: &Opening, answer: FirstAnswer) {
        self.n_under_way.fetch_sub(1, Ordering::AcqRel);
        let mut ties = lock(&self.ties);
        ties.links.end(opening.call_id, opening.hook, opening.event_id.as_deref(), opening.replay_of, answer);
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

impl Ties {
    /// Remembers what happens while earlier calls are not known. False where it is not.
    fn remember(&mut self, happened: impl FnOnce() -> Happened) -> bool {
        match &mut self.unlearned {
            Some(unlearned) if unlearned.happened.len() < MAX_HAPPENED => {
                unlearned.happened.push(happened());
                true
            }
            Some(_) | None => false,
        }
    }

    fn note(&mut self, opening: &Opening, what: What) -> bool {
        self.remember(|| Happened {
            call_id: opening.call_id,
            hook: opening.hook,
            event_id: opening.event_id.clone(),
            replay_of: opening.replay_of,
            what,
        })
    }
}

/// Notes the events of a delivery. What is sent again from here says nothing about what Okta sends.
fn noted(
    ledger: &mut EventLedger,
    call_id: CallId,
    replay_of: Option<ReplayOf>,
    keys: Vec<EventKey>,
) -> DeliveryEvents {
    match replay_of {
        Some(_) => DeliveryEvents::unmarked(keys),
        None => ledger.arrive(call_id, keys),
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

    use bytes::Bytes;

    use super::*;
    use crate::call::{AuthReport, Closing, Direction, Headers, Link, Request, Response, delivery_keys, judge_call};
    use crate::session::Packed;

    fn opening(call_id: CallId, event_id: &str, link: Link, status: u16) -> Opening {
        Opening {
            call_id,
            direction: Direction::Received,
            request: Request {
                received_at: Timestamp(i64::from(call_id.0)),
                peer: "127.0.0.1:1".to_owned(),
                over_tls: true,
                http_version: None,
                method: Some("POST".to_owned()),
                path: Some("/hooks/saml".to_owned()),
                query: None,
                headers: Headers::default(),
                body: Bytes::new(),
                body_size: None,
                truncated: false,
            },
            hook: HookKind::Saml,
            endpoint: None,
            endpoint_hook: None,
            event_id: Some(event_id.to_owned()),
            link,
            replay_of: None,
            auth: AuthReport::NOT_CONFIGURED,
            response: Some(Response {
                status,
                headers: Headers::default(),
                body: Bytes::new(),
                rule: "default".into(),
                revision: 1,
            }),
            problem: None,
        }
    }

    const TIMING: Option<Timing> =
        Some(Timing { tls_us: 0, read_us: 10, decide_us: 0, record_us: 0, delay_us: 0, write_us: 10 });

    fn tell(live: &Live, opening: &Opening) {
        tell_with(live, opening, None);
    }

    fn tell_with(live: &Live, opening: &Opening, events: Option<DeliveryEvents>) {
        let verdict = Arc::new(judge_call(opening, TIMING, None));
        let closing = Closing { timing: TIMING, verdict, problem: None, events: events.map(Arc::new) };
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

    /// A call that comes, is written, and ends, all before earlier calls are known.
    fn comes_early(live: &Arc<Live>, event_id: &str, status: u16) -> Option<Ending> {
        let Numbered { call_id, arrival, .. } = live.number(HookKind::Saml, Some(event_id), None, Timestamp(9), None);
        let opening = Arc::new(opening(call_id, event_id, arrival.link, status));
        live.begin();
        assert!(live.recorder.submit(call_id, Packed::new(&opening)));
        live.put_off(Ending {
            pending: Pending { live: live.clone(), opening, repeat: arrival.repeat, events: None, recorded: true },
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
            let link = corrected.map_or(ending.pending.opening.link, |corrected| corrected.arrival.link);
            let opening = Opening { link, ..Opening::clone(&ending.pending.opening) };
            tell(&live, &opening);
            live.end(&opening, FirstAnswer::InTime(200));
            told.push((opening.call_id.0, link));
        });
        let retry = |first: u32| Link { attempt: 2, retry_of: Some(CallId(first)), duplicate_of: None };
        let duplicate = |first: u32| Link { attempt: 1, retry_of: None, duplicate_of: Some(CallId(first)) };
        assert_eq!(told, [(3, retry(1)), (4, duplicate(2)), (5, Link::FIRST), (6, retry(5)), (7, duplicate(1))]);
        // From now on nothing waits, and what is known holds.
        assert_eq!(live.number(HookKind::Saml, Some("fine"), None, Timestamp(10), None).arrival.link, duplicate(2));
        assert!(comes_early(&live, "late", 200).is_some());
        // The file says the same, although the call was written before it was known.
        assert_eq!(live.view.reader.record(CallId(3)).unwrap().unwrap().opening.link, retry(1));
        assert_eq!(live.n_under_way(), 1);
        live.close().unwrap();
    }

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
    fn the_events_of_an_earlier_run_are_known_to_deliveries_that_came_before_they_were_learned() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::new(LiveSession::working(dir.path()).unwrap(), true);
        let first = deliver(&live, "e-1", "u-1", "2031-04-05T06:07:08Z");
        let delivery = Opening { hook: HookKind::Event, ..opening(first.call_id, "e-1", Link::FIRST, 204) };
        live.recorder.submit(first.call_id, Packed::new(&delivery));
        tell_with(&live, &delivery, first.events);
        live.close().unwrap();

        let live = Live::new(LiveSession::working(dir.path()).unwrap(), true);
        let early = deliver(&live, "e-2", "u-1", "2031-04-05T06:07:08Z");
        assert_eq!(duplicate_of(&early), None, "nobody knows yet");
        live.learn_earlier(|_| {});
        let corrected = live.corrected(early.call_id).unwrap();
        assert_eq!(duplicate_of(&corrected), Some(first.call_id));
        let older = deliver(&live, "e-3", "u-2", "2031-04-05T06:07:07Z");
        assert_eq!(older.events.unwrap().notes[0].older_than, Some(first.call_id));
        live.close().unwrap();
    }
}
