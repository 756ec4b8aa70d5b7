//! Password import: whether the user is let in.

use serde_json::{Map, Value};

use super::{Effect, Run, parts};

pub(super) fn effect(data: &Map<String, Value>, _commands: &[Run]) -> Effect {
    let before = parts(data, &["action"]);
    Effect { after: before.clone(), before }
}
