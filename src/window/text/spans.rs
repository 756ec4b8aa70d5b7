//! Where secrets stand in a text that is shown: from bytes of a body to the text, and on to the text made readable.

use std::ops::Range;

use super::lexer::tokens;

/// A stretch of a text that shows a secret or stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
    /// Which secret, in the list that came with the text.
    pub secret_idx: usize,
}

impl Span {
    pub fn new(range: Range<usize>, secret_idx: usize) -> Span {
        Span { start: as_u32(range.start), end: as_u32(range.end), secret_idx }
    }

    /// The same further behind.
    pub fn shifted(self, by: usize) -> Span {
        let by = as_u32(by);
        Span { start: self.start.saturating_add(by), end: self.end.saturating_add(by), ..self }
    }
}

/// From ranges of bytes to ranges of the text that `String::from_utf8_lossy` makes of them. The ranges are in order.
pub fn in_text(bytes: &[u8], ranges: &[Range<usize>]) -> Vec<Span> {
    let is_text = std::str::from_utf8(bytes).is_ok();
    let (mut at, mut at_text) = (0, 0);
    let mut to_text = |position: usize| {
        if is_text {
            return position;
        }
        at_text += String::from_utf8_lossy(bytes.get(at..position).unwrap_or_default()).len();
        at = at.max(position);
        at_text
    };
    ranges.iter().enumerate().map(|(idx, range)| Span::new(to_text(range.start)..to_text(range.end), idx)).collect()
}

/// From a JSON text to the same one in other lines. A span that lies in no token is left out: it would be shown as plain text
/// only where there is none.
pub fn in_pretty(text: &str, pretty: &str, spans: &[Span]) -> Vec<Span> {
    if spans.is_empty() {
        return Vec::new();
    }
    let mut pairs = tokens(text).into_iter().zip(tokens(pretty)).peekable();
    let mut found = Vec::with_capacity(spans.len());
    for span in spans {
        while pairs.next_if(|(before, _)| before.end <= span.start).is_some() {}
        if let Some((before, after)) = pairs.peek()
            && before.start <= span.start
        {
            let start = after.start + (span.start - before.start);
            let end = after.start + (span.end.min(before.end) - before.start);
            found.push(Span { start, end, ..*span });
        }
    }
    found
}

/// A text cut where secrets begin and end; `None` marks what is none. Ranges that overlap or lie outside are cut to what fits.
pub fn pieces(range: Range<u32>, spans: &[Span]) -> Vec<(Range<u32>, Option<usize>)> {
    let mut found = Vec::new();
    let mut at = range.start;
    for span in spans {
        let (start, end) = (span.start.max(at), span.end.min(range.end));
        if start >= end {
            continue;
        }
        if at < start {
            found.push((at..start, None));
        }
        found.push((start..end, Some(span.secret_idx)));
        at = end;
    }
    if at < range.end {
        found.push((at..range.end, None));
    }
    found
}

fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::super::pretty;
    use super::*;

    #[test]
    fn a_secret_is_found_again_in_the_readable_text() {
        let text = r#"{"a":[1,"x"],"password":"hün\"ter","b":{"c":22}}"#;
        let of = |part: &str| {
            let at = text.find(part).unwrap();
            at..at + part.len()
        };
        let spans = in_text(text.as_bytes(), &[of("hün\\\"ter"), of("22")]);
        let readable = pretty(text).unwrap();
        let found = in_pretty(text, &readable, &spans);
        let shown: Vec<&str> = found.iter().map(|span| &readable[span.start as usize..span.end as usize]).collect();
        assert_eq!(shown, ["hün\\\"ter", "22"]);
    }

    #[test]
    fn bytes_that_are_no_text_count_as_what_stands_for_them() {
        let bytes = b"\xff\xfe ab \xff cd";
        let spans = in_text(bytes, &[3..5, 8..10]);
        let text = String::from_utf8_lossy(bytes);
        let shown: Vec<&str> = spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
        assert_eq!(shown, ["ab", "cd"]);
    }

    #[test]
    fn a_line_is_cut_at_its_secrets() {
        let spans = [Span::new(0..4, 0), Span::new(6..8, 1), Span::new(7..20, 2)];
        let found = pieces(2..10, &spans);
        assert_eq!(found, [(2..4, Some(0)), (4..6, None), (6..8, Some(1)), (8..10, Some(2))]);
        assert_eq!(pieces(0..3, &[]), [(0..3, None)]);
    }
}
