//! A tolerant reading of a JSON text that may be half typed: what stands where.
//!
//! For a text that is JSON the ranges are exact; for one that is not, they are the best that can be said, so that completion and
//! explanations work while somebody types. It never fails and never recurses. A string ends at the end of its line at the
//! latest.

use std::ops::Range;

use crate::okta::Pointer;

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Object,
    Array,
    String,
    /// A number, a word, or something that is no JSON.
    Other,
    /// A member whose value is not written yet.
    Missing,
}

/// The way from a container to what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Root,
    /// The decoded name.
    Member(String),
    Element(usize),
}

impl Step {
    /// The name of a member; `#` for an element.
    pub(crate) fn bare(&self) -> &str {
        match self {
            Step::Member(name) => name,
            Step::Element(_) | Step::Root => "#",
        }
    }
}

/// One value, or a member that waits for one. Ranges are bytes of the text.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<usize>,
    pub(crate) step: Step,
    /// With its quotes.
    pub(crate) name: Option<Range<usize>>,
    pub(crate) value: Range<usize>,
    pub(crate) kind: NodeKind,
    /// False for a container without its closing bracket.
    is_closed: bool,
}

impl Node {
    /// Where it begins: its name, if it has one.
    pub(crate) fn start(&self) -> usize {
        self.name.as_ref().map_or(self.value.start, |name| name.start)
    }

    pub(crate) fn is_container(&self) -> bool {
        matches!(self.kind, NodeKind::Object | NodeKind::Array)
    }
}

/// Where a position is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// In the name of this node.
    Name(usize),
    /// In the value of this node, or where its value belongs.
    Value(usize),
    /// In this container, between what it holds.
    Gap(usize),
    /// Outside of everything.
    Outside,
}

/// The nodes of a text in the order in which they begin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    nodes: Vec<Node>,
}

struct Frame {
    node: usize,
    is_object: bool,
    /// The member whose value comes next.
    member: Option<usize>,
    has_colon: bool,
    n_elements: usize,
}

impl Outline {
    pub(crate) fn read(text: &str) -> Outline {
        let mut reading = Reading { text, outline: Outline::default(), frames: Vec::new() };
        let mut at = 0;
        while let Some(token) = next_token(text, at) {
            at = token.end;
            reading.take(token);
        }
        for frame in std::mem::take(&mut reading.frames) {
            if let Some(node) = reading.outline.nodes.get_mut(frame.node) {
                node.value.end = text.len();
            }
        }
        reading.outline
    }

    pub(crate) fn node(&self, idx: usize) -> Option<&Node> {
        self.nodes.get(idx)
    }

    pub(crate) fn root(&self) -> Option<usize> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// What a container holds, in order.
    pub(crate) fn children(&self, container: usize) -> impl DoubleEndedIterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.parent == Some(container))
    }

    /// The last member of that name.
    pub(crate) fn member(&self, container: usize, name: &str) -> Option<usize> {
        let is_named = |node: &Node| matches!(&node.step, Step::Member(known) if known == name);
        self.children(container).rev().find(|(_, node)| is_named(node)).map(|(idx, _)| idx)
    }

    pub(crate) fn element(&self, container: usize, position: usize) -> Option<usize> {
        self.children(container).find(|(_, node)| node.step == Step::Element(position)).map(|(idx, _)| idx)
    }

    /// The node that a JSON Pointer names.
    pub(crate) fn find(&self, pointer: &str) -> Option<usize> {
        let mut here = self.root()?;
        for segment in Pointer::read(pointer).ok()?.segments() {
            here = match self.node(here)?.kind {
                NodeKind::Object => self.member(here, segment)?,
                NodeKind::Array => self.element(here, segment.parse().ok()?)?,
                _ => return None,
            };
        }
        Some(here)
    }

    /// The names and positions from the root to a node.
    pub(crate) fn path(&self, idx: usize) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut here = self.node(idx);
        while let Some(node) = here {
            if node.step != Step::Root {
                steps.push(&node.step);
            }
            here = node.parent.and_then(|parent| self.node(parent));
        }
        steps.reverse();
        steps
    }

    /// The decoded text of a string.
    pub(crate) fn string(&self, text: &str, idx: usize) -> Option<String> {
        let node = self.node(idx).filter(|node| node.kind == NodeKind::String)?;
        Some(decoded(text.get(node.value.clone())?))
    }

    /// Where a byte offset is. The end of a closed string is outside of it.
    pub(crate) fn at(&self, text: &str, offset: usize) -> At {
        let is_in_string = |range: &Range<usize>| {
            let is_open = !is_closed_string(text.get(range.clone()).unwrap_or_default());
            range.start < offset && (offset < range.end || (is_open && offset == range.end))
        };
        let mut innermost = At::Outside;
        for (idx, node) in self.nodes.iter().enumerate() {
            if node.start() > offset {
                break;
            }
            if node.name.as_ref().is_some_and(is_in_string) {
                return At::Name(idx);
            }
            let is_here = match node.kind {
                NodeKind::String => is_in_string(&node.value),
                NodeKind::Other => (node.value.start..=node.value.end).contains(&offset),
                NodeKind::Missing => {
                    let between = text.get(node.value.start..offset).unwrap_or("x");
                    offset >= node.value.start && between.trim().is_empty() && self.has_colon(text, node)
                }
                NodeKind::Object | NodeKind::Array => {
                    if node.value.start < offset && (offset < node.value.end || !node.is_closed) {
                        innermost = At::Gap(idx);
                    }
                    false
                }
            };
            if is_here {
                return At::Value(idx);
            }
        }
        innermost
    }

    fn has_colon(&self, text: &str, node: &Node) -> bool {
        let name_end = node.name.as_ref().map_or(0, |name| name.end);
        text.get(name_end..node.value.start).is_some_and(|between| between.contains(':'))
    }
}

