//! What the outside of a request body says: which event, which id.
//!
//! Reading never fails: what is not there, is no string, or stands behind damage is none.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Json, Name};

/// The top-level members of a request that say what it is (Okta OpenAPI 2026.06.3, InlineHookBasePayload; Okta developer docs,
/// Event hooks concept).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestEnvelope<'a> {
    pub event_type: Option<Cow<'a, str>>,
    pub event_id: Option<Cow<'a, str>>,
    pub event_time: Option<Cow<'a, str>>,
    /// Which flow a registration or telephony call belongs to.
    pub request_type: Option<Cow<'a, str>>,
}

impl<'a> RequestEnvelope<'a> {
    /// Looks at the top-level members only, in one pass that copies nothing. Of a truncated body it tells what came.
    pub fn read(body: &'a [u8]) -> RequestEnvelope<'a> {
        let mut envelope = RequestEnvelope::default();
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        // Damage ends the pass; what was read before it stays.
        Reading(&mut envelope).deserialize(&mut deserializer).ok();
        envelope
    }
}

struct Reading<'e, 'a>(&'e mut RequestEnvelope<'a>);

impl<'a> DeserializeSeed<'a> for Reading<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Reading<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let member = match &*name {
                "eventType" => &mut self.0.event_type,
                "eventId" => &mut self.0.event_id,
                "eventTime" => &mut self.0.event_time,
                "requestType" => &mut self.0.request_type,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *member = Json::of_raw(map.next_value::<&'a RawValue>()?).string();
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_four_members_are_read_wherever_they_stand() {
        let body = br#"{"data":{"eventType":"inner"},"eventId":"e-1","requestType":"r\u00e4","eventTime":null,"eventType":"t"}"#;
        let envelope = RequestEnvelope::read(body);
        assert_eq!(envelope.event_type.as_deref(), Some("t"));
        assert_eq!(envelope.event_id.as_deref(), Some("e-1"));
        assert_eq!(envelope.event_time, None);
        assert_eq!(envelope.request_type.as_deref(), Some("rä"));
    }

    #[test]
    fn garbage_says_nothing_and_a_truncated_body_says_what_came() {
        for garbage in [&b""[..], b"hello", b"[1]", b"\xff\xfe", b"{\"eventType\":7}", b"\"eventType\""] {
            assert_eq!(RequestEnvelope::read(garbage), RequestEnvelope::default());
        }
        let envelope = RequestEnvelope::read(br#"{"eventType":"t","data":{"context"#);
        assert_eq!(envelope.event_type.as_deref(), Some("t"));
    }
}
