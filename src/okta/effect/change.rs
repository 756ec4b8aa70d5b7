//! What is different between both sides of an effect.

use serde_json::{Map, Value};

use super::Effect;
use crate::okta::push_segment;

/// One value that is different.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// JSON Pointer below the request's `data`.
    pub pointer: String,
    /// None where it is new.
    pub before: Option<Value>,
    /// None where it is gone.
    pub after: Option<Value>,
}

impl Effect {
    /// Every value that is different: members one by one, an array as a whole. First what was there before, in its order.
    pub fn changes(&self) -> Vec<Change> {
        let mut found = Vec::new();
        compare(&mut String::new(), &self.before, &self.after, &mut found);
        found
    }
}

fn compare(pointer: &mut String, before: &Map<String, Value>, after: &Map<String, Value>, found: &mut Vec<Change>) {
    let length = pointer.len();
    for (name, one) in before {
        push_segment(pointer, name);
        match (one, after.get(name)) {
            (Value::Object(one), Some(Value::Object(other))) => compare(pointer, one, other, found),
            (one, Some(other)) if one == other => {}
            (one, other) => {
                let change = Change { pointer: pointer.clone(), before: Some(one.clone()), after: other.cloned() };
                found.push(change);
            }
        }
        pointer.truncate(length);
    }
    for (name, other) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        push_segment(pointer, name);
        found.push(Change { pointer: pointer.clone(), before: None, after: Some(other.clone()) });
        pointer.truncate(length);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_compared_one_by_one_and_arrays_as_a_whole() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let before = object(json!({"a": {"x/y": 1, "same": [1], "list": [1]}, "gone": null, "kind": {}}));
        let after = object(json!({"a": {"x/y": 2, "same": [1], "list": [1, 2]}, "kind": 7, "new": {"deep": 1}}));
        let changes = Effect { before: before.clone(), after }.changes();
        let shown: Vec<String> = changes
            .iter()
            .map(|change| {
                let side = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
                format!("{} {} {}", change.pointer, side(&change.before), side(&change.after))
            })
            .collect();
        let expected = ["/a/x~1y 1 2", "/a/list [1] [1,2]", "/gone null -", "/kind {} 7", "/new - {\"deep\":1}"];
        assert_eq!(shown, expected);
        assert_eq!(Effect { before: before.clone(), after: before }.changes(), []);
    }
}
