//! Edits of a JSON text that touch only what they mean: everything else stays byte for byte.
//!
//! What is put in follows the text's own habits: its indentation, its line ends, one line or many.

use std::ops::Range;

use super::outline::{Node, NodeKind, Outline};
use crate::okta::pointer_to;

/// A JSON text while it is edited.
#[derive(Clone, Debug)]
pub(crate) struct JsonText {
    text: String,
    outline: Outline,
    /// Commands that nothing may be left of.
    emptied: Vec<String>,
}

/// The body without what a pointer into its commands names: one operation of a patch, else the command. A patch that would be
/// empty goes as a whole. None where the text is no JSON, or has nothing there.
pub fn without_command(body: &str, pointer: &str) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(body).ok()?;
    let mut steps = pointer.strip_prefix("/commands/")?.split('/');
    let command = format!("/commands/{}", steps.next()?.parse::<usize>().ok()?);
    let mut text = JsonText::new(body);
    text.find(&command)?;
    let value = format!("{command}/value");
    let operation_idx = (steps.next() == Some("value"))
        .then(|| steps.next()?.parse::<usize>().ok())
        .flatten()
        .filter(|_| text.kind(&value) == Some(NodeKind::Array) && text.len(&value) > 1);
    match operation_idx {
        Some(operation_idx) => text.remove_child(&value, operation_idx),
        None => text.remove(&command),
    }
    Some(text.into_text())
}

/// How a value is laid out.
struct Style<'a> {
    /// None for one line.
    lines: Option<Lines<'a>>,
    colon: &'static str,
    /// Behind a comma on one line.
    gap: &'static str,
    /// Inside the braces of an object on one line.
    pad: &'static str,
}

struct Lines<'a> {
    newline: &'static str,
    indent: &'a str,
    unit: &'a str,
}

