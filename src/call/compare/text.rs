//! A comparison in words, for a terminal and for the clipboard, and as JSON for a program.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{ComparedPart, Difference, Part};

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DifferenceKind {
    Added,
    Removed,
    Changed,
}

impl DifferenceKind {
    pub fn text(self) -> &'static str {
        match self {
            DifferenceKind::Added => "added",
            DifferenceKind::Removed => "removed",
            DifferenceKind::Changed => "changed",
        }
    }

    /// The sign at the beginning of a line: `+`, `-`, `~`.
    pub fn sign(self) -> char {
        match self {
            DifferenceKind::Added => '+',
            DifferenceKind::Removed => '-',
            DifferenceKind::Changed => '~',
        }
    }
}

impl Difference {
    pub fn kind(&self) -> DifferenceKind {
        match (&self.before, &self.after) {
            (None, _) => DifferenceKind::Added,
            (_, None) => DifferenceKind::Removed,
            _ => DifferenceKind::Changed,
        }
    }

    /// Where it is, as a person reads it: the whole has no pointer.
    pub fn place(&self) -> &str {
        if self.pointer.is_empty() { "(whole)" } else { &self.pointer }
    }
}

impl ComparedPart {
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }

    pub fn count(&self, kind: DifferenceKind) -> usize {
        self.differences.iter().filter(|difference| difference.kind() == kind).count()
    }

    /// `1 added, 2 changed, 3 left out as volatile`, or `the same`.
    pub fn counts_text(&self) -> String {
        let kinds = [DifferenceKind::Added, DifferenceKind::Removed, DifferenceKind::Changed];
        let mut said: Vec<String> = kinds
            .into_iter()
            .map(|kind| (self.count(kind), kind.text()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, verb)| format!("{count} {verb}"))
            .collect();
        if said.is_empty() {
            said.push("the same".to_owned());
        }
        if self.n_volatile > 0 {
            said.push(format!("{} left out as volatile", self.n_volatile));
        }
        said.join(", ")
    }
}

impl Part {
    /// Its name for programs: `request_body`.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::RequestLine => "request_line",
            Part::RequestHeaders => "request_headers",
            Part::RequestBody => "request_body",
            Part::Status => "status",
            Part::ResponseHeaders => "response_headers",
            Part::ResponseBody => "response_body",
            Part::Credential => "credential",
            Part::Verdict => "verdict",
        }
    }
}

/// Every part in a line, and beneath it what is different there.
pub fn comparison_text(parts: &[ComparedPart]) -> String {
    let mut text = String::new();
    for part in parts {
        // Writing into a string cannot fail.
        writeln!(text, "{}: {}", part.part.text(), part.counts_text()).ok();
        for difference in &part.differences {
            let values: Vec<String> =
                [&difference.before, &difference.after].into_iter().flatten().map(Value::to_string).collect();
            let (sign, place) = (difference.kind().sign(), difference.place());
            writeln!(text, "  {sign} {place}  {}", values.join(" → ")).ok();
        }
    }
    text
}

/// The parts for programs. A value that a side has not is left out, since null is a value too.
pub fn comparison_json(parts: &[ComparedPart]) -> Value {
    let part_json = |part: &ComparedPart| {
        let differences: Vec<Value> = part.differences.iter().map(difference_json).collect();
        json!({
            "part": part.part.as_str(),
            "added": part.count(DifferenceKind::Added),
            "removed": part.count(DifferenceKind::Removed),
            "changed": part.count(DifferenceKind::Changed),
            "left_out": part.n_volatile,
            "differences": differences,
        })
    };
    parts.iter().map(part_json).collect()
}

fn difference_json(difference: &Difference) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("pointer".to_owned(), difference.pointer.as_str().into());
    object.insert("change".to_owned(), difference.kind().text().into());
    for (name, value) in [("before", &difference.before), ("after", &difference.after)] {
        if let Some(value) = value {
            object.insert(name.to_owned(), value.clone());
        }
    }
    object.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::{Response, Volatile, compare_responses, test_record};

    fn parts() -> Vec<ComparedPart> {
        let of = |body: &'static str| {
            let response = test_record().opening.response.unwrap();
            Response { body: body.as_bytes().into(), ..response }
        };
        let (before, after) =
            (of(r#"{"a":1,"b":null,"eventId":"x"}"#), of(r#"{"c":[2],"a":"1","eventId":"y","uuid":"z"}"#));
        compare_responses(&before, &after, &Volatile::default())
    }

    #[test]
    fn a_comparison_is_told_part_by_part_with_the_place_of_each_difference() {
        let text = comparison_text(&parts());
        assert!(text.starts_with("Status: the same\nResponse headers: the same"), "{text}");
        let body = "Response body: 1 added, 1 removed, 1 changed, 2 left out as volatile\n  \
                    ~ /a  1 → \"1\"\n  - /b  null\n  + /c  [2]\n";
        assert!(text.ends_with(body), "{text}");
    }

    #[test]
    fn a_null_that_was_there_is_told_from_a_member_that_was_not() {
        let json = comparison_json(&parts());
        let expected = json!([
            { "pointer": "/a", "change": "changed", "before": 1, "after": "1" },
            { "pointer": "/b", "change": "removed", "before": null },
            { "pointer": "/c", "change": "added", "after": [2] },
        ]);
        assert_eq!((&json[2]["part"], &json[2]["differences"]), (&json!("response_body"), &expected));
        assert_eq!(json[2]["left_out"], 2);
    }
}
