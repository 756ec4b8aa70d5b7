//! SAML: the assertion.

use serde_json::{Map, Value};

use super::{Effect, Patch, parts, patched};
use crate::okta::patch::open_parts;

pub(super) fn effect(data: &Map<String, Value>, request: &[u8], patches: &[Patch<'_>]) -> Effect {
    let before = parts(data, &["assertion"]);
    let after = after(request, patches).map(|assertion| Map::from_iter([("assertion".to_owned(), assertion)]));
    Effect { after: after.unwrap_or_else(|| before.clone()), before }
}

fn after(request: &[u8], patches: &[Patch<'_>]) -> Option<Value> {
    if patches.is_empty() {
        return None;
    }
    let [assertion] = open_parts(request, ["assertion"])?;
    let mut assertion = assertion?;
    for patch in patches {
        if patch.name != "com.okta.assertion.patch" {
            return None;
        }
        patched(&mut assertion, patch)?;
    }
    Some(assertion.into_value())
}
