//! What a patch is done to: a document that is opened only where operations reach.
//!
//! What no operation touches stays a slice of the text it came from, so that judging a small patch of a large token costs one
//! pass over the token and nothing more.

use std::borrow::Cow;

use serde_json::Value;

use super::members::Members;
use super::operation::{Op, Operation};
use crate::okta::json::{Json, Object};
use crate::okta::pointer::Pointer;

/// As deep as a path is followed. No document that a parser takes is deeper, and a path of a hundred thousand segments must cost
/// neither the stack nor seconds.
const DEEPEST: usize = 128;

/// A value that operations change.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// As it was written.
    Text(Json<'a>),
    Object(Box<Members<'a>>),
    Array(Vec<Node<'a>>),
    /// Not known: whatever is asked for in it counts as there, until an operation takes it away.
    Unknown,
}

/// What an operation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// An `add` took the place of a member that was there.
    pub(crate) replaced: bool,
}

/// Why an operation could not be done, and at which segment of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) segment_idx: usize,
    pub(crate) why: Why,
}

/// Why a segment leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The object has no such member.
    NoMember,
    /// What should hold it is neither object nor array, but this.
    NoContainer(&'static str),
    /// Arrays have numbers without leading zeros, and `-`.
    NotAnIndex,
    /// The array has no such element.
    PastEnd { length: usize },
    /// `-` stands behind the last element, where nothing is yet.
    NothingAtEnd,
    /// Nothing is that deep.
    TooDeep,
}

/// What a segment says of an array.
enum Index {
    At(usize),
    End,
}

impl Index {
    fn read(segment: &str) -> Result<Index, Why> {
        match segment.as_bytes() {
            b"-" => Ok(Index::End),
            b"0" => Ok(Index::At(0)),
            // A number that no array can reach is past the end of every array.
            [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
                Ok(Index::At(segment.parse().unwrap_or(usize::MAX)))
            }
            _ => Err(Why::NotAnIndex),
        }
    }
}

impl<'a> Node<'a> {
    /// Does one operation. Where it is blocked, nothing changed.
    pub(crate) fn apply(&mut self, operation: &Operation<'a>) -> Result<Done, Blocked> {
        self.change(operation.op, &operation.path, operation.value)
    }

    /// The same, of the parts of an operation.
    pub(crate) fn change(&mut self, op: Op, path: &Pointer<'a>, value: Option<Json<'a>>) -> Result<Done, Blocked> {
        self.put(op, path, value.map(Node::Text))
    }

