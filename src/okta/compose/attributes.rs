//! Commands whose value is an object: attributes to set, and decisions by one word.

use super::builder::{append_command, commands_of};
use super::edit::{JsonText, compact, quoted};
use super::outline::{NodeKind, Step};
use crate::okta::pointer_to;

/// The attributes that the commands of one type set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    pub command: &'static str,
    /// New ones are at the end.
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribute {
    /// The object it was read from, as a JSON Pointer, and its place there; none for a new one.
    pub at: Option<(String, usize)>,
    pub name: String,
    /// JSON on one line.
    pub value: String,
}

impl Attributes {
    pub(super) fn new(command: &'static str) -> Attributes {
        Attributes { command, attributes: Vec::new() }
    }

    pub(super) fn read(self, json: &JsonText) -> Attributes {
        let mut attributes = Vec::new();
        for object in objects(json, self.command) {
            for position in 0..json.len(&object) {
                let Some(node) = json.child(&object, position) else { continue };
                let Step::Member(name) = &node.step else { continue };
                let value = json.part(node.value.clone()).map(compact).unwrap_or_default();
                attributes.push(Attribute { at: Some((object.clone(), position)), name: name.clone(), value });
            }
        }
        Attributes { attributes, ..self }
    }

    pub(super) fn write(&self, before: &Attributes, json: &mut JsonText) {
        for known in &before.attributes {
            let (Some((object, position)), Some(now)) =
                (&known.at, self.attributes.iter().find(|attribute| attribute.at == known.at))
            else {
                continue;
            };
            let name = (now.name != known.name).then_some(now.name.as_str());
            let value = (now.value != known.value).then_some(now.value.as_str());
            json.replace_child(object, *position, name, value);
        }
        for known in before.attributes.iter().rev() {
            if self.attributes.iter().any(|attribute| attribute.at == known.at) {
                continue;
            }
            if let Some((object, position)) = &known.at {
                json.remove_child(object, *position);
                remove_if_empty(json, object);
            }
        }
        for new in self.attributes.iter().filter(|attribute| attribute.at.is_none()) {
            put(json, self.command, &new.name, &new.value);
        }
    }
}

/// One word that decides: the member of a command's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub command: &'static str,
    pub member: &'static str,
    pub value: Option<String>,
}

impl Choice {
    pub(super) fn new(command: &'static str, member: &'static str) -> Choice {
        Choice { command, member, value: None }
    }

    pub(super) fn read(self, json: &JsonText) -> Choice {
        let words = objects(json, self.command);
        let value = words.iter().rev().find_map(|object| json.string(&format!("{object}/{}", self.member)));
        Choice { value, ..self }
    }

    /// Every command that decides this gets the same word, so that none contradicts another.
    pub(super) fn write(&self, json: &mut JsonText) {
        let deciding: Vec<String> = objects(json, self.command)
            .into_iter()
            .filter(|object| json.kind(&format!("{object}/{}", self.member)).is_some())
            .collect();
        match &self.value {
            Some(word) if deciding.is_empty() => put(json, self.command, self.member, &quoted(word)),
            Some(word) => deciding.iter().for_each(|object| json.set_member(object, self.member, &quoted(word))),
            None => {
                for object in deciding.iter().rev() {
                    json.remove(&format!("{object}/{}", self.member));
                    remove_if_empty(json, object);
                }
            }
        }
    }
}

/// The object values of the commands of a type.
fn objects(json: &JsonText, command: &str) -> Vec<String> {
    let values = commands_of(json, command).into_iter().map(|command| format!("{command}/value"));
    values.filter(|value| json.kind(value) == Some(NodeKind::Object)).collect()
}

/// Puts a member into the last command of a type; makes the command where there is none.
fn put(json: &mut JsonText, command: &str, name: &str, raw: &str) {
    let object = format!("{{{}:{raw}}}", quoted(name));
    match (objects(json, command).pop(), commands_of(json, command).pop()) {
        // A member of that name is there already: one more would be a duplicate, so it goes to a command of its own.
        (Some(value), _) if json.kind(&pointer_to(&value, name)).is_none() => {
            json.add_member(&value, name, raw);
        }
        (None, Some(known)) => json.set_member(&known, "value", &object),
        _ => append_command(json, command, &object),
    }
}

/// A command that asks for nothing any more goes.
fn remove_if_empty(json: &mut JsonText, object: &str) {
    if json.len(object) == 0
        && let Some((command, _)) = object.rsplit_once('/')
    {
        json.emptied(command);
    }
}
