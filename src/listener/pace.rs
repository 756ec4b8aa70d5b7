//! A response body that is late or slow on purpose.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep};

/// The longest time between two pieces of a slow body, where it has bytes enough.
const STEP: Duration = Duration::from_millis(100);

/// When which part of a body may go out.
pub(super) struct Pace {
    timer: Pin<Box<Sleep>>,
    began: Instant,
    /// The time until the last piece.
    over: Duration,
    n_pieces: u32,
    n_given: u32,
}

impl Pace {
    /// All of it after a time.
    pub fn late(after: Duration) -> Pace {
        Pace::new(after, 1)
    }

    /// In even pieces, the last one at the end of the time.
    pub fn slow(over: Duration, n_bytes: usize) -> Pace {
        let n_steps = u32::try_from(over.as_millis().div_ceil(STEP.as_millis())).unwrap_or(u32::MAX);
        let n_bytes = u32::try_from(n_bytes).unwrap_or(u32::MAX);
        Pace::new(over, n_steps.clamp(1, n_bytes.max(1)))
    }

    fn new(over: Duration, n_pieces: u32) -> Pace {
        let began = Instant::now();
        let first = began + over / n_pieces.max(1);
        Pace { timer: Box::pin(tokio::time::sleep_until(first)), began, over, n_pieces: n_pieces.max(1), n_given: 0 }
    }

    /// The next piece of what is left, once it may go out.
    pub fn poll_piece(&mut self, rest: &mut Bytes, cx: &mut Context<'_>) -> Poll<Bytes> {
        if self.timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.n_given += 1;
        let n_left = (self.n_pieces.saturating_sub(self.n_given) as usize) + 1;
        let n_bytes = rest.len().div_ceil(n_left.max(1));
        let next = self.began + self.over.mul_f64(f64::from(self.n_given + 1) / f64::from(self.n_pieces));
        self.timer.as_mut().reset(next);
        Poll::Ready(rest.split_to(n_bytes.min(rest.len())))
    }
}
