//! A text in lines that can be drawn one by one.

use std::ops::Range;

use super::lexer::{Token, tokens};
use super::spans::{Span, pieces};

/// A longer line is cut into several, so that a body of one megabyte on one line costs no more than what is seen of it.
const LONGEST: usize = 240;

/// What begins otherwise, such as a form, is no broken JSON but something else.
fn begins_as_json(text: &str) -> bool {
    let first = text.trim_start().bytes().next();
    first.is_none_or(|byte| matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'))
}

/// One line as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub start: u32,
    pub end: u32,
    /// The number of the line in the text, counted from 1; none where this goes on with the line above.
    pub number: Option<u32>,
}

/// A text, its lines and its tokens. Made once, drawn many times.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    text: String,
    lines: Vec<Line>,
    tokens: Vec<Token>,
    /// Secrets, in order.
    spans: Vec<Span>,
    longest: usize,
}

impl Lines {
    /// `is_json` says whether tokens are looked for.
    pub fn new(text: String, is_json: bool) -> Lines {
        let mut lines = Vec::new();
        let mut longest = 0;
        let mut start = 0;
        for (idx, line) in text.split('\n').enumerate() {
            let shown = line.strip_suffix('\r').unwrap_or(line);
            let mut number = u32::try_from(idx + 1).ok();
            let mut from = 0;
            loop {
                let mut to = (from + LONGEST).min(shown.len());
                while !shown.is_char_boundary(to) {
                    to += 1;
                }
                longest = longest.max(to - from);
                lines.push(Line { start: as_u32(start + from), end: as_u32(start + to), number: number.take() });
                from = to;
                if from >= shown.len() {
                    break;
                }
            }
            start += line.len() + 1;
        }
        let tokens = if is_json && begins_as_json(&text) { tokens(&text) } else { Vec::new() };
        Lines { text, lines, tokens, spans: Vec::new(), longest }
    }

    /// With the places of secrets in it, in order.
    pub fn with_secrets(mut self, spans: Vec<Span>) -> Lines {
        self.spans = spans;
        self
    }

    /// A line cut where secrets begin and end.
    pub fn pieces_of(&self, line: Line) -> Vec<(Range<u32>, Option<usize>)> {
        let from = self.spans.partition_point(|span| span.end <= line.start);
        let to = self.spans.partition_point(|span| span.start < line.end);
        pieces(line.start..line.end, self.spans.get(from..to.max(from)).unwrap_or_default())
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn line(&self, idx: usize) -> Option<Line> {
        self.lines.get(idx).copied()
    }

    /// The most characters that one drawn line has, at least nearly: bytes count.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The highest line number.
    pub fn n_numbered(&self) -> u32 {
        self.lines.iter().rev().find_map(|line| line.number).unwrap_or(1)
    }

    pub fn part(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The tokens that lie in a line, at least in part.
    pub fn tokens_of(&self, line: Line) -> &[Token] {
        let from = self.tokens.partition_point(|token| token.end <= line.start);
        let to = self.tokens.partition_point(|token| token.start < line.end);
        self.tokens.get(from..to.max(from)).unwrap_or_default()
    }

    /// The drawn line that shows a line number, or the last one.
    pub fn row_of_number(&self, number: u32) -> usize {
        self.lines.iter().position(|line| line.number == Some(number)).unwrap_or(self.lines.len().saturating_sub(1))
    }
}

fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_numbers_and_long_ones_go_on_without() {
        let lines = Lines::new(format!("{{\r\n\"a\": \"{}\"\n}}", "x".repeat(300)), true);
        let shown: Vec<(Option<u32>, usize)> = (0..lines.len())
            .filter_map(|idx| lines.line(idx))
            .map(|line| (line.number, (line.end - line.start) as usize))
            .collect();
        assert_eq!(shown, [(Some(1), 1), (Some(2), 240), (None, 67), (Some(3), 1)]);
        assert_eq!(lines.n_numbered(), 3);
        assert_eq!(lines.row_of_number(3), 3);
        assert_eq!(Lines::new(String::new(), true).len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_character_of_a_text_is_lost(text in "\\PC{0,600}") {
            let lines = Lines::new(text.clone(), false);
            let joined: String = (0..lines.len()).filter_map(|idx| lines.line(idx)).map(|line| lines.part(line.start, line.end)).collect();
            proptest::prop_assert_eq!(joined, text);
        }
    }
}
