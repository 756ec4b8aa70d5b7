//! What a client offers in its first message (RFC 8446, 4.1.2), read from the bytes as they came.
//!
//! TLS itself says only that nothing fits; this says what was asked for. It reads what is there and stops where the bytes end, so
//! that the beginning of a message is worth something too.

/// What is known of a client hello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    /// False where the bytes end before the message does.
    pub is_whole: bool,
    /// The host name that it asked for.
    pub server_name: Option<String>,
    /// The protocols of ALPN, in its order.
    pub alpn: Vec<String>,
    /// Versions of TLS by their number on the wire, highest first.
    pub versions: Vec<u16>,
    /// How many cipher suites it knows.
    pub n_suites: usize,
}

/// Texts of a stranger are kept at most so long.
const LONGEST_TEXT: usize = 100;
/// More protocols or versions than this say nothing more.
const MOST: usize = 8;

/// Takes bytes from the front; none where there are too few.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n_bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n_bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, n_bytes: usize) -> Option<usize> {
        Some(self.take(n_bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// Bytes behind their own length.
    fn vector(&mut self, length_bytes: usize) -> Option<Bytes<'a>> {
        let n_bytes = self.number(length_bytes)?;
        self.take(n_bytes).map(Bytes)
    }
}

impl Offered {
    /// Reads the records of a connection's first bytes; none where they do not begin a client hello.
    pub fn read(records: &[u8]) -> Option<Offered> {
        let message = joined(records);
        let mut bytes = Bytes(&message);
        // A client hello, and its length.
        if bytes.number(1)? != 1 {
            return None;
        }
        let n_bytes = bytes.number(3)?;
        let mut offered = Offered { is_whole: bytes.0.len() >= n_bytes, ..Offered::default() };
        let _: Option<()> = offered.read_hello(&mut bytes);
        offered.versions.sort_unstable_by(|one, other| other.cmp(one));
        Some(offered)
    }

    fn read_hello(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let highest = bytes.number(2)?;
        self.versions = u16::try_from(highest).into_iter().collect();
        bytes.take(32)?;
        bytes.vector(1)?;
        self.n_suites = bytes.vector(2)?.0.len() / 2;
        bytes.vector(1)?;
        let n_bytes = bytes.number(2)?;
        // Where the end is missing, what is there is read.
        let mut extensions = Bytes(bytes.0.get(..n_bytes).unwrap_or(bytes.0));
        while !extensions.0.is_empty() {
            let kind = extensions.number(2)?;
            let content = extensions.vector(2)?;
            match kind {
                0 => self.server_name = server_name(content),
                16 => self.alpn = protocols(content),
                43 => self.versions = versions(content),
                _ => {}
            }
        }
        Some(())
    }

    /// What it asked for and offered, as words behind "it": `asked for hooks.test and offered TLS 1.1 and TLS 1.0`. Empty where
    /// nothing is known.
    pub fn words(&self) -> String {
        let mut offers: Vec<String> = self.versions.iter().map(|version| version_text(*version)).collect();
        if !self.alpn.is_empty() {
            offers.push(format!("ALPN {}", self.alpn.join(", ")));
        }
        let asked = self.server_name.as_ref().map_or("no name (no SNI)", String::as_str);
        match offers.is_empty() {
            true if self.server_name.is_none() => String::new(),
            true => format!("asked for {asked}"),
            false => format!("asked for {asked} and offered {}", offers.join(", ")),
        }
    }
}

/// The handshake message that stands in the records, as far as it came.
fn joined(records: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    let mut bytes = Bytes(records);
    loop {
        let header = (bytes.number(1), bytes.number(2), bytes.number(2));
        let (Some(22), Some(_), Some(n_bytes)) = header else { return message };
        let content = bytes.0.get(..n_bytes).unwrap_or(bytes.0);
        message.extend_from_slice(content);
        if bytes.take(n_bytes).is_none() {
            return message;
        }
    }
}

fn server_name(mut content: Bytes<'_>) -> Option<String> {
    let mut names = content.vector(2)?;
    let kind = names.number(1)?;
    let name = names.vector(2)?;
    (kind == 0).then(|| printable(name.0))
}

fn protocols(mut content: Bytes<'_>) -> Vec<String> {
    let Some(mut names) = content.vector(2) else { return Vec::new() };
    std::iter::from_fn(|| names.vector(1)).map(|name| printable(name.0)).take(MOST).collect()
}

