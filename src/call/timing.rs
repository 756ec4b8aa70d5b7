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

/// Whole microseconds, at most what the clock of a call can hold.
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
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

    /// The phases with the time of others apart from ours, in the order in which they happen: the developer's handler and a
    /// person are asked while the response is decided, so that both are taken off that. They still add up to the total.
    pub fn phases_with(&self, handler_us: u32, hold_us: u32) -> [(&'static str, u32); 8] {
        let handler_us = handler_us.min(self.decide_us);
        let hold_us = hold_us.min(self.decide_us - handler_us);
        [
            ("tls", self.tls_us),
            ("read", self.read_us),
            ("decide", self.decide_us - handler_us - hold_us),
            ("handler", handler_us),
            ("hold", hold_us),
            ("record", self.record_us),
            ("delay", self.delay_us),
            ("write", self.write_us),
        ]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_others_is_taken_off_the_decision_and_all_still_adds_up() {
        let timing = Timing { tls_us: 1, read_us: 2, decide_us: 5_000, record_us: 4, delay_us: 5, write_us: 6 };
        for (handler, hold) in [(0, 0), (3_000, 0), (3_000, 1_500), (3_000, 9_000), (u32::MAX, u32::MAX)] {
            let sum: u32 = timing.phases_with(handler, hold).iter().map(|(_, micros)| micros).sum();
            assert_eq!(sum, timing.total_us(), "{handler} {hold}");
        }
        let [_, _, decide, handler, hold, ..] = timing.phases_with(3_000, 1_500);
        assert_eq!([decide, handler, hold], [("decide", 500), ("handler", 3_000), ("hold", 1_500)]);
    }
}
