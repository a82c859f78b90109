//! Shutting down without cutting anybody off: who has to be told, and how far it has come.
//!
//! Every waiting connection leaves its waker here, 16 bytes in a table, because a channel's receiver for each of
//! 100,000 parked polls would cost more than the polls do.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use slab::Slab;

/// How far the shutdown of a server has come. Clones speak of the same server.
#[derive(Clone, Default)]
pub struct Drain(Arc<Inner>);

#[derive(Default)]
struct Inner {
    phase: AtomicU8,
    waiting: Mutex<Slab<Waker>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Phase {
    /// Unready for load balancers, but everything is served.
    Announced = 1,
    /// No new connections; parked polls are answered, requests in progress finish.
    Draining = 2,
    /// What is still there is dropped.
    Closed = 3,
}

impl Drain {
    /// A server that is not shutting down.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the shutdown has begun: what `/readyz` turns on.
    pub fn has_begun(&self) -> bool {
        self.reached(Phase::Announced)
    }

    pub(super) fn reached(&self, phase: Phase) -> bool {
        self.0.phase.load(Ordering::Acquire) >= phase as u8
    }

    /// Goes on to `phase` and wakes everybody who watches.
    pub(super) fn advance(&self, phase: Phase) {
        self.0.phase.fetch_max(phase as u8, Ordering::AcqRel);
        let wakers: Vec<_> = self.lock().iter().map(|(_, waker)| waker.clone()).collect();
        // Woken outside the lock: what wakes may unwatch at once, on another thread.
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Wakes the current task at every further phase, until [`Drain::unwatch`]. To be called before looking at the
    /// phase, and from a task that is not moved into another.
    pub(super) fn watch(&self, waker: &Waker) -> u32 {
        let key = self.lock().insert(waker.clone());
        u32::try_from(key).expect("there are fewer than 2^32 connections")
    }

    pub(super) fn unwatch(&self, key: u32) {
        let mut waiting = self.lock();
        waiting.remove(key as usize);
        if waiting.is_empty() {
            waiting.shrink_to_fit();
        }
    }

    /// Returns when `phase` is reached.
    pub(super) async fn wait_for(&self, phase: Phase) {
        let mut watch = None;
        std::future::poll_fn(|cx| self.poll_reached(phase, &mut watch, cx)).await;
    }

    /// Ready when `phase` is reached; `watch` is kept by the caller in between.
    pub(super) fn poll_reached(
        &self,
        phase: Phase,
        watch: &mut Option<Watch>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        watch.get_or_insert_with(|| Watch { drain: self.clone(), key: self.watch(cx.waker()) });
        if self.reached(phase) { Poll::Ready(()) } else { Poll::Pending }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slab<Waker>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").field("phase", &self.0.phase).finish_non_exhaustive()
    }
}

/// A waker in the table, for as long as this lives.
pub(super) struct Watch {
    drain: Drain,
    key: u32,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.drain.unwatch(self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_of_it_and_leaves_the_table() {
        let drain = Drain::new();
        let waiters: Vec<_> = (0..100)
            .map(|_| {
                let drain = drain.clone();
                tokio::spawn(async move { drain.wait_for(Phase::Draining).await })
            })
            .collect();
        while drain.lock().len() < 100 {
            tokio::task::yield_now().await;
        }
        drain.advance(Phase::Announced);
        tokio::task::yield_now().await;
        assert!(drain.has_begun() && waiters.iter().all(|waiter| !waiter.is_finished()));
        drain.advance(Phase::Draining);
        for waiter in waiters {
            waiter.await.unwrap();
        }
        assert!(drain.lock().is_empty());
    }

    #[test]
    fn never_goes_back() {
        let drain = Drain::new();
        drain.advance(Phase::Closed);
        drain.advance(Phase::Draining);
        assert!(drain.reached(Phase::Closed));
    }
}
