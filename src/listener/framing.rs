//! Where heads and bodies begin and end in what an HTTP/1 client sends.
//!
//! Watches the bytes that the HTTP library reads and keeps each head as it came. Must agree with the library about every head
//! that it accepts: RFC 9112, 6.3 (Transfer-Encoding before Content-Length) and 7.1 (chunks). What it refuses ends the
//! connection, so nothing depends on the bytes after it.

use std::collections::VecDeque;
use std::time::{Instant, SystemTime};

use bytes::{Bytes, BytesMut};

use crate::call::Timestamp;

/// A point on both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub at: Instant,
    pub wall: Timestamp,
}

impl Moment {
    pub fn now() -> Moment {
        Moment { at: Instant::now(), wall: Timestamp::from_system_time(SystemTime::now()) }
    }

    /// Whole microseconds from this moment until now.
    pub fn elapsed_us(&self) -> u32 {
        micros(self.at.elapsed())
    }
}

pub(super) use crate::call::micros;

/// A head as it was read: request line, header lines and the empty line.
#[derive(Debug)]
pub(super) struct Head {
    pub first_byte: Moment,
    pub bytes: Bytes,
}

/// The state of one connection's incoming bytes.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    partial: BytesMut,
    first_byte: Option<Moment>,
    heads: VecDeque<Head>,
    /// Bytes of a head that are kept; the library refuses longer ones.
    head_limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// Bytes of the body that are still to come.
    Fixed(u64),
    Chunked(Chunk),
    /// The library will refuse what came.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    Size(u64),
    Extension(u64),
    SizeLf(u64),
    Data(u64),
    DataCr,
    DataLf,
    /// Bytes of the trailer line so far, without its end.
    Trailer(u64),
}

impl Framing {
    pub fn new(head_limit: usize) -> Framing {
        Framing { state: State::Head, partial: BytesMut::new(), first_byte: None, heads: VecDeque::new(), head_limit }
    }

    /// Looks at bytes that were just read.
    pub fn feed(&mut self, mut bytes: &[u8], now: Moment) {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Head => self.feed_head(bytes, now),
                State::Fixed(left) => {
                    let n_taken = left.min(bytes.len() as u64);
                    self.state = if n_taken == left { State::Head } else { State::Fixed(left - n_taken) };
                    rest(bytes, n_taken)
                }
                State::Chunked(chunk) => self.feed_chunk(chunk, bytes),
                State::Lost => return,
            };
        }
    }

    /// The oldest head that was not taken.
    pub fn take_head(&mut self) -> Option<Head> {
        self.heads.pop_front()
    }

    /// What is left when the connection ends: a head that nobody took, or a part of one.
    pub fn take_unclaimed(&mut self) -> Option<Head> {
        if let Some(head) = self.heads.pop_front() {
            return Some(head);
        }
        let first_byte = self.first_byte.take()?;
        Some(Head { first_byte, bytes: self.partial.split().freeze() })
    }

    /// When the head began that is not yet whole.
    pub fn head_began(&self) -> Option<Instant> {
        self.first_byte.map(|moment| moment.at)
    }

    /// True while a body is not yet whole.
    pub fn in_body(&self) -> bool {
        matches!(self.state, State::Fixed(_) | State::Chunked(_))
    }

    fn feed_head<'a>(&mut self, mut bytes: &'a [u8], now: Moment) -> &'a [u8] {
        if self.partial.is_empty() {
            // Empty lines before a request line are skipped, as the library does (RFC 9112, 2.2).
            let n_skipped = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            bytes = rest(bytes, n_skipped as u64);
            if bytes.is_empty() {
                return bytes;
            }
        }
        let first_byte = *self.first_byte.get_or_insert(now);
        if self.partial.is_empty()
            && let Some(end) = end_of_head(bytes, 0)
        {
            let (head, after) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
            self.finish_head(Head { first_byte, bytes: Bytes::copy_from_slice(head) });
            return after;
        }
        let n_before = self.partial.len();
        let n_room = self.head_limit.saturating_add(1).saturating_sub(n_before);
        self.partial.extend_from_slice(bytes.get(..n_room).unwrap_or(bytes));
        match end_of_head(&self.partial, n_before.saturating_sub(3)) {
            Some(end) => {
                let head = self.partial.split_to(end).freeze();
                self.partial.clear();
                self.finish_head(Head { first_byte, bytes: head });
                rest(bytes, end.saturating_sub(n_before) as u64)
            }
            None => {
                if self.partial.len() > self.head_limit {
                    self.state = State::Lost;
                }
                &[]
            }
        }
    }

    fn finish_head(&mut self, head: Head) {
        self.first_byte = None;
        self.state = body_after(&head.bytes);
        self.heads.push_back(head);
    }

    fn feed_chunk<'a>(&mut self, chunk: Chunk, bytes: &'a [u8]) -> &'a [u8] {
        if let Chunk::Data(left) = chunk {
            let n_taken = left.min(bytes.len() as u64);
            self.state = State::Chunked(if n_taken == left { Chunk::DataCr } else { Chunk::Data(left - n_taken) });
            return rest(bytes, n_taken);
        }
        let Some((byte, after)) = bytes.split_first() else { return bytes };
        self.state = next_chunk(chunk, *byte);
        after
    }
}

fn rest(bytes: &[u8], n_taken: u64) -> &[u8] {
    usize::try_from(n_taken).ok().and_then(|n_taken| bytes.get(n_taken..)).unwrap_or_default()
}

