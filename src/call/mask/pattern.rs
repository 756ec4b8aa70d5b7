//! Secrets in text that is no JSON: by names that look like members, and by numbers that look like codes.
//!
//! It would rather hide too much than show a password because a brace is missing.

use std::borrow::Cow;

use super::MASK;
use super::body::SECRET_MEMBERS;
use super::query::bare_name;

/// A code has at least as many digits; years and hours are no secret, but look the same.
const SHORTEST_CODE: usize = 4;

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Masks what follows `password:`, `"password": `, `password=`, `<password>` and the like.
pub(super) fn mask_members(text: &[u8]) -> Cow<'_, [u8]> {
    let mut masked: Vec<u8> = Vec::new();
    let mut copied = 0;
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
        if !is_secret(word) {
            continue;
        }
        if let Some((start, end)) = value_after(text, at) {
            masked.extend_from_slice(text.get(copied..start).unwrap_or_default());
            masked.extend_from_slice(MASK.as_bytes());
            copied = end;
            at = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.extend_from_slice(text.get(copied..).unwrap_or_default());
    Cow::Owned(masked)
}

fn is_secret(word: &[u8]) -> bool {
    // The longest name has 17 letters; separators may double that.
    word.len() <= 40
        && std::str::from_utf8(word).is_ok_and(|word| {
            let name = bare_name(word);
            SECRET_MEMBERS.contains(&name.as_str()) || matches!(name.as_str(), "phonenumber" | "msgtemplate")
        })
}

/// Where the value of a name begins and ends, whose last letter stands before `at`.
fn value_after(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let skip = |at: usize, bytes: &[u8]| {
        at + text.get(at..).unwrap_or_default().iter().take_while(|byte| bytes.contains(byte)).count()
    };
    let separator_at = skip(at, b"\"'\\ \t\r\n");
    let separator = *text.get(separator_at).filter(|byte| matches!(byte, b':' | b'=' | b'>'))?;
    let after_separator = skip(separator_at + 1, b"> \t\r\n");
    let start = skip(after_separator, b"\"'\\");
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
    (!shown && !opens && !value.starts_with(MASK.as_bytes())).then_some((start, end))
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

/// Masks every run of digits that is long enough for a code.
pub(super) fn mask_numbers(text: &[u8]) -> Cow<'_, [u8]> {
    let mut masked = Vec::with_capacity(text.len());
    let mut changed = false;
    for run in text.chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit()) {
        let is_code = run.len() >= SHORTEST_CODE && run.iter().all(u8::is_ascii_digit);
        changed |= is_code;
        masked.extend_from_slice(if is_code { MASK.as_bytes() } else { run });
    }
    if changed { Cow::Owned(masked) } else { Cow::Borrowed(text) }
}
