//! The data before and after Okta applies a response.
//!
//! Only the parts of a request's `data` that commands can change: what they were when the call came, and what they are when
//! Okta has done what the verdict says. Where nothing is applied, both are equal. One file for each kind that changes data.

mod change;
mod password_import;
mod registration;
mod saml;
mod token;
mod user_import;

use serde_json::{Map, Value};

pub use change::Change;

use super::HookKind;
use super::json::Json;
use super::judge::{Answer, Asked, Exchange};
use super::patch::{Node, Operation};
use super::verdict::Outcome;

/// Both sides of a change: objects with one member for each part that commands can change.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub before: Map<String, Value>,
    pub after: Map<String, Value>,
}

/// A command that Okta runs.
struct Run {
    name: String,
    value: Value,
}

/// What becomes of the request's data. None without a request that can be read, and for event, verification and telephony, which
/// change no data.
pub fn effect(exchange: &Exchange<'_>, outcome: Outcome) -> Option<Effect> {
    let Asked::Body(body) = exchange.asked else { return None };
    let request: Value = serde_json::from_slice(body).ok()?;
    let data = request.get("data")?.as_object()?;
    let commands = commands_run(exchange, outcome);
    Some(match exchange.hook {
        HookKind::Token => token::effect(data, body, &patches_run(exchange, outcome)),
        HookKind::Saml => saml::effect(data, body, &patches_run(exchange, outcome)),
        HookKind::Registration => registration::effect(data, &commands),
        HookKind::PasswordImport => password_import::effect(data, &commands),
        HookKind::UserImport => user_import::effect(data, &commands),
        HookKind::Event | HookKind::Verification | HookKind::Telephony | HookKind::Unknown => return None,
    })
}

/// The commands that are run: all of them, in their order, where the outcome says that they are applied or that they deny;
/// none otherwise.
fn commands_run(exchange: &Exchange<'_>, outcome: Outcome) -> Vec<Run> {
    let Answer::Complete { status, body, .. } = exchange.answer else { return Vec::new() };
    // Nobody reads the body of a 204, though what it leaves a flow to can be a denial.
    if !matches!(outcome, Outcome::Applied | Outcome::Denied) || status == 204 {
        return Vec::new();
    }
    let Ok(Value::Object(envelope)) = serde_json::from_slice(body) else { return Vec::new() };
    if envelope.get("error").is_some_and(|error| !error.is_null()) {
        return Vec::new();
    }
    let commands = envelope.get("commands").and_then(Value::as_array);
    let run = |command: &Value| {
        Some(Run { name: command.get("type")?.as_str()?.to_owned(), value: command.get("value")?.clone() })
    };
    commands.into_iter().flatten().filter_map(run).collect()
}

/// A patch that Okta does, as it stands in the response.
struct Patch<'a> {
    name: String,
    value: Json<'a>,
}

/// The commands of a token or SAML hook that are run; none where the outcome is not that they are applied.
fn patches_run<'a>(exchange: &Exchange<'a>, outcome: Outcome) -> Vec<Patch<'a>> {
    let (Answer::Complete { body, .. }, Outcome::Applied) = (exchange.answer, outcome) else { return Vec::new() };
    let envelope = std::str::from_utf8(body).ok().and_then(|text| Json::read(text).ok()).and_then(Json::object);
    let commands = envelope.and_then(|envelope| envelope.get("commands")).and_then(Json::array);
    let patch = |command: Json<'a>| {
        let command = command.object()?;
        Some(Patch { name: command.get("type")?.string()?.into_owned(), value: command.get("value")? })
    };
    commands.into_iter().flatten().filter_map(patch).collect()
}

/// Does the operations of a command one after the other. None where one cannot be done: then nothing is.
fn patched<'a>(node: &mut Node<'a>, patch: &Patch<'a>) -> Option<()> {
    for element in patch.value.array()? {
        node.apply(&Operation::read(element)?).ok()?;
    }
    Some(())
}

/// The members of those names that the data has.
fn parts(data: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let found = names.iter().filter_map(|name| Some(((*name).to_owned(), data.get(*name)?.clone())));
    found.collect()
}

/// As [`merge_into`], but one member only.
fn set_from(parts: &mut Map<String, Value>, path: &[&str], name: &str, members: &Value) {
    if let Some(value) = members.get(name) {
        let member = Map::from_iter([(name.to_owned(), value.clone())]);
        merge_into(parts, path, &Value::Object(member));
    }
}

/// Sets each member of an object in the object at a path; what is missing on the way, or is no object, becomes one.
fn merge_into(parts: &mut Map<String, Value>, path: &[&str], members: &Value) {
    let Some(members) = members.as_object() else { return };
    let mut at = parts;
    for name in path {
        let part = at.entry(*name).or_insert(Value::Null);
        if !part.is_object() {
            *part = Value::Object(Map::new());
        }
        let Some(object) = part.as_object_mut() else { return };
        at = object;
    }
    for (name, value) in members {
        at.insert(name.clone(), value.clone());
    }
}
