//! Password import: the decision. The password itself is no part of it.

use serde_json::{Map, Value};

use super::{Effect, Run, parts, set_from};

pub(super) fn effect(data: &Map<String, Value>, commands: &[Run]) -> Effect {
    let before = parts(data, &["action"]);
    let mut after = before.clone();
    for run in commands.iter().filter(|run| run.name == "com.okta.action.update") {
        set_from(&mut after, &["action"], "credential", &run.value);
    }
    Effect { before, after }
}
