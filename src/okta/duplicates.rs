//! Member names that stand twice in one object.
//!
//! RFC 8259, section 4: names should be unique, and readers differ in what they make of a second one.

use std::borrow::Cow;

use super::pointer::push_segment;

/// A second member of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Duplicate {
    /// JSON Pointer of the member.
    pub(crate) pointer: String,
    /// Where its name begins, in bytes.
    pub(crate) offset: usize,
}

/// Above this many members an object is sorted instead of compared member by member.
const LINEAR_UP_TO: usize = 24;

struct Frame {
    is_object: bool,
    /// Where this container's names begin in the list of all open names.
    first_name: usize,
    /// How many elements of an array came before the current one.
    element_idx: usize,
}

struct Name<'a> {
    text: Cow<'a, str>,
    offset: usize,
}

/// Finds the duplicate names of a text that is valid JSON, at any depth: at most `limit`, in order of the objects' ends.
pub(crate) fn duplicate_members(text: &str, limit: usize) -> Vec<Duplicate> {
    let bytes = text.as_bytes();
    let mut frames: Vec<Frame> = Vec::new();
    let mut names: Vec<Name<'_>> = Vec::new();
    let mut found = Vec::new();
    let mut name_expected = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                let is_object = *byte == b'{';
                frames.push(Frame { is_object, first_name: names.len(), element_idx: 0 });
                name_expected = is_object;
            }
            b'}' | b']' => {
                let Some(frame) = frames.pop() else { break };
                if frame.is_object {
                    report(&frames, &names, frame.first_name, limit, &mut found);
                }
                names.truncate(frame.first_name);
                name_expected = false;
            }
            b',' => {
                if let Some(frame) = frames.last_mut() {
                    frame.element_idx += 1;
                    name_expected = frame.is_object;
                }
            }
            b'"' => {
                let end = string_end(bytes, at);
                if name_expected {
                    let raw = text.get(at..end).unwrap_or_default();
                    names.push(Name { text: decoded(raw), offset: at });
                    name_expected = false;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The offset after the closing quote of the string that begins at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn decoded(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if inner.contains('\\')
        && let Ok(text) = serde_json::from_str::<String>(raw)
    {
        return Cow::Owned(text);
    }
    Cow::Borrowed(inner)
}

fn report(frames: &[Frame], names: &[Name<'_>], first_name: usize, limit: usize, found: &mut Vec<Duplicate>) {
    let own = names.get(first_name..).unwrap_or_default();
    let mut repeated: Vec<&Name<'_>> = Vec::new();
    if own.len() <= LINEAR_UP_TO {
        for (idx, name) in own.iter().enumerate() {
            if own.iter().take(idx).any(|earlier| earlier.text == name.text) {
                repeated.push(name);
            }
        }
    } else {
        let mut sorted: Vec<&Name<'_>> = own.iter().collect();
        sorted.sort_by(|one, other| one.text.cmp(&other.text).then(one.offset.cmp(&other.offset)));
        let second = sorted.iter().zip(sorted.iter().skip(1)).filter(|(one, other)| one.text == other.text);
        repeated.extend(second.map(|(_, other)| *other));
        repeated.sort_by_key(|name| name.offset);
    }
    for name in repeated {
        if found.len() >= limit {
            return;
        }
        found.push(Duplicate { pointer: pointer_of(frames, names, first_name, &name.text), offset: name.offset });
    }
}

/// The pointer of a member of the object that has just been closed, whose names begin at `closed_first_name`.
fn pointer_of(frames: &[Frame], names: &[Name<'_>], closed_first_name: usize, member: &str) -> String {
    let mut pointer = String::new();
    for (idx, frame) in frames.iter().enumerate() {
        if frame.is_object {
            // The open member is the last name before those of the next container.
            let next = frames.get(idx + 1).map_or(closed_first_name, |next| next.first_name);
            let open = next.checked_sub(1).and_then(|at| names.get(at));
            push_segment(&mut pointer, open.map_or("", |name| &name.text));
        } else {
            push_segment(&mut pointer, &frame.element_idx.to_string());
        }
    }
    push_segment(&mut pointer, member);
    pointer
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = duplicate_members(text, 9).into_iter().map(|duplicate| duplicate.pointer).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_second_member_of_the_same_name_is_found_at_any_depth() {
        check(r#"{}"#, &[]);
        check(r#"{"a":1,"b":{"a":2}}"#, &[]);
        check(r#"{"a":1,"a":2}"#, &["/a"]);
        check(r#"{"a":"a","b":["a","a"],"c":{"b":1}}"#, &[]);
        check(r#"{"x":[1,{"y/z":1,"y\u002fz":2}]}"#, &["/x/1/y~1z"]);
        check(r#"{"x":{"q":{}, "w":{"k":[],"k":{}}}}"#, &["/x/w/k"]);
        check(r#"[[{"a":{"a":1,"a":1}}]]"#, &["/0/0/a/a"]);
    }

    #[test]
    fn a_large_object_is_looked_through_as_well() {
        let members: Vec<String> = (0..1000).map(|number| format!("\"m{}\":1", number % 999)).collect();
        check(&format!("{{{}}}", members.join(",")), &["/m0"]);
    }
}