impl JsonText {
    /// The text is JSON, or blank.
    pub(crate) fn new(text: &str) -> JsonText {
        JsonText { outline: Outline::read(text), text: text.to_owned(), emptied: Vec::new() }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    pub(crate) fn find(&self, pointer: &str) -> Option<&Node> {
        self.outline.node(self.outline.find(pointer)?)
    }

    pub(crate) fn kind(&self, pointer: &str) -> Option<NodeKind> {
        Some(self.find(pointer)?.kind)
    }

    /// The value as it is written.
    pub(crate) fn raw(&self, pointer: &str) -> Option<&str> {
        self.text.get(self.find(pointer)?.value.clone())
    }

    /// A piece of the text.
    pub(crate) fn part(&self, range: Range<usize>) -> Option<&str> {
        self.text.get(range)
    }

    pub(crate) fn is_null(&self, pointer: &str) -> bool {
        self.raw(pointer) == Some("null")
    }

    pub(crate) fn string(&self, pointer: &str) -> Option<String> {
        self.outline.string(&self.text, self.outline.find(pointer)?)
    }

    /// How many elements or members a container has.
    pub(crate) fn len(&self, pointer: &str) -> usize {
        self.outline.find(pointer).map_or(0, |container| self.outline.children(container).count())
    }

    /// Makes sure that there is an object to write in.
    pub(crate) fn ensure_root(&mut self) {
        if self.outline.root().is_none() {
            self.splice(0..self.text.len(), "{}\n");
        }
    }

    /// Puts another value in the place of one.
    pub(crate) fn replace(&mut self, pointer: &str, raw: &str) {
        let Some(node) = self.find(pointer).cloned() else { return };
        let indent = line_indent(&self.text, node.start()).to_owned();
        let is_line = node.is_container() && !self.has_newline(&node.value) && node.value.len() > 2;
        let laid_out = match is_line || self.shares_line(&node) {
            true => layout(raw, &self.one_line(None)),
            false => layout(raw, &self.many_lines(&indent, unit_of(&self.text))),
        };
        self.splice(node.value, &laid_out);
    }

    /// Sets a member of an object, there already or not.
    pub(crate) fn set_member(&mut self, object: &str, name: &str, raw: &str) {
        let pointer = pointer_to(object, name);
        match self.find(&pointer).is_some() {
            true => self.replace(&pointer, raw),
            false => self.insert(object, Some(name), raw),
        }
    }

    /// Appends a member to an object.
    pub(crate) fn add_member(&mut self, object: &str, name: &str, raw: &str) {
        self.insert(object, Some(name), raw);
    }

    /// Appends an element to an array.
    pub(crate) fn push(&mut self, array: &str, raw: &str) {
        self.insert(array, None, raw);
    }

    /// Removes a member, every one of its name, or an element.
    pub(crate) fn remove(&mut self, pointer: &str) {
        loop {
            let Some(idx) = self.outline.find(pointer) else { return };
            let is_element = self.outline.node(idx).is_some_and(|node| node.name.is_none());
            self.remove_node(idx);
            if is_element {
                return;
            }
        }
    }

    /// Removes one of what a container holds, by its position.
    pub(crate) fn remove_child(&mut self, container: &str, position: usize) {
        let child = self.outline.find(container).and_then(|at| self.outline.children(at).nth(position));
        if let Some((idx, _)) = child {
            self.remove_node(idx);
        }
    }

    /// The node of one of what a container holds, by its position.
    pub(crate) fn child(&self, container: &str, position: usize) -> Option<&Node> {
        let container = self.outline.find(container)?;
        self.outline.children(container).nth(position).map(|(_, node)| node)
    }

    /// Puts another value, or another name, in the place of a member's, by its position.
    pub(crate) fn replace_child(&mut self, container: &str, position: usize, name: Option<&str>, raw: Option<&str>) {
        if let Some(raw) = raw
            && let Some(node) = self.child(container, position).cloned()
        {
            let laid_out = layout(raw, &self.one_line(None));
            self.splice(node.value, &laid_out);
        }
        if let Some(name) = name
            && let Some(range) = self.child(container, position).and_then(|node| node.name.clone())
        {
            self.splice(range, &quoted(name));
        }
    }

    /// Notes a command that nothing may be left of; it goes with [`JsonText::sweep`], so that until then no place moves.
    pub(crate) fn emptied(&mut self, command: &str) {
        self.emptied.push(command.to_owned());
    }

    /// Takes away the noted commands that still ask for nothing.
    pub(crate) fn sweep(&mut self) {
        let position = |pointer: &String| pointer.rsplit('/').next().and_then(|step| step.parse::<usize>().ok());
        let mut commands: Vec<String> = std::mem::take(&mut self.emptied);
        commands.sort_by_key(|command| std::cmp::Reverse(position(command)));
        commands.dedup();
        for command in commands {
            if self.len(&format!("{command}/value")) == 0 {
                self.remove(&command);
            }
        }
    }

    /// Puts a value into an array of its own: `x` becomes `[x]`.
    pub(crate) fn wrap(&mut self, pointer: &str) {
        if let Some(range) = self.find(pointer).map(|node| node.value.clone()) {
            let raw = self.text.get(range.clone()).unwrap_or_default();
            let wrapped = format!("[{raw}]");
            self.splice(range, &wrapped);
        }
    }

    fn remove_node(&mut self, idx: usize) {
        let Some(node) = self.outline.node(idx) else { return };
        let Some(parent) = node.parent else { return };
        let siblings: Vec<&Node> = self.outline.children(parent).map(|(_, node)| node).collect();
        let position = siblings.iter().position(|sibling| sibling.start() == node.start()).unwrap_or(0);
        let next = siblings.get(position + 1).map(|next| next.start());
        let previous = position.checked_sub(1).and_then(|before| siblings.get(before)).map(|before| before.value.end);
        let range = match (next, previous) {
            (Some(next), _) => node.start()..next,
            (None, Some(previous)) => previous..node.value.end,
            (None, None) => match self.outline.node(parent) {
                Some(container) => container.value.start + 1..container.value.end.saturating_sub(1),
                None => return,
            },
        };
        self.splice(range, "");
    }

    fn insert(&mut self, pointer: &str, name: Option<&str>, raw: &str) {
        let Some(idx) = self.outline.find(pointer) else { return };
        let Some(container) = self.outline.node(idx).filter(|node| node.is_container()).cloned() else { return };
        let children: Vec<Node> = self.outline.children(idx).map(|(_, node)| node.clone()).collect();
        let item = |style: &Style<'_>| match name {
            Some(name) => format!("{}{}{}", quoted(name), style.colon, layout(raw, style)),
            None => layout(raw, style),
        };
        let unit = unit_of(&self.text).to_owned();
        let Some(last) = children.last() else {
            let inside = container.value.start + 1..container.value.end.saturating_sub(1);
            if self.shares_line(&container) {
                let style = self.one_line(None);
                let pad = if name.is_some() { style.pad } else { "" };
                let text = format!("{pad}{}{pad}", item(&style));
                self.splice(inside, &text);
                return;
            }
            let outer = line_indent(&self.text, container.start()).to_owned();
            let inner = format!("{outer}{unit}");
            let newline = newline_of(&self.text);
            let text = format!("{newline}{inner}{}{newline}{outer}", item(&self.many_lines(&inner, &unit)));
            self.splice(inside, &text);
            return;
        };
        let before = children.len().checked_sub(2).and_then(|at| children.get(at));
        let gap_start = before.map_or(container.value.start + 1, |before| before.value.end);
        let gap = self.text.get(gap_start..last.start()).unwrap_or_default();
        let at = last.value.end..last.value.end;
        let text = match gap.contains('\n') {
            true => {
                let indent = line_indent(&self.text, last.start()).to_owned();
                // A sibling on one line is an example to follow.
                let is_line = last.is_container() && last.value.len() > 2 && !self.has_newline(&last.value);
                let style = match is_line {
                    true => self.one_line(Some(last)),
                    false => self.many_lines(&indent, &unit),
                };
                format!(",{}{indent}{}", newline_of(&self.text), item(&style))
            }
            false => {
                let style = self.one_line(Some(last));
                format!(",{}{}", style.gap, item(&style))
            }
        };
        self.splice(at, &text);
    }