fn next_chunk(chunk: Chunk, byte: u8) -> State {
    let next = match (chunk, byte) {
        (Chunk::Size(size), b'\r') | (Chunk::Extension(size), b'\r') => Chunk::SizeLf(size),
        (Chunk::Size(size), b';' | b' ' | b'\t') => Chunk::Extension(size),
        (Chunk::Size(size), digit) => {
            let value = char::from(digit).to_digit(16);
            match value.and_then(|value| size.checked_mul(16)?.checked_add(u64::from(value))) {
                Some(size) => Chunk::Size(size),
                None => return State::Lost,
            }
        }
        (Chunk::Extension(_), b'\n') => return State::Lost,
        (Chunk::Extension(size), _) => Chunk::Extension(size),
        (Chunk::SizeLf(0), b'\n') => Chunk::Trailer(0),
        (Chunk::SizeLf(size), b'\n') => Chunk::Data(size),
        (Chunk::DataCr, b'\r') => Chunk::DataLf,
        (Chunk::DataLf, b'\n') => Chunk::Size(0),
        (Chunk::Trailer(0), b'\n') => return State::Head,
        (Chunk::Trailer(_), b'\n') => Chunk::Trailer(0),
        (Chunk::Trailer(n_bytes), b'\r') => Chunk::Trailer(n_bytes),
        (Chunk::Trailer(n_bytes), _) => Chunk::Trailer(n_bytes.saturating_add(1)),
        (Chunk::Data(_) | Chunk::SizeLf(_) | Chunk::DataCr | Chunk::DataLf, _) => return State::Lost,
    };
    State::Chunked(next)
}

/// The position after the empty line that ends a head, looked for from `from` on.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    memchr::memchr_iter(b'\n', tail).find_map(|at| match tail.get(at + 1..)? {
        [b'\n', ..] => Some(from + at + 2),
        [b'\r', b'\n', ..] => Some(from + at + 3),
        _ => None,
    })
}

/// How the body after a head is framed.
fn body_after(head: &[u8]) -> State {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut fields);
    if !matches!(request.parse(head), Ok(httparse::Status::Complete(_))) {
        return State::Lost;
    }
    let mut length = None;
    for field in request.headers.iter() {
        if field.name.eq_ignore_ascii_case("transfer-encoding") {
            return State::Chunked(Chunk::Size(0));
        }
        if field.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(field.value).ok().and_then(|text| text.trim().parse::<u64>().ok());
        }
    }
    match length {
        Some(0) | None => State::Head,
        Some(length) => State::Fixed(length),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heads_of(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Framing) {
        let mut framing = Framing::new(65_536);
        let mut heads = Vec::new();
        for piece in pieces {
            framing.feed(piece, Moment::now());
            while let Some(head) = framing.take_head() {
                heads.push(head.bytes.to_vec());
            }
        }
        (heads, framing)
    }

    #[test]
    fn a_head_is_kept_as_it_came() {
        let head = b"POST /a HTTP/1.1\r\nHost: x\r\nX-MiXeD:  two spaces\r\n\r\n";
        assert_eq!(heads_of(&[head]).0, vec![head.to_vec()]);
    }

    #[test]
    fn empty_lines_before_a_request_do_not_begin_one() {
        let (heads, framing) = heads_of(&[b"\r\n\r\n"]);
        assert!(heads.is_empty());
        assert!(framing.head_began().is_none());
    }

    #[test]
    fn pipelined_heads_are_told_apart_from_bodies() {
        let all = b"POST /1 HTTP/1.1\r\nContent-Length: 6\r\n\r\nGET / \
                    POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n\
                    GET /3 HTTP/1.1\r\n\r\n";
        let lines: Vec<Vec<u8>> = heads_of(&[all]).0;
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with(b"POST /2"));
        assert_eq!(lines[2], b"GET /3 HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn a_head_larger_than_the_limit_is_kept_up_to_the_limit() {
        let mut framing = Framing::new(16);
        framing.feed(&[b'a'; 100], Moment::now());
        framing.feed(b"\r\n\r\n", Moment::now());
        assert!(framing.take_head().is_none());
        assert_eq!(framing.take_unclaimed().unwrap().bytes.len(), 17);
    }

    proptest! {
        /// However the bytes are cut, the same heads are found.
        #[test]
        fn cuts_do_not_change_what_is_found(
            bodies in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..40), any::<bool>()), 1..5),
            cuts in proptest::collection::vec(0usize..600, 0..12),
        ) {
            let mut all = Vec::new();
            let mut expected = Vec::new();
            for (body, chunked) in &bodies {
                let head = match chunked {
                    true => "POST /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
                    false => format!("POST /l HTTP/1.1\r\nContent-LENGTH:{}\r\n\r\n", body.len()),
                };
                expected.push(head.clone().into_bytes());
                all.extend(head.into_bytes());
                if *chunked {
                    for chunk in body.chunks(7) {
                        all.extend(format!("{:X}\r\n", chunk.len()).into_bytes());
                        all.extend(chunk);
                        all.extend(b"\r\n");
                    }
                    all.extend(b"0\r\n\r\n");
                } else {
                    all.extend(body);
                }
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(all.len())).collect();
            cuts.push(0);
            cuts.push(all.len());
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &all[pair[0]..pair[1]]).collect();
            let (heads, framing) = heads_of(&pieces);
            prop_assert_eq!(heads, expected);
            prop_assert!(framing.head_began().is_none());
            prop_assert!(!framing.in_body());
        }

        #[test]
        fn no_bytes_can_stop_it(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let mut framing = Framing::new(64);
            framing.feed(&bytes, Moment::now());
            let _ = framing.take_unclaimed();
        }
    }
}
