//! Ties a repeated call to the first one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::{BUDGET, CallId, ProblemKind, ReplayOf, Summary, Timestamp};
use crate::okta::{FirstAnswer, HookKind, Repeat, is_never_retried};

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
    answer: FirstAnswer,
    /// The status that it will be answered with, while its end is not noted.
    planned: Option<FirstAnswer>,
    retried: bool,
}

/// What a call that arrives is to earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub link: Link,
    /// Set where it repeats a call of Okta's: not for a replay, which a person asked for.
    pub repeat: Option<Repeat>,
}

impl Arrival {
    pub const FIRST: Arrival = Arrival { link: Link::FIRST, repeat: None };
}

/// How a call was answered, as it counts for a repeat of it.
pub fn answer_of(call: &Summary) -> FirstAnswer {
    answer_in(call.status, call.counted_us(), call.problem)
}

/// The same from the status and the microseconds that it took; none where nothing was answered, or its end was not recorded. A
/// response that did not arrive whole is none.
pub fn answer_in(status: Option<u16>, total_us: Option<u32>, problem: Option<ProblemKind>) -> FirstAnswer {
    match total_us.filter(|_| !problem.is_some_and(ProblemKind::is_cut_off)) {
        None => FirstAnswer::Unanswered,
        Some(total) => FirstAnswer::new(status, u128::from(total) > BUDGET.as_micros()),
    }
}

