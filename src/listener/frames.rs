//! Counts what the HTTP library refuses by itself on an HTTP/2 connection.
//!
//! Watches the frames that we write (RFC 9113, 4.1): a stream that is reset for a fault of the client's, a HEADERS frame that
//! none of our responses asked for (431), a GOAWAY with an error. Decodes nothing else.

/// The reader of outgoing frames.
#[derive(Debug, Default)]
pub(super) struct FrameWatch {
    header: [u8; 9],
    n_header: usize,
    /// Payload bytes that are still to come.
    n_left: u32,
    /// The payload's first bytes: enough for RST_STREAM and GOAWAY.
    payload: [u8; 8],
    n_payload: usize,
    pub n_headers: u32,
    pub n_refused: u32,
    /// The error of a GOAWAY, if it was one.
    pub goaway: Option<u32>,
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
/// NO_ERROR, INTERNAL_ERROR (ours: nothing is answered), CANCEL: not the client's fault.
const NOT_REFUSED: [u32; 3] = [0, 2, 8];

impl FrameWatch {
    /// Looks at bytes that the socket accepted.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.n_left > 0 {
                let n_taken = bytes.len().min(usize::try_from(self.n_left).unwrap_or(usize::MAX));
                let (payload, after) = bytes.split_at_checked(n_taken).unwrap_or((bytes, &[]));
                for byte in payload {
                    let Some(place) = self.payload.get_mut(self.n_payload) else { break };
                    *place = *byte;
                    self.n_payload += 1;
                }
                self.n_left -= u32::try_from(n_taken).unwrap_or(self.n_left);
                bytes = after;
                if self.n_left == 0 {
                    self.finish();
                }
                continue;
            }
            let Some((byte, after)) = bytes.split_first() else { return };
            if let Some(place) = self.header.get_mut(self.n_header) {
                *place = *byte;
            }
            self.n_header += 1;
            bytes = after;
            if self.n_header == self.header.len() {
                let [high, middle, low, ..] = self.header;
                self.n_left = u32::from_be_bytes([0, high, middle, low]);
                self.n_header = 0;
                self.n_payload = 0;
                if self.n_left == 0 {
                    self.finish();
                }
            }
        }
    }

    fn finish(&mut self) {
        let [_, _, _, kind, ..] = self.header;
        let [a, b, c, d, e, f, g, h] = self.payload;
        match kind {
            HEADERS => self.n_headers = self.n_headers.saturating_add(1),
            RST_STREAM if !NOT_REFUSED.contains(&u32::from_be_bytes([a, b, c, d])) => {
                self.n_refused = self.n_refused.saturating_add(1);
            }
            GOAWAY => {
                let error = u32::from_be_bytes([e, f, g, h]);
                if error != 0 {
                    self.goaway = Some(error);
                }
            }
            _ => {}
        }
    }
}

/// The name of an HTTP/2 error code (RFC 9113, 7).
pub(super) fn error_name(code: u32) -> &'static str {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    usize::try_from(code).ok().and_then(|code| NAMES.get(code)).copied().unwrap_or("an unknown error")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn refused_streams_are_counted_wherever_the_bytes_are_cut() {
        let mut all = vec![0, 0, 3, HEADERS, 4, 0, 0, 0, 1, 9, 9, 9];
        all.extend([0, 0, 4, RST_STREAM, 0, 0, 0, 0, 3, 0, 0, 0, 1]);
        all.extend([0, 0, 4, RST_STREAM, 0, 0, 0, 0, 5, 0, 0, 0, 0]);
        all.extend([0, 0, 0, 4, 1, 0, 0, 0, 0]);
        all.extend([0, 0, 9, GOAWAY, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 11, b'x']);
        for size in 1..all.len() {
            let mut watch = FrameWatch::default();
            for piece in all.chunks(size) {
                watch.feed(piece);
            }
            assert_eq!((watch.n_headers, watch.n_refused, watch.goaway), (1, 1, Some(11)), "pieces of {size}");
        }
    }
}
