//! JSON Pointers, parsed once.
//!
//! RFC 6901: each segment follows a slash; inside a segment a slash is written `~1` and a tilde `~0`.

use std::borrow::Cow;
use std::fmt;

/// A pointer into a JSON document, as its decoded segments. The pointer to the whole document has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pointer<'a> {
    segments: Vec<Cow<'a, str>>,
}

/// Why a text is no pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerFault {
    /// A pointer to anything but the whole document begins with a slash.
    NoSlash,
    /// A tilde that is followed by neither 0 nor 1.
    BadEscape,
}

impl fmt::Display for PointerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PointerFault::NoSlash => "a JSON Pointer begins with a slash",
            PointerFault::BadEscape => "in a JSON Pointer ~ is written ~0, and / inside a name ~1",
        })
    }
}

impl std::error::Error for PointerFault {}

impl<'a> Pointer<'a> {
    /// Reads a pointer; segments without escapes are borrowed from the text.
    pub fn read(text: &'a str) -> Result<Pointer<'a>, PointerFault> {
        if text.is_empty() {
            return Ok(Pointer { segments: Vec::new() });
        }
        let rest = text.strip_prefix('/').ok_or(PointerFault::NoSlash)?;
        let mut segments = Vec::with_capacity(4);
        for segment in rest.split('/') {
            segments.push(unescaped(segment)?);
        }
        Ok(Pointer { segments })
    }

    /// Reads a pointer that was written with escapes of JSON, too.
    pub(crate) fn of_text(text: Cow<'a, str>) -> Result<Pointer<'a>, PointerFault> {
        match text {
            Cow::Borrowed(text) => Pointer::read(text),
            Cow::Owned(text) => Pointer::read(&text).map(Pointer::into_owned),
        }
    }

    /// A pointer from segments as they are named, escapes undone.
    pub fn of_segments(segments: impl IntoIterator<Item = impl Into<Cow<'a, str>>>) -> Pointer<'a> {
        Pointer { segments: segments.into_iter().map(Into::into).collect() }
    }

    /// The names and indexes on the way, escapes undone.
    pub fn segments(&self) -> &[Cow<'a, str>] {
        &self.segments
    }

    /// The same pointer, borrowed from nobody.
    pub fn into_owned(self) -> Pointer<'static> {
        Pointer { segments: self.segments.into_iter().map(|segment| Cow::Owned(segment.into_owned())).collect() }
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for segment in &self.segments {
            push_segment(&mut text, segment);
        }
        f.write_str(&text)
    }
}

/// Appends one segment as it is named; escapes are made here.
pub fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    for letter in segment.chars() {
        match letter {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            letter => pointer.push(letter),
        }
    }
}

/// The pointer to a member of what a pointer leads to.
pub fn pointer_to(parent: &str, member: &str) -> String {
    let mut pointer = parent.to_owned();
    push_segment(&mut pointer, member);
    pointer
}

fn unescaped(segment: &str) -> Result<Cow<'_, str>, PointerFault> {
    if !segment.contains('~') {
        return Ok(Cow::Borrowed(segment));
    }
    let mut text = String::with_capacity(segment.len());
    let mut letters = segment.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '~' => match letters.next() {
                Some('0') => text.push('~'),
                Some('1') => text.push('/'),
                _ => return Err(PointerFault::BadEscape),
            },
            letter => text.push(letter),
        }
    }
    Ok(Cow::Owned(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(text: &str, segments: &[&str]) {
        let pointer = Pointer::read(text).unwrap();
        assert_eq!(pointer.segments(), segments, "{text}");
        assert_eq!(pointer.to_string(), text);
        assert_eq!(Pointer::of_segments(segments.iter().copied()), pointer);
        assert_eq!(pointer.clone().into_owned(), pointer);
        assert_eq!(segments.iter().fold(String::new(), |parent, segment| pointer_to(&parent, segment)), text);
    }

    #[test]
    fn segments_are_decoded_and_written_again() {
        check("", &[]);
        check("/", &[""]);
        check("/claims/crew/deck", &["claims", "crew", "deck"]);
        check("/claims/", &["claims", ""]);
        check("/claims/https:~1~1northwind.example~1role", &["claims", "https://northwind.example/role"]);
        check("/m~0n/~01/~1", &["m~n", "~1", "/"]);
        check("/ä/ /\"", &["ä", " ", "\""]);
    }

    #[test]
    fn a_text_that_is_no_pointer_says_why() {
        assert_eq!(Pointer::read("claims/x"), Err(PointerFault::NoSlash));
        assert_eq!(Pointer::read("~1"), Err(PointerFault::NoSlash));
        assert_eq!(Pointer::read("/a~"), Err(PointerFault::BadEscape));
        assert_eq!(Pointer::read("/a~2b"), Err(PointerFault::BadEscape));
        assert_eq!(Pointer::of_text(Cow::Owned("/a~/b".to_owned())), Err(PointerFault::BadEscape));
    }
}