struct Reading<'a> {
    text: &'a str,
    outline: Outline,
    frames: Vec<Frame>,
}

impl Reading<'_> {
    fn take(&mut self, token: Range<usize>) {
        match self.text.as_bytes().get(token.start) {
            Some(b'{') => self.open(token, NodeKind::Object),
            Some(b'[') => self.open(token, NodeKind::Array),
            Some(b'}') => self.close(token, true),
            Some(b']') => self.close(token, false),
            Some(b':') => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.has_colon = true;
                    let member = frame.member.and_then(|member| self.outline.nodes.get_mut(member));
                    if let Some(node) = member {
                        node.value = token.end..token.end;
                    }
                }
            }
            Some(b',') => {
                if let Some(frame) = self.frames.last_mut() {
                    (frame.member, frame.has_colon) = (None, false);
                }
            }
            Some(b'"') => self.string(token),
            _ => {
                self.value(token, NodeKind::Other);
            }
        }
    }

    fn string(&mut self, token: Range<usize>) {
        let awaits_name = self.frames.last().is_some_and(|frame| frame.is_object && !frame.has_colon);
        if !awaits_name {
            self.value(token, NodeKind::String);
            return;
        }
        let name = decoded(self.text.get(token.clone()).unwrap_or_default());
        let idx = self.outline.nodes.len();
        if let Some(frame) = self.frames.last_mut() {
            frame.member = Some(idx);
            self.outline.nodes.push(Node {
                parent: Some(frame.node),
                step: Step::Member(name),
                value: token.end..token.end,
                name: Some(token),
                kind: NodeKind::Missing,
                is_closed: true,
            });
        }
    }

    /// Puts a value where one belongs; none where there is no such place.
    fn value(&mut self, token: Range<usize>, kind: NodeKind) -> Option<usize> {
        let idx = self.outline.nodes.len();
        let node = |parent, step| Node { parent, step, name: None, value: token.clone(), kind, is_closed: true };
        let Some(frame) = self.frames.last_mut() else {
            if idx > 0 {
                return None;
            }
            self.outline.nodes.push(node(None, Step::Root));
            return Some(0);
        };
        if !frame.is_object {
            self.outline.nodes.push(node(Some(frame.node), Step::Element(frame.n_elements)));
            frame.n_elements += 1;
            return Some(idx);
        }
        let member = frame.member.take().filter(|_| frame.has_colon)?;
        frame.has_colon = false;
        let node = self.outline.nodes.get_mut(member)?;
        (node.value, node.kind) = (token, kind);
        Some(member)
    }

    fn open(&mut self, token: Range<usize>, kind: NodeKind) {
        if let Some(node) = self.value(token, kind) {
            if let Some(node) = self.outline.nodes.get_mut(node) {
                node.is_closed = false;
            }
            let is_object = kind == NodeKind::Object;
            self.frames.push(Frame { node, is_object, member: None, has_colon: false, n_elements: 0 });
        }
    }

    fn close(&mut self, token: Range<usize>, is_object: bool) {
        if !self.frames.iter().any(|frame| frame.is_object == is_object) {
            return;
        }
        while let Some(frame) = self.frames.pop() {
            let is_own = frame.is_object == is_object;
            if let Some(node) = self.outline.nodes.get_mut(frame.node) {
                node.value.end = if is_own { token.end } else { token.start };
                node.is_closed = true;
            }
            if is_own {
                break;
            }
        }
    }
}

