//! JSON as a tree whose branches open and close.

use std::collections::HashSet;

use serde_json::Value;

/// One visible row of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeRow {
    pub depth: usize,
    /// JSON Pointer (RFC 6901).
    pub pointer: String,
    /// The member's name or the element's position; empty at the root.
    pub name: String,
    /// The value, or how much is in it.
    pub value: String,
    pub kind: TreeKind,
    /// Some where it can be opened and closed.
    pub is_open: Option<bool>,
}

/// What a value is; colors follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeKind {
    Container,
    Text,
    Number,
    Literal,
}

/// A tree and its visible rows.
#[derive(Clone, Debug)]
pub struct Tree {
    root: Value,
    /// Branches that were closed or opened against the rule.
    toggled: HashSet<String>,
    rows: Vec<TreeRow>,
}

/// Deeper branches are closed at first, and so are containers with more than this many members.
const OPEN_DEPTH: usize = 4;
const OPEN_MEMBERS: usize = 60;
/// The longest value that is shown whole.
const LONGEST: usize = 300;

impl Tree {
    /// None where the text is no JSON.
    pub fn new(text: &str) -> Option<Tree> {
        let root = serde_json::from_str(text).ok()?;
        let mut tree = Tree { root, toggled: HashSet::new(), rows: Vec::new() };
        tree.lay_out();
        Some(tree)
    }

    pub fn rows(&self) -> &[TreeRow] {
        &self.rows
    }

    /// Opens every branch that leads to a place and the branch at it. Gives the position of its row; none where there is no such
    /// place.
    pub fn show(&mut self, pointer: &str) -> Option<usize> {
        self.root.pointer(pointer)?;
        let ends = pointer.match_indices('/').map(|(at, _)| at).chain([pointer.len()]);
        for end in ends {
            let branch = pointer.get(..end).unwrap_or_default().to_owned();
            if self.rows.iter().any(|row| row.pointer == branch && row.is_open == Some(false)) {
                self.toggle(&branch);
            }
        }
        self.rows.iter().position(|row| row.pointer == pointer)
    }

    /// Opens what is closed and closes what is open.
    pub fn toggle(&mut self, pointer: &str) {
        if !self.toggled.remove(pointer) {
            self.toggled.insert(pointer.to_owned());
        }
        self.lay_out();
    }

    fn lay_out(&mut self) {
        let mut rows = Vec::new();
        add(&self.root, 0, String::new(), String::new(), &self.toggled, &mut rows);
        self.rows = rows;
    }
}

fn add(value: &Value, depth: usize, pointer: String, name: String, toggled: &HashSet<String>, rows: &mut Vec<TreeRow>) {
    let n_members = match value {
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    let opens_by_itself = depth < OPEN_DEPTH && n_members <= OPEN_MEMBERS;
    let is_open = opens_by_itself != toggled.contains(&pointer);
    let (shown, kind) = match value {
        Value::Array(_) => (format!("[{n_members}]"), TreeKind::Container),
        Value::Object(_) => (format!("{{{n_members}}}"), TreeKind::Container),
        Value::String(text) => (shortened(text), TreeKind::Text),
        Value::Number(number) => (number.to_string(), TreeKind::Number),
        Value::Bool(_) | Value::Null => (value.to_string(), TreeKind::Literal),
    };
    rows.push(TreeRow {
        depth,
        pointer: pointer.clone(),
        name,
        value: shown,
        kind,
        is_open: (n_members > 0).then_some(is_open),
    });
    if !is_open {
        return;
    }
    match value {
        Value::Array(elements) => {
            for (idx, element) in elements.iter().enumerate() {
                add(element, depth + 1, format!("{pointer}/{idx}"), idx.to_string(), toggled, rows);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let step = name.replace('~', "~0").replace('/', "~1");
                add(member, depth + 1, format!("{pointer}/{step}"), name.clone(), toggled, rows);
            }
        }
        _ => {}
    }
}

/// On one line, and not longer than a screen is wide.
fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).map(|c| if c.is_control() { '·' } else { c }).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(tree: &Tree) -> String {
        let line = |row: &TreeRow| format!("{}{}={}", "  ".repeat(row.depth), row.name, row.value);
        tree.rows().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn branches_close_and_open_and_keep_their_order() {
        let mut tree = Tree::new("{\"b\":[1,\"x\"],\"a/b\":{\"c\":null}}").unwrap();
        assert_eq!(shown(&tree), "={2}\n  b=[2]\n    0=1\n    1=x\n  a/b={1}\n    c=null");
        tree.toggle("/b");
        assert_eq!(shown(&tree), "={2}\n  b=[2]\n  a/b={1}\n    c=null");
        tree.toggle("/a~1b");
        tree.toggle("/b");
        assert_eq!(shown(&tree), "={2}\n  b=[2]\n    0=1\n    1=x\n  a/b={1}");
        assert!(Tree::new("{nope").is_none());
    }

    #[test]
    fn a_place_is_shown_by_opening_what_leads_to_it() {
        let mut tree = Tree::new(r#"{"data":{"events":[{"a":{"b":{"c":[1,2]}}},{"a":1}]}}"#).unwrap();
        assert!(tree.rows().iter().all(|row| row.pointer != "/data/events/0/a/b/c/1"));
        let row_idx = tree.show("/data/events/0/a/b/c/1").unwrap();
        assert_eq!(tree.rows()[row_idx].value, "2");
        tree.toggle("/data");
        assert_eq!(tree.rows().len(), 2);
        let row_idx = tree.show("/data/events/1").unwrap();
        assert_eq!((tree.rows()[row_idx].is_open, &*tree.rows()[row_idx + 1].name), (Some(true), "a"));
        assert_eq!(tree.show("/data/events/7"), None);
        assert_eq!(tree.show(""), Some(0));
    }
}
