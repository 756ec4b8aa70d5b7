//! What is different between two JSON values, and where.

use serde_json::Value;

use super::align;
use crate::okta::push_segment;

/// One value that was added, removed or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// JSON Pointer (RFC 6901) into the side that has it; into the left one where both have.
    pub pointer: String,
    /// None where it was added.
    pub before: Option<Value>,
    /// None where it was removed.
    pub after: Option<Value>,
}

/// Every difference, in the order of the left side; what was added to an object follows its other members.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut String::new(), before, after, &mut found);
    found
}

fn compare(pointer: &mut String, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, one) in left {
                at(pointer, name, |pointer| match right.get(name) {
                    Some(other) => compare(pointer, one, other, found),
                    None => found.push(difference(pointer, Some(one), None)),
                });
            }
            for (name, other) in right.iter().filter(|(name, _)| !left.contains_key(*name)) {
                at(pointer, name, |pointer| found.push(difference(pointer, None, Some(other))));
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            for (one_idx, other_idx) in align(left, right) {
                let place = one_idx.or(other_idx).unwrap_or_default().to_string();
                let one = one_idx.and_then(|idx| left.get(idx));
                let other = other_idx.and_then(|idx| right.get(idx));
                at(pointer, &place, |pointer| match (one, other) {
                    (Some(one), Some(other)) => compare(pointer, one, other, found),
                    (one, other) => found.push(difference(pointer, one, other)),
                });
            }
        }
        (one, other) if one == other => {}
        (one, other) => found.push(difference(pointer, Some(one), Some(other))),
    }
}

fn at(pointer: &mut String, segment: &str, compare: impl FnOnce(&mut String)) {
    let length = pointer.len();
    push_segment(pointer, segment);
    compare(pointer);
    pointer.truncate(length);
}

fn difference(pointer: &str, before: Option<&Value>, after: Option<&Value>) -> Difference {
    Difference { pointer: pointer.to_owned(), before: before.cloned(), after: after.cloned() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &[&str]) {
        let found = differences(&serde_json::from_str(before).unwrap(), &serde_json::from_str(after).unwrap());
        let side = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
        let shown: Vec<String> = found
            .iter()
            .map(|difference| {
                format!("{} {} {}", difference.pointer, side(&difference.before), side(&difference.after))
            })
            .collect();
        assert_eq!(shown, expected, "{before} {after}");
    }

    #[test]
    fn differences_are_told_by_their_place() {
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, &[]);
        check(r#"{"a":1,"b":{"c":[1,2]}}"#, r#"{"a":2,"b":{"c":[1,2]},"d":null}"#, &["/a 1 2", "/d - null"]);
        check(r#"{"a/b":{"~":1}}"#, r#"{"a/b":{}}"#, &["/a~1b/~0 1 -"]);
        check("[1,2,3]", "[1,3]", &["/1 2 -"]);
        check(r#"[{"op":"add"},{"op":"x"}]"#, r#"[{"op":"new"},{"op":"add"},{"op":"x"}]"#, &["/0 - {\"op\":\"new\"}"]);
        check(r#"[{"op":"add","v":1}]"#, r#"[{"op":"add","v":2}]"#, &["/0/v 1 2"]);
        check("1", "\"1\"", &[" 1 \"1\""]);
        check("{}", "[]", &[" {} []"]);
    }
}
