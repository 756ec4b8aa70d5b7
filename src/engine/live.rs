//! The session that is being recorded: where calls are numbered, tied to earlier ones and written.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::under_way::Pending;
use super::{LiveView, SessionState};
use crate::call::{BUDGET, CallId, Link, Links, Opening, Problem, ReplayOf, SessionId, Summary, Timestamp, Timing};
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

/// Which calls belong together.
#[derive(Default)]
struct Ties {
    links: Links,
    /// What has happened while the calls of earlier runs are not known yet; none once they are.
    unlearned: Option<Unlearned>,
    /// Links that turned out otherwise than was told when the call arrived, until it ends.
    corrected: HashMap<CallId, Link>,
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
    Arrived { at: Timestamp, told: Link },
    Ended { badly: bool },
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
            links.end(call.call_id, call.hook, event_id, call.replay_of, ended_badly(&call));
        });
        let waiting = {
            let mut ties = lock(&self.ties);
            let Unlearned { happened, waiting } = ties.unlearned.take().unwrap_or_default();
            for Happened { call_id, hook, event_id, replay_of, what } in happened {
                match what {
                    What::Arrived { at, told } => {
                        let link = links.arrive(call_id, hook, event_id.as_deref(), replay_of, at);
                        if link != told {
                            ties.corrected.insert(call_id, link);
                        }
                    }
                    What::Ended { badly } => links.end(call_id, hook, event_id.as_deref(), replay_of, badly),
                }
            }
            ties.links = links;
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
        let badly = is_bad(status, ending.timing.as_ref().map(Timing::total_us));
        if !ties.note(opening, What::Ended { badly }) {
            return Some(ending);
        }
        ties.links.end(opening.call_id, opening.hook, opening.event_id.as_deref(), opening.replay_of, badly);
        if let Some(unlearned) = &mut ties.unlearned {
            unlearned.waiting.push(ending);
        }
        None
    }

    /// The link of a call, where it turned out otherwise than was told when it arrived. Asked once, when it has ended.
    pub fn corrected(&self, call_id: CallId) -> Option<Link> {
        if self.n_corrected.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut ties = lock(&self.ties);
        let link = ties.corrected.remove(&call_id);
        self.n_corrected.store(ties.corrected.len(), Ordering::Release);
        link
    }

    /// The number of the next call, and what it repeats. Both at once, so that the first of two equal calls has the lower number.
    pub fn number(
        &self,
        hook: HookKind,
        event_id: Option<&str>,
        replay_of: Option<ReplayOf>,
        now: Timestamp,
    ) -> (CallId, Link) {
        let mut ties = lock(&self.ties);
        let call_id = CallId(self.next_call_id.fetch_add(1, Ordering::Relaxed));
        let link = ties.links.arrive(call_id, hook, event_id, replay_of, now);
        ties.remember(|| Happened {
            call_id,
            hook,
            event_id: event_id.map(str::to_owned),
            replay_of,
            what: What::Arrived { at: now, told: link },
        });
        (call_id, link)
    }

    pub fn begin(&self) {
        self.n_under_way.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes how a call ended, for the calls that will repeat it.
    pub fn end(&self, opening: &Opening, badly: bool) {
        self.n_under_way.fetch_sub(1, Ordering::AcqRel);
        let mut ties = lock(&self.ties);
        ties.links.end(opening.call_id, opening.hook, opening.event_id.as_deref(), opening.replay_of, badly);
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

/// 3xx, 5xx, late or without an answer: what Okta may send again.
pub fn ended_badly(summary: &Summary) -> bool {
    is_bad(summary.status, summary.total_us)
}

fn is_bad(status: Option<u16>, total_us: Option<u32>) -> bool {
    let late = total_us.is_none_or(|total| u128::from(total) > BUDGET.as_micros());
    late || status.is_none_or(|status| (300..400).contains(&status) || status >= 500)
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
    use crate::call::{AuthReport, Closing, Direction, Headers, Request, Response, judge_call};
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
        let closing = Closing { timing: TIMING, verdict: Arc::new(judge_call(opening, TIMING, None)), problem: None };
        let summary = opening.summary(&closing, true);
        live.recorder.close_call(summary, closing.timing, None, closing.verdict);
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
        let (call_id, link) = live.number(HookKind::Saml, Some(event_id), None, Timestamp(9));
        let opening = Arc::new(opening(call_id, event_id, link, status));
        live.begin();
        assert!(live.recorder.submit(call_id, Packed::new(&opening)));
        live.put_off(Ending {
            pending: Pending { live: live.clone(), opening, recorded: true },
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
            let link = live.corrected(ending.pending.opening.call_id).unwrap_or(ending.pending.opening.link);
            let opening = Opening { link, ..Opening::clone(&ending.pending.opening) };
            tell(&live, &opening);
            live.end(&opening, false);
            told.push((opening.call_id.0, link));
        });
        let retry = |first: u32| Link { attempt: 2, retry_of: Some(CallId(first)), duplicate_of: None };
        let duplicate = |first: u32| Link { attempt: 1, retry_of: None, duplicate_of: Some(CallId(first)) };
        assert_eq!(told, [(3, retry(1)), (4, duplicate(2)), (5, Link::FIRST), (6, retry(5)), (7, duplicate(1))]);
        // From now on nothing waits, and what is known holds.
        assert_eq!(live.number(HookKind::Saml, Some("fine"), None, Timestamp(10)).1, duplicate(2));
        assert!(comes_early(&live, "late", 200).is_some());
        // The file says the same, although the call was written before it was known.
        assert_eq!(live.view.reader.record(CallId(3)).unwrap().unwrap().opening.link, retry(1));
        assert_eq!(live.n_under_way(), 1);
        live.close().unwrap();
    }
}
