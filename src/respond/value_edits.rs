//! Changing values of a JSON body by their places: of an answer that is relayed, of a call that is sent again.

use bytes::Bytes;
use serde_json::Value;

/// Values to put into a JSON body, each at a JSON Pointer (RFC 6901), in this order; null takes a member out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueEdits(pub Vec<(String, Value)>);

impl ValueEdits {
    /// Reads lines such as `/data/userProfile/login = "ada@example.com"`; empty ones are skipped.
    ///
    /// # Errors
    ///
    /// One sentence about the first line that sets no value.
    pub fn read(text: &str) -> Result<ValueEdits, String> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(ValueEdits::read_one).collect::<Result<_, _>>().map(ValueEdits)
    }

    /// Reads one place and its value, `POINTER=JSON` with or without white space about the sign. A pointer that has the sign in it
    /// needs the white space.
    ///
    /// # Errors
    ///
    /// One sentence where it is none.
    pub fn read_one(line: &str) -> Result<(String, Value), String> {
        let fail =
            || format!("'{line}' sets no value; write /a/0/b = \"…\" with any JSON value, and null to take it out");
        let (pointer, value) = line.split_once(" = ").or_else(|| line.split_once('=')).ok_or_else(fail)?;
        let value = serde_json::from_str(value.trim()).map_err(|_| fail())?;
        match pointer.trim() {
            pointer if pointer.starts_with('/') => Ok((pointer.to_owned(), value)),
            _ => Err(fail()),
        }
    }

    /// The lines that they are read from.
    pub fn text(&self) -> String {
        let lines = self.0.iter().map(|(pointer, value)| format!("{pointer} = {value}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A body with the values put in; without any, the body as it is.
    ///
    /// # Errors
    ///
    /// One sentence where the body is no JSON, or nothing in it can hold a value.
    pub fn apply(&self, body: &Bytes) -> Result<Bytes, String> {
        if self.is_empty() {
            return Ok(body.clone());
        }
        let mut value: Value = serde_json::from_slice(body)
            .map_err(|_| "its body is no JSON, so that no value can be set in it".to_owned())?;
        for (pointer, new) in &self.0 {
            if let Put::NoPlace = put(&mut value, pointer, new) {
                return Err(format!("nothing in its body can hold {pointer}"));
            }
        }
        Ok(value.to_string().into())
    }
}

pub(super) enum Put {
    Changed,
    Same,
    /// The value that should hold it is not there, or is neither object nor array.
    NoPlace,
}

/// Puts a value at a place (RFC 6901); null takes the member out.
pub(super) fn put(value: &mut Value, pointer: &str, new: &Value) -> Put {
    let Some((parent, segment)) = pointer.rsplit_once('/') else {
        let is_same = value == new;
        *value = new.clone();
        return if is_same { Put::Same } else { Put::Changed };
    };
    let name = segment.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) if new.is_null() => match members.shift_remove(&name) {
            Some(_) => Put::Changed,
            None => Put::Same,
        },
        Some(Value::Object(members)) if members.get(&name) == Some(new) => Put::Same,
        Some(Value::Object(members)) => {
            members.insert(name, new.clone());
            Put::Changed
        }
        Some(Value::Array(elements)) => {
            let idx = if name == "-" { Some(elements.len()) } else { name.parse().ok() };
            match idx.filter(|idx| *idx <= elements.len()) {
                Some(idx) if idx == elements.len() && new.is_null() => Put::Same,
                Some(idx) if idx == elements.len() => {
                    elements.push(new.clone());
                    Put::Changed
                }
                Some(idx) if new.is_null() => {
                    elements.remove(idx);
                    Put::Changed
                }
                Some(idx) => match elements.get_mut(idx) {
                    Some(element) if element == new => Put::Same,
                    Some(element) => {
                        *element = new.clone();
                        Put::Changed
                    }
                    None => Put::NoPlace,
                },
                None => Put::NoPlace,
            }
        }
        _ => Put::NoPlace,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_read_with_and_without_white_space_and_come_back() {
        let edits = ValueEdits::read("/a/0=1\n\n /b = \"x = y\" \n/c=d = null\n").unwrap();
        let expected = [("/a/0", json!(1)), ("/b", json!("x = y")), ("/c=d", Value::Null)];
        assert_eq!(edits.0, expected.map(|(pointer, value)| (pointer.to_owned(), value)));
        assert_eq!(ValueEdits::read(&edits.text()), Ok(edits));
        for wrong in ["/a", "a = 1", "/a = one", "= 1"] {
            assert!(ValueEdits::read(wrong).unwrap_err().contains("sets no value"), "{wrong}");
        }
    }

    #[test]
    fn a_body_gets_the_values_and_one_that_cannot_hold_them_says_so() {
        let apply = |edits: &str, body: &'static str| {
            ValueEdits::read(edits).unwrap().apply(&Bytes::from_static(body.as_bytes()))
        };
        assert_eq!(apply("", "no JSON").unwrap(), "no JSON");
        assert_eq!(apply("/a/b=[1]\n/c=null", r#"{"a":{"b":2},"c":3}"#).unwrap(), r#"{"a":{"b":[1]}}"#);
        assert!(apply("/a=1", "no JSON").unwrap_err().contains("no JSON"));
        assert!(apply("/a/b/c=1", r#"{"a":{}}"#).unwrap_err().contains("can hold /a/b/c"));
    }
}
