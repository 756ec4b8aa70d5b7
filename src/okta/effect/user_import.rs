//! User import: both profiles, and whether a user is created or linked.

use serde_json::{Map, Value};

use super::{Effect, Run, parts};

pub(super) fn effect(data: &Map<String, Value>, _commands: &[Run]) -> Effect {
    let before = parts(data, &["appUser", "user", "action"]);
    Effect { after: before.clone(), before }
}
