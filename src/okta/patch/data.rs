//! The parts of a request's `data` that commands change, found in one pass that copies nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::node::Node;
use crate::okta::json::{Json, Name, Object};

/// The members of `data` with those names, in the order of the names; null equals absent. None where the request is no JSON or
/// its `data` is no object: then nobody knows what it holds.
fn data_parts<'a, const N: usize>(request: &'a [u8], names: [&str; N]) -> Option<[Option<Json<'a>>; N]> {
    let text = std::str::from_utf8(request).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut found = None;
    Outside { names: &names, found: &mut found, part: TextPart }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    found
}

/// How a part is read.
trait Part<'a>: Copy {
    type Read;

    /// None where it is null.
    fn read<A: MapAccess<'a>>(self, map: &mut A) -> Result<Option<Self::Read>, A::Error>;
}

/// As a slice of the text.
#[derive(Clone, Copy)]
struct TextPart;

impl<'a> Part<'a> for TextPart {
    type Read = Json<'a>;

    fn read<A: MapAccess<'a>>(self, map: &mut A) -> Result<Option<Json<'a>>, A::Error> {
        let part = Json::of_raw(map.next_value::<&'a RawValue>()?);
        Ok(Some(part).filter(|part| !part.is_null()))
    }
}

/// As an object whose member `claims` is an object.
#[derive(Clone, Copy)]
struct OpenedPart;

impl<'a> Part<'a> for OpenedPart {
    type Read = Node<'a>;

    fn read<A: MapAccess<'a>>(self, map: &mut A) -> Result<Option<Node<'a>>, A::Error> {
        Ok(map.next_value::<Option<Opened<'a>>>()?.map(|opened| Node::of_members(opened.0)))
    }
}

/// The members of a part.
struct Opened<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'de> Deserialize<'de> for Opened<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Opened<'de>, D::Error> {
        struct OpenedVisitor;
        impl<'de> Visitor<'de> for OpenedVisitor {
            type Value = Opened<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Opened<'de>, A::Error> {
                let mut members = Vec::with_capacity(4);
                while let Some(Name(name)) = map.next_key()? {
                    let node = match &*name {
                        "claims" => Node::of_object(map.next_value::<Object<'de>>()?),
                        _ => Node::Text(Json::of_raw(map.next_value::<&'de RawValue>()?)),
                    };
                    members.push((name, node));
                }
                Ok(Opened(members))
            }
        }
        deserializer.deserialize_map(OpenedVisitor)
    }
}

/// The request itself.
struct Outside<'n, 'f, const N: usize, P, R> {
    names: &'n [&'n str; N],
    found: &'f mut Option<[Option<R>; N]>,
    part: P,
}

/// Its `data`.
struct Inside<'n, const N: usize, P> {
    names: &'n [&'n str; N],
    part: P,
}

impl<'a, const N: usize, P: Part<'a>> DeserializeSeed<'a> for Outside<'_, '_, N, P, P::Read> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, const N: usize, P: Part<'a>> Visitor<'a> for Outside<'_, '_, N, P, P::Read> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            if name == "data" {
                *self.found = Some(map.next_value_seed(Inside { names: self.names, part: self.part })?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'a, const N: usize, P: Part<'a>> DeserializeSeed<'a> for Inside<'_, N, P> {
    type Value = [Option<P::Read>; N];

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, const N: usize, P: Part<'a>> Visitor<'a> for Inside<'_, N, P> {
    type Value = [Option<P::Read>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [const { None }; N];
        while let Some(Name(name)) = map.next_key()? {
            match found.iter_mut().zip(self.names).find(|(_, wanted)| **wanted == name) {
                Some((place, _)) => *place = self.part.read(&mut map)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// The same parts, opened as far as most patches reach: the part itself, and its member `claims`. One pass over the request
/// serves for all of it.
pub(crate) fn open_parts<'a, const N: usize>(request: &'a [u8], names: [&str; N]) -> Option<[Option<Node<'a>>; N]> {
    let text = std::str::from_utf8(request).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut found = None;
    let opened = Outside { names: &names, found: &mut found, part: OpenedPart }.deserialize(&mut deserializer);
    if opened.is_ok() {
        return deserializer.end().ok().and(found);
    }
    // Where a part or its claims are no object, whoever looks into them is told so.
    data_parts(request, names).map(|parts| parts.map(|part| part.map(Node::Text)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(request: &str, expected: Option<[Option<&str>; 2]>) {
        let found = data_parts(request.as_bytes(), ["identity", "access"]);
        assert_eq!(found.map(|parts| parts.map(|part| part.map(Json::raw))), expected, "{request}");
    }

    #[test]
    fn the_parts_are_found_wherever_they_stand_and_null_is_absent() {
        check(
            r#"{"a":1,"data":{"access":{"x":1},"context":{"identity":2},"identity":[ ]}}"#,
            Some([Some("[ ]"), Some(r#"{"x":1}"#)]),
        );
        check(r#"{"data":{"identity":null}}"#, Some([None, None]));
        check(r#"{"data":{"identity":1,"identity":2}}"#, Some([Some("2"), None]));
    }

    #[test]
    fn opened_parts_hold_what_the_text_says() {
        let opened = |request: &str| {
            let parts = open_parts(request.as_bytes(), ["identity", "access"]);
            parts.map(|parts| parts.map(|part| part.map(Node::into_value)))
        };
        for part in [
            r#"{"claims":{"a":1,"b":{"c":[]},"a":2},"token":{"lifetime":{}},"x":null}"#,
            r#"{"claims":null}"#,
            r#"{"claims":7}"#,
            r#"{}"#,
            r#"[1]"#,
            r#""text""#,
        ] {
            let request = format!(r#"{{"data":{{"access":{part},"identity":null}}}}"#);
            assert_eq!(opened(&request), Some([None, Some(serde_json::from_str(part).unwrap())]), "{part}");
        }
        assert_eq!(opened("{\"data\":{}} x"), None);
        assert_eq!(opened("{\"data\":7}"), None);
    }

    #[test]
    fn of_a_request_that_cannot_be_read_nothing_is_known() {
        for request in
            ["", "[]", "{}", "{\"data\":7}", "{\"data\":null}", "{\"data\":{}} x", "{\"data\":{\"identity\":{}"]
        {
            check(request, None);
        }
        assert!(data_parts(b"{\"data\":{\"a\":\"\xff\"}}", ["a"]).is_none());
    }
}
