//! How long a call took, phase by phase.

use std::time::Duration;

/// The time that Okta waits for an answer (Okta developer docs, "Inline hooks concept": three seconds, the default).
pub const BUDGET: Duration = Duration::from_millis(3_000);

/// The clock of one call, in microseconds. The phases add up to the total; one that did not happen is 0.
///
/// It runs from the first request byte (HTTP/2: the head is complete) to the last response byte that the socket accepted, plus
/// the TLS handshake for the first call of a connection. Time in which an open connection is idle does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timing {
    pub tls_us: u32,
    /// Head and body.
    pub read_us: u32,
    /// Credential checks and choice of the response.
    pub decide_us: u32,
    /// Until the call is in the session file.
    pub record_us: u32,
    /// The delay that the endpoint asks for.
    pub delay_us: u32,
    pub write_us: u32,
}

impl Timing {
    pub fn total_us(&self) -> u32 {
        [self.tls_us, self.read_us, self.decide_us, self.record_us, self.delay_us, self.write_us]
            .into_iter()
            .fold(0, u32::saturating_add)
    }

    pub fn total(&self) -> Duration {
        Duration::from_micros(u64::from(self.total_us()))
    }

    /// 3,000 ms are in time.
    pub fn is_late(&self) -> bool {
        self.total() > BUDGET
    }

    /// Name as in JSON (without unit) and microseconds of each phase, in the order in which they happen.
    pub fn phases(&self) -> [(&'static str, u32); 6] {
        [
            ("tls", self.tls_us),
            ("read", self.read_us),
            ("decide", self.decide_us),
            ("record", self.record_us),
            ("delay", self.delay_us),
            ("write", self.write_us),
        ]
    }
}
