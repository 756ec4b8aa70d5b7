//! Registration: the submitted profile and the decision.

use serde_json::{Map, Value};

use super::{Effect, Run, parts};

pub(super) fn effect(data: &Map<String, Value>, _commands: &[Run]) -> Effect {
    let before = parts(data, &["userProfile", "userProfileUpdate", "action"]);
    Effect { after: before.clone(), before }
}
