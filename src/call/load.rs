//! What the hooks cost: how long calls take, how many come, and how many of the org's slots they hold.
//!
//! An inline hook holds its Okta transaction open, and an org has so many at once (Okta developer docs, rate limits, concurrency).
//! Pure: whoever calls passes the calls and the time. A call without an answer counts as three seconds, since Okta waits that long.

use super::{BUDGET, Timestamp};

/// One finished call, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadCall {
    /// Stands for the endpoint; calls of one endpoint have the same.
    pub endpoint: u32,
    /// When whoever called began to wait: with the TLS handshake, where one belongs to the call, since the total has it too.
    pub begun_at: Timestamp,
    /// None where nothing was answered.
    pub total_us: Option<u32>,
    /// True for an inline hook: Okta waits for it with a transaction open.
    pub is_inline: bool,
}

/// How one endpoint fares. Times are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndpointLoad {
    pub endpoint: u32,
    pub n_calls: usize,
    pub calls_per_minute: f64,
    pub p50_us: u32,
    pub p95_us: u32,
    pub p99_us: u32,
    pub is_inline: bool,
}

/// The slots that inline hooks hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SlotLoad {
    /// Most inline calls in flight at the same time.
    pub peak_in_flight: usize,
    /// Inline calls in the busiest minute.
    pub busiest_minute: usize,
    /// Seconds that Okta waited for an inline call, on average, at most three.
    pub mean_secs: f64,
    /// Slots held, by Okta's rule of thumb, over the whole span and in its busiest minute.
    pub slots_on_average: f64,
    pub slots_at_most: f64,
}

/// The load of some calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    pub n_calls: usize,
    /// From the first call to the last, at least a minute, in microseconds.
    pub span_us: i64,
    /// The endpoint with the slowest calls first.
    pub endpoints: Vec<EndpointLoad>,
    pub slots: SlotLoad,
}

const BUDGET_US: u32 = 3_000_000;
const MINUTE_US: i64 = 60_000_000;

/// What Okta waits for a call, in microseconds.
fn held_us(call: &LoadCall) -> u32 {
    call.total_us.unwrap_or(BUDGET_US).min(BUDGET_US)
}

impl Load {
    /// The load of calls in any order, over the time from the first to the last of them.
    pub fn of(calls: &[LoadCall]) -> Load {
        debug_assert_eq!(BUDGET.as_micros(), u128::from(BUDGET_US));
        let times = || calls.iter().map(|call| call.begun_at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return Load::default();
        };
        // Over less than a minute nobody can say how many come in one.
        let span_us = last.micros_since(first).max(MINUTE_US);
        let mut of_endpoint: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
        for call in calls {
            of_endpoint.entry(call.endpoint).or_default().push(call.total_us.unwrap_or(BUDGET_US));
        }
        let is_inline = |endpoint: u32| calls.iter().any(|call| call.endpoint == endpoint && call.is_inline);
        let mut endpoints: Vec<EndpointLoad> = of_endpoint
            .into_iter()
            .map(|(endpoint, mut times)| {
                times.sort_unstable();
                EndpointLoad {
                    endpoint,
                    n_calls: times.len(),
                    calls_per_minute: per_minute(times.len(), span_us),
                    p50_us: percentile(&times, 50),
                    p95_us: percentile(&times, 95),
                    p99_us: percentile(&times, 99),
                    is_inline: is_inline(endpoint),
                }
            })
            .collect();
        endpoints.sort_by_key(|load| std::cmp::Reverse((load.p99_us, load.p50_us)));
        let inline: Vec<LoadCall> = calls.iter().filter(|call| call.is_inline).copied().collect();
        Load { n_calls: calls.len(), span_us, endpoints, slots: SlotLoad::of(&inline, span_us) }
    }
}

impl SlotLoad {
    /// The slots of inline calls in any order; `span_us` is the time that they came in.
    pub fn of(inline: &[LoadCall], span_us: i64) -> SlotLoad {
        if inline.is_empty() {
            return SlotLoad::default();
        }
        let held: u64 = inline.iter().map(|call| u64::from(held_us(call))).sum();
        let mean_secs = held as f64 / inline.len() as f64 / 1_000_000.0;
        let busiest_minute = busiest_minute(inline);
        SlotLoad {
            peak_in_flight: peak_in_flight(inline),
            busiest_minute,
            mean_secs,
            slots_on_average: slots(per_minute(inline.len(), span_us), mean_secs),
            slots_at_most: slots(busiest_minute as f64, mean_secs),
        }
    }
}

/// Okta's rule of thumb: slots = calls per minute / 60 × seconds per call. At three seconds each, 1,500 calls a minute fill 75.
pub fn slots(calls_per_minute: f64, secs_per_call: f64) -> f64 {
    calls_per_minute / 60.0 * secs_per_call
}

fn per_minute(n_calls: usize, span_us: i64) -> f64 {
    n_calls as f64 * MINUTE_US as f64 / span_us.max(MINUTE_US) as f64
}

/// The smallest of some sorted times that at least so many percent do not exceed (nearest rank); 0 where there are none.
pub fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// How many calls were in flight at once, at most. One that ends when another begins is not in flight with it.
pub fn peak_in_flight(calls: &[LoadCall]) -> usize {
    let mut changes: Vec<(i64, i8)> = Vec::with_capacity(calls.len() * 2);
    for call in calls {
        changes.push((call.begun_at.0, 1));
        changes.push((call.begun_at.0.saturating_add(i64::from(held_us(call).max(1))), -1));
    }
    // At the same time the ends come first.
    changes.sort_unstable();
    let (mut n_now, mut peak) = (0isize, 0isize);
    for (_, change) in changes {
        n_now += isize::from(change);
        peak = peak.max(n_now);
    }
    peak.cast_unsigned()
}

