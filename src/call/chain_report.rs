//! What a test of the tunnel found, hop by hop, from outside in.

use std::time::Duration;

use super::BUDGET;

/// One part of the way from a public URL to the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HopKind {
    /// Would Okta take the URL?
    Url,
    /// The addresses of its host.
    Dns,
    /// A TCP connection to one of them.
    Connect,
    /// The certificate of the edge, judged as a client with the usual public authorities judges it.
    Tls,
    /// What came back.
    Answer,
    /// What came to the listener.
    Arrival,
    /// What the way costs in time.
    Latency,
}

impl HopKind {
    /// In the order in which they are looked at.
    pub const ALL: [HopKind; 7] = [
        HopKind::Url,
        HopKind::Dns,
        HopKind::Connect,
        HopKind::Tls,
        HopKind::Answer,
        HopKind::Arrival,
        HopKind::Latency,
    ];

    /// What it is called on screen.
    pub fn title(self) -> &'static str {
        match self {
            HopKind::Url => "URL",
            HopKind::Dns => "DNS",
            HopKind::Connect => "Connection",
            HopKind::Tls => "TLS certificate",
            HopKind::Answer => "Answer",
            HopKind::Arrival => "Arrival here",
            HopKind::Latency => "Latency",
        }
    }
}

/// How a hop stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HopState {
    Waiting,
    Running,
    Good,
    /// It works, but something about it may not work for Okta.
    Doubtful,
    Bad,
    /// Not looked at, because of an earlier hop or an end before its time.
    Skipped,
}

impl HopState {
    /// The word for it, where its icon cannot be seen.
    pub fn as_str(self) -> &'static str {
        match self {
            HopState::Waiting => "waiting",
            HopState::Running => "running",
            HopState::Good => "good",
            HopState::Doubtful => "doubtful",
            HopState::Bad => "bad",
            HopState::Skipped => "skipped",
        }
    }
}

/// One hop and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub kind: HopKind,
    pub state: HopState,
    /// How long it took; none where there was nothing to measure.
    pub took: Option<Duration>,
    /// What was found and, where it is not well, what to do.
    pub sentence: String,
    /// What is known beside: name and value.
    pub facts: Vec<(&'static str, String)>,
}

impl Hop {
    /// A hop that has not been looked at.
    pub fn waiting(kind: HopKind) -> Hop {
        Hop { kind, state: HopState::Waiting, took: None, sentence: String::new(), facts: Vec::new() }
    }

    /// A hop that has been looked at.
    pub fn found(kind: HopKind, state: HopState, sentence: impl Into<String>) -> Hop {
        Hop { state, sentence: sentence.into(), ..Hop::waiting(kind) }
    }

    pub fn with_fact(mut self, name: &'static str, value: impl Into<String>) -> Hop {
        self.facts.push((name, value.into()));
        self
    }
}

/// How a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainState {
    Running,
    Done,
    Cancelled,
    /// It took longer than a test may.
    OutOfTime,
}

/// What the way through the tunnel costs, as measured from this machine on a connection that is kept open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelOverhead {
    /// Median over the requests, in microseconds, of the time from the request to its whole answer less the listener's own time.
    pub added_us: u32,
    /// Median of the whole round trip, in microseconds.
    pub round_trip_us: u32,
    pub n_requests: usize,
}

impl TunnelOverhead {
    /// From pairs of round trip and the listener's own time, both in microseconds; none without any.
    pub fn of(pairs: &[(u32, u32)]) -> Option<TunnelOverhead> {
        let added = pairs.iter().map(|(round_trip, own)| round_trip.saturating_sub(*own)).collect();
        let round_trips = pairs.iter().map(|(round_trip, _)| *round_trip).collect();
        Some(TunnelOverhead { added_us: median(added)?, round_trip_us: median(round_trips)?, n_requests: pairs.len() })
    }

    /// About one way, in microseconds: half of what both together add.
    pub fn one_way_us(&self) -> u32 {
        self.added_us / 2
    }
}