fn versions(mut content: Bytes<'_>) -> Vec<u16> {
    let Some(mut numbers) = content.vector(1) else { return Vec::new() };
    let all = std::iter::from_fn(|| numbers.number(2)).filter_map(|number| u16::try_from(number).ok());
    // Values that clients make up, so that servers stay tolerant (RFC 8701).
    all.filter(|version| version & 0x0f0f != 0x0a0a).take(MOST).collect()
}

/// A text of a stranger: what is no plain letter becomes `?`, what is too long is cut.
fn printable(bytes: &[u8]) -> String {
    let letter = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' };
    bytes.iter().take(LONGEST_TEXT).map(letter).collect()
}

/// The name of a version by its number on the wire.
pub(super) fn version_text(version: u16) -> String {
    match version {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301 => "TLS 1.0".to_owned(),
        0x0302 => "TLS 1.1".to_owned(),
        0x0303 => "TLS 1.2".to_owned(),
        0x0304 => "TLS 1.3".to_owned(),
        other => format!("version {other:#06x}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn vector(length_bytes: usize, content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32).to_be_bytes();
        [&length[4 - length_bytes..], content].concat()
    }

    fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &vector(2, content)].concat()
    }

    fn hello(highest: u16, extensions: &[Vec<u8>]) -> Vec<u8> {
        let body = [
            &highest.to_be_bytes()[..],
            &[7; 32],
            &vector(1, &[]),
            &vector(2, &[0x00, 0x2f, 0x00, 0x35]),
            &vector(1, &[0]),
            &vector(2, &extensions.concat()),
        ]
        .concat();
        [&[1][..], &vector(3, &body)].concat()
    }

    fn records(message: &[u8], n_each: usize) -> Vec<u8> {
        message.chunks(n_each).flat_map(|piece| [&[22, 3, 1][..], &vector(2, piece)].concat()).collect()
    }

    fn full() -> Vec<u8> {
        let name = vector(2, &[&[0][..], &vector(2, b"hooks.test")].concat());
        let alpn = vector(2, &[vector(1, b"h2"), vector(1, b"http/1.1")].concat());
        let versions = vector(1, &[0x1a, 0x1a, 3, 4, 3, 3]);
        hello(0x0303, &[extension(0, &name), extension(16, &alpn), extension(43, &versions)])
    }

    #[test]
    fn a_hello_says_what_it_asks_for_and_offers() {
        for n_each in [10_000, 40] {
            let offered = Offered::read(&records(&full(), n_each)).unwrap();
            assert_eq!(offered.server_name.as_deref(), Some("hooks.test"));
            assert_eq!(offered.alpn, ["h2", "http/1.1"]);
            assert_eq!(offered.versions, [0x0304, 0x0303]);
            assert_eq!((offered.n_suites, offered.is_whole), (2, true));
            assert_eq!(offered.words(), "asked for hooks.test and offered TLS 1.3, TLS 1.2, ALPN h2, http/1.1");
        }
    }

    #[test]
    fn an_old_hello_offers_what_its_head_says() {
        let offered = Offered::read(&records(&hello(0x0301, &[]), 1_000)).unwrap();
        assert_eq!(offered.words(), "asked for no name (no SNI) and offered TLS 1.0");
    }

    #[test]
    fn what_is_no_hello_is_none() {
        for bytes in [&b""[..], b"\x16\x03\x01", b"\x16\x03\x01\x00\x05hello", b"GET / HTTP/1.1\r\n"] {
            assert_eq!(Offered::read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn names_of_strangers_are_plain_and_short() {
        let name = vector(2, &[&[0][..], &vector(2, &[b"a\x1b[31m\n", &[b'x'; 300][..]].concat())].concat());
        let offered = Offered::read(&records(&hello(0x0303, &[extension(0, &name)]), 5_000)).unwrap();
        let name = offered.server_name.unwrap();
        assert!(name.starts_with("a?[31m?") && name.len() == LONGEST_TEXT, "{name}");
    }

    proptest::proptest! {
        #[test]
        fn any_beginning_of_a_hello_can_be_read(n_bytes in 0usize..250) {
            let all = records(&full(), 1_000);
            let whole = Offered::read(&all).unwrap();
            let offered = Offered::read(&all[..n_bytes.min(all.len())]);
            if let Some(offered) = offered {
                proptest::prop_assert!(offered.server_name.is_none() || offered.server_name == whole.server_name);
                proptest::prop_assert!(offered.is_whole == (n_bytes >= all.len()));
            }
        }

        #[test]
        fn no_bytes_break_the_reading(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = Offered::read(&[&[22, 3, 1, 1, 0, 1][..], &bytes].concat());
        }
    }
}
