//! What the listener is asked to do wrong on the wire.

use std::time::Duration;

use bytes::Bytes;

/// How the bytes of an answer are broken. Closed: whoever writes the answer handles every one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WireFault {
    /// Nothing: the response is written as it is.
    #[default]
    None,
    /// Nothing is ever written; the connection stays open until the client goes or the listener stops.
    Never,
    /// The connection is reset (RST) before a byte of the answer.
    ResetBeforeHead,
    /// It is reset when part of the head was written.
    ResetInHead,
    /// It is reset when the head was written and the body was not.
    ResetAfterHead,
    /// The connection is closed in order, without a byte of an answer.
    CloseWithoutByte,
    /// These bytes are written in place of the answer, then the connection is closed.
    Garbage(Bytes),
    /// The head goes out at once, the body this much later.
    BodyLate(Duration),
    /// The body goes out in small pieces, evenly over this time.
    SlowBody { over: Duration },
    /// Status, headers and body go out as they are, also where HTTP allows that status no body (204, 304).
    BodyDespiteStatus,
}

impl WireFault {
    /// True where no whole answer arrives.
    pub fn breaks_off(&self) -> bool {
        match self {
            WireFault::Never
            | WireFault::ResetBeforeHead
            | WireFault::ResetInHead
            | WireFault::ResetAfterHead
            | WireFault::CloseWithoutByte
            | WireFault::Garbage(_) => true,
            WireFault::None | WireFault::BodyLate(_) | WireFault::SlowBody { .. } | WireFault::BodyDespiteStatus => {
                false
            }
        }
    }
}
