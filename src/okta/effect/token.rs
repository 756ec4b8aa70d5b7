//! Token: claims, lifetimes and scopes of the ID token and the access token.

use serde_json::{Map, Value};

use super::{Effect, Patch, parts, patched};
use crate::okta::patch::open_parts;

/// The parts, and the command that changes each.
const PARTS: [&str; 2] = ["identity", "access"];
const COMMANDS: [&str; 2] = ["com.okta.identity.patch", "com.okta.access.patch"];

pub(super) fn effect(data: &Map<String, Value>, request: &[u8], patches: &[Patch<'_>]) -> Effect {
    let before = parts(data, &PARTS);
    let after = after(request, patches).map(|after| {
        // In the order in which they stand in the request.
        let changed = before.iter().map(|(name, value)| {
            let of_name = after.iter().find(|(part, _)| part == name);
            (name.clone(), of_name.map_or_else(|| value.clone(), |(_, value)| value.clone()))
        });
        changed.collect()
    });
    Effect { after: after.unwrap_or_else(|| before.clone()), before }
}

fn after(request: &[u8], patches: &[Patch<'_>]) -> Option<Vec<(&'static str, Value)>> {
    if patches.is_empty() {
        return None;
    }
    let mut tokens = open_parts(request, PARTS)?;
    for patch in patches {
        let token = tokens.iter_mut().zip(COMMANDS).find(|(_, command)| *command == patch.name)?.0;
        patched(token.as_mut()?, patch)?;
    }
    let after = PARTS.into_iter().zip(tokens).filter_map(|(name, token)| Some((name, token?.into_value())));
    Some(after.collect())
}