    /// True where a value shares its line with the container around it, so that it stays on it.
    fn shares_line(&self, node: &Node) -> bool {
        let parent = node.parent.and_then(|parent| self.outline.node(parent));
        parent.is_some_and(|parent| !self.text.get(parent.value.start..node.start()).unwrap_or_default().contains('\n'))
    }

    fn has_newline(&self, range: &Range<usize>) -> bool {
        self.text.get(range.clone()).is_some_and(|part| part.contains('\n'))
    }

    fn one_line(&self, sibling: Option<&Node>) -> Style<'static> {
        let n_all = self.text.matches("\":").count();
        let n_spaced = self.text.matches("\": ").count();
        let (colon, gap) = if n_spaced * 2 < n_all { (":", "") } else { (": ", " ") };
        let is_padded = match sibling {
            Some(sibling) => self.text.get(sibling.value.clone()).is_some_and(|part| part.starts_with("{ ")),
            None => self.text.contains("{ \""),
        };
        Style { lines: None, colon, gap, pad: if is_padded { " " } else { "" } }
    }

    fn many_lines<'a>(&self, indent: &'a str, unit: &'a str) -> Style<'a> {
        let lines = Lines { newline: newline_of(&self.text), indent, unit };
        Style { lines: Some(lines), colon: ": ", gap: " ", pad: "" }
    }

    fn splice(&mut self, range: Range<usize>, with: &str) {
        if let (Some(head), Some(tail)) = (self.text.get(..range.start), self.text.get(range.end..)) {
            self.text = format!("{head}{with}{tail}");
            self.outline = Outline::read(&self.text);
        }
    }
}

/// The spaces and tabs that the line of an offset begins with.
fn line_indent(text: &str, offset: usize) -> &str {
    let line = text.get(..offset).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
    let line = text.get(line..).unwrap_or_default();
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
}

/// One step of indentation: that of the first line that has one.
fn unit_of(text: &str) -> &str {
    let indents = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(|line| line_indent(line, 0));
    indents.filter(|indent| !indent.is_empty()).min_by_key(|indent| indent.len()).unwrap_or("  ")
}

fn newline_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// A string as JSON writes it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The same JSON without the white space between its tokens. Numbers and escapes stay as they are written.
pub fn compact(raw: &str) -> String {
    let style = Style { lines: None, colon: ":", gap: "", pad: "" };
    layout(raw, &style)
}

/// What somebody typed as a value: JSON where it is JSON, a string otherwise.
pub fn value_of(typed: &str) -> String {
    match super::super::json_error(typed.as_bytes()) {
        None => compact(typed),
        Some(_) => quoted(typed),
    }
}

