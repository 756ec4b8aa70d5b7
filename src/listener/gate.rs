//! Stops connections, and counts what is under way.
//!
//! One gate belongs to one listener. A connection looks at the level on each of its own polls; nothing here waits.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How far a listener is on its way to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Level {
    Open = 0,
    /// No new calls; those under way may finish.
    Closing = 1,
    /// Everything ends now.
    Ended = 2,
}

/// The level of one listener, who must hear when it changes, and the number of calls under way.
#[derive(Debug, Default)]
pub(super) struct Gate {
    level: AtomicU8,
    n_calls: AtomicUsize,
    next_waiter: AtomicU64,
    wakers: Mutex<HashMap<u64, Waker>>,
}

impl Gate {
    pub fn level(&self) -> Level {
        match self.level.load(Ordering::Acquire) {
            0 => Level::Open,
            1 => Level::Closing,
            _ => Level::Ended,
        }
    }

    /// Goes to a level and wakes everybody.
    pub fn raise(&self, level: Level) {
        self.level.fetch_max(level as u8, Ordering::AcqRel);
        let wakers: Vec<Waker> = self.wakers().values().cloned().collect();
        for waker in wakers {
            waker.wake();
        }
    }

    /// Calls whose head has come and whose end has not.
    pub fn n_calls(&self) -> usize {
        self.n_calls.load(Ordering::Relaxed)
    }

    pub fn enter(&self) {
        self.n_calls.fetch_add(1, Ordering::Relaxed);
    }

    pub fn leave(&self) {
        self.n_calls.fetch_sub(1, Ordering::Relaxed);
    }

    fn wakers(&self) -> MutexGuard<'_, HashMap<u64, Waker>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A future that ends with none when the gate reaches a level.
pub(super) struct Until<F> {
    gate: Arc<Gate>,
    level: Level,
    waiter: u64,
    listening: AtomicBool,
    future: Pin<Box<F>>,
}

impl<F> Until<F> {
    pub fn new(gate: Arc<Gate>, level: Level, future: F) -> Until<F> {
        let waiter = gate.next_waiter.fetch_add(1, Ordering::Relaxed);
        Until { gate, level, waiter, listening: AtomicBool::new(false), future: Box::pin(future) }
    }
}

impl<F: Future> Future for Until<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        // A task's waker wakes the same task for the whole of its life, so it is left here once; before the level is read, so
        // that no change is missed.
        if !self.listening.swap(true, Ordering::Relaxed) {
            let waiter = self.waiter;
            self.gate.wakers().insert(waiter, cx.waker().clone());
        }
        if self.gate.level() >= self.level {
            return Poll::Ready(None);
        }
        self.future.as_mut().poll(cx).map(Some)
    }
}

impl<F> Drop for Until<F> {
    fn drop(&mut self) {
        self.gate.wakers().remove(&self.waiter);
    }
}
