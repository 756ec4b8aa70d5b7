//! Registration: the submitted profile and the decision.
//!
//! Okta OpenAPI 2026.06.3, RegistrationResponse: commands run in the order of the array, attributes in the order of the members.

use serde_json::{Map, Value};

use super::{Effect, Run, merge_into, parts};

pub(super) fn effect(data: &Map<String, Value>, commands: &[Run]) -> Effect {
    let before = parts(data, &["userProfile", "userProfileUpdate", "action"]);
    let mut after = before.clone();
    let decisions = commands.iter().filter(|run| run.name == "com.okta.action.update");
    let decisions: Vec<&Value> = decisions.filter_map(|run| run.value.get("registration")).collect();
    // Whoever is denied gets no profile, whatever else was asked for.
    if let Some(denied) = decisions.iter().find(|decision| **decision == "DENY") {
        after.insert("action".to_owned(), (*denied).clone());
        return Effect { before, after };
    }
    if let Some(decision) = decisions.last() {
        after.insert("action".to_owned(), (*decision).clone());
    }
    for run in commands {
        match run.name.as_str() {
            "com.okta.user.profile.update" => merge_into(&mut after, &["userProfile"], &run.value),
            "com.okta.user.progressive.profile.update" => merge_into(&mut after, &["userProfileUpdate"], &run.value),
            _ => {}
        }
    }
    Effect { before, after }
}