/// Lays a JSON value out anew, token by token.
fn layout(raw: &str, style: &Style<'_>) -> String {
    let mut out = String::with_capacity(raw.len() * 2);
    let mut depth = 0usize;
    let (mut in_string, mut is_escaped) = (false, false);
    let mut letters = raw.chars().peekable();
    let break_line = |out: &mut String, depth: usize| match &style.lines {
        Some(lines) => {
            out.push_str(lines.newline);
            out.push_str(lines.indent);
            (0..depth).for_each(|_| out.push_str(lines.unit));
            true
        }
        None => false,
    };
    while let Some(letter) = letters.next() {
        if in_string {
            out.push(letter);
            match letter {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match letter {
            '"' => {
                in_string = true;
                out.push(letter);
            }
            '{' | '[' => {
                let closer = if letter == '{' { '}' } else { ']' };
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                out.push(letter);
                if letters.next_if_eq(&closer).is_some() {
                    out.push(closer);
                    continue;
                }
                depth += 1;
                if !break_line(&mut out, depth) && letter == '{' {
                    out.push_str(style.pad);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !break_line(&mut out, depth) && letter == '}' {
                    out.push_str(style.pad);
                }
                out.push(letter);
            }
            ',' => {
                out.push(',');
                if !break_line(&mut out, depth) {
                    out.push_str(style.gap);
                }
            }
            ':' => out.push_str(style.colon),
            letter if letter.is_ascii_whitespace() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(text: &str, edit: impl Fn(&mut JsonText), expected: &str) {
        let mut json = JsonText::new(text);
        edit(&mut json);
        assert_eq!(json.into_text(), expected, "{text}");
    }

    #[test]
    fn what_is_put_in_follows_the_text() {
        check("{}", |json| json.set_member("", "a", "1"), "{\n  \"a\": 1\n}");
        check("{\"a\":{\"b\":1}}", |json| json.set_member("/a", "c", "[1,2]"), "{\"a\":{\"b\":1,\"c\":[1,2]}}");
        check("{ \"a\": 1 }", |json| json.set_member("", "b", "{\"c\":2}"), "{ \"a\": 1, \"b\": {\"c\": 2} }");
        check(
            "{\n    \"a\": [\n        1\n    ]\n}\n",
            |json| json.push("/a", "{\"b\":[]}"),
            "{\n    \"a\": [\n        1,\n        {\n            \"b\": []\n        }\n    ]\n}\n",
        );
        check(
            "{\n\t\"a\": [\n\t\t{ \"op\": 1 }\n\t]\n}",
            |json| json.push("/a", "{\"op\":2,\"x\":3}"),
            "{\n\t\"a\": [\n\t\t{ \"op\": 1 },\n\t\t{ \"op\": 2, \"x\": 3 }\n\t]\n}",
        );
        check("{\r\n  \"a\": 1\r\n}", |json| json.set_member("", "b", "2"), "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}");
    }

    #[test]
    fn what_is_taken_out_takes_its_comma_with_it() {
        check("{\n  \"a\": 1,\n  \"b\": 2\n}", |json| json.remove("/a"), "{\n  \"b\": 2\n}");
        check("{\n  \"a\": 1,\n  \"b\": 2\n}", |json| json.remove("/b"), "{\n  \"a\": 1\n}");
        check("[1, 2, 3]", |json| json.remove("/1"), "[1, 3]");
        check("{\"a\": [ 1 ]}", |json| json.remove("/a/0"), "{\"a\": []}");
        check("{\"a\":1,\"b\":2,\"a\":3}", |json| json.remove("/a"), "{\"b\":2}");
    }

    #[test]
    fn a_value_is_replaced_and_nothing_else() {
        check("{ \"a\" :1 ,\"b\": 1.50e3}", |json| json.replace("/a", "\"x\""), "{ \"a\" :\"x\" ,\"b\": 1.50e3}");
        check("{\"a\": {\"op\": 1}}", |json| json.wrap("/a"), "{\"a\": [{\"op\": 1}]}");
        check("{\"a\": 1}", |json| json.replace_child("", 0, Some("b\"c"), Some("2")), "{\"b\\\"c\": 2}");
    }

    #[test]
    fn what_is_typed_is_json_or_becomes_a_string() {
        assert_eq!(value_of("gold"), "\"gold\"");
        assert_eq!(value_of("\"gold\""), "\"gold\"");
        assert_eq!(value_of("{ \"a\" : 1.0e5 }"), "{\"a\":1.0e5}");
        assert_eq!(value_of("7"), "7");
        assert_eq!(value_of(""), "\"\"");
    }

    proptest::proptest! {
        #[test]
        fn compacting_keeps_the_value(value in proptest::collection::vec("\\PC{0,8}", 0..5)) {
            let raw = serde_json::to_string_pretty(&value).unwrap();
            let back: Vec<String> = serde_json::from_str(&compact(&raw)).unwrap();
            proptest::prop_assert_eq!(back, value);
        }
    }
}
