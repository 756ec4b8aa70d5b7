//! Header fields in the order and case in which they came.

use bytes::{Bytes, BytesMut};

/// Header fields as one block of `Name: value` lines, each ended by CR LF.
///
/// Kept as the bytes that came (HTTP/1) or as lines made from decoded fields (HTTP/2, where names are lower case by the
/// standard), so that a call costs one allocation and gives back what it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Bytes);

impl Headers {
    /// Takes the lines between the request line and the empty line, as read.
    pub fn from_block(block: Bytes) -> Headers {
        Headers(block)
    }

    /// Makes a block from fields. CR and LF cannot be part of a field and are left out.
    pub fn from_fields<N: AsRef<[u8]>, V: AsRef<[u8]>>(fields: impl IntoIterator<Item = (N, V)>) -> Headers {
        let mut block = BytesMut::new();
        for (name, value) in fields {
            block.extend(name.as_ref().iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | b':')));
            block.extend_from_slice(b": ");
            block.extend(value.as_ref().iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
            block.extend_from_slice(b"\r\n");
        }
        Headers(block.freeze())
    }

    /// The block as it is kept.
    pub fn as_block(&self) -> &Bytes {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values in order. Spaces around a value do not belong to it (RFC 9110, 5.5).
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.split(|byte| *byte == b'\n').filter_map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                return None;
            }
            let colon = line.iter().position(|byte| *byte == b':');
            let (name, value) = match colon {
                Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default()),
                None => (line, &b""[..]),
            };
            Some((name, value.trim_ascii()))
        })
    }

    /// Every value of a field; names are compared without case.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The first value of a field; names are compared without case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The same fields without those of one name.
    pub fn without(&self, name: &str) -> Headers {
        if self.get(name).is_none() {
            return self.clone();
        }
        Headers::from_fields(self.iter().filter(|(field, _)| !field.eq_ignore_ascii_case(name.as_bytes())))
    }
}