/// What a repeat is to the first call of the same kind and `eventId`, as they were recorded; none where it repeats nothing.
pub fn repeat_of(call: &Summary, first: &Summary, after_retry: bool) -> Option<Repeat> {
    let is_retry = call.link.retry_of == Some(first.call_id);
    if !is_retry && call.link.duplicate_of != Some(first.call_id) {
        return None;
    }
    Some(Repeat {
        kind: call.hook,
        first_call: first.call_id.0,
        first: answer_of(first),
        gap_us: call.received_at.micros_since(first.received_at),
        is_retry,
        after_retry: after_retry && !is_retry,
    })
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
    ) -> Arrival {
        let Some(key) = self.key(hook, event_id, replay_of) else {
            return Arrival::FIRST;
        };
        let Some(first) = self.first_by_key.get_mut(&key) else {
            let first = First { call_id, received_at: now, answer: FirstAnswer::NotYet, planned: None, retried: false };
            self.first_by_key.insert(key, first);
            return Arrival::FIRST;
        };
        if first.call_id >= call_id {
            // One of an earlier run that is learned after its repeat has come.
            return Arrival::FIRST;
        }
        let gap_us = now.micros_since(first.received_at);
        let answer = match first.answer {
            FirstAnswer::NotYet if gap_us > BUDGET.as_micros() as i64 => FirstAnswer::Unanswered,
            // Whoever asks again has the answer already; only its end is not noted yet.
            FirstAnswer::NotYet => first.planned.filter(|planned| planned.is_bad()).unwrap_or(FirstAnswer::NotYet),
            answer => answer,
        };
        let after_retry = first.retried;
        // Sent again by a person, where Okta would never send it again itself: that is another replay.
        let can_be_retry = replay_of.is_none() || !is_never_retried(hook);
        let is_retry = can_be_retry && !after_retry && answer.is_bad();
        let repeat = Repeat { kind: hook, first_call: first.call_id.0, first: answer, gap_us, is_retry, after_retry };
        let repeat = replay_of.is_none().then_some(repeat);
        if is_retry {
            first.retried = true;
            let link = Link { attempt: 2, retry_of: Some(first.call_id), duplicate_of: None };
            return Arrival { link, repeat };
        }
        if replay_of.is_some() {
            // A replay is asked for by a person: it is never a duplicate, and begins anew.
            *first = First { call_id, received_at: now, answer: FirstAnswer::NotYet, planned: None, retried: false };
            return Arrival::FIRST;
        }
        Arrival { link: Link { attempt: 1, retry_of: None, duplicate_of: Some(first.call_id) }, repeat }
    }

    /// Notes what a call that has just arrived will be answered with.
    pub fn plan(
        &mut self,
        call_id: CallId,
        hook: HookKind,
        event_id: Option<&str>,
        replay_of: Option<ReplayOf>,
        answer: Option<FirstAnswer>,
    ) {
        let key = self.key(hook, event_id, replay_of);
        let first = key.and_then(|key| self.first_by_key.get_mut(&key));
        if let Some(first) = first.filter(|first| first.call_id == call_id) {
            first.planned = answer;
        }
    }

    /// Notes how a call ended.
    pub fn end(
        &mut self,
        call_id: CallId,
        hook: HookKind,
        event_id: Option<&str>,
        replay_of: Option<ReplayOf>,
        answer: FirstAnswer,
    ) {
        let Some(key) = self.key(hook, event_id, replay_of) else {
            return;
        };
        if let Some(first) = self.first_by_key.get_mut(&key)
            && first.call_id == call_id
        {
            first.answer = answer;
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn arrive(links: &mut Links, call_id: u32, at_ms: i64) -> Arrival {
        links.arrive(CallId(call_id), HookKind::Saml, Some("e"), None, Timestamp(at_ms * 1_000))
    }

    fn end(links: &mut Links, call_id: u32, answer: FirstAnswer) {
        links.end(CallId(call_id), HookKind::Saml, Some("e"), None, answer);
    }

    #[test]
    fn a_repeat_after_a_failure_is_the_retry_and_every_later_one_a_duplicate() {
        let mut links = Links::default();
        assert_eq!(arrive(&mut links, 1, 0), Arrival::FIRST);
        end(&mut links, 1, FirstAnswer::InTime(500));
        let retry = arrive(&mut links, 2, 400);
        assert_eq!(retry.link, Link { attempt: 2, retry_of: Some(CallId(1)), duplicate_of: None });
        let repeat = retry.repeat.unwrap();
        assert_eq!((repeat.first, repeat.gap_us, repeat.is_retry), (FirstAnswer::InTime(500), 400_000, true));
        let third = arrive(&mut links, 3, 900);
        assert_eq!(third.link, Link { attempt: 1, retry_of: None, duplicate_of: Some(CallId(1)) });
        assert!(third.repeat.unwrap().after_retry);
    }

    #[test]
    fn a_repeat_while_the_first_is_under_way_is_a_retry_only_once_that_is_late() {
        let mut links = Links::default();
        arrive(&mut links, 1, 0);
        let early = arrive(&mut links, 2, 3_000);
        assert_eq!((early.link.duplicate_of, early.repeat.unwrap().first), (Some(CallId(1)), FirstAnswer::NotYet));
        let late = arrive(&mut links, 3, 3_001);
        assert_eq!((late.link.retry_of, late.repeat.unwrap().first), (Some(CallId(1)), FirstAnswer::Unanswered));
    }

    #[test]
    fn a_replay_after_a_failed_one_is_its_retry_only_where_okta_retries() {
        let replay_of = Some(ReplayOf { session: super::super::SessionId(uuid::Uuid::nil()), call_id: CallId(1) });
        for (hook, attempt) in [(HookKind::Saml, 2), (HookKind::Token, 1), (HookKind::Telephony, 1)] {
            let mut links = Links::default();
            links.arrive(CallId(2), hook, Some("e"), replay_of, Timestamp(0));
            links.end(CallId(2), hook, Some("e"), replay_of, FirstAnswer::InTime(500));
            let again = links.arrive(CallId(3), hook, Some("e"), replay_of, Timestamp(1));
            assert_eq!(again.link.attempt, attempt, "{hook}");
        }
    }

    #[test]
    fn a_response_that_broke_off_is_none() {
        let ten = Some(10);
        assert_eq!(answer_in(Some(200), ten, None), FirstAnswer::InTime(200));
        assert_eq!(answer_in(Some(200), ten, Some(ProblemKind::ClosedEarly)), FirstAnswer::Unanswered);
        assert_eq!(answer_in(Some(413), ten, Some(ProblemKind::BodyTooLarge)), FirstAnswer::InTime(413));
    }

    #[test]
    fn a_repeat_that_comes_before_the_end_is_noted_goes_by_what_was_decided() {
        for (planned, is_retry) in [(FirstAnswer::InTime(200), false), (FirstAnswer::Unanswered, true)] {
            let mut links = Links::default();
            arrive(&mut links, 1, 0);
            links.plan(CallId(1), HookKind::Saml, Some("e"), None, Some(planned));
            assert_eq!(arrive(&mut links, 2, 5).link.retry_of.is_some(), is_retry, "{planned:?}");
        }
    }

    #[test]
    fn a_replay_repeats_no_call_of_oktas() {
        let mut links = Links::default();
        let replay_of = Some(ReplayOf { session: super::super::SessionId(uuid::Uuid::nil()), call_id: CallId(1) });
        for call_id in 1..4 {
            let arrival = links.arrive(CallId(call_id), HookKind::Saml, Some("e"), replay_of, Timestamp(0));
            assert_eq!(arrival, Arrival::FIRST);
            links.end(CallId(call_id), HookKind::Saml, Some("e"), replay_of, FirstAnswer::InTime(200));
        }
    }
}
