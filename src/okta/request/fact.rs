//! What of a view is shown: a label, a short text, and where it stands.

use std::borrow::Cow;

/// Letters of one value, and names of one list, that are shown.
const MAX_LETTERS: usize = 160;
const MAX_NAMES: usize = 12;

/// One line about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// In sentence case, without a colon.
    pub label: &'static str,
    /// One line of at most 160 letters.
    pub value: String,
    /// JSON Pointer into the request's body.
    pub pointer: String,
}

/// The facts of one call, as they are collected.
#[derive(Debug, Default)]
pub(super) struct Facts(Vec<Fact>);

impl Facts {
    /// Adds a text, unless there is none.
    pub(super) fn text(&mut self, label: &'static str, value: Option<&str>, pointer: impl Into<String>) {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { return };
        let mut shown: String =
            value.chars().take(MAX_LETTERS).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        if value.chars().nth(MAX_LETTERS).is_some() {
            shown.pop();
            shown.push('…');
        }
        self.0.push(Fact { label, value: shown, pointer: pointer.into() });
    }

    /// Adds names separated by commas, the first twelve of them, unless there are none.
    pub(super) fn names(&mut self, label: &'static str, names: &[Cow<'_, str>], pointer: impl Into<String>) {
        let mut shown = names.iter().take(MAX_NAMES).map(|name| &**name).collect::<Vec<&str>>().join(", ");
        if names.len() > MAX_NAMES {
            shown.push_str(&format!(" and {} more", names.len() - MAX_NAMES));
        }
        self.text(label, Some(&shown), pointer);
    }

    pub(super) fn into_list(self) -> Vec<Fact> {
        self.0
    }
}

/// `name (more)`, or the one of both that is there.
pub(super) fn with_more<'a>(name: Option<&'a str>, more: Option<&'a str>) -> Option<Cow<'a, str>> {
    match (name, more) {
        (Some(name), Some(more)) if name != more => Some(Cow::Owned(format!("{name} ({more})"))),
        (name, more) => name.or(more).map(Cow::Borrowed),
    }
}