/// The most calls that came within 60 seconds.
pub fn busiest_minute(calls: &[LoadCall]) -> usize {
    let mut times: Vec<i64> = calls.iter().map(|call| call.begun_at.0).collect();
    times.sort_unstable();
    let mut most = 0;
    let mut ends = times.iter().enumerate().peekable();
    for (start_idx, start) in times.iter().enumerate() {
        let mut end_idx = times.len();
        while let Some((idx, end)) = ends.peek() {
            if **end - start >= MINUTE_US {
                end_idx = *idx;
                break;
            }
            ends.next();
        }
        most = most.max(end_idx - start_idx);
    }
    most
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn call(endpoint: u32, at_ms: i64, total_ms: u32) -> LoadCall {
        let total_us = Some(total_ms * 1_000);
        LoadCall { endpoint, begun_at: Timestamp(at_ms * 1_000), total_us, is_inline: true }
    }

    #[test]
    fn a_percentile_is_a_time_that_really_was() {
        let check = |times: &[u32], expected: [u32; 3]| {
            assert_eq!([50, 95, 99].map(|percent| percentile(times, percent)), expected, "{times:?}");
        };
        check(&[], [0, 0, 0]);
        check(&[7], [7, 7, 7]);
        check(&[1, 2], [1, 2, 2]);
        check(&(1..=100).collect::<Vec<u32>>(), [50, 95, 99]);
        check(&(1..=1_000).collect::<Vec<u32>>(), [500, 950, 990]);
    }

    #[test]
    fn slots_follow_the_rule_of_thumb() {
        assert_eq!(slots(1_500.0, 3.0), 75.0);
        assert_eq!(slots(60.0, 0.5), 0.5);
    }

    #[test]
    fn calls_in_flight_are_those_that_overlap() {
        assert_eq!(peak_in_flight(&[]), 0);
        assert_eq!(peak_in_flight(&[call(1, 0, 100), call(1, 100, 100)]), 1);
        assert_eq!(peak_in_flight(&[call(1, 0, 100), call(1, 99, 100), call(2, 50, 10)]), 2);
        assert_eq!(peak_in_flight(&[call(1, 0, 0), call(1, 0, 0)]), 2, "a call of no time was in flight all the same");
        // Okta waits three seconds, whatever we take.
        assert_eq!(peak_in_flight(&[call(1, 0, 60_000), call(1, 3_000, 100)]), 1);
        let unanswered = LoadCall { total_us: None, ..call(1, 0, 0) };
        assert_eq!(peak_in_flight(&[unanswered, call(1, 2_999, 1)]), 2);
    }

    #[test]
    fn the_busiest_minute_is_any_sixty_seconds() {
        assert_eq!(busiest_minute(&[]), 0);
        let calls: Vec<LoadCall> =
            [0, 50_000, 70_000, 100_000, 109_999, 110_000].map(|at| call(1, at, 1)).into_iter().collect();
        assert_eq!(busiest_minute(&calls), 4);
    }

    #[test]
    fn only_inline_kinds_hold_slots_and_every_endpoint_is_measured() {
        let mut calls: Vec<LoadCall> = (0..120).map(|n| call(1, n * 1_000, 500)).collect();
        calls.push(call(1, 119_000, 2_900));
        calls.extend((0..10).map(|n| LoadCall { is_inline: false, ..call(2, n * 100, 3_500) }));
        let load = Load::of(&calls);
        assert_eq!((load.n_calls, load.span_us), (131, 119_000_000));
        let slowest = &load.endpoints[0];
        assert_eq!((slowest.endpoint, slowest.p50_us, slowest.is_inline), (2, 3_500_000, false));
        let inline = &load.endpoints[1];
        assert_eq!((inline.n_calls, inline.p50_us, inline.p99_us), (121, 500_000, 500_000));
        assert!((inline.calls_per_minute - 61.0).abs() < 0.1, "{}", inline.calls_per_minute);
        assert_eq!((load.slots.peak_in_flight, load.slots.busiest_minute), (2, 61));
        assert!((load.slots.mean_secs - 0.5198).abs() < 0.001, "{:?}", load.slots);
        assert!((load.slots.slots_on_average - 0.5285).abs() < 0.001, "{:?}", load.slots);
        assert_eq!(Load::of(&[]), Load::default());
    }

    proptest::proptest! {
        #[test]
        fn the_peak_is_what_counting_at_every_start_gives(calls in proptest::collection::vec((0i64..5_000, 1u32..3_000), 0..40)) {
            let calls: Vec<LoadCall> = calls.into_iter().map(|(at, total)| call(1, at, total)).collect();
            let at = |now: i64| calls.iter().filter(|call| {
                let start = call.begun_at.0;
                start <= now && now < start + i64::from(held_us(call))
            }).count();
            let counted = calls.iter().map(|call| at(call.begun_at.0)).max().unwrap_or(0);
            proptest::prop_assert_eq!(peak_in_flight(&calls), counted);
        }

        #[test]
        fn percentiles_are_in_order_and_among_the_times(mut times in proptest::collection::vec(0u32..5_000_000, 1..200)) {
            times.sort_unstable();
            let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(&times, percent));
            proptest::prop_assert!(p50 <= p95 && p95 <= p99 && times.contains(&p50) && times.contains(&p99));
            let n_within = times.iter().filter(|time| **time <= p95).count();
            proptest::prop_assert!(n_within * 100 >= times.len() * 95);
        }
    }
}
