//! SAML: the assertion.

use serde_json::{Map, Value};

use super::{Effect, Run, parts};

pub(super) fn effect(data: &Map<String, Value>, _commands: &[Run]) -> Effect {
    let before = parts(data, &["assertion"]);
    Effect { after: before.clone(), before }
}
