//! Calls that wait for a person.
//!
//! Each waits on its own task, at most until its deadline; a front sees the list and answers by the call's ticket. Nothing here
//! holds a lock while it waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::live::lock;
use crate::call::{CallId, HoldEnd, Opening, Response, Timestamp};
use crate::okta::HookKind;
use crate::respond::{HoldSetup, ResponseSetup};

/// A held call as a front sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub call_id: CallId,
    pub hook: HookKind,
    pub endpoint: Option<Arc<str>>,
    pub path: String,
    /// When its first byte came.
    pub received_at: Timestamp,
    /// When the prepared response goes out by itself.
    pub deadline_at: Timestamp,
}

/// What a person decides for a held call.
#[derive(Clone, Debug)]
pub enum HeldAnswer {
    /// This response goes out; where it comes too late it is staged for the next call of the endpoint.
    Send { endpoint: Arc<str>, response: ResponseSetup },
    /// The prepared one goes out.
    Release,
}

struct Waiting {
    held: Held,
    opening: Arc<Opening>,
    answer: oneshot::Sender<HeldAnswer>,
}

/// All calls that wait, by call id of the live session.
#[derive(Default)]
pub struct HeldCalls {
    waiting: Mutex<BTreeMap<CallId, Waiting>>,
    /// Told of every call that begins or ends to wait.
    changed: Notify,
}

/// Takes a call off the list however its wait ends, also where its client goes away.
struct OffTheList<'a> {
    calls: &'a HeldCalls,
    opening: Arc<Opening>,
}

impl Drop for OffTheList<'_> {
    fn drop(&mut self) {
        let mut waiting = lock(&self.calls.waiting);
        // A call of a new session may have its number by now.
        let is_own = |waiting: &Waiting| Arc::ptr_eq(&waiting.opening, &self.opening);
        if waiting.get(&self.opening.call_id).is_some_and(is_own) {
            waiting.remove(&self.opening.call_id);
        }
        drop(waiting);
        self.calls.changed.notify_one();
    }
}

impl HeldCalls {
    /// Waits for a person, at most until the deadline, which counts from `began`. None: the prepared response goes out.
    pub async fn wait(
        &self,
        opening: &Opening,
        prepared: &Response,
        hold: HoldSetup,
        began: Instant,
    ) -> (Option<Response>, HoldEnd) {
        let (answer, mut asked) = oneshot::channel();
        let call_id = opening.call_id;
        let received_at = opening.request.received_at;
        let held = Held {
            call_id,
            hook: opening.hook,
            endpoint: opening.endpoint.clone(),
            path: opening.request.path.clone().unwrap_or_default(),
            received_at,
            deadline_at: later(received_at, hold.deadline),
        };
        let shown = Arc::new(Opening { response: Some(prepared.clone()), ..opening.clone() });
        lock(&self.waiting).insert(call_id, Waiting { held, opening: shown.clone(), answer });
        self.changed.notify_one();
        let _off = OffTheList { calls: self, opening: shown };
        let answered = match tokio::time::timeout_at((began + hold.deadline).into(), &mut asked).await {
            Ok(answered) => answered.ok(),
            Err(_) => {
                // From here on whoever answers is told that it is too late; what came just before still counts.
                asked.close();
                asked.try_recv().ok()
            }
        };
        match answered {
            Some(HeldAnswer::Send { response, .. }) => {
                let response = response.as_response(prepared.rule.clone(), prepared.revision);
                (Some(response), HoldEnd::Edited)
            }
            Some(HeldAnswer::Release) => (None, HoldEnd::Released),
            // Nobody can answer any more, or nobody did in time.
            None => (None, HoldEnd::Deadline),
        }
    }

    /// Ends the wait of a call. Gives the answer back where the call does not wait any more: then its prepared response has gone
    /// out.
    pub fn answer(&self, call_id: CallId, answer: HeldAnswer) -> Result<(), HeldAnswer> {
        let waiting = lock(&self.waiting).remove(&call_id);
        match waiting {
            Some(waiting) => waiting.answer.send(answer),
            None => Err(answer),
        }
    }

    /// Lets every call go with its prepared response.
    pub fn release_all(&self) {
        let all = std::mem::take(&mut *lock(&self.waiting));
        for waiting in all.into_values() {
            // One whose deadline has just passed needs no answer.
            waiting.answer.send(HeldAnswer::Release).ok();
        }
    }

    /// The calls that wait, oldest first.
    pub fn all(&self) -> Arc<[Held]> {
        lock(&self.waiting).values().map(|waiting| waiting.held.clone()).collect()
    }

    /// A call that waits, with its prepared response: it is not in the session yet.
    pub fn opening(&self, call_id: CallId) -> Option<Arc<Opening>> {
        lock(&self.waiting).get(&call_id).map(|waiting| waiting.opening.clone())
    }

    /// Returns when a call has begun or ended to wait since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    Timestamp(from.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
}
