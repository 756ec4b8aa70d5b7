//! Secrets in bodies: by the walk through JSON, by names in what is no JSON, and wherever a secret is repeated.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::edit::{Edit, in_order};
use super::known::{Finder, Known};
use super::pattern;
use super::query;
use super::rules::{self, Mark};
use super::text::Reading;
use super::walk::Walk;
use crate::okta::HookKind;

/// What hides the secrets of a body, in order, and the secrets themselves. `elsewhere` are those that the call has in other
/// places.
pub(super) fn edits(kind: HookKind, body: &[u8], marks: &[Mark], elsewhere: &Known) -> (Vec<Edit>, Known) {
    if body.is_empty() {
        return (Vec::new(), Known::default());
    }
    let is_json = is_json(body);
    let mut walk = Walk::new(body, is_json, marks);
    walk.run();
    let Walk { mut edits, mut known, found_code, handled, without_code, .. } = walk;
    if !is_json {
        // `name=value&…`, as OAuth token requests are written, also where something else stands around it.
        let text = Reading::plain(body);
        for parameter in query::secrets_of_query(&text.text) {
            known.add(text.text.get(parameter.range.clone()).unwrap_or_default());
            let range = text.source(parameter.range);
            edits.push(Edit::whole(range, &parameter.name));
        }
        let in_protocol = kind == HookKind::Token;
        let is_secret = |name: &str| {
            rules::is_secret_name(name, in_protocol) || marks.iter().any(|mark| *mark == Mark::Name(name.to_owned()))
        };
        let mut found_code = found_code;
        for found in pattern::members(body, &is_secret) {
            if found.is_masked {
                found_code |= found.name == "otpcode";
                continue;
            }
            // The walk has masked the part of it that is secret.
            if handled.contains(&found.range) {
                continue;
            }
            if !matches!(found.name.as_str(), "msgtemplate" | "phonenumber") {
                let text = body.get(found.range.clone()).unwrap_or_default();
                known.add(&Reading::plain(text).unescaped().text);
            }
            found_code |= found.name == "otpcode";
            edits.push(Edit::whole(found.range, &found.name));
        }
        if kind == HookKind::Telephony && !found_code {
            // Where the code cannot be found by its name, whatever looks like one goes.
            let is_free = |start: usize| {
                let after = without_code.partition_point(|range| range.end <= start);
                without_code.get(after).is_none_or(|range| start < range.start)
            };
            let numbers = pattern::numbers(body).into_iter().filter(|range| is_free(range.start));
            edits.extend(numbers.map(|range| Edit::whole(range, "digits")));
        }
    }
    let mut all = known.clone();
    all.extend(elsewhere);
    if let Some(finder) = all.finder() {
        edits.extend(repeats(body, is_json, &finder));
    }
    (in_order(edits), known)
}

pub(super) fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) && serde_json::from_slice::<&RawValue>(body).is_ok()
}

/// Where secrets that are known stand once more.
fn repeats(body: &[u8], is_json: bool, finder: &Finder) -> Vec<Edit> {
    if !is_json {
        let name: Arc<str> = Arc::from("text");
        return finder.find(body, false).into_iter().map(|range| Edit::whole(range, &name)).collect();
    }
    let mut walk = Walk::new(body, true, &[]);
    walk.finder = Some(finder);
    walk.run();
    walk.edits
}
