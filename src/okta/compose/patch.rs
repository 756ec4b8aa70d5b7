//! Operations on a token or an assertion.

use super::builder::{append_command, commands_of};
use super::edit::{JsonText, compact, quoted};
use super::given::LIFETIME;
use super::outline::NodeKind;

/// All operations of the commands of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    pub command: &'static str,
    /// New ones are at the end.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    /// Where it was read, as a JSON Pointer; none for a new one.
    pub at: Option<String>,
    /// `add`, `replace`, `remove`, or whatever is written there.
    pub op: String,
    /// Escaped, as it is written.
    pub path: String,
    /// JSON on one line.
    pub value: Option<String>,
}

impl Operation {
    pub fn new(op: &str, path: &str, value: Option<&str>) -> Operation {
        Operation { at: None, op: op.to_owned(), path: path.to_owned(), value: value.map(compact) }
    }

    fn raw(&self) -> String {
        let value = self.value.as_ref().map(|value| format!(",\"value\":{value}")).unwrap_or_default();
        format!("{{\"op\":{},\"path\":{}{value}}}", quoted(&self.op), quoted(&self.path))
    }
}

impl Patch {
    pub(super) fn new(command: &'static str) -> Patch {
        Patch { command, operations: Vec::new() }
    }

    pub(super) fn read(self, json: &JsonText) -> Patch {
        let mut operations = Vec::new();
        let mut read = |at: String| {
            operations.push(Operation {
                op: json.string(&format!("{at}/op")).unwrap_or_default(),
                path: json.string(&format!("{at}/path")).unwrap_or_default(),
                value: json.raw(&format!("{at}/value")).map(compact),
                at: Some(at),
            });
        };
        for command in commands_of(json, self.command) {
            let value = format!("{command}/value");
            match json.kind(&value) {
                Some(NodeKind::Array) => (0..json.len(&value))
                    .map(|idx| format!("{value}/{idx}"))
                    .filter(|at| json.kind(at) == Some(NodeKind::Object))
                    .for_each(&mut read),
                // Not what Okta takes, but plain enough to be shown.
                Some(NodeKind::Object) => read(value),
                _ => {}
            }
        }
        Patch { operations, ..self }
    }

    pub(super) fn write(&self, before: &Patch, json: &mut JsonText) {
        for known in &before.operations {
            let (Some(at), Some(now)) = (&known.at, self.operations.iter().find(|operation| operation.at == known.at))
            else {
                continue;
            };
            if now.op != known.op {
                json.set_member(at, "op", &quoted(&now.op));
            }
            if now.path != known.path {
                json.set_member(at, "path", &quoted(&now.path));
            }
            match &now.value {
                Some(value) if now.value != known.value => json.set_member(at, "value", value),
                None if known.value.is_some() => json.remove(&format!("{at}/value")),
                _ => {}
            }
        }
        // From the end, so that earlier places stay what they are.
        for known in before.operations.iter().rev() {
            if !self.operations.iter().any(|operation| operation.at == known.at)
                && let Some(at) = &known.at
            {
                remove_operation(json, at);
            }
        }
        for new in self.operations.iter().filter(|operation| operation.at.is_none()) {
            self.append(json, &new.raw());
        }
    }

    fn append(&self, json: &mut JsonText, raw: &str) {
        let Some(command) = commands_of(json, self.command).pop() else {
            append_command(json, self.command, &format!("[{raw}]"));
            return;
        };
        let value = format!("{command}/value");
        match json.kind(&value) {
            Some(NodeKind::Array) => json.push(&value, raw),
            Some(NodeKind::Object) => {
                json.wrap(&value);
                json.push(&value, raw);
            }
            _ => json.set_member(&command, "value", &format!("[{raw}]")),
        }
    }

    /// The lifetime that is asked for, in seconds, as it is written.
    pub fn lifetime(&self) -> Option<&str> {
        self.operations.iter().rev().find(|operation| operation.path == LIFETIME)?.value.as_deref()
    }

    /// Asks for a lifetime in seconds, or for none.
    pub fn set_lifetime(&mut self, seconds: Option<&str>) {
        let Some(seconds) = seconds else {
            self.operations.retain(|operation| operation.path != LIFETIME);
            return;
        };
        match self.operations.iter_mut().rev().find(|operation| operation.path == LIFETIME) {
            Some(operation) => {
                operation.op = "replace".to_owned();
                operation.value = Some(seconds.to_owned());
            }
            None => self.operations.push(Operation::new("replace", LIFETIME, Some(seconds))),
        }
    }
}

/// Takes an operation away, and its command when nothing is left of it: a patch without operations is an error.
fn remove_operation(json: &mut JsonText, at: &str) {
    json.remove(at);
    let array = at.strip_suffix("/value").map_or(at.rsplit_once('/').map(|(array, _)| array), |_| Some(at));
    if let Some(command) = array.and_then(|array| array.strip_suffix("/value"))
        && json.len(&format!("{command}/value")) == 0
    {
        json.emptied(command);
    }
}
