//! A response as a form: what it asks for, part by part, read from its JSON and written back to the same JSON.
//!
//! What the form does not know stays in the text byte for byte, and a form that was not changed changes nothing: writing compares
//! with what is read, and edits only what differs. Where to look next: one file for each sort of part, `edit.rs` for how a text
//! is edited.

use super::attributes::{Attributes, Choice};
use super::delivery::Delivery;
use super::edit::{JsonText, quoted};
use super::error_object::ErrorPart;
use super::given::{ACCESS_PATCH, ASSERTION_PATCH, Given, IDENTITY_PATCH};
use super::outline::NodeKind;
use super::patch::Patch;
use crate::okta::HookKind;
use crate::okta::position::{JsonError, json_error};

/// What a response of one kind can ask for, in the order in which a person thinks of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Builder {
    pub parts: Vec<Part>,
}

/// One sort of thing to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Operations on a token or an assertion.
    Patch(Patch),
    /// Attributes to set in a profile.
    Attributes(Attributes),
    /// A decision by one word.
    Choice(Choice),
    /// Telephony: what became of the message.
    Delivery(Delivery),
    /// The error object, which outweighs every command.
    Error(ErrorPart),
    /// The verification value of an event hook.
    Verification(Verification),
}

/// The answer to a one-time verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    pub value: Option<String>,
}

/// Why a text cannot be read as a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    NotJson(JsonError),
    /// The whole, or `commands`, is something else than it must be. What it is, with its article.
    NotAnObject(&'static str),
    CommandsAreNoArray(&'static str),
}

impl Unreadable {
    /// One sentence that says what is in the way; no full stop.
    pub fn message(&self) -> String {
        match self {
            Unreadable::NotJson(error) => {
                format!("The body is not JSON: {} (line {}, column {})", error.message, error.line, error.column)
            }
            Unreadable::NotAnObject(what) => format!("The body is {what}, where Okta expects an object"),
            Unreadable::CommandsAreNoArray(what) => format!("commands is {what}, where Okta expects an array"),
        }
    }
}

impl Builder {
    /// Reads a response body. Blank text is a form that asks for nothing.
    pub fn read(given: &Given, text: &str) -> Result<Builder, Unreadable> {
        if !text.trim().is_empty()
            && let Some(error) = json_error(text.as_bytes())
        {
            return Err(Unreadable::NotJson(error));
        }
        let json = JsonText::new(text);
        if let Some(kind) = json.kind("")
            && kind != NodeKind::Object
        {
            return Err(Unreadable::NotAnObject(what(kind)));
        }
        if let Some(kind) = json.kind("/commands")
            && kind != NodeKind::Array
            && !json.is_null("/commands")
        {
            return Err(Unreadable::CommandsAreNoArray(what(kind)));
        }
        Ok(Builder { parts: parts_of(given).into_iter().map(|part| part.read(&json)).collect() })
    }

    /// Writes the form into the text that it was read from. A text that cannot be read comes back as it is.
    pub fn write(&self, given: &Given, text: &str) -> String {
        let Ok(before) = Builder::read(given, text) else { return text.to_owned() };
        let mut json = JsonText::new(text);
        for (part, before) in self.parts.iter().zip(&before.parts) {
            if part != before {
                json.ensure_root();
                part.write(before, &mut json);
            }
        }
        json.sweep();
        json.into_text()
    }

    pub fn patch_mut(&mut self, command: &str) -> Option<&mut Patch> {
        self.parts.iter_mut().find_map(|part| match part {
            Part::Patch(patch) if patch.command == command => Some(patch),
            _ => None,
        })
    }

    pub fn choice(&self, member: &str) -> Option<&Choice> {
        self.parts.iter().find_map(|part| match part {
            Part::Choice(choice) if choice.member == member => Some(choice),
            _ => None,
        })
    }

    pub fn choice_mut(&mut self, member: &str) -> Option<&mut Choice> {
        self.parts.iter_mut().find_map(|part| match part {
            Part::Choice(choice) if choice.member == member => Some(choice),
            _ => None,
        })
    }

    /// True where an error object is there, so that no command runs.
    pub fn has_error(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Error(error) if error.object.is_some()))
    }
}

