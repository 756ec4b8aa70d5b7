//! Texts that are written in another form than they mean: JSON escapes, percent encoding, bytes that are no UTF-8.
//!
//! A [`Reading`] is such a text decoded, and it knows for each decoded byte which bytes it was written in, so that what is
//! found in the decoded text can be replaced where it stands.

use std::borrow::Cow;
use std::ops::Range;

/// A decoded text and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    pub(super) text: Cow<'a, str>,
    /// For each byte of the text the source bytes of its letter; none where they are the same bytes.
    from: Option<Vec<Range<u32>>>,
}

impl<'a> Reading<'a> {
    /// Bytes as they are; what is no UTF-8 stands as U+FFFD.
    pub(super) fn plain(bytes: &'a [u8]) -> Reading<'a> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Reading { text: Cow::Borrowed(text), from: None },
            Err(_) => from_bytes(bytes, (0..bytes.len()).map(|at| as_u32(at)..as_u32(at + 1)).collect()),
        }
    }

    /// The source bytes of a range of the text; empty where the range is.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let Some(from) = &self.from else { return range };
        let first = from.get(range.start);
        let last = range.end.checked_sub(1).and_then(|last| from.get(last));
        match (first, last) {
            (Some(first), Some(last)) if !range.is_empty() => first.start as usize..last.end as usize,
            _ => 0..0,
        }
    }

    /// With the escapes of JSON decoded. Broken escapes stand for themselves.
    pub(super) fn unescaped(&self) -> Reading<'static> {
        let mut text = String::with_capacity(self.text.len());
        let mut from = Vec::with_capacity(self.text.len());
        let mut at = 0;
        while let Some(letter) = self.text.get(at..).and_then(|rest| rest.chars().next()) {
            let (letter, n_bytes) =
                if letter == '\\' { escape(self.text.as_bytes(), at) } else { (letter, letter.len_utf8()) };
            let source = self.source(at..at + n_bytes);
            from.extend(std::iter::repeat_n(as_u32(source.start)..as_u32(source.end), letter.len_utf8()));
            text.push(letter);
            at += n_bytes;
        }
        Reading { text: Cow::Owned(text), from: Some(from) }
    }

    /// With percent encoding decoded, and `+` as a space, as forms write it.
    pub(super) fn percent_decoded(&self) -> Reading<'static> {
        let bytes = self.text.as_bytes();
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut from = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let code = bytes.get(at + 1..at + 3).filter(|code| *byte == b'%' && code.iter().all(u8::is_ascii_hexdigit));
            let (letter, n_bytes) =
                match code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()) {
                    Some(letter) => (letter, 3),
                    None if *byte == b'+' => (b' ', 1),
                    None => (*byte, 1),
                };
            let source = self.source(at..at + n_bytes);
            from.push(as_u32(source.start)..as_u32(source.end));
            decoded.push(letter);
            at += n_bytes;
        }
        from_bytes(&decoded, from)
    }
}

/// Layers of encoding that are looked through: a URL in a URL in a JSON text in a JSON string is as deep as anybody writes.
const LAYERS: usize = 3;

/// Every way to read some bytes: as they are, with escapes decoded, and with percent encoding decoded, several times over.
pub(super) fn readings(bytes: &[u8]) -> Vec<Reading<'_>> {
    let mut found = vec![Reading::plain(bytes)];
    let mut from = 0;
    for _ in 0..LAYERS {
        let to = found.len();
        for idx in from..to {
            let Some(reading) = found.get(idx) else { break };
            let has_escapes = reading.text.contains('\\');
            let has_codes = reading.text.contains('%') || reading.text.contains('+');
            let unescaped = has_escapes.then(|| reading.unescaped());
            let decoded = has_codes.then(|| reading.percent_decoded()).filter(|decoded| decoded.text != reading.text);
            found.extend(unescaped.into_iter().chain(decoded));
        }
        from = to;
    }
    found
}

/// A text from bytes of which each is known where it comes from.
fn from_bytes(bytes: &[u8], from: Vec<Range<u32>>) -> Reading<'static> {
    let mut text = String::with_capacity(bytes.len());
    let mut of_text = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let span = |start: usize, end: usize| {
        let first = from.get(start).map_or(0, |range| range.start);
        first..end.checked_sub(1).and_then(|last| from.get(last)).map_or(first, |range| range.end)
    };
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            let end = at + letter.len_utf8();
            of_text.extend(std::iter::repeat_n(span(at, end), letter.len_utf8()));
            text.push(letter);
            at = end;
        }
        if !chunk.invalid().is_empty() {
            let end = at + chunk.invalid().len();
            of_text.extend(std::iter::repeat_n(span(at, end), char::REPLACEMENT_CHARACTER.len_utf8()));
            text.push(char::REPLACEMENT_CHARACTER);
            at = end;
        }
    }
    Reading { text: Cow::Owned(text), from: Some(of_text) }
}

fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
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
