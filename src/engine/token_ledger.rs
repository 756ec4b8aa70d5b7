//! Which call fetched which access token, so that the hook calls that use it can be tied to it.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use super::live::lock;
use crate::call::{CallId, SessionId, TokenUse, micros};

/// As many tokens are known at once: more than any org fetches in the lifetime of one. The oldest go first.
const MOST: usize = 10_000;

/// The tokens that the stand-in authorization server has given in this run.
#[derive(Default)]
pub struct TokenLedger {
    given: Mutex<Given>,
}

#[derive(Default)]
struct Given {
    by_id: HashMap<String, Fetched>,
    order: VecDeque<String>,
}

/// A call that fetched a token.
struct Fetched {
    session: SessionId,
    call_id: CallId,
    began: Instant,
    /// None until it has ended.
    took_us: Option<u32>,
    is_used: bool,
}

impl TokenLedger {
    /// Notes a token before it is given. `began` is when the first byte of its call came.
    pub fn give(&self, token_id: &str, session: SessionId, call_id: CallId, began: Instant) {
        let mut given = lock(&self.given);
        let fetched = Fetched { session, call_id, began, took_us: None, is_used: false };
        if given.by_id.insert(token_id.to_owned(), fetched).is_none() {
            given.order.push_back(token_id.to_owned());
        }
        while given.order.len() > MOST
            && let Some(oldest) = given.order.pop_front()
        {
            given.by_id.remove(&oldest);
        }
    }

    /// Notes how long the call took that fetched a token.
    pub fn ended(&self, token_id: &str, took_us: u32) {
        if let Some(fetched) = lock(&self.given).by_id.get_mut(token_id) {
            fetched.took_us = Some(took_us);
        }
    }

    /// The token that a call came with, where it was given in the same session. The first to ask is the first to use it.
    ///
    /// Where the end of the fetching call is not noted yet, which can come a moment after its client has the answer, the time until
    /// now is taken.
    pub fn use_of(&self, token_id: &str, session: SessionId, now: Instant) -> Option<TokenUse> {
        let mut given = lock(&self.given);
        let fetched = given.by_id.get_mut(token_id).filter(|fetched| fetched.session == session)?;
        let is_first_use = !std::mem::replace(&mut fetched.is_used, true);
        let until_now = micros(now.saturating_duration_since(fetched.began));
        Some(TokenUse { token_call: fetched.call_id, token_us: fetched.took_us.unwrap_or(until_now), is_first_use })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn session(n: u128) -> SessionId {
        SessionId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn only_the_first_call_that_uses_a_token_is_its_first_use() {
        let ledger = TokenLedger::default();
        let began = Instant::now();
        ledger.give("t", session(1), CallId(3), began);
        let first = ledger.use_of("t", session(1), began + Duration::from_micros(70)).unwrap();
        assert_eq!((first.token_call, first.token_us, first.is_first_use), (CallId(3), 70, true));
        ledger.ended("t", 50);
        let second = ledger.use_of("t", session(1), began + Duration::from_secs(9)).unwrap();
        assert_eq!((second.token_us, second.is_first_use, second.counted_us()), (50, false, 0));
    }

    #[test]
    fn a_token_of_another_session_or_of_nobody_ties_nothing() {
        let ledger = TokenLedger::default();
        ledger.give("t", session(1), CallId(3), Instant::now());
        assert_eq!(ledger.use_of("t", session(2), Instant::now()), None);
        assert_eq!(ledger.use_of("u", session(1), Instant::now()), None);
        assert!(ledger.use_of("t", session(1), Instant::now()).unwrap().is_first_use);
    }

    #[test]
    fn the_oldest_tokens_go_where_there_are_too_many() {
        let ledger = TokenLedger::default();
        for n in 0..=MOST {
            ledger.give(&n.to_string(), session(1), CallId(1), Instant::now());
        }
        assert_eq!(ledger.use_of("0", session(1), Instant::now()), None);
        assert!(ledger.use_of(&MOST.to_string(), session(1), Instant::now()).is_some());
    }
}
