//! JSON as a tree whose branches open and close.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde_json::Value;

use super::spans::Span;
use crate::okta::pointer_to;

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
    /// Where secrets stand in the value.
    pub spans: Vec<Span>,
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
    secrets: Secrets,
    rows: Vec<TreeRow>,
}

/// For each JSON Pointer the ranges of bytes of its value that are secret, and which secret each is.
type Secrets = HashMap<String, Vec<(Range<usize>, usize)>>;

/// Deeper branches are closed at first, and so are containers with more than this many members.
const OPEN_DEPTH: usize = 4;
const OPEN_MEMBERS: usize = 60;
/// The longest value that is shown whole.
const LONGEST: usize = 300;

impl Tree {
    /// None where the text is no JSON.
    pub fn new(text: &str) -> Option<Tree> {
        Tree::with_secrets(text, [])
    }

    /// Each secret is the JSON Pointer of a value, the bytes of it that are secret, and which secret it is.
    pub fn with_secrets<'s>(
        text: &str,
        secrets: impl IntoIterator<Item = (&'s str, Range<usize>, usize)>,
    ) -> Option<Tree> {
        let root = serde_json::from_str(text).ok()?;
        let mut by_pointer = Secrets::new();
        for (pointer, range, secret_idx) in secrets {
            by_pointer.entry(pointer.to_owned()).or_default().push((range, secret_idx));
        }
        let mut tree = Tree { root, toggled: HashSet::new(), secrets: by_pointer, rows: Vec::new() };
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

    /// Opens and closes what is open and closed in another tree of the same text.
    pub fn open_like(&mut self, other: &Tree) {
        self.toggled.clone_from(&other.toggled);
        self.lay_out();
    }

    fn lay_out(&mut self) {
        let mut rows = Vec::new();
        self.add(&self.root, 0, String::new(), String::new(), &mut rows);
        self.rows = rows;
    }

    fn add(&self, value: &Value, depth: usize, pointer: String, name: String, rows: &mut Vec<TreeRow>) {
        let n_members = match value {
            Value::Array(elements) => elements.len(),
            Value::Object(members) => members.len(),
            _ => 0,
        };
        let opens_by_itself = depth < OPEN_DEPTH && n_members <= OPEN_MEMBERS;
        let is_open = opens_by_itself != self.toggled.contains(&pointer);
        let (shown, kind) = match value {
            Value::Array(_) => (format!("[{n_members}]"), TreeKind::Container),
            Value::Object(_) => (format!("{{{n_members}}}"), TreeKind::Container),
            Value::String(text) => (text.clone(), TreeKind::Text),
            Value::Number(number) => (number.to_string(), TreeKind::Number),
            Value::Bool(_) | Value::Null => (value.to_string(), TreeKind::Literal),
        };
        let secrets = self.secrets.get(&pointer).map(Vec::as_slice).unwrap_or_default();
        let (shown, spans) = shortened(&shown, secrets);
        rows.push(TreeRow {
            depth,
            pointer: pointer.clone(),
            name,
            value: shown,
            spans,
            kind,
            is_open: (n_members > 0).then_some(is_open),
        });
        if !is_open {
            return;
        }
        match value {
            Value::Array(elements) => {
                for (idx, element) in elements.iter().enumerate() {
                    self.add(element, depth + 1, format!("{pointer}/{idx}"), idx.to_string(), rows);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.add(member, depth + 1, pointer_to(&pointer, name), name.clone(), rows);
                }
            }
            _ => {}
        }
    }
}

/// On one line, and not longer than a screen is wide. A secret whose place does not fit the value takes all of it.
fn shortened(text: &str, secrets: &[(Range<usize>, usize)]) -> (String, Vec<Span>) {
    let fits = |range: &Range<usize>| text.get(range.clone()).is_some();
    let is_whole = secrets.iter().any(|(range, _)| !fits(range));
    let mut shown = String::with_capacity(text.len().min(LONGEST * 2));
    // Where each secret begins and ends in what is shown.
    let mut ends: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); secrets.len()];
    for (n, (at, letter)) in text.char_indices().enumerate() {
        for ((range, _), (start, end)) in secrets.iter().zip(&mut ends) {
            if at >= range.start && start.is_none() {
                *start = Some(shown.len());
            }
            if at >= range.end && end.is_none() {
                *end = Some(shown.len());
            }
        }
        if n == LONGEST {
            shown.push('…');
            break;
        }
        shown.push(if letter.is_control() { '·' } else { letter });
    }
    let whole = shown.len();
    let spans = secrets.iter().zip(ends).filter_map(|((_, secret_idx), (start, end))| {
        let range = if is_whole { 0..whole } else { start?..end.unwrap_or(whole) };
        Some(Span::new(range, *secret_idx))
    });
    let spans = spans.collect();
    (shown, spans)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
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

    #[test]
    fn a_secret_keeps_its_place_where_letters_are_replaced_and_cut_off() {
        let text =
            serde_json::json!({ "a": "\u{1}ä code 42!", "b": format!("{}42", "x".repeat(400)), "n": 7 }).to_string();
        let secrets = [("/a", 9..11, 0), ("/b", 400..402, 1), ("/n", 3..9, 2)];
        let tree = Tree::with_secrets(&text, secrets).unwrap();
        let shown: Vec<Vec<&str>> = tree
            .rows()
            .iter()
            .map(|row| {
                row.spans.iter().map(|span| row.value.get(span.start as usize..span.end as usize).unwrap()).collect()
            })
            .collect();
        assert_eq!(shown, [vec![], vec!["42"], vec![], vec!["7"]]);
    }
}
