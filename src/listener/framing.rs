//! Where heads begin and end in a stream of requests.

use std::collections::VecDeque;
use std::time::{Instant, SystemTime};

/// The longest head that is kept. A longer one is refused by the HTTP library too.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Header fields in one head at most.
pub const MAX_FIELDS: usize = 128;

/// The preface of an HTTP/2 connection (RFC 9113, 3.4).
pub const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A head as it was read.
#[derive(Debug)]
pub struct ReadHead {
    /// Up to and with its empty line.
    pub bytes: Vec<u8>,
    pub begun: Instant,
    pub begun_at: SystemTime,
}

/// Finds heads in what is read: of HTTP/1 whole, of HTTP/2 only that a stream began.
#[derive(Debug)]
pub enum Framing {
    Http1(Http1),
    Http2(Http2),
}

#[derive(Debug, Default)]
pub struct Http1 {
    state: State,
    head: Vec<u8>,
    begun: Option<(Instant, SystemTime)>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    Body(u64),
    ChunkSize(Vec<u8>),
    Chunk(u64),
    /// After the last chunk: trailers, up to an empty line.
    Trailers(usize),
    /// What follows cannot be told apart any more: the library refuses it, or it is no HTTP.
    Lost,
}

#[derive(Debug, Default)]
pub struct Http2 {
    preface_left: usize,
    header: Vec<u8>,
    payload_left: usize,
    highest_stream: u32,
    n_streams: u64,
    n_taken: u64,
}

impl Framing {
    pub fn http1() -> Framing {
        Framing::Http1(Http1::default())
    }

    pub fn http2() -> Framing {
        Framing::Http2(Http2 { preface_left: HTTP2_PREFACE.len(), ..Http2::default() })
    }

    pub fn read(&mut self, bytes: &[u8], now: Instant, wall: SystemTime, heads: &mut VecDeque<ReadHead>) {
        match self {
            Framing::Http1(http1) => http1.read(bytes, now, wall, heads),
            Framing::Http2(http2) => http2.read(bytes),
        }
    }

    /// When the head that is not yet whole began.
    pub fn begun(&self) -> Option<Instant> {
        match self {
            Framing::Http1(http1) => http1.begun.map(|(begun, _)| begun),
            Framing::Http2(_) => None,
        }
    }

    pub fn take_partial(&mut self) -> Option<ReadHead> {
        match self {
            Framing::Http1(http1) => {
                let (begun, begun_at) = http1.begun.take()?;
                Some(ReadHead { bytes: std::mem::take(&mut http1.head), begun, begun_at })
            }
            Framing::Http2(_) => None,
        }
    }

    pub fn n_streams(&self) -> u64 {
        match self {
            Framing::Http1(_) => 0,
            Framing::Http2(http2) => http2.n_streams,
        }
    }

    pub fn n_taken(&self) -> u64 {
        match self {
            Framing::Http1(_) => 0,
            Framing::Http2(http2) => http2.n_taken,
        }
    }

    pub fn stream_taken(&mut self) {
        if let Framing::Http2(http2) = self {
            http2.n_taken += 1;
        }
    }
}

impl Http1 {
    fn read(&mut self, mut bytes: &[u8], now: Instant, wall: SystemTime, heads: &mut VecDeque<ReadHead>) {
        while !bytes.is_empty() {
            bytes = match &mut self.state {
                State::Head => self.read_head(bytes, now, wall, heads),
                State::Body(left) | State::Chunk(left) => {
                    let n = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= n as u64;
                    let is_done = *left == 0;
                    if is_done {
                        self.state = match self.state {
                            State::Chunk(_) => State::ChunkSize(Vec::new()),
                            _ => State::Head,
                        };
                    }
                    bytes.get(n..).unwrap_or_default()
                }
                State::ChunkSize(line) => {
                    let (taken, is_whole) = through_newline(bytes);
                    line.extend_from_slice(taken.get(..taken.len().min(64)).unwrap_or_default());
                    if is_whole {
                        self.state = after_chunk_size(line);
                    }
                    bytes.get(taken.len()..).unwrap_or_default()
                }
                State::Trailers(line_length) => {
                    let (taken, is_whole) = through_newline(bytes);
                    *line_length += taken.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count();
                    if is_whole {
                        self.state = if *line_length == 0 { State::Head } else { State::Trailers(0) };
                    }
                    bytes.get(taken.len()..).unwrap_or_default()
                }
                State::Lost => {
                    let room = MAX_HEAD_BYTES.saturating_sub(self.head.len());
                    self.head.extend(bytes.iter().take(room));
                    return;
                }
            };
        }
    }

