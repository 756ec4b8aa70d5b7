//! The assertions that were used: each one is good once.

use std::collections::HashMap;

use ring::digest;

use crate::call::Timestamp;

/// As many are remembered. Each lives an hour at most, so a flood fills it; then no more are taken until some are past, since
/// forgetting one would let it in a second time.
const MOST: usize = 100_000;

/// Digests of client and `jti`, until the assertion would be past anyway.
#[derive(Clone, Debug, Default)]
pub struct UsedAssertions {
    until: HashMap<[u8; 32], Timestamp>,
}

/// Why an assertion is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    Repeated,
    Full,
}

impl UsedAssertions {
    /// Remembers one until it is past, if it is new.
    pub(super) fn take(
        &mut self,
        client_id: &str,
        jti: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        let key = key_of(client_id, jti);
        if self.until.get(&key).is_some_and(|until| *until > now) {
            return Err(NotTaken::Repeated);
        }
        if self.until.len() >= MOST {
            self.until.retain(|_, until| *until > now);
            if self.until.len() >= MOST {
                return Err(NotTaken::Full);
            }
        }
        self.until.insert(key, until);
        Ok(())
    }

    /// True where it was used and is still remembered.
    pub(super) fn has(&self, client_id: &str, jti: &str, now: Timestamp) -> bool {
        self.until.get(&key_of(client_id, jti)).is_some_and(|until| *until > now)
    }
}

fn key_of(client_id: &str, jti: &str) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    // The length keeps one pair of texts from looking like another.
    context.update(&client_id.len().to_be_bytes());
    context.update(client_id.as_bytes());
    context.update(jti.as_bytes());
    let mut key = [0; 32];
    key.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    key
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn one_is_taken_once_until_it_is_past() {
        let mut used = UsedAssertions::default();
        assert_eq!(used.take("a", "1", Timestamp(100), Timestamp(0)), Ok(()));
        assert_eq!(used.take("a", "1", Timestamp(100), Timestamp(99)), Err(NotTaken::Repeated));
        assert!(used.has("a", "1", Timestamp(99)) && !used.has("a", "1", Timestamp(100)));
        // Another client's, and one whose texts run together in the same way.
        assert_eq!(used.take("b", "1", Timestamp(100), Timestamp(0)), Ok(()));
        assert_eq!(used.take("a1", "", Timestamp(100), Timestamp(0)), Ok(()));
        assert_eq!(used.take("a", "1", Timestamp(200), Timestamp(100)), Ok(()));
    }

    #[test]
    fn a_full_memory_forgets_what_is_past_and_nothing_else() {
        let mut used = UsedAssertions::default();
        for number in 0..MOST {
            used.take("a", &number.to_string(), Timestamp(100), Timestamp(0)).unwrap();
        }
        assert_eq!(used.take("a", "new", Timestamp(100), Timestamp(50)), Err(NotTaken::Full));
        assert_eq!(used.take("a", "7", Timestamp(100), Timestamp(50)), Err(NotTaken::Repeated));
        assert_eq!(used.take("a", "new", Timestamp(200), Timestamp(100)), Ok(()));
        assert_eq!(used.until.len(), 1);
    }
}
