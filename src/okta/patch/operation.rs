//! One operation of a patch, as it stands in a response.

use std::borrow::Cow;

use crate::okta::json::Json;
use crate::okta::pointer::{Pointer, PointerFault};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Replace,
    Remove,
}

impl Op {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Op::Add => "add",
            Op::Replace => "replace",
            Op::Remove => "remove",
        }
    }

    fn named(name: &str) -> Option<Op> {
        [Op::Add, Op::Replace, Op::Remove].into_iter().find(|op| op.as_str() == name)
    }
}

/// An operation that can be tried. Its path is not empty; `add` and `replace` have a value.
#[derive(Clone, Debug)]
pub(crate) struct Operation<'a> {
    pub(crate) op: Op,
    pub(crate) path: Pointer<'a>,
    /// None for `remove` only.
    pub(crate) value: Option<Json<'a>>,
}

/// What is wrong with an operation by itself, and at which of its members.
#[derive(Clone, Debug)]
pub(crate) enum Fault<'a> {
    NotAnObject,
    NoOp,
    OpNotString(Json<'a>),
    UnknownOp(Json<'a>, Cow<'a, str>),
    NoPath,
    PathNotString(Json<'a>),
    EmptyPath(Json<'a>),
    Path(Json<'a>, PointerFault),
    /// `add` or `replace` without a value. Null counts as none, as in every answer to a hook; then it is given.
    NoValue(Op, Option<Json<'a>>),
    /// `remove` with a value that is not null.
    ValueOfRemove(Json<'a>),
}

/// The members of an operation as far as they can be read, and where they stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written<'a> {
    pub(crate) op: Option<Op>,
    pub(crate) op_at: Option<Json<'a>>,
    pub(crate) path: Option<Pointer<'a>>,
    pub(crate) path_at: Option<Json<'a>>,
    pub(crate) value: Option<Json<'a>>,
}

impl<'a> Written<'a> {
    /// Reads what there is, and tells every fault.
    pub(crate) fn read(element: Json<'a>, mut fault: impl FnMut(Fault<'a>)) -> Written<'a> {
        let Some(object) = element.object() else {
            fault(Fault::NotAnObject);
            return Written::default();
        };
        let op_at = object.get("op");
        let op = match (op_at, op_at.and_then(Json::string)) {
            (None, _) => {
                fault(Fault::NoOp);
                None
            }
            (Some(at), None) => {
                fault(Fault::OpNotString(at));
                None
            }
            (Some(at), Some(name)) => {
                let op = Op::named(&name);
                if op.is_none() {
                    fault(Fault::UnknownOp(at, name));
                }
                op
            }
        };
        let path_at = object.get("path");
        let path = match (path_at, path_at.and_then(Json::string)) {
            (None, _) => {
                fault(Fault::NoPath);
                None
            }
            (Some(at), None) => {
                fault(Fault::PathNotString(at));
                None
            }
            (Some(at), Some(text)) if text.is_empty() => {
                fault(Fault::EmptyPath(at));
                None
            }
            (Some(at), Some(text)) => Pointer::of_text(text).map_err(|why| fault(Fault::Path(at, why))).ok(),
        };
        let value = object.get("value");
        match (op, value) {
            (Some(op @ (Op::Add | Op::Replace)), None) => fault(Fault::NoValue(op, object.last("value"))),
            (Some(Op::Remove), Some(value)) => fault(Fault::ValueOfRemove(value)),
            _ => {}
        }
        Written { op, op_at, path, path_at, value }
    }
}

impl<'a> Operation<'a> {
    /// Reads an operation that is right by itself; none where it is not.
    pub(crate) fn read(element: Json<'a>) -> Option<Operation<'a>> {
        let mut n_faults = 0;
        let written = Written::read(element, |_| n_faults += 1);
        if n_faults > 0 {
            return None;
        }
        let (op, path) = (written.op?, written.path?);
        Some(Operation { op, path, value: written.value.filter(|_| op != Op::Remove) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let name = |fault: Fault<'_>| format!("{fault:?}").split(['(', '{']).next().unwrap_or_default().to_owned();
        Written::read(Json::read(text).unwrap(), |fault| found.push(name(fault)));
        assert_eq!(Operation::read(Json::read(text).unwrap()).is_some(), found.is_empty(), "{text}");
        found
    }

    #[test]
    fn an_operation_that_is_right_is_read() {
        let text = r#"{"path":"\/claims/a~1b","value":[1],"op":"add","from":"/x"}"#;
        let operation = Operation::read(Json::read(text).unwrap()).unwrap();
        assert_eq!(operation.op, Op::Add);
        assert_eq!(operation.path.segments(), ["claims", "a/b"]);
        assert_eq!(operation.value.map(Json::raw), Some("[1]"));
        for text in [
            r#"{"op":"remove","path":"/claims/a"}"#,
            r#"{"op":"remove","path":"/claims/a","value":null}"#,
            r#"{"op":"replace","path":"/","value":false}"#,
        ] {
            assert_eq!(faults(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn every_fault_of_an_operation_is_told() {
        assert_eq!(faults("7"), ["NotAnObject"]);
        assert_eq!(faults("{}"), ["NoOp", "NoPath"]);
        assert_eq!(faults(r#"{"op":1,"path":2}"#), ["OpNotString", "PathNotString"]);
        assert_eq!(faults(r#"{"op":"Add","path":"","value":1}"#), ["UnknownOp", "EmptyPath"]);
        assert_eq!(faults(r#"{"op":"add","path":"claims/x"}"#), ["Path", "NoValue"]);
        assert_eq!(faults(r#"{"op":"replace","path":"/a~2","value":null}"#), ["Path", "NoValue"]);
        assert_eq!(faults(r#"{"op":"remove","path":"/claims/x","value":""}"#), ["ValueOfRemove"]);
    }
}
