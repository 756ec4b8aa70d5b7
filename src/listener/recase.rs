//! Gives header names in a response the case in which they were configured.
//!
//! The HTTP library writes names in lower case. A name keeps its length whatever its case, so the head can be changed on its
//! way to the socket without moving a byte.

use std::io::IoSlice;

use super::framing::end_of_head;
use crate::call::Headers;

/// The work on one response head.
#[derive(Debug)]
pub(super) struct Recase {
    names: Headers,
    /// The head with its names put right, once it was seen, and how much of it is written.
    head: Vec<u8>,
    n_written: usize,
}

impl Recase {
    /// None where there is nothing to do.
    pub fn new(headers: &Headers) -> Option<Recase> {
        let has_case = headers.iter().any(|(name, _)| name.iter().any(u8::is_ascii_uppercase));
        has_case.then(|| Recase { names: headers.clone(), head: Vec::new(), n_written: 0 })
    }

    /// What to write instead of `buffers`: the same number of bytes. Empty where the head is not there yet.
    pub fn buffers<'a>(&'a mut self, buffers: &'a [IoSlice<'a>]) -> Vec<IoSlice<'a>> {
        let Some((first, others)) = buffers.split_first() else { return Vec::new() };
        if self.head.is_empty() {
            let Some(end) = end_of_final_head(first) else { return Vec::new() };
            self.head = first.get(..end).unwrap_or_default().to_vec();
            self.put_names();
        }
        let ours = self.head.get(self.n_written..).unwrap_or_default();
        let mut out = Vec::with_capacity(buffers.len() + 1);
        out.push(IoSlice::new(ours));
        if let Some(after) = first.get(ours.len()..).filter(|after| !after.is_empty()) {
            out.push(IoSlice::new(after));
        }
        out.extend(others.iter().map(|other| IoSlice::new(other)));
        out
    }

    /// Notes that the socket took bytes. True when the head is written.
    pub fn advance(&mut self, n_bytes: usize) -> bool {
        self.n_written = self.n_written.saturating_add(n_bytes);
        self.n_written >= self.head.len()
    }

    fn put_names(&mut self) {
        let mut used = vec![false; self.names.iter().count()];
        let mut start = 0;
        while let Some(end) =
            self.head.get(start..).and_then(|tail| memchr::memchr(b'\n', tail)).map(|at| start + at + 1)
        {
            let line = self.head.get_mut(start..end).unwrap_or_default();
            let n_name = line.iter().position(|byte| *byte == b':').unwrap_or(0);
            if let Some(written) = line.get_mut(..n_name) {
                let wanted = self
                    .names
                    .iter()
                    .zip(used.iter_mut())
                    .find(|((name, _), used)| !**used && name.eq_ignore_ascii_case(written));
                if let Some(((name, _), used)) = wanted {
                    written.copy_from_slice(name);
                    *used = true;
                }
            }
            start = end;
        }
    }
}

/// The end of the final response's head: interim ones (100 Continue) may stand before it.
fn end_of_final_head(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    while bytes.get(start..)?.starts_with(b"HTTP/1.1 100") {
        start = end_of_head(bytes, start)?;
    }
    end_of_head(bytes, start)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn write_in_pieces(piece: usize) -> Vec<u8> {
        let names = Headers::from_fields([("Content-Type", "a"), ("X-MiXeD", "b"), ("x-mIxEd", "c")]);
        let head = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: a\r\nx-mixed: b\r\nx-mixed: c\r\ndate: d\r\n\r\n";
        let body = b"x-mixed: not a header\r\n\r\n";
        let mut recase = Recase::new(&names);
        let (mut head, mut body) = (&head[..], &body[..]);
        let mut written = Vec::new();
        while !(head.is_empty() && body.is_empty()) {
            let both = [IoSlice::new(head), IoSlice::new(body)];
            let given = if head.is_empty() { &both[1..] } else { &both[..] };
            let all: Vec<u8> = match &mut recase {
                Some(recase) => recase.buffers(given).iter().flat_map(|slice| slice.to_vec()).collect(),
                None => given.iter().flat_map(|slice| slice.to_vec()).collect(),
            };
            assert_eq!(all.len(), head.len() + body.len());
            let n_taken = piece.min(all.len());
            written.extend(&all[..n_taken]);
            if recase.as_mut().is_some_and(|recase| recase.advance(n_taken)) {
                recase = None;
            }
            let n_head = n_taken.min(head.len());
            head = &head[n_head..];
            body = &body[n_taken - n_head..];
        }
        written
    }

    #[test]
    fn names_get_their_case_wherever_the_socket_cuts() {
        let expected = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: a\r\nX-MiXeD: b\r\nx-mIxEd: c\r\ndate: d\r\n\r\n\
                         x-mixed: not a header\r\n\r\n";
        for piece in 1..200 {
            assert_eq!(String::from_utf8_lossy(&write_in_pieces(piece)), String::from_utf8_lossy(expected));
        }
    }

    #[test]
    fn lower_case_names_cost_nothing() {
        assert!(Recase::new(&Headers::from_fields([("content-type", "A")])).is_none());
    }
}