/// The middle of some numbers; of an even count the mean of the two in the middle.
fn median(mut numbers: Vec<u32>) -> Option<u32> {
    numbers.sort_unstable();
    let upper = *numbers.get(numbers.len() / 2)?;
    if !numbers.len().is_multiple_of(2) {
        return Some(upper);
    }
    let lower = *numbers.get((numbers.len() / 2).checked_sub(1)?)?;
    Some(lower + (upper - lower) / 2)
}

/// A test of the tunnel, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Counts the tests of this run.
    pub run: u64,
    /// As it was asked for.
    pub url: String,
    pub state: ChainState,
    /// One for each [`HopKind`], in their order.
    pub hops: Vec<Hop>,
    /// None where it was not measured.
    pub overhead: Option<TunnelOverhead>,
}

impl ChainReport {
    /// A test that begins.
    pub fn new(run: u64, url: &str) -> ChainReport {
        let hops = HopKind::ALL.into_iter().map(Hop::waiting).collect();
        ChainReport { run, url: url.to_owned(), state: ChainState::Running, hops, overhead: None }
    }

    pub fn hop(&self, kind: HopKind) -> Option<&Hop> {
        self.hops.iter().find(|hop| hop.kind == kind)
    }

    /// Puts what was found in its place.
    pub fn put(&mut self, found: Hop) {
        if let Some(hop) = self.hops.iter_mut().find(|hop| hop.kind == found.kind) {
            *hop = found;
        }
    }

    /// Ends the test; what was not looked at is skipped.
    pub fn end(&mut self, state: ChainState) {
        self.state = state;
        let why = match state {
            ChainState::Running | ChainState::Done => "",
            ChainState::Cancelled => "Cancelled",
            ChainState::OutOfTime => "It was not over in time",
        };
        for hop in &mut self.hops {
            match hop.state {
                HopState::Running if state == ChainState::OutOfTime => {
                    hop.state = HopState::Bad;
                    hop.sentence = "Nothing came in time: look at the tunnel's own output, and test again".to_owned();
                }
                HopState::Waiting | HopState::Running => {
                    hop.state = HopState::Skipped;
                    hop.sentence = if hop.sentence.is_empty() { why.to_owned() } else { hop.sentence.clone() };
                }
                HopState::Good | HopState::Doubtful | HopState::Bad | HopState::Skipped => {}
            }
        }
    }

    pub fn is_running(&self) -> bool {
        self.state == ChainState::Running
    }

    /// The worst of its hops: bad before doubtful before the others.
    pub fn worst(&self) -> Option<&Hop> {
        let first = |state| self.hops.iter().find(|hop| hop.state == state);
        first(HopState::Bad).or_else(|| first(HopState::Doubtful))
    }

    /// What came of it, in one sentence.
    pub fn summary(&self) -> String {
        match (self.state, self.worst()) {
            (ChainState::Running, _) => match self.hops.iter().find(|hop| hop.state == HopState::Running) {
                Some(hop) => format!("Testing: {}", hop.kind.title()),
                None => "Testing".to_owned(),
            },
            (ChainState::Cancelled, _) => "The test was cancelled".to_owned(),
            (_, Some(hop)) => {
                let n_bad = self.hops.iter().filter(|hop| hop.state == HopState::Bad).count();
                let came = self.hop(HopKind::Arrival).is_some_and(|hop| hop.state == HopState::Good);
                let place = hop.kind.title();
                match (hop.state, came, n_bad) {
                    (HopState::Bad, true, _) => format!("The call came here, but Okta's may not: {place}"),
                    (HopState::Bad, false, 1) => format!("Broken: {place}"),
                    (HopState::Bad, false, n_bad) => format!("Broken at {n_bad} places, first: {place}"),
                    _ => format!("The call came here and back, with a doubt: {place}"),
                }
            }
            (_, None) => match self.overhead {
                Some(overhead) => {
                    format!("The call came here and back; the way adds {}", time_text(overhead.added_us))
                }
                None => "The call came here and back".to_owned(),
            },
        }
    }
}

