//! Ties a repeated call to the first one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::{BUDGET, CallId, ReplayOf, Timestamp};
use crate::okta::HookKind;

/// How a call belongs to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// 1, or 2 for Okta's one retry.
    pub attempt: u8,
    pub retry_of: Option<CallId>,
    pub duplicate_of: Option<CallId>,
}

impl Link {
    pub const FIRST: Link = Link { attempt: 1, retry_of: None, duplicate_of: None };
}

/// The first calls of a session, by what makes a call the same: kind and `eventId`, or the call that it replays.
///
/// Okta developer docs, "Hooks best practices": `eventId` tells repeated requests apart. Keys are kept as 64-bit hashes, since
/// there may be hundreds of thousands.
#[derive(Debug, Default)]
pub struct Links {
    hasher: RandomState,
    first_by_key: HashMap<u64, First>,
}

#[derive(Clone, Copy, Debug)]
struct First {
    call_id: CallId,
    received_at: Timestamp,
    state: State,
    retried: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    UnderWay,
    /// Ended in 3xx, 5xx, late or without an answer.
    EndedBadly,
    EndedWell,
}

impl Links {
    /// Notes a call that arrives and says what it repeats.
    pub fn arrive(
        &mut self,
        call_id: CallId,
        hook: HookKind,
        event_id: Option<&str>,
        replay_of: Option<ReplayOf>,
        now: Timestamp,
    ) -> Link {
        let Some(key) = self.key(hook, event_id, replay_of) else {
            return Link::FIRST;
        };
        let Some(first) = self.first_by_key.get_mut(&key) else {
            let first = First { call_id, received_at: now, state: State::UnderWay, retried: false };
            self.first_by_key.insert(key, first);
            return Link::FIRST;
        };
        if first.call_id >= call_id {
            // One of an earlier run that is learned after its repeat has come.
            return Link::FIRST;
        }
        let over_budget =
            first.state == State::UnderWay && now.micros_since(first.received_at) > BUDGET.as_micros() as i64;
        if !first.retried && (first.state == State::EndedBadly || over_budget) {
            first.retried = true;
            return Link { attempt: 2, retry_of: Some(first.call_id), duplicate_of: None };
        }
        if replay_of.is_some() {
            // A replay is asked for by a person: it is never a duplicate, and begins anew.
            *first = First { call_id, received_at: now, state: State::UnderWay, retried: false };
            return Link::FIRST;
        }
        Link { attempt: 1, retry_of: None, duplicate_of: Some(first.call_id) }
    }

    /// Notes how a call ended: `badly` is 3xx, 5xx, late or without an answer.
    pub fn end(
        &mut self,
        call_id: CallId,
        hook: HookKind,
        event_id: Option<&str>,
        replay_of: Option<ReplayOf>,
        badly: bool,
    ) {
        let Some(key) = self.key(hook, event_id, replay_of) else {
            return;
        };
        if let Some(first) = self.first_by_key.get_mut(&key)
            && first.call_id == call_id
        {
            first.state = if badly { State::EndedBadly } else { State::EndedWell };
        }
    }

    fn key(&self, hook: HookKind, event_id: Option<&str>, replay_of: Option<ReplayOf>) -> Option<u64> {
        match (replay_of, event_id) {
            (Some(replay_of), _) => Some(self.hasher.hash_one((replay_of, 'r'))),
            (None, Some(event_id)) => Some(self.hasher.hash_one((hook, event_id))),
            (None, None) => None,
        }
    }
}
