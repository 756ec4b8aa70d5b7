//! Token: claims, lifetimes and scopes of the ID token and the access token.

use serde_json::{Map, Value};

use super::{Effect, Run, parts};

pub(super) fn effect(data: &Map<String, Value>, _commands: &[Run]) -> Effect {
    let before = parts(data, &["identity", "access"]);
    Effect { after: before.clone(), before }
}