    /// An object some of whose members are opened already.
    pub(super) fn of_members(members: Vec<(Cow<'a, str>, Node<'a>)>) -> Node<'a> {
        Node::Object(Box::new(Members::opened(members)))
    }

    pub(super) fn of_object(object: Object<'a>) -> Node<'a> {
        Node::Object(Box::new(Members::of(object)))
    }

    /// Takes for granted that something is there, where an earlier operation should have put it and only the text of that
    /// operation is at fault.
    pub(crate) fn assume(&mut self, path: &Pointer<'a>) {
        // If there is no place for it, whatever reaches for it is at fault as well.
        self.put(Op::Add, path, Some(Node::Unknown)).ok();
    }

    fn put(&mut self, op: Op, path: &Pointer<'a>, value: Option<Node<'a>>) -> Result<Done, Blocked> {
        let Some((last, parents)) = path.segments().split_last() else {
            return Err(Blocked { segment_idx: 0, why: Why::NoMember });
        };
        if parents.len() >= DEEPEST {
            return Err(Blocked { segment_idx: DEEPEST, why: Why::TooDeep });
        }
        let mut at = self;
        for (segment_idx, segment) in parents.iter().enumerate() {
            at.open_for(segment);
            if matches!(at, Node::Unknown) {
                // What lies in an element of what may be an array is not remembered, and never taken for the array itself.
                return Ok(Done { replaced: false });
            }
            at = at.child(segment.clone()).map_err(|why| Blocked { segment_idx, why })?;
        }
        let done = match (op, value) {
            (Op::Add, Some(value)) => at.add(last.clone(), value),
            (Op::Replace, Some(value)) => at.replace(last.clone(), value),
            _ => at.remove(last.clone()),
        };
        done.map_err(|why| Blocked { segment_idx: parents.len(), why })
    }

    /// Turns a text into members or elements, one level deep.
    fn open(&mut self) {
        let Node::Text(json) = self else { return };
        if let Some(object) = json.object() {
            *self = Node::of_object(object);
        } else if let Some(elements) = json.array() {
            *self = Node::Array(elements.into_iter().map(Node::Text).collect());
        }
    }

    /// Makes an object of something unknown, unless the segment may just as well belong to an array: then nothing is
    /// remembered of what happens in it.
    fn open_for(&mut self, segment: &str) {
        self.open();
        if matches!(self, Node::Unknown) && Index::read(segment).is_err() {
            *self = Node::Object(Box::new(Members::unknown()));
        }
    }

    fn child(&mut self, segment: Cow<'a, str>) -> Result<&mut Node<'a>, Why> {
        self.open_for(&segment);
        match self {
            Node::Object(members) => members.get(segment),
            Node::Array(elements) => match Index::read(&segment)? {
                Index::End => Err(Why::NothingAtEnd),
                Index::At(idx) => {
                    let length = elements.len();
                    elements.get_mut(idx).ok_or(Why::PastEnd { length })
                }
            },
            Node::Unknown => Ok(self),
            Node::Text(json) => Err(Why::NoContainer(json.what())),
        }
    }

    fn add(&mut self, segment: Cow<'a, str>, value: Node<'a>) -> Result<Done, Why> {
        self.open_for(&segment);
        match self {
            Node::Object(members) => Ok(Done { replaced: members.set(segment, value) }),
            Node::Array(elements) => {
                let length = elements.len();
                match Index::read(&segment)? {
                    Index::At(idx) if idx > length => return Err(Why::PastEnd { length }),
                    Index::At(idx) => elements.insert(idx, value),
                    Index::End => elements.push(value),
                }
                Ok(Done { replaced: false })
            }
            Node::Unknown => Ok(Done { replaced: false }),
            Node::Text(json) => Err(Why::NoContainer(json.what())),
        }
    }

    fn replace(&mut self, segment: Cow<'a, str>, value: Node<'a>) -> Result<Done, Why> {
        self.open_for(&segment);
        if !matches!(self, Node::Unknown) {
            *self.child(segment)? = value;
        }
        Ok(Done { replaced: false })
    }

    fn remove(&mut self, segment: Cow<'a, str>) -> Result<Done, Why> {
        self.child(segment.clone())?;
        match self {
            Node::Object(members) => members.take_away(&segment),
            Node::Array(elements) => {
                if let Index::At(idx) = Index::read(&segment)?
                    && idx < elements.len()
                {
                    elements.remove(idx);
                }
            }
            Node::Unknown | Node::Text(_) => {}
        }
        Ok(Done { replaced: false })
    }

    /// The data as a tree of its own. What is not known is null; what cannot be held in a tree (a number too large, half a
    /// surrogate pair) is shown as it was written.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Node::Text(json) => {
                serde_json::from_str(json.raw()).unwrap_or_else(|_| Value::String(json.raw().to_owned()))
            }
            Node::Object(members) => Value::Object(members.into_map()),
            Node::Array(elements) => Value::Array(elements.into_iter().map(Node::into_value).collect()),
            Node::Unknown => Value::Null,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    const CLAIMS: &str = r#"{"claims":{"locale":"en","crew":{"deck":"aft"},"ports":["a","b"],"a/b":1,"n":null}}"#;

    fn operation<'a>(op: Op, path: &'a str, value: &'a str) -> Operation<'a> {
        let value = Some(Json::read(value).unwrap()).filter(|_| op != Op::Remove);
        Operation { op, path: Pointer::read(path).unwrap(), value }
    }

    fn run<'a>(node: &mut Node<'a>, op: Op, path: &'a str, value: &'a str) -> Result<Done, Blocked> {
        node.apply(&operation(op, path, value))
    }

    /// What one operation makes of the claims.
    fn check(op: Op, path: &str, value: &str, expected: &str) {
        let mut node = Node::Text(Json::read(CLAIMS).unwrap());
        run(&mut node, op, path, value).unwrap_or_else(|blocked| panic!("{path}: {blocked:?}"));
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(node.into_value()["claims"], expected, "{path}");
    }

    fn blocked(op: Op, path: &str, segment_idx: usize, why: Why) {
        let mut node = Node::Text(Json::read(CLAIMS).unwrap());
        assert_eq!(run(&mut node, op, path, "1"), Err(Blocked { segment_idx, why }), "{path}");
        assert_eq!(node.into_value(), serde_json::from_str::<Value>(CLAIMS).unwrap());
    }

    #[test]
    fn operations_change_what_their_path_names() {
        let rest = r#""crew":{"deck":"aft"},"ports":["a","b"],"a/b":1,"n":null"#;
        check(Op::Add, "/claims/tier", "[1]", &format!(r#"{{"locale":"en",{rest},"tier":[1]}}"#));
        check(Op::Add, "/claims/locale", "2", &format!(r#"{{"locale":2,{rest}}}"#));
        check(Op::Replace, "/claims/locale", "{}", &format!(r#"{{"locale":{{}},{rest}}}"#));
        check(Op::Remove, "/claims/locale", "0", &format!("{{{rest}}}"));
        let crew = |inner: &str| format!(r#"{{"locale":"en","crew":{inner},"ports":["a","b"],"a/b":1,"n":null}}"#);
        check(Op::Add, "/claims/crew/code", "7", &crew(r#"{"deck":"aft","code":7}"#));
        check(Op::Remove, "/claims/crew/deck", "0", &crew("{}"));
        let ports =
            |inner: &str| format!(r#"{{"locale":"en","crew":{{"deck":"aft"}},"ports":{inner},"a/b":1,"n":null}}"#);
        check(Op::Add, "/claims/ports/-", "3", &ports(r#"["a","b",3]"#));
        check(Op::Add, "/claims/ports/2", "3", &ports(r#"["a","b",3]"#));
        check(Op::Add, "/claims/ports/0", "3", &ports(r#"[3,"a","b"]"#));
        check(Op::Replace, "/claims/ports/1", "3", &ports(r#"["a",3]"#));
        check(Op::Remove, "/claims/ports/0", "0", &ports(r#"["b"]"#));
        check(
            Op::Replace,
            "/claims/a~1b",
            "2",
            r#"{"locale":"en","crew":{"deck":"aft"},"ports":["a","b"],"a/b":2,"n":null}"#,
        );
        check(Op::Remove, "/claims/n", "0", r#"{"locale":"en","crew":{"deck":"aft"},"ports":["a","b"],"a/b":1}"#);
    }

    #[test]
    fn an_operation_that_leads_nowhere_says_where_and_changes_nothing() {
        blocked(Op::Replace, "/claims/tier", 1, Why::NoMember);
        blocked(Op::Remove, "/claims/crew/code", 2, Why::NoMember);
        blocked(Op::Add, "/claims/tier/gold", 1, Why::NoMember);
        blocked(Op::Add, "/claims/locale/gold", 2, Why::NoContainer("a string"));
        blocked(Op::Add, "/claims/n/gold", 2, Why::NoContainer("null"));
        blocked(Op::Add, "/claims/ports/3", 2, Why::PastEnd { length: 2 });
        blocked(Op::Replace, "/claims/ports/2", 2, Why::PastEnd { length: 2 });
        blocked(Op::Remove, "/claims/ports/99999999999999999999999", 2, Why::PastEnd { length: 2 });
        blocked(Op::Add, "/claims/ports/01", 2, Why::NotAnIndex);
        blocked(Op::Add, "/claims/ports/+1", 2, Why::NotAnIndex);
        blocked(Op::Add, "/claims/ports/", 2, Why::NotAnIndex);
        blocked(Op::Replace, "/claims/ports/-", 2, Why::NothingAtEnd);
        blocked(Op::Remove, "/claims/ports/-", 2, Why::NothingAtEnd);
        blocked(Op::Add, "/claims/ports/-/x", 2, Why::NothingAtEnd);
        blocked(Op::Replace, "/none/x", 0, Why::NoMember);
    }

    #[test]
    fn a_path_without_end_costs_nothing() {
        for mut node in [Node::Unknown, Node::Text(Json::read(CLAIMS).unwrap())] {
            let path = "/claims".to_owned() + &"/a".repeat(100_000);
            let why = Blocked { segment_idx: DEEPEST, why: Why::TooDeep };
            assert_eq!(run(&mut node, Op::Replace, &path, "1"), Err(why));
        }
        let deepest = "/a".repeat(DEEPEST);
        assert!(run(&mut Node::Unknown, Op::Replace, &deepest, "1").is_ok());
    }

    #[test]
    fn later_operations_see_what_earlier_ones_did() {
        let mut node = Node::Text(Json::read(CLAIMS).unwrap());
        assert!(run(&mut node, Op::Add, "/claims/new", "{}").is_ok_and(|done| !done.replaced));
        assert!(run(&mut node, Op::Add, "/claims/new/inner", "[]").is_ok());
        assert!(run(&mut node, Op::Add, "/claims/new/inner/0", "1").is_ok());
        assert!(run(&mut node, Op::Remove, "/claims/locale", "0").is_ok());
        assert!(run(&mut node, Op::Replace, "/claims/locale", "1").is_err());
        assert!(run(&mut node, Op::Add, "/claims/locale", "1").is_ok_and(|done| !done.replaced));
        assert!(run(&mut node, Op::Add, "/claims/locale", "2").is_ok_and(|done| done.replaced));
        let claims = &node.into_value()["claims"];
        assert_eq!((&claims["new"], &claims["locale"]), (&serde_json::json!({"inner": [1]}), &2.into()));
    }

    #[test]
    fn in_what_is_not_known_everything_is_there_until_it_is_taken_away() {
        let mut node = Node::Unknown;
        assert!(run(&mut node, Op::Replace, "/claims/a/b", "1").is_ok());
        assert!(run(&mut node, Op::Replace, "/claims/list/7", "1").is_ok());
        assert!(run(&mut node, Op::Add, "/claims/list/-", "1").is_ok());
        assert!(run(&mut node, Op::Remove, "/claims/list/0", "1").is_ok());
        assert!(run(&mut node, Op::Add, "/claims/c", "1").is_ok_and(|done| !done.replaced));
        assert!(run(&mut node, Op::Add, "/claims/c/d", "1").is_err());
        assert!(run(&mut node, Op::Remove, "/claims/a", "1").is_ok());
        assert!(run(&mut node, Op::Remove, "/claims/a", "1").is_err());
        assert!(run(&mut node, Op::Add, "/claims/a", "1").is_ok());
        let mut node = Node::Unknown;
        assert!(run(&mut node, Op::Add, "/claims/0/b", "false").is_ok());
        assert!(run(&mut node, Op::Add, "/claims/b/c", "1").is_ok());
    }

    #[test]
    fn what_an_operation_at_fault_should_have_put_there_is_taken_for_granted() {
        let mut node = Node::Text(Json::read(CLAIMS).unwrap());
        node.assume(&Pointer::read("/claims/tier").unwrap());
        node.assume(&Pointer::read("/nowhere/tier").unwrap());
        assert!(run(&mut node, Op::Replace, "/claims/tier/level", "1").is_ok());
        assert!(run(&mut node, Op::Add, "/nowhere/tier", "1").is_err());
    }

    #[test]
    fn what_no_tree_can_hold_is_shown_as_it_was_written() {
        let mut node = Node::Text(Json::read(CLAIMS).unwrap());
        assert!(run(&mut node, Op::Add, "/claims/large", "1e999").is_ok());
        assert_eq!(node.into_value()["claims"]["large"], "1e999");
    }
}
