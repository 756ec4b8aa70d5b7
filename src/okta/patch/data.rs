//! The parts of a request's `data` that commands change, found in one pass that copies nothing.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::okta::json::{Json, Name};

/// The members of `data` with those names, in the order of the names; null equals absent. None where the request is no JSON or
/// its `data` is no object: then nobody knows what it holds.
pub(crate) fn data_parts<'a, const N: usize>(request: &'a [u8], names: [&str; N]) -> Option<[Option<Json<'a>>; N]> {
    let text = std::str::from_utf8(request).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut found = None;
    Outside { names: &names, found: &mut found }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    found
}

type Found<'a, const N: usize> = Option<[Option<Json<'a>>; N]>;

/// The request itself.
struct Outside<'n, 'f, 'a, const N: usize> {
    names: &'n [&'n str; N],
    found: &'f mut Found<'a, N>,
}

/// Its `data`.
struct Inside<'n, const N: usize>(&'n [&'n str; N]);

impl<'a, const N: usize> DeserializeSeed<'a> for Outside<'_, '_, 'a, N> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, const N: usize> Visitor<'a> for Outside<'_, '_, 'a, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            if name == "data" {
                *self.found = Some(map.next_value_seed(Inside(self.names))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'a, const N: usize> DeserializeSeed<'a> for Inside<'_, N> {
    type Value = [Option<Json<'a>>; N];

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, const N: usize> Visitor<'a> for Inside<'_, N> {
    type Value = [Option<Json<'a>>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(Name(name)) = map.next_key()? {
            match found.iter_mut().zip(self.0).find(|(_, wanted)| **wanted == name) {
                Some((place, _)) => {
                    let part = Json::of_raw(map.next_value::<&'a RawValue>()?);
                    *place = Some(part).filter(|part| !part.is_null());
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(request: &str, expected: Option<[Option<&str>; 2]>) {
        let found = data_parts(request.as_bytes(), ["identity", "access"]);
        assert_eq!(found.map(|parts| parts.map(|part| part.map(Json::as_text))), expected, "{request}");
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
    fn of_a_request_that_cannot_be_read_nothing_is_known() {
        for request in
            ["", "[]", "{}", "{\"data\":7}", "{\"data\":null}", "{\"data\":{}} x", "{\"data\":{\"identity\":{}"]
        {
            check(request, None);
        }
        assert!(data_parts(b"{\"data\":{\"a\":\"\xff\"}}", ["a"]).is_none());
    }
}
