//! What the way costs in time, as measured from here.

use crate::call::{BUDGET, Hop, HopKind, HopState, TunnelOverhead, time_text};

/// Judges what was measured.
pub fn look_at(overhead: &TunnelOverhead) -> Hop {
    let budget_us = u32::try_from(BUDGET.as_micros()).unwrap_or(u32::MAX);
    let added = time_text(overhead.added_us);
    let (state, sentence) = match overhead.added_us {
        added_us if added_us >= budget_us => {
            (HopState::Bad, format!("The way adds {added}, which is all that Okta waits (3 s): use a nearer tunnel"))
        }
        added_us if added_us >= budget_us / 3 => (
            HopState::Doubtful,
            format!("The way adds {added} of Okta's 3 s, which is much: answer fast, or use a nearer tunnel"),
        ),
        _ => (HopState::Good, format!("The way adds {added} of Okta's 3 s")),
    };
    let n_requests = overhead.n_requests;
    let requests = if n_requests == 1 { "1 request".to_owned() } else { format!("{n_requests} requests") };
    Hop::found(HopKind::Latency, state, sentence)
        .with_fact("Round trip", time_text(overhead.round_trip_us))
        .with_fact("One way", format!("about {}", time_text(overhead.one_way_us())))
        .with_fact(
            "Measured",
            format!("median of {requests} on an open connection, from this machine and not from Okta"),
        )
}

/// There was nothing to measure.
pub fn not_measured() -> Hop {
    Hop::found(
        HopKind::Latency,
        HopState::Doubtful,
        "The edge ends the connection after each answer, so the way could not be measured on an open one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_way_adds_is_held_against_three_seconds() {
        let check = |added_us: u32, state, says: &str| {
            let hop = look_at(&TunnelOverhead { added_us, round_trip_us: added_us + 900, n_requests: 5 });
            assert_eq!((hop.state, hop.sentence.as_str()), (state, says));
        };
        check(140_000, HopState::Good, "The way adds 140 ms of Okta's 3 s");
        check(
            1_200_000,
            HopState::Doubtful,
            "The way adds 1.20 s of Okta's 3 s, which is much: answer fast, or use a nearer tunnel",
        );
        check(3_000_000, HopState::Bad, "The way adds 3.00 s, which is all that Okta waits (3 s): use a nearer tunnel");
    }
}
