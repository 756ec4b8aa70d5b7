//! A borrowed view of a JSON text: members and elements as slices of the text they came from.
//!
//! Nothing is copied, so an offset into the text is always at hand. It never builds a tree: whoever asks for a member pays
//! for that member. Where to look next: [`super::position`] turns offsets into lines and columns.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One value, known to be valid JSON; the text is trimmed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<'a>(&'a str);

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member<'a> {
    /// The decoded name.
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Json<'a>,
}

/// The members of an object in the order in which they stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object<'a>(Vec<Member<'a>>);

impl<'a> Json<'a> {
    pub(crate) fn of_raw(raw: &'a RawValue) -> Json<'a> {
        Json(raw.get())
    }

    /// Reads a whole text.
    pub(crate) fn read(text: &'a str) -> Result<Json<'a>, serde_json::Error> {
        serde_json::from_str::<&RawValue>(text).map(|raw| Json(raw.get()))
    }

    /// The value as it is written.
    pub(crate) fn raw(self) -> &'a str {
        self.0
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// What it is, with its article.
    pub(crate) fn what(self) -> &'static str {
        match self.0.as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        }
    }

    pub(crate) fn object(self) -> Option<Object<'a>> {
        self.0.starts_with('{').then(|| serde_json::from_str(self.0).ok()).flatten()
    }

    pub(crate) fn array(self) -> Option<Vec<Json<'a>>> {
        if !self.0.starts_with('[') {
            return None;
        }
        let elements: Vec<&RawValue> = serde_json::from_str(self.0).ok()?;
        Some(elements.into_iter().map(|raw| Json(raw.get())).collect())
    }

    /// The decoded text of a string; none for anything else, lone surrogates included.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            return serde_json::from_str::<String>(self.0).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(inner))
    }

    /// Where it begins, in bytes, in the text that it was read from.
    pub(crate) fn offset_in(self, text: &str) -> usize {
        offset(text, self.0)
    }

    /// The range of its bytes in the text that it was read from.
    pub(crate) fn range_in(self, text: &str) -> std::ops::Range<usize> {
        let start = self.offset_in(text);
        start..start.saturating_add(self.0.len())
    }
}

impl<'a> Member<'a> {
    /// Where its name begins in the text that it was read from; where its value begins, if the name is written with escapes.
    pub(crate) fn offset_in(&self, text: &str) -> usize {
        match self.name {
            Cow::Borrowed(name) => offset(text, name).saturating_sub(1),
            Cow::Owned(_) => self.value.offset_in(text),
        }
    }
}

impl<'a> Object<'a> {
    /// The last member of that name, null or not.
    pub(crate) fn last(&self, name: &str) -> Option<Json<'a>> {
        self.0.iter().rev().find(|member| member.name == name).map(|member| member.value)
    }

    /// The last member of that name, unless it is null: null equals absent.
    pub(crate) fn get(&self, name: &str) -> Option<Json<'a>> {
        self.last(name).filter(|value| !value.is_null())
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Member<'a>> {
        self.0.iter()
    }

    pub(crate) fn into_members(self) -> Vec<Member<'a>> {
        self.0
    }
}

fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// A member name, borrowed where it is written without escapes.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name<'de>, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<'de>, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), raw)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    members.push(Member { name, value: Json(raw.get()) });
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}