    fn read_head<'a>(
        &mut self,
        bytes: &'a [u8],
        now: Instant,
        wall: SystemTime,
        heads: &mut VecDeque<ReadHead>,
    ) -> &'a [u8] {
        // Empty lines before a request are allowed and belong to nothing (RFC 9112, 2.2).
        let bytes = match self.head.is_empty() {
            true => {
                bytes.get(bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..).unwrap_or_default()
            }
            false => bytes,
        };
        if bytes.is_empty() {
            return bytes;
        }
        self.begun.get_or_insert((now, wall));
        let already = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = end_of_head(&self.head, already) else {
            if self.head.len() > MAX_HEAD_BYTES {
                self.state = State::Lost;
            }
            return &[];
        };
        let rest = bytes.get(end - already..).unwrap_or_default();
        self.head.truncate(end);
        self.state = after_head(&self.head);
        if let Some((begun, begun_at)) = self.begun.take() {
            heads.push_back(ReadHead { bytes: std::mem::take(&mut self.head), begun, begun_at });
        }
        rest
    }
}

/// The end of a head, its empty line included; `searched` bytes of it were looked at before.
fn end_of_head(head: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    let fresh = head.get(from..)?;
    let mut newlines = memchr::memchr_iter(b'\n', fresh);
    newlines.find_map(|at| {
        let end = from + at + 1;
        let before = head.get(..end)?;
        (before.ends_with(b"\r\n\r\n") || before.ends_with(b"\n\n")).then_some(end)
    })
}

/// What follows a head: nothing, so many bytes, or chunks.
fn after_head(head: &[u8]) -> State {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) | Err(_) => return State::Lost,
    }
    let mut state = State::Head;
    for field in request.headers.iter() {
        if field.name.eq_ignore_ascii_case("transfer-encoding") {
            return State::ChunkSize(Vec::new());
        }
        if field.name.eq_ignore_ascii_case("content-length") {
            let length = std::str::from_utf8(field.value).ok().and_then(|text| text.trim().parse().ok());
            state = match length {
                Some(0) => State::Head,
                Some(length) => State::Body(length),
                None => return State::Lost,
            };
        }
    }
    state
}

/// Everything up to and with the first newline, and whether there was one.
fn through_newline(bytes: &[u8]) -> (&[u8], bool) {
    match memchr::memchr(b'\n', bytes) {
        Some(at) => (bytes.get(..=at).unwrap_or(bytes), true),
        None => (bytes, false),
    }
}

fn after_chunk_size(line: &mut Vec<u8>) -> State {
    let text = String::from_utf8_lossy(line).trim().to_owned();
    line.clear();
    if text.is_empty() {
        // The end of the chunk before it.
        return State::ChunkSize(Vec::new());
    }
    let size = text.split(';').next().unwrap_or_default().trim();
    match u64::from_str_radix(size, 16) {
        Ok(0) => State::Trailers(0),
        Ok(size) => State::Chunk(size),
        Err(_) => State::Lost,
    }
}

impl Http2 {
    /// Counts HEADERS frames that begin a stream (RFC 9113, 4.1 and 6.2).
    fn read(&mut self, mut bytes: &[u8]) {
        let skipped = self.preface_left.min(bytes.len());
        self.preface_left -= skipped;
        bytes = bytes.get(skipped..).unwrap_or_default();
        while !bytes.is_empty() {
            let skipped = self.payload_left.min(bytes.len());
            self.payload_left -= skipped;
            bytes = bytes.get(skipped..).unwrap_or_default();
            let n = (9 - self.header.len()).min(bytes.len());
            self.header.extend_from_slice(bytes.get(..n).unwrap_or_default());
            bytes = bytes.get(n..).unwrap_or_default();
            if let [l2, l1, l0, kind, _, s3, s2, s1, s0] = *self.header.as_slice() {
                self.payload_left = u32::from_be_bytes([0, l2, l1, l0]) as usize;
                let stream = u32::from_be_bytes([s3, s2, s1, s0]) & 0x7fff_ffff;
                if kind == 1 && stream > self.highest_stream {
                    self.highest_stream = stream;
                    self.n_streams += 1;
                }
                self.header.clear();
            }
        }
    }
}
