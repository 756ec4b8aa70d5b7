//! Two JSON values side by side, line by line: what was added, changed and taken out stands on the same row.

use serde_json::{Map, Value};

use crate::call::align;

/// What became of the line on the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Same,
    Added,
    Changed,
    Removed,
}

/// One row: the line on each side, empty where a side has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideRow {
    pub before: String,
    pub after: String,
    pub change: Change,
}

/// Rows and how many values were added, changed and taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    pub rows: Vec<SideRow>,
    pub n_added: usize,
    pub n_changed: usize,
    pub n_removed: usize,
}

/// A row that is shown, or rows that are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// Position among the rows.
    Row(usize),
    /// That many rows which are the same on both sides.
    Same(usize),
}

impl SideRow {
    /// Spaces before the text, on whichever side has one.
    fn depth(&self) -> usize {
        let text = if self.before.is_empty() { &self.after } else { &self.before };
        text.len() - text.trim_start().len()
    }
}

/// Rows that say nothing new; so few that a fold would save no room stay.
fn fold(hidden: std::ops::Range<usize>, folded: &mut Vec<Folded>) {
    match hidden.len() {
        0..3 => folded.extend(hidden.map(Folded::Row)),
        n_rows => folded.push(Folded::Same(n_rows)),
    }
}

/// A value on one side, and whether a comma follows it.
#[derive(Clone, Copy)]
struct Side<'a> {
    value: &'a Value,
    is_last: bool,
}

impl Sides {
    /// Lays two values out. Members keep the order of the left side; new ones follow.
    pub fn new(before: &Value, after: &Value) -> Sides {
        let mut sides = Sides::default();
        let whole = |value| Some(Side { value, is_last: true });
        sides.add("", 0, whole(before), whole(after));
        sides
    }

    pub fn has_changes(&self) -> bool {
        self.n_added + self.n_changed + self.n_removed > 0
    }

    /// What is shown where only changes matter: each with a line around it and the brackets that hold it.
    pub fn folded(&self) -> Vec<Folded> {
        let mut is_kept = vec![false; self.rows.len()];
        let mut keep = |idx: usize| {
            if let Some(kept) = is_kept.get_mut(idx) {
                *kept = true;
            }
        };
        for (idx, _) in self.rows.iter().enumerate().filter(|(_, row)| row.change != Change::Same) {
            keep(idx);
            keep(idx + 1);
            keep(idx.saturating_sub(1));
        }
        self.outer_rows(0..self.rows.len(), &mut keep);
        self.outer_rows((0..self.rows.len()).rev(), &mut keep);
        let mut folded = Vec::new();
        let mut first_hidden = 0;
        for (idx, _) in is_kept.iter().enumerate().filter(|(_, kept)| **kept) {
            fold(first_hidden..idx, &mut folded);
            folded.push(Folded::Row(idx));
            first_hidden = idx + 1;
        }
        fold(first_hidden..self.rows.len(), &mut folded);
        folded
    }

    /// The rows that hold a change, as they are met in this direction: of each depth the last one that was passed.
    fn outer_rows(&self, order: impl Iterator<Item = usize>, keep: &mut impl FnMut(usize)) {
        // Position, depth, and whether it is kept: whoever is kept has kept what holds it.
        let mut outer: Vec<(usize, usize, bool)> = Vec::new();
        for idx in order {
            let Some(row) = self.rows.get(idx) else { continue };
            let depth = row.depth();
            while outer.pop_if(|(_, other, _)| *other >= depth).is_some() {}
            if row.change != Change::Same {
                for (held_by, _, is_kept) in outer.iter_mut().rev().take_while(|(_, _, is_kept)| !*is_kept) {
                    keep(*held_by);
                    *is_kept = true;
                }
            }
            outer.push((idx, depth, false));
        }
    }

