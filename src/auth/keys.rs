//! What is known of the keys that a token or an assertion is checked with, at the time of the call.

use super::JwkSet;
use crate::call::Timestamp;

/// The state of a key set. Keys are fetched off the path of a call, so there are times without any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyState<'a> {
    /// Nobody has asked for them yet.
    #[default]
    NotFetched,
    /// They are being fetched for the first time.
    Fetching { from: &'a str },
    /// They could not be had.
    Failed { from: &'a str, why: &'a str, at: Timestamp },
    /// They are at hand.
    Known {
        set: &'a JwkSet,
        /// An URL, or words such as "the pasted key".
        from: &'a str,
        /// None where they were not fetched but pasted, or are the listener's own.
        fetched_at: Option<Timestamp>,
        /// Why they could not be fetched again since, where that was tried.
        refresh_failed: Option<&'a str>,
    },
}

impl<'a> KeyState<'a> {
    /// The keys, where they are at hand.
    pub fn set(self) -> Option<&'a JwkSet> {
        match self {
            KeyState::Known { set, .. } => Some(set),
            KeyState::NotFetched | KeyState::Fetching { .. } | KeyState::Failed { .. } => None,
        }
    }
}
