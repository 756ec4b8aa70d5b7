//! The data before and after Okta applies a response.
//!
//! Only the parts of a request's `data` that commands can change: what they were when the call came, and what they are when
//! Okta has done what the verdict says. Where nothing is applied, both are equal.

use serde_json::{Map, Value};

use super::judge::Exchange;
use super::verdict::Outcome;

/// Both sides of a change: objects with one member for each part that commands can change.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub before: Map<String, Value>,
    pub after: Map<String, Value>,
}

/// What becomes of the request's data. None without a request that can be read, and for event, verification and telephony, which
/// change no data.
pub fn effect(_exchange: &Exchange<'_>, _outcome: Outcome) -> Option<Effect> {
    None
}