    fn add(&mut self, name: &str, depth: usize, before: Option<Side<'_>>, after: Option<Side<'_>>) {
        match (before, after) {
            (Some(one), Some(other)) if one.value != other.value => match (one.value, other.value) {
                (Value::Object(left), Value::Object(right)) if !left.is_empty() && !right.is_empty() => {
                    self.push(open(name, depth, '{'), open(name, depth, '{'), Change::Same);
                    let new = right.keys().filter(|member| !left.contains_key(*member));
                    let members: Vec<&String> = left.keys().chain(new).collect();
                    let last_in = |object: &Map<String, Value>| {
                        members.iter().rposition(|member| object.contains_key(*member)).unwrap_or_default()
                    };
                    let (last_left, last_right) = (last_in(left), last_in(right));
                    for (idx, member) in members.iter().enumerate() {
                        let one = left.get(*member).map(|value| Side { value, is_last: idx == last_left });
                        let other = right.get(*member).map(|value| Side { value, is_last: idx == last_right });
                        self.add(&format!("{}: ", Value::from(member.as_str())), depth + 1, one, other);
                    }
                    self.push(close(depth, '}', one.is_last), close(depth, '}', other.is_last), Change::Same);
                }
                (Value::Array(left), Value::Array(right)) if !left.is_empty() && !right.is_empty() => {
                    self.push(open(name, depth, '['), open(name, depth, '['), Change::Same);
                    for (one_idx, other_idx) in align(left, right) {
                        let one = one_idx.and_then(|idx| element_of(left, idx));
                        let other = other_idx.and_then(|idx| element_of(right, idx));
                        self.add("", depth + 1, one, other);
                    }
                    self.push(close(depth, ']', one.is_last), close(depth, ']', other.is_last), Change::Same);
                }
                _ => {
                    self.n_changed += 1;
                    self.block(name, depth, before, after, Change::Changed);
                }
            },
            (Some(_), Some(_)) => self.block(name, depth, before, after, Change::Same),
            (Some(_), None) => {
                self.n_removed += 1;
                self.block(name, depth, before, None, Change::Removed);
            }
            (None, Some(_)) => {
                self.n_added += 1;
                self.block(name, depth, None, after, Change::Added);
            }
            (None, None) => {}
        }
    }

    /// Whole values beside each other.
    fn block(&mut self, name: &str, depth: usize, before: Option<Side<'_>>, after: Option<Side<'_>>, change: Change) {
        let lines = |side: Option<Side<'_>>| side.map_or_else(Vec::new, |side| lines_of(name, depth, side));
        let (left, right) = (lines(before), lines(after));
        for idx in 0..left.len().max(right.len()) {
            let line = |lines: &[String]| lines.get(idx).cloned().unwrap_or_default();
            self.push(line(&left), line(&right), change);
        }
    }

    fn push(&mut self, before: String, after: String, change: Change) {
        self.rows.push(SideRow { before, after, change });
    }
}

fn element_of(array: &[Value], idx: usize) -> Option<Side<'_>> {
    array.get(idx).map(|value| Side { value, is_last: idx + 1 == array.len() })
}

fn open(name: &str, depth: usize, bracket: char) -> String {
    format!("{}{name}{bracket}", "  ".repeat(depth))
}

fn close(depth: usize, bracket: char, is_last: bool) -> String {
    let comma = if is_last { "" } else { "," };
    format!("{}{bracket}{comma}", "  ".repeat(depth))
}

/// A list of plain values up to so many characters stays on its line.
const SHORT: usize = 48;

