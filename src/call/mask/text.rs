//! The content of a JSON string, letter by letter, with the bytes each letter is written in.

use std::ops::Range;

/// One letter; `range` counts bytes from the start of the content.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) letter: char,
    pub(super) range: Range<usize>,
}

/// Decodes the content of a JSON string. Broken escapes and bytes that are no UTF-8 stand for themselves.
pub(super) fn letters(content: &[u8]) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(content.len());
    let mut at = 0;
    while let Some(byte) = content.get(at) {
        let (letter, n_bytes) = if *byte == b'\\' { escape(content, at) } else { plain(content, at) };
        letters.push(Letter { letter, range: at..at + n_bytes });
        at += n_bytes;
    }
    letters
}

/// The decoded content.
pub(super) fn decoded(content: &[u8]) -> String {
    letters(content).into_iter().map(|letter| letter.letter).collect()
}

fn plain(content: &[u8], at: usize) -> (char, usize) {
    for n_bytes in 1..=4 {
        let Some(bytes) = content.get(at..at + n_bytes) else { break };
        if let Ok(text) = std::str::from_utf8(bytes)
            && let Some(letter) = text.chars().next()
        {
            return (letter, n_bytes);
        }
    }
    (char::REPLACEMENT_CHARACTER, 1)
}

fn escape(content: &[u8], at: usize) -> (char, usize) {
    let letter = match content.get(at + 1) {
        Some(b'u') => return unicode_escape(content, at),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
        _ => return ('\\', 1),
    };
    (letter, 2)
}

fn unicode_escape(content: &[u8], at: usize) -> (char, usize) {
    let Some(first) = hex(content, at) else { return ('\\', 1) };
    if let Some(letter) = char::from_u32(first) {
        return (letter, 6);
    }
    match hex(content, at + 6) {
        Some(second) if (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&second) => {
            let letter = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            (char::from_u32(letter).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// The number of a `\uXXXX` that begins at `at`.
fn hex(content: &[u8], at: usize) -> Option<u32> {
    let escape = content.get(at..at + 6)?.strip_prefix(b"\\u")?;
    if !escape.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()
}