/// The empty form of a kind.
fn parts_of(given: &Given) -> Vec<Part> {
    let patch = |command| Part::Patch(Patch::new(command));
    let choice = |command, member| Part::Choice(Choice::new(command, member));
    let attributes = |command| Part::Attributes(Attributes::new(command));
    let error = || Part::Error(ErrorPart::default());
    const ACTION: &str = "com.okta.action.update";
    match given.hook {
        HookKind::Token => vec![patch(IDENTITY_PATCH), patch(ACCESS_PATCH), error()],
        HookKind::Saml => vec![patch(ASSERTION_PATCH), error()],
        HookKind::Registration => {
            vec![choice(ACTION, "registration"), attributes(given.profile_command()), error()]
        }
        HookKind::PasswordImport => vec![choice(ACTION, "credential")],
        HookKind::UserImport => vec![
            choice(ACTION, "result"),
            choice("com.okta.user.update", "id"),
            attributes("com.okta.appUser.profile.update"),
            attributes("com.okta.user.profile.update"),
            error(),
        ],
        HookKind::Telephony => vec![Part::Delivery(Delivery::default()), error()],
        HookKind::Verification => vec![Part::Verification(Verification::default())],
        HookKind::Event | HookKind::Unknown => Vec::new(),
    }
}

impl Part {
    fn read(self, json: &JsonText) -> Part {
        match self {
            Part::Patch(patch) => Part::Patch(patch.read(json)),
            Part::Attributes(attributes) => Part::Attributes(attributes.read(json)),
            Part::Choice(choice) => Part::Choice(choice.read(json)),
            Part::Delivery(_) => Part::Delivery(Delivery::read(json)),
            Part::Error(_) => Part::Error(ErrorPart::read(json)),
            Part::Verification(_) => Part::Verification(Verification { value: json.string("/verification") }),
        }
    }

    fn write(&self, before: &Part, json: &mut JsonText) {
        match (self, before) {
            (Part::Patch(now), Part::Patch(before)) => now.write(before, json),
            (Part::Attributes(now), Part::Attributes(before)) => now.write(before, json),
            (Part::Choice(now), Part::Choice(_)) => now.write(json),
            (Part::Delivery(now), Part::Delivery(before)) => now.write(before, json),
            (Part::Error(now), Part::Error(before)) => now.write(before, json),
            (Part::Verification(now), Part::Verification(_)) => match &now.value {
                Some(value) => json.set_member("", "verification", &quoted(value)),
                None => json.remove("/verification"),
            },
            // A form of another kind: nothing of it fits.
            _ => {}
        }
    }
}

fn what(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Object => "an object",
        NodeKind::Array => "an array",
        NodeKind::String => "a string",
        NodeKind::Other | NodeKind::Missing => "a number, a boolean or null",
    }
}

/// The commands of a type, as pointers, in order.
pub(super) fn commands_of(json: &JsonText, command: &str) -> Vec<String> {
    (0..json.len("/commands"))
        .map(|idx| format!("/commands/{idx}"))
        .filter(|pointer| json.string(&format!("{pointer}/type")).as_deref() == Some(command))
        .collect()
}

/// Appends a command; makes the list where there is none.
pub(super) fn append_command(json: &mut JsonText, command: &str, value: &str) {
    let raw = format!("{{\"type\":{},\"value\":{value}}}", quoted(command));
    match json.kind("/commands") {
        Some(NodeKind::Array) => json.push("/commands", &raw),
        _ => json.set_member("", "commands", &format!("[{raw}]")),
    }
}

/// A string member, set, changed or taken away.
pub(super) fn write_string(
    json: &mut JsonText,
    object: &str,
    name: &str,
    before: &Option<String>,
    now: &Option<String>,
) {
    if before == now {
        return;
    }
    match now {
        Some(text) => json.set_member(object, name, &quoted(text)),
        None => json.remove(&format!("{object}/{name}")),
    }
}
