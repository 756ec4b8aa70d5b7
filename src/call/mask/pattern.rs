//! Secrets in text that is no JSON: by names that look like members, and by numbers that look like codes.
//!
//! It would rather hide too much than show a password because a brace is missing.

use std::ops::Range;

use super::MASK;
use super::query::bare_name;

/// A code has at least as many digits; years and hours are no secret, but look the same.
const SHORTEST_CODE: usize = 4;

/// The longest name has 17 letters; separators may double that.
const LONGEST_NAME: usize = 40;

/// A value that its name gives away.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The name without what spellings differ in.
    pub(super) name: String,
    pub(super) range: Range<usize>,
    /// It was masked before.
    pub(super) is_masked: bool,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// What follows `password:`, `"password": `, `password=`, `<password>` and the like; `is_secret` is asked with bare names.
pub(super) fn members(text: &[u8], is_secret: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if !is_word(*byte) {
            at += 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_word(**byte)).count();
        let word = rest.get(..length).unwrap_or_default();
        at += length;
        if word.len() > LONGEST_NAME {
            continue;
        }
        let name = std::str::from_utf8(word).map(bare_name).unwrap_or_default();
        if !is_secret(&name) {
            continue;
        }
        if let Some((start, end)) = value_after(text, at) {
            let is_masked = text.get(start..end).is_some_and(|value| value.starts_with(MASK.as_bytes()));
            found.push(Found { name, range: start..end, is_masked });
            // In a heap of quotes the value may be the next name.
            let after = text.get(end..).unwrap_or_default();
            let is_name =
                after.iter().find(|byte| !b"\"'\\ \t\r\n".contains(byte)).is_some_and(|byte| b":=".contains(byte));
            at = if is_name { start } else { end };
        }
    }
    found
}

/// Where the value of a name begins and ends, whose last letter stands before `at`.
fn value_after(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let skip = |at: usize, bytes: &[u8]| {
        at + text.get(at..).unwrap_or_default().iter().take_while(|byte| bytes.contains(byte)).count()
    };
    let separator_at = skip(at, b"\"'\\ \t\r\n");
    let separator = *text.get(separator_at).filter(|byte| matches!(byte, b':' | b'=' | b'>'))?;
    let after_separator = skip(separator_at + 1, b"> \t\r\n");
    let n_backslashes =
        text.get(after_separator..).unwrap_or_default().iter().take_while(|byte| **byte == b'\\').count();
    let quote_at = after_separator + n_backslashes;
    // One quote opens a value; a second one of its kind ends an empty one.
    let has_quote = matches!(text.get(quote_at), Some(b'"' | b'\''));
    let start = if has_quote { quote_at + 1 } else { after_separator };
    let opening = text.get(after_separator..start).unwrap_or_default();
    let end = match opening.last() {
        Some(quote @ (b'"' | b'\'')) => quoted_end(text, start, *quote, opening.len() - 1),
        _ => {
            let ends: &[u8] = match separator {
                b':' => b",}]\r\n",
                b'=' => b"&;\r\n",
                _ => b"<",
            };
            start + text.get(start..).unwrap_or_default().iter().take_while(|byte| !ends.contains(byte)).count()
        }
    };
    let value = text.get(start..end).unwrap_or_default();
    let shown = value.is_empty() || matches!(value, b"null" | b"true" | b"false" | b"{" | b"[");
    let opens = matches!(value.first(), Some(b'{' | b'['));
    (!shown && !opens).then_some((start, end))
}

/// The end of a quoted value. `n_backslashes` stood before its opening quote, so more of them are part of it.
fn quoted_end(text: &[u8], start: usize, quote: u8, n_backslashes: usize) -> usize {
    let mut before = 0;
    for (at, byte) in text.iter().enumerate().skip(start) {
        match *byte {
            b'\\' => before += 1,
            byte if byte == quote && before <= n_backslashes => return at - before,
            _ => before = 0,
        }
    }
    text.len()
}

/// Every run of digits that is long enough for a code.
pub(super) fn numbers(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for run in text.chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit()) {
        if run.len() >= SHORTEST_CODE && run.iter().all(u8::is_ascii_digit) {
            found.push(at..at + run.len());
        }
        at += run.len();
    }
    found
}
