//! User import: both profiles, the decision, and the user that is linked.
//!
//! What the app's profile brings to the Okta profile by mapping is known to Okta alone, so it is not shown.

use serde_json::{Map, Value};

use super::{Effect, Run, merge_into, parts, set_from};

pub(super) fn effect(data: &Map<String, Value>, commands: &[Run]) -> Effect {
    let before = parts(data, &["appUser", "user", "action"]);
    let mut after = before.clone();
    for run in commands {
        match run.name.as_str() {
            "com.okta.appUser.profile.update" => merge_into(&mut after, &["appUser", "profile"], &run.value),
            "com.okta.user.profile.update" => merge_into(&mut after, &["user", "profile"], &run.value),
            "com.okta.action.update" => set_from(&mut after, &["action"], "result", &run.value),
            _ => {}
        }
    }
    // The id of a user counts where the import links, in whatever order the two commands stand.
    if after.get("action").and_then(|action| action.get("result")).is_some_and(|result| result == "LINK_USER") {
        for run in commands.iter().filter(|run| run.name == "com.okta.user.update") {
            set_from(&mut after, &["user"], "id", &run.value);
        }
    }
    Effect { before, after }
}
