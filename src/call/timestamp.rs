//! A point in time.

use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z. Shown as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// What the system's clock says. The one place in the ground floor that could be asked for it is outside: call this at
    /// the edge and pass the value in.
    pub fn from_system_time(time: std::time::SystemTime) -> Timestamp {
        let micros = match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        };
        Timestamp(micros)
    }

    /// Microseconds from `earlier` to this; negative if this is the earlier one.
    pub fn micros_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time of day in a zone, to the second or the millisecond: `06:07:08`, `06:07:08.910`.
    pub fn time_of_day(self, zone: &jiff::tz::TimeZone, with_millis: bool) -> String {
        let format = if with_millis { "%H:%M:%S%.3f" } else { "%H:%M:%S" };
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => timestamp.to_zoned(zone.clone()).strftime(format).to_string(),
            Err(_) => String::new(),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}
