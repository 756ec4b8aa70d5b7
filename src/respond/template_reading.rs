//! Whether a template can be read at all: the library beneath goes one step deeper for each operator of an expression and for
//! each `elif`, and a template that was made to be deep would end the whole program.

/// The most operators in one tag; a person's longest has a dozen.
const MOST_OPERATORS: usize = 400;
/// The most `elif` of a template.
const MOST_BRANCHES: usize = 200;

/// Words that are operators.
const OPERATORS: [&[u8]; 6] = [b"not", b"and", b"or", b"in", b"is", b"if"];

/// Where a template goes too deep, as an offset in bytes, and what to change.
pub(super) fn too_deep(source: &str) -> Option<(usize, &'static str)> {
    let bytes = source.as_bytes();
    let mut n_branches = 0;
    let mut at = 0;
    while let Some(start) = next_tag(bytes, at) {
        let mut tag = Tag { bytes, at: start + 2, n_open: 0 };
        let mut n_operators = 0;
        while let Some(part) = tag.next_part() {
            match part {
                Part::Word(b"elif") => n_branches += 1,
                Part::Word(word) => n_operators += usize::from(OPERATORS.contains(&word)),
                Part::Operator => n_operators += 1,
                Part::Other => {}
            }
            if n_operators > MOST_OPERATORS {
                return Some((start, "one expression has too many operators; part it with {% set … %}"));
            }
            if n_branches > MOST_BRANCHES {
                return Some((start, "it has too many elif; look the value up in a table instead"));
            }
        }
        at = tag.at;
    }
    None
}

fn next_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(2).position(|pair| matches!(pair, b"{{" | b"{%")).map(|at| from + at)
}

/// What a tag is made of, as far as depth is concerned.
enum Part<'a> {
    Word(&'a [u8]),
    Operator,
    Other,
}

/// The inside of a tag, read to its end.
struct Tag<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Brackets of any kind that are open: the marks that end a tag end none within them.
    n_open: usize,
}

impl<'a> Tag<'a> {
    /// None at the end of the tag or of the template.
    fn next_part(&mut self) -> Option<Part<'a>> {
        let rest = self.bytes.get(self.at..)?;
        let first = *rest.first()?;
        if self.n_open == 0 && matches!(rest.get(..2), Some(b"}}" | b"%}")) {
            self.at += 2;
            return None;
        }
        let (n_bytes, part) = match first {
            b'"' | b'\'' => (text_length(rest, first), Part::Other),
            first if is_letter(first) => {
                let n_bytes = rest.iter().take_while(|byte| is_letter(**byte)).count();
                (n_bytes, Part::Word(rest.get(..n_bytes).unwrap_or_default()))
            }
            b'(' | b'[' | b'{' => {
                self.n_open += 1;
                // A call and an index are one step, too.
                (1, Part::Operator)
            }
            b')' | b']' | b'}' => {
                self.n_open = self.n_open.saturating_sub(1);
                (1, Part::Other)
            }
            b'.' | b'|' | b'+' | b'-' | b'*' | b'/' | b'%' | b'~' | b'<' | b'>' | b'=' | b'!' => (1, Part::Operator),
            _ => (1, Part::Other),
        };
        self.at += n_bytes;
        Some(part)
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of a text in quotes, with both of them.
fn text_length(bytes: &[u8], quote: u8) -> usize {
    let mut is_escaped = false;
    let end = bytes.iter().skip(1).position(|byte| {
        let is_end = *byte == quote && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(bytes.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_of_a_person_is_never_too_deep() {
        let long_text = format!("{{{{ '{}' }}}} {}", "+-*/|".repeat(1_000), "1 + 1 ".repeat(1_000));
        let many_tags = "{{ request.body.a | tojson }}".repeat(2_000);
        for source in ["", "{", "{{", "{{ 'a", "{% if a %}b{% elif c %}d{% endif %}", &long_text, &many_tags] {
            assert_eq!(too_deep(source), None, "{source}");
        }
    }

    #[test]
    fn one_that_was_made_to_be_deep_is_refused_with_its_place() {
        for step in ["-", "not ", ".a", "|list", "+1", " and 1", "[0]", " is defined", "()"] {
            let source = format!("text {{{{ {{'a':{{'b':1}}}}{} }}}}", step.repeat(500));
            assert_eq!(too_deep(&source).map(|(at, _)| at), Some(5), "{step}");
        }
        // Marks within a text neither begin nor end a tag.
        assert!(too_deep(&format!("{{{{ 1{} }}}}", "~'{{}}'".repeat(500))).is_some());
        assert!(too_deep(&format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(300))).is_some());
    }
}
