//! Many sends one after the other or beside each other, at a pace, until somebody has had enough.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::attempt::{Outgoing, Sender};
use super::shaped::{Shaped, okta_shaped};
use crate::okta::HookKind;

/// One send of a run.
#[derive(Clone, Debug)]
pub struct Job {
    /// Position in the run, counted from 0.
    pub number: usize,
    pub hook: HookKind,
    pub outgoing: Outgoing,
}

/// How fast a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many sends are under way at once at most; 0 is taken as 1.
    pub at_once: usize,
    /// The least time between the starts of two sends.
    pub spacing: Duration,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { at_once: 1, spacing: Duration::ZERO }
    }
}

/// Sends every job Okta-shaped and tells of each when it is done, in the order in which they end. Once `cancelled` is true no
/// more is begun, and what is under way is given up. Must run on a Tokio runtime.
pub async fn run_all(
    sender: &Sender,
    jobs: impl IntoIterator<Item = Job>,
    pace: Pace,
    mut cancelled: watch::Receiver<bool>,
    mut done: impl FnMut(Job, Shaped),
) {
    let mut under_way = JoinSet::new();
    let mut next_start = Instant::now();
    let mut jobs = jobs.into_iter();
    let mut has_more = true;
    while has_more || !under_way.is_empty() {
        let has_room = has_more && under_way.len() < pace.at_once.max(1);
        tokio::select! {
            biased;
            () = is_true(&mut cancelled) => return,
            Some(ended) = under_way.join_next() => {
                // A send neither panics nor is given up but by this function.
                if let Ok((job, shaped)) = ended {
                    done(job, shaped);
                }
            }
            () = tokio::time::sleep_until(next_start), if has_room => {
                let Some(job) = jobs.next() else {
                    has_more = false;
                    continue;
                };
                next_start = Instant::now() + pace.spacing;
                let sender = sender.clone();
                under_way.spawn(async move {
                    let shaped = okta_shaped(&sender, &job.outgoing, job.hook).await;
                    (job, shaped)
                });
            }
        }
    }
}

/// Waits until it is true; where nobody can make it true any more, for ever.
async fn is_true(cancelled: &mut watch::Receiver<bool>) {
    if cancelled.wait_for(|is_cancelled| *is_cancelled).await.is_err() {
        std::future::pending::<()>().await;
    }
}