/// A call's own time with the tunnel's added, in words. The recorded facts and the verdict stay what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithTunnel {
    /// In microseconds.
    pub waited_us: u32,
    /// In time here, and late with the tunnel.
    pub is_late_by_tunnel: bool,
    pub sentence: String,
}

impl WithTunnel {
    /// Both in microseconds.
    pub fn new(total_us: u32, tunnel_us: u32) -> WithTunnel {
        let waited_us = total_us.saturating_add(tunnel_us);
        let budget_us = u32::try_from(BUDGET.as_micros()).unwrap_or(u32::MAX);
        let is_late_by_tunnel = total_us <= budget_us && waited_us > budget_us;
        let mut sentence =
            format!("With the tunnel's {} Okta would have waited {}", time_text(tunnel_us), time_text(waited_us));
        if is_late_by_tunnel {
            sentence.push_str(", which is longer than 3 s, though the answer left here in time");
        }
        WithTunnel { waited_us, is_late_by_tunnel, sentence }
    }
}

/// A time as a person reads it: `0.4 ms`, `140 ms`, `2.95 s`. Cut, not rounded: 2.999 s are not 3.00.
pub fn time_text(micros: u32) -> String {
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{:02} s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_overhead_is_the_median_of_what_is_not_our_own_time() {
        let overhead = TunnelOverhead::of(&[(150_000, 10_000), (900_000, 10_000), (130_000, 10_000)]).unwrap();
        assert_eq!((overhead.added_us, overhead.round_trip_us, overhead.n_requests), (140_000, 150_000, 3));
        assert_eq!(overhead.one_way_us(), 70_000);
        assert_eq!(TunnelOverhead::of(&[(20, 5), (30, 5)]).unwrap().added_us, 20);
        // Clocks of two tasks: our own time may come out longer than the round trip.
        assert_eq!(TunnelOverhead::of(&[(5, 9)]).unwrap().added_us, 0);
        assert_eq!(TunnelOverhead::of(&[]), None);
    }

    #[test]
    fn the_tunnel_is_added_beside_the_recorded_time() {
        let check = |total_us, expected: &str, is_late| {
            let with = WithTunnel::new(total_us, 140_000);
            assert_eq!((with.sentence.as_str(), with.is_late_by_tunnel), (expected, is_late));
        };
        check(2_810_000, "With the tunnel's 140 ms Okta would have waited 2.95 s", false);
        check(
            2_900_000,
            "With the tunnel's 140 ms Okta would have waited 3.04 s, which is longer than 3 s, though the answer left here in \
             time",
            true,
        );
        // Late without it already.
        check(3_100_000, "With the tunnel's 140 ms Okta would have waited 3.24 s", false);
    }

    #[test]
    fn a_test_that_ends_before_its_time_leaves_no_hop_open() {
        let mut report = ChainReport::new(1, "https://quiet-otter.tunnel.example");
        report.put(Hop::found(HopKind::Url, HopState::Good, "Okta takes it"));
        report.put(Hop { state: HopState::Running, ..Hop::waiting(HopKind::Dns) });
        assert_eq!(report.summary(), "Testing: DNS");
        let mut cancelled = report.clone();
        cancelled.end(ChainState::Cancelled);
        assert!(cancelled.hops.iter().skip(1).all(|hop| hop.state == HopState::Skipped && hop.sentence == "Cancelled"));
        report.end(ChainState::OutOfTime);
        assert_eq!(report.hop(HopKind::Dns).unwrap().state, HopState::Bad);
        assert_eq!(report.summary(), "Broken: DNS");
        report.put(Hop::found(HopKind::Arrival, HopState::Good, "The call came here"));
        assert_eq!(report.summary(), "The call came here, but Okta's may not: DNS");
    }

    #[test]
    fn times_are_cut_and_not_rounded() {
        let texts = [400, 9_990, 140_400, 999_999, 2_999_999].map(time_text);
        assert_eq!(texts, ["0.4 ms", "9.9 ms", "140 ms", "999 ms", "2.99 s"]);
    }
}
