//! The calls that have not ended.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::UnderWay;
use super::live::{Live, lock};
use crate::call::{DeliveryEvents, Opening};
use crate::okta::{Finding, Repeat};

/// How many calls under way are shown at most: more than fit on any screen.
const SHOWN_AT_MOST: usize = 200;

/// A call that has not ended, with the session that it began in.
#[derive(Clone)]
pub struct Pending {
    pub live: Arc<Live>,
    pub opening: Arc<Opening>,
    /// What it is to an earlier call of the same `eventId`.
    pub repeat: Option<Repeat>,
    /// The events of a delivery.
    pub events: Option<Arc<DeliveryEvents>>,
    /// What is to be said of it that its record does not show.
    pub findings: Vec<Finding>,
    /// False where its record was not in the file in time.
    pub recorded: bool,
}

/// All calls that have not ended, by a ticket that is unique in this run: ids are not, since a new session begins at 1 again.
#[derive(Default)]
pub struct UnderWayTable {
    next_ticket: AtomicU64,
    pending: Mutex<BTreeMap<u64, Pending>>,
    /// Counts every change, so that nobody looks where nothing happened.
    version: AtomicU64,
    /// Told of every change.
    changed: Notify,
}

impl UnderWayTable {
    pub fn begin(&self, pending: Pending) -> u64 {
        let ticket = self.next_ticket.fetch_add(1, Ordering::Relaxed);
        self.put(ticket, pending);
        ticket
    }

    /// Puts a call back, changed.
    pub fn put(&self, ticket: u64, pending: Pending) {
        lock(&self.pending).insert(ticket, pending);
        self.version.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Takes a call out. None if it has ended already: whoever gets it ends it, exactly once.
    pub fn take(&self, ticket: u64) -> Option<Pending> {
        let pending = lock(&self.pending).remove(&ticket);
        self.version.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
        pending
    }

    pub fn len(&self) -> usize {
        lock(&self.pending).len()
    }

    /// Returns when something has changed since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// The oldest ones, as a front shows them.
    pub fn shown(&self) -> Arc<[UnderWay]> {
        let calls: Vec<Pending> = lock(&self.pending).values().take(SHOWN_AT_MOST).cloned().collect();
        calls
            .iter()
            .map(|Pending { opening, .. }| UnderWay {
                call_id: opening.call_id,
                received_at: opening.request.received_at,
                hook: opening.hook,
                endpoint: opening.endpoint.clone(),
                method: opening.request.method.clone().unwrap_or_default(),
                path: opening.request.path.clone().unwrap_or_default(),
            })
            .collect()
    }
}
