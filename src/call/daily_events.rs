//! Events against Okta's daily limit, as far as this listener has seen them.

use super::Timestamp;

/// Events that an org's hooks get in 24 hours; beyond it they do not fire, and nothing is sent later (Okta developer docs, Event
/// hooks concept, limits).
pub const DAILY_LIMIT: u64 = 400_000;
/// From here on the System Log warns (Okta developer docs, Hooks best practices guide).
pub const DAILY_WARNING: u64 = 280_000;
/// The count begins anew so long after its first event, in microseconds.
const WINDOW_US: i64 = 24 * 60 * 60 * 1_000_000;

/// The count that is running: it begins with an event and ends 24 hours after it. Retries and other repeats do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyEvents {
    began_at: Option<Timestamp>,
    n_events: u64,
}

impl DailyEvents {
    /// Counts the new events of a delivery. Deliveries are told in the order in which they came, or nearly.
    pub fn add(&mut self, received_at: Timestamp, n_new: u16) {
        if n_new == 0 {
            return;
        }
        let n_new = u64::from(n_new);
        match self.began_at {
            Some(began_at) if received_at.micros_since(began_at) < WINDOW_US => {
                self.n_events += n_new;
                self.began_at = Some(began_at.min(received_at));
            }
            _ => *self = DailyEvents { began_at: Some(received_at), n_events: n_new },
        }
    }

    /// How many count at a time; 0 where the last count has ended.
    pub fn n_events_at(&self, now: Timestamp) -> u64 {
        match self.began_at {
            Some(began_at) if now.micros_since(began_at) < WINDOW_US => self.n_events,
            _ => 0,
        }
    }

    /// When the count begins anew; none where none is running.
    pub fn ends_at(&self, now: Timestamp) -> Option<Timestamp> {
        let ends_at = Timestamp(self.began_at?.0.saturating_add(WINDOW_US));
        (now < ends_at).then_some(ends_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * 1_000_000;

    #[test]
    fn the_count_begins_anew_a_day_after_its_first_event() {
        let mut daily = DailyEvents::default();
        assert_eq!((daily.n_events_at(Timestamp(0)), daily.ends_at(Timestamp(0))), (0, None));
        daily.add(Timestamp(5 * HOUR), 0);
        assert_eq!(daily, DailyEvents::default(), "a delivery of repeats begins nothing");
        daily.add(Timestamp(6 * HOUR), 3);
        daily.add(Timestamp(29 * HOUR), 2);
        assert_eq!(daily.n_events_at(Timestamp(29 * HOUR)), 5);
        assert_eq!(daily.ends_at(Timestamp(29 * HOUR)), Some(Timestamp(30 * HOUR)));
        assert_eq!(daily.n_events_at(Timestamp(30 * HOUR)), 0);
        daily.add(Timestamp(30 * HOUR), 1);
        assert_eq!(daily.n_events_at(Timestamp(30 * HOUR)), 1);
        assert_eq!(daily.ends_at(Timestamp(31 * HOUR)), Some(Timestamp(54 * HOUR)));
    }

    #[test]
    fn the_window_does_not_slide() {
        let mut daily = DailyEvents::default();
        for hour in 0..23 {
            daily.add(Timestamp(hour * HOUR), 10);
        }
        assert_eq!(daily.n_events_at(Timestamp(23 * HOUR)), 230);
        daily.add(Timestamp(24 * HOUR + 1), 10);
        assert_eq!(daily.n_events_at(Timestamp(24 * HOUR + 1)), 10);
    }
}
