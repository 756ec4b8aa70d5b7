//! The members of a request that matter, read in one pass.
//!
//! A [`Shape`] says which members are of interest; everything else is skipped without being looked at. Reading never fails: of a
//! damaged or truncated body it keeps what came, and a value that is not what the shape expects is kept as the odd one it is.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::okta::json::{Json, Name};

/// What is of interest in a value.
#[derive(Debug)]
pub(crate) enum Shape {
    /// The value itself, as it is written.
    Leaf,
    /// These members of an object.
    Members(&'static [(&'static str, Shape)]),
    /// Every member of an object, each with this shape.
    Each(&'static Shape),
    /// Every element of an array.
    List(&'static Shape),
}

/// The members of every request's envelope, with the shape of `data` put in (Okta OpenAPI 2026.06.3, InlineHookBasePayload; Okta
/// developer docs, Event hooks concept).
macro_rules! envelope_shape {
    ($data:expr) => {{
        use $crate::okta::request::node::Shape;
        Shape::Members(&[
            ("eventId", Shape::Leaf),
            ("eventTime", Shape::Leaf),
            ("eventType", Shape::Leaf),
            ("eventTypeVersion", Shape::Leaf),
            ("cloudEventVersion", Shape::Leaf),
            ("cloudEventsVersion", Shape::Leaf),
            ("contentType", Shape::Leaf),
            ("source", Shape::Leaf),
            ("requestType", Shape::Leaf),
            ("eventID", Shape::Leaf),
            ("data", $data),
        ])
    }};
}
pub(crate) use envelope_shape;

/// One value of a request, as far as its shape asks for it.
#[derive(Clone, Debug, Default)]
pub(crate) enum Node<'a> {
    #[default]
    Absent,
    Leaf(Json<'a>),
    /// The members that are of interest, in the order in which they stand.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    List(Vec<Node<'a>>),
    /// Another kind of value than the shape expects; says which, with its article.
    Odd(&'static str),
}

static ABSENT: Node<'static> = Node::Absent;

impl<'a> Node<'a> {
    pub(crate) fn read(body: &'a [u8], shape: &'static Shape) -> Node<'a> {
        let mut node = Node::Absent;
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        // Damage ends the pass; what was read before it stays.
        Reading { into: &mut node, shape }.deserialize(&mut deserializer).ok();
        node
    }

    /// The last member of that name; absent where there is none.
    pub(crate) fn get(&self, name: &str) -> &Node<'a> {
        let Node::Object(members) = self else { return &ABSENT };
        members.iter().rev().find(|(given, _)| given == name).map_or(&ABSENT, |(_, node)| node)
    }

    /// The member at the end of a path of names.
    pub(crate) fn at(&self, path: &[&str]) -> &Node<'a> {
        path.iter().fold(self, |node, name| node.get(name))
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Node::Leaf(json) => json.string(),
            _ => None,
        }
    }

    /// The text of a string, or a number or boolean as it is written.
    pub(crate) fn scalar(&self) -> Option<Cow<'a, str>> {
        let Node::Leaf(json) = self else { return None };
        match json.what() {
            "a string" => json.string(),
            "a number" | "a boolean" => Some(Cow::Borrowed(json.raw())),
            _ => None,
        }
    }

    /// What it is, with its article; none where it is absent or null.
    pub(crate) fn what(&self) -> Option<&'static str> {
        match self {
            Node::Absent => None,
            Node::Leaf(json) => Some(json.what()).filter(|what| *what != "null"),
            Node::Object(_) => Some("an object"),
            Node::List(_) => Some("an array"),
            Node::Odd(what) => Some(what).copied().filter(|what| *what != "null"),
        }
    }

    /// True where there is a value that is not null.
    pub(crate) fn is_given(&self) -> bool {
        self.what().is_some()
    }

    /// True where the member stands there, null or not.
    pub(crate) fn stands(&self) -> bool {
        !matches!(self, Node::Absent)
    }

    /// The elements of an array; none for anything else.
    pub(crate) fn elements(&self) -> &[Node<'a>] {
        match self {
            Node::List(elements) => elements,
            _ => &[],
        }
    }

    /// The members of an object that are of interest; none for anything else.
    pub(crate) fn members(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        match self {
            Node::Object(members) => members,
            _ => &[],
        }
    }

    /// The names of an object's members, in their order.
    pub(crate) fn names(&self) -> Vec<Cow<'a, str>> {
        self.members().iter().map(|(name, _)| name.clone()).collect()
    }

    /// The strings of an array; elements that are none are left out.
    pub(crate) fn texts(&self) -> Vec<Cow<'a, str>> {
        self.elements().iter().filter_map(Node::text).collect()
    }
}

