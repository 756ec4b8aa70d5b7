//! A JSON body as a tree that borrows from it: read once for a call, and only if a rule asks.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::okta::{MemberName as Name, Pointer};

/// One value of the body. Strings without escapes are slices of it.
#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// A body that is read when it is first asked for.
pub(super) struct Body<'a> {
    bytes: &'a [u8],
    root: OnceCell<Option<Node<'a>>>,
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Body<'a> {
        Body { bytes, root: OnceCell::new() }
    }

    /// The value that a pointer leads to; none where there is none, or the body is no JSON.
    pub(super) fn at(&self, pointer: &Pointer<'_>) -> Option<&Node<'a>> {
        let mut node = self.root()?;
        for segment in pointer.segments() {
            node = node.child(segment)?;
        }
        Some(node)
    }

    fn root(&self) -> Option<&Node<'a>> {
        // Whether it is UTF-8 is cheaper asked once than for each string.
        let read = || serde_json::from_str(std::str::from_utf8(self.bytes).ok()?).ok();
        self.root.get_or_init(read).as_ref()
    }

    /// `eventType` of every event of a delivery.
    pub(super) fn event_types(&self) -> impl Iterator<Item = &str> {
        let events = self.root().and_then(|root| root.child("data")?.child("events"));
        let events = match events {
            Some(Node::Array(events)) => events.as_slice(),
            _ => &[],
        };
        events.iter().filter_map(|event| event.child("eventType")?.string())
    }
}

impl<'a> Node<'a> {
    /// The member or element of a segment. Of members with one name the last counts, as for every other reader of JSON.
    fn child(&self, segment: &str) -> Option<&Node<'a>> {
        match self {
            Node::Object(members) => {
                members.iter().rev().find(|(name, _)| is_same(name, segment)).map(|(_, value)| value)
            }
            Node::Array(elements) => {
                let is_idx =
                    segment == "0" || (!segment.starts_with('0') && segment.bytes().all(|b| b.is_ascii_digit()));
                elements.get(segment.parse::<usize>().ok().filter(|_| is_idx)?)
            }
            _ => None,
        }
    }

    pub(super) fn string(&self) -> Option<&str> {
        match self {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// Equal as values: the order of members does not count, nor how a number is written.
    pub(super) fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Node::Null, Value::Null) => true,
            (Node::Bool(own), Value::Bool(other)) => own == other,
            (Node::Number(own), Value::Number(other)) => same_number(own, other),
            (Node::String(own), Value::String(other)) => own == other,
            (Node::Array(own), Value::Array(other)) => {
                own.len() == other.len() && own.iter().zip(other).all(|(own, other)| own.equals(other))
            }
            (Node::Object(own), Value::Object(other)) => {
                let has = |name: &str, value: &Value| self.child(name).is_some_and(|own| own.equals(value));
                // A name that stands twice counts once.
                own.iter().all(|(name, _)| other.contains_key(name.as_ref()))
                    && other.iter().all(|(name, value)| has(name, value))
            }
            _ => false,
        }
    }
}

/// Equal, with the cheap differences first: names of one object are often alike but for their end.
fn is_same(name: &str, segment: &str) -> bool {
    name.len() == segment.len() && name.as_bytes().last() == segment.as_bytes().last() && name == segment
}

fn same_number(one: &Number, other: &Number) -> bool {
    // Whole numbers are compared exactly, all others as they can be.
    if let (Some(one), Some(other)) = (one.as_i128(), other.as_i128()) {
        return one == other;
    }
    one.as_f64() == other.as_f64()
}

impl fmt::Display for Node<'_> {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Null => f.write_str("null"),
            Node::Bool(truth) => truth.fmt(f),
            Node::Number(number) => number.fmt(f),
            Node::String(text) => Value::from(text.as_ref()).fmt(f),
            Node::Array(_) => f.write_str("an array"),
            Node::Object(_) => f.write_str("an object"),
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'de>, E> {
        // JSON has no number that is not finite.
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node<'de>, A::Error> {
        let mut read = Vec::new();
        while let Some(element) = elements.next_element()? {
            read.push(element);
        }
        Ok(Node::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node<'de>, A::Error> {
        let mut read = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            read.push((name, members.next_value()?));
        }
        Ok(Node::Object(read))
    }
}