fn next_token(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let start = at + (rest.len() - rest.trim_start().len());
    let rest = text.get(start..)?;
    let length = match rest.as_bytes().first()? {
        b'{' | b'}' | b'[' | b']' | b':' | b',' => 1,
        b'"' => string_length(rest),
        _ => rest.find(|c: char| c.is_whitespace() || "{}[]:,\"".contains(c)).unwrap_or(rest.len()).max(1),
    };
    Some(start..start + length)
}

/// The length of the string that a text begins with: to its closing quote, or to the end of the line.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_closed_string(token: &str) -> bool {
    token.len() > 1 && string_length(token) == token.len() && token.ends_with('"') && {
        let inner = token.get(1..token.len() - 1).unwrap_or_default();
        (inner.len() - inner.trim_end_matches('\\').len()).is_multiple_of(2)
    }
}

/// The text of a string token, as far as it is one.
fn decoded(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| {
        let inner = token.strip_prefix('"').unwrap_or(token);
        inner.strip_suffix('"').unwrap_or(inner).to_owned()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn value_at(text: &str, pointer: &str) -> String {
        let outline = Outline::read(text);
        let node = outline.find(pointer).unwrap_or_else(|| panic!("{pointer} is not in {text}"));
        text[outline.node(node).unwrap().value.clone()].to_owned()
    }

    #[test]
    fn a_pointer_finds_its_value_in_json() {
        let text = r#" {"a": [1, {"b/c": "x\"y", "~": null}], "a ": {}} "#;
        assert_eq!(value_at(text, ""), text.trim());
        assert_eq!(value_at(text, "/a/0"), "1");
        assert_eq!(value_at(text, "/a/1/b~1c"), r#""x\"y""#);
        assert_eq!(value_at(text, "/a/1/~0"), "null");
        assert_eq!(value_at(text, "/a "), "{}");
        assert!(Outline::read(text).find("/a/2").is_none());
    }

    #[test]
    fn of_two_members_of_one_name_the_last_counts() {
        assert_eq!(value_at(r#"{"a": 1, "a": 2}"#, "/a"), "2");
    }

    #[test]
    fn what_is_half_typed_is_read_as_far_as_it_goes() {
        let text = "{\n  \"commands\": [\n    {\n      \"type\": \"com.ok\n      \"value\": [ {\"op\": ";
        assert_eq!(value_at(text, "/commands/0/type"), "\"com.ok");
        assert_eq!(value_at(text, "/commands/0/value/0/op"), "");
        let outline = Outline::read(text);
        let cursor = text.find("com.ok").unwrap() + 6;
        assert_eq!(outline.at(text, cursor), At::Value(outline.find("/commands/0/type").unwrap()));
        assert_eq!(outline.at(text, text.len()), At::Value(outline.find("/commands/0/value/0/op").unwrap()));
    }

    #[test]
    fn every_position_has_its_place() {
        let text = r#"{"a": {"b": "c"}, }"#;
        let outline = Outline::read(text);
        let a = outline.find("/a").unwrap();
        let b = outline.find("/a/b").unwrap();
        assert_eq!(outline.at(text, 0), At::Outside);
        assert_eq!(outline.at(text, 1), At::Gap(0));
        assert_eq!(outline.at(text, 2), At::Name(a));
        assert_eq!(outline.at(text, 7), At::Gap(a));
        assert_eq!(outline.at(text, 9), At::Name(b));
        assert_eq!(outline.at(text, 13), At::Value(b));
        assert_eq!(outline.at(text, 18), At::Gap(0));
        assert_eq!(outline.at(text, text.len()), At::Outside);
    }

    proptest::proptest! {
        #[test]
        fn no_text_upsets_it(text in "[{}\\[\\]:,\"a1é\\\\ \n]{0,60}", offset in 0usize..70) {
            let outline = Outline::read(&text);
            for node in &outline.nodes {
                proptest::prop_assert!(text.get(node.value.clone()).is_some());
            }
            outline.at(&text, offset);
        }
    }
}
