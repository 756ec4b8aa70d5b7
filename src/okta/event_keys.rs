//! What tells the events of a delivery apart and puts them in order: read on the way of every live delivery.
//!
//! One pass over the body that copies nothing. Reading never fails: a member that is missing, null or of another shape is none,
//! and behind damage nothing is read. Whoever wants to show an event reads it whole elsewhere; this is for recognising it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::Name;

/// The members of a LogEvent that say which one it is, when it happened, and to whom (Okta OpenAPI 2026.06.3, LogEvent).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventKeys<'a> {
    /// Identity of the event itself, whatever delivery brings it.
    pub uuid: Option<Cow<'a, str>>,
    /// When it happened, RFC 3339: the only usable ordering key.
    pub published: Option<Cow<'a, str>>,
    /// The ids of its targets, in the order in which they stand; at most sixteen.
    pub target_ids: Vec<Cow<'a, str>>,
}

/// More events than this in one delivery are not told apart: no delivery of Okta's comes near it, and what anybody can send
/// must not cost memory without end.
pub const MOST_EVENTS: usize = 4_096;
/// More targets than this of one event are not looked at.
const MOST_TARGETS: usize = 16;

/// The elements of `data.events` in the order in which they stand. One that is no object has no keys.
pub fn event_keys(body: &[u8]) -> Vec<EventKeys<'_>> {
    let mut events = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    // Damage ends the pass; what was read before it stays.
    At(Place::Body(&mut events)).deserialize(&mut deserializer).ok();
    events
}

/// A value of the body, with where what is in it goes. A value of an unexpected shape is passed over.
struct At<'e, 'a>(Place<'e, 'a>);

enum Place<'e, 'a> {
    Body(&'e mut Vec<EventKeys<'a>>),
    Data(&'e mut Vec<EventKeys<'a>>),
    Events(&'e mut Vec<EventKeys<'a>>),
    Event(&'e mut EventKeys<'a>),
    Targets(&'e mut EventKeys<'a>),
    Target(&'e mut EventKeys<'a>),
    Text(&'e mut Option<Cow<'a, str>>),
}

impl<'a> DeserializeSeed<'a> for At<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for At<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let inner = match (&mut self.0, &*name) {
                (Place::Body(events), "data") => Some(Place::Data(events)),
                (Place::Data(events), "events") => Some(Place::Events(events)),
                (Place::Event(event), "uuid") => Some(Place::Text(&mut event.uuid)),
                (Place::Event(event), "published") => Some(Place::Text(&mut event.published)),
                (Place::Event(event), "target") => Some(Place::Targets(event)),
                (Place::Target(event), "id") => {
                    let mut id = None;
                    map.next_value_seed(At(Place::Text(&mut id)))?;
                    event.target_ids.extend(id);
                    continue;
                }
                _ => None,
            };
            match inner {
                Some(place) => map.next_value_seed(At(place))?,
                None => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let is_there = match &mut self.0 {
                Place::Events(events) if events.len() < MOST_EVENTS => {
                    let mut event = EventKeys::default();
                    let is_there = elements.next_element_seed(At(Place::Event(&mut event)))?.is_some();
                    if is_there {
                        events.push(event);
                    }
                    is_there
                }
                Place::Targets(event) if event.target_ids.len() < MOST_TARGETS => {
                    elements.next_element_seed(At(Place::Target(event)))?.is_some()
                }
                _ => elements.next_element::<IgnoredAny>()?.is_some(),
            };
            if !is_there {
                return Ok(());
            }
        }
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        if let Place::Text(place) = self.0 {
            *place = Some(Cow::Borrowed(text));
        }
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if let Place::Text(place) = self.0 {
            *place = Some(Cow::Owned(text.to_owned()));
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_sample_delivery_are_read() {
        let sample = crate::okta::sample("event").unwrap();
        let events = event_keys(sample.body.as_bytes());
        let value: serde_json::Value = serde_json::from_str(sample.body).unwrap();
        let expected = value["data"]["events"].as_array().unwrap();
        assert_eq!(events.len(), expected.len());
        for (event, expected) in events.iter().zip(expected) {
            assert_eq!(event.uuid.as_deref(), expected["uuid"].as_str());
            assert_eq!(event.published.as_deref(), expected["published"].as_str());
            let n_targets = expected["target"].as_array().map_or(0, Vec::len);
            assert_eq!(event.target_ids.len(), n_targets);
        }
    }

    #[test]
    fn null_absent_and_odd_members_are_none_and_hide_nothing_behind_them() {
        let body = br#"{"data":{"events":[
            {"uuid":null,"published":7,"target":null},
            {"target":[{"id":"a\u0062"},{"id":null},{},"x",[{"id":"no"}]],"uuid":"u-1"},
            "odd", 7, null, [1],
            {"target":{"id":"no list"},"published":"p","debugContext":{"uuid":"inner"},"uuid":"u-2"}]}}"#;
        let events = event_keys(body);
        assert_eq!(events.len(), 7);
        assert_eq!(events[0], EventKeys::default());
        assert_eq!((events[1].uuid.as_deref(), &*events[1].target_ids), (Some("u-1"), &[Cow::Borrowed("ab")][..]));
        assert_eq!(events[5], EventKeys::default());
        assert_eq!((events[6].uuid.as_deref(), events[6].published.as_deref()), (Some("u-2"), Some("p")));
        assert!(events[6].target_ids.is_empty());
    }

    #[test]
    fn garbage_has_no_events_and_a_truncated_body_those_that_came_whole() {
        for garbage in [&b""[..], b"hello", b"[1]", b"{\"data\":[]}", b"{\"data\":{\"events\":{}}}", b"\xff"] {
            assert_eq!(event_keys(garbage), []);
        }
        assert_eq!(event_keys(br#"{"data":{"events":[{"uuid":"u-1"},{"uuid":"u-"#).len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            event_keys(&body);
        }

        #[test]
        fn there_are_as_many_as_the_array_has(n_events in 0usize..40) {
            let body = serde_json::json!({"data": {"events": vec![serde_json::json!({"uuid": "u"}); n_events]}}).to_string();
            proptest::prop_assert_eq!(event_keys(body.as_bytes()).len(), n_events);
        }
    }
}