struct Reading<'e, 'a> {
    into: &'e mut Node<'a>,
    shape: &'static Shape,
}

impl<'a> DeserializeSeed<'a> for Reading<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        if matches!(self.shape, Shape::Leaf) {
            let raw = <&'a RawValue as serde::Deserialize>::deserialize(deserializer)?;
            *self.into = Node::Leaf(Json::of_raw(raw));
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl Reading<'_, '_> {
    fn odd<E>(self, what: &'static str) -> Result<(), E> {
        *self.into = Node::Odd(what);
        Ok(())
    }
}

impl<'a> Visitor<'a> for Reading<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        *self.into = Node::Object(Vec::new());
        while let Some(Name(name)) = map.next_key()? {
            let shape = match self.shape {
                Shape::Members(members) => members.iter().find(|(known, _)| *known == name).map(|(_, shape)| shape),
                Shape::Each(shape) => Some(*shape),
                Shape::Leaf | Shape::List(_) => None,
            };
            let (Some(shape), Node::Object(members)) = (shape, &mut *self.into) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            members.push((name, Node::Absent));
            let Some((_, into)) = members.last_mut() else { continue };
            map.next_value_seed(Reading { into, shape })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        *self.into = Node::List(Vec::new());
        let Shape::List(shape) = self.shape else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        loop {
            let Node::List(elements) = &mut *self.into else { return Ok(()) };
            elements.push(Node::Absent);
            let Some(into) = elements.last_mut() else { return Ok(()) };
            if seq.next_element_seed(Reading { into, shape })?.is_none() {
                elements.pop();
                return Ok(());
            }
        }
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.odd("null")
    }

    fn visit_bool<E>(self, _given: bool) -> Result<(), E> {
        self.odd("a boolean")
    }

    fn visit_u64<E>(self, _given: u64) -> Result<(), E> {
        self.odd("a number")
    }

    fn visit_i64<E>(self, _given: i64) -> Result<(), E> {
        self.odd("a number")
    }

    fn visit_f64<E>(self, _given: f64) -> Result<(), E> {
        self.odd("a number")
    }

    fn visit_str<E>(self, _given: &str) -> Result<(), E> {
        self.odd("a string")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    static SHAPE: Shape = envelope_shape!(Shape::Members(&[
        ("claims", Shape::Each(&Shape::Leaf)),
        ("events", Shape::List(&Shape::Members(&[("uuid", Shape::Leaf)]))),
    ]));

    #[test]
    fn what_the_shape_names_is_read_and_the_rest_skipped() {
        let body = br#"{"other":{"eventId":"no"},"eventId":"e","data":{"claims":{"a":1,"b\u00e4":[2]},
            "events":[{"uuid":"u","x":[]},7,null,{"uuid":null}]}}"#;
        let node = Node::read(body, &SHAPE);
        assert_eq!(node.get("eventId").text().as_deref(), Some("e"));
        assert_eq!(node.at(&["data", "claims"]).names(), ["a", "bä"]);
        assert_eq!(node.at(&["data", "claims", "a"]).scalar().as_deref(), Some("1"));
        let events = node.at(&["data", "events"]).elements();
        assert_eq!(events.len(), 4);
        assert_eq!(events[0].get("uuid").text().as_deref(), Some("u"));
        assert_eq!((events[1].what(), events[2].what()), (Some("a number"), None));
        assert!(events[3].get("uuid").stands() && !events[3].get("uuid").is_given());
        assert!(!node.get("source").stands());
    }

    #[test]
    fn of_a_damaged_body_what_came_is_kept() {
        let node = Node::read(br#"{"eventId":"e","data":{"claims":{"a":1,"b":"#, &SHAPE);
        assert_eq!(node.get("eventId").text().as_deref(), Some("e"));
        assert_eq!(node.at(&["data", "claims", "a"]).scalar().as_deref(), Some("1"));
        assert_eq!(Node::read(br#"{"data":"text"}"#, &SHAPE).get("data").what(), Some("a string"));
        for garbage in [&b""[..], b"[", b"\xff", b"7"] {
            assert!(!Node::read(garbage, &SHAPE).get("eventId").stands());
        }
    }
}