fn lines_of(name: &str, depth: usize, side: Side<'_>) -> Vec<String> {
    let flat = side.value.to_string();
    let plain = side.value.as_array().filter(|list| !list.iter().any(|value| value.is_object() || value.is_array()));
    let text = match plain {
        Some(list) if flat.len() <= SHORT => {
            format!("[{}]", list.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
        }
        // A value is texts, numbers and lists of them: it always has a JSON form.
        _ => serde_json::to_string_pretty(side.value).unwrap_or(flat),
    };
    let indent = "  ".repeat(depth);
    let mut lines: Vec<String> = text.lines().map(|line| format!("{indent}{line}")).collect();
    if let Some(first) = lines.first_mut() {
        first.insert_str(indent.len(), name);
    }
    if let Some(last) = lines.last_mut()
        && !side.is_last
    {
        last.push(',');
    }
    lines
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &[&str]) {
        let sides = Sides::new(&serde_json::from_str(before).unwrap(), &serde_json::from_str(after).unwrap());
        let shown: Vec<String> = sides
            .rows
            .iter()
            .map(|row| {
                let sign = match row.change {
                    Change::Same => ' ',
                    Change::Added => '+',
                    Change::Changed => '~',
                    Change::Removed => '-',
                };
                format!("{sign}{}|{}", row.before, row.after)
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_belongs_together_stands_on_one_row() {
        check(
            r#"{"a":1,"b":{"c":[1,2]},"d":true}"#,
            r#"{"a":2,"b":{"c":[1,2]},"e":{"f":null}}"#,
            &[
                " {|{",
                "~  \"a\": 1,|  \"a\": 2,",
                "   \"b\": {|  \"b\": {",
                "     \"c\": [|    \"c\": [",
                "       1,|      1,",
                "       2|      2",
                "     ]|    ]",
                "   },|  },",
                "-  \"d\": true|",
                "+|  \"e\": {",
                "+|    \"f\": null",
                "+|  }",
                " }|}",
            ],
        );
        check(
            r#"{"a":[1]}"#,
            r#"{"a":[1,2]}"#,
            &[" {|{", "   \"a\": [|  \"a\": [", "     1|    1,", "+|    2", "   ]|  ]", " }|}"],
        );
        check(r#"{"a":[]}"#, r#"{"a":["x","y"]}"#, &[" {|{", "~  \"a\": []|  \"a\": [\"x\", \"y\"]", " }|}"]);
        check("{}", "{}", &[" {}|{}"]);
    }

    #[test]
    fn folding_keeps_changes_their_brackets_and_a_line_around() {
        let before = r#"{"a":{"b":1,"c":2,"d":3,"e":4,"f":5,"g":6},"h":7,"i":8,"j":9,"k":10}"#;
        let after = before.replace("\"e\":4", "\"e\":5");
        let sides = Sides::new(&serde_json::from_str(before).unwrap(), &serde_json::from_str(&after).unwrap());
        let shown: Vec<String> = sides
            .folded()
            .into_iter()
            .map(|folded| match folded {
                Folded::Row(idx) => sides.rows[idx].before.trim().to_owned(),
                Folded::Same(n_rows) => format!("({n_rows})"),
            })
            .collect();
        let lines = [
            "{",
            "\"a\": {",
            "\"b\": 1,",
            "\"c\": 2,",
            "\"d\": 3,",
            "\"e\": 4,",
            "\"f\": 5,",
            "\"g\": 6",
            "},",
            "(4)",
            "}",
        ];
        assert_eq!(shown, lines);
        assert_eq!(Sides::new(&Value::Null, &Value::Null).folded(), [Folded::Row(0)]);
    }

    proptest::proptest! {
        #[test]
        fn each_side_reads_back_as_it_was(before in value(), after in value()) {
            let sides = Sides::new(&before, &after);
            let side = |pick: fn(&SideRow) -> &str| sides.rows.iter().map(pick).collect::<Vec<_>>().join("\n");
            proptest::prop_assert_eq!(&serde_json::from_str::<Value>(&side(|row| &row.before)).unwrap(), &before);
            proptest::prop_assert_eq!(&serde_json::from_str::<Value>(&side(|row| &row.after)).unwrap(), &after);
            proptest::prop_assert_eq!(sides.has_changes(), before != after);
        }
    }

    fn value() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..4i64).prop_map(Value::from),
            "[a-c,\"\\\\]{0,3}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
