//! The registry of waiters: one topic for each namespace that somebody waits for.

use super::Everything;
use crate::model::{AccountId, NamespaceId, Seq};
use crate::store::Announcement;
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use slab::Slab;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::time::Instant;

/// How many may wait at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// On this node.
    pub waiters: usize,
    /// For one account.
    pub waiters_per_account: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { waiters: 200_000, waiters_per_account: 100_000 }
    }
}

/// There are too many waiters; come back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests are waiting for changes")]
pub struct Overloaded;

/// Wakes waiters when a namespace's journal has grown.
pub struct Hub {
    limits: Limits,
    state: Mutex<State>,
    everything: Everything,
    metrics: Metrics,
}

/// What operators see of it. Handles are made once: a recorder must be there before a hub is.
struct Metrics {
    waiters: Gauge,
    refused: Counter,
    wake_latency: Histogram,
}

impl Metrics {
    fn new() -> Metrics {
        describe_gauge!("tidemark_waiters", "Requests that wait for changes.");
        describe_counter!("tidemark_waiters_refused_total", "Requests that were not allowed to wait.");
        describe_histogram!(
            "tidemark_wake_seconds",
            Unit::Seconds,
            "From the announcement of a commit until a waiter has heard of it."
        );
        Metrics {
            waiters: gauge!("tidemark_waiters"),
            refused: counter!("tidemark_waiters_refused_total"),
            wake_latency: histogram!("tidemark_wake_seconds"),
        }
    }
}

#[derive(Default)]
struct State {
    topics: HashMap<NamespaceId, Topic>,
    waiting: usize,
    per_account: HashMap<AccountId, usize>,
}

/// How far a journal is known to have come; 0 where nothing was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The furthest position.
    pub seq: Seq,
    /// The furthest of those announced as loud, see [`Announcement::loud`].
    pub loud: Seq,
}

/// One namespace. It lives as long as it has waiters.
#[derive(Default)]
struct Topic {
    /// What was heard of since the topic began.
    heard: Reached,
    /// How often that has changed.
    news: u64,
    /// When that was.
    heard_at: Option<Instant>,
    /// Whoever sleeps has a waker here.
    sleepers: Slab<Option<Waker>>,
}

impl Hub {
    /// A hub with nobody waiting.
    #[must_use]
    pub fn new(limits: Limits) -> Hub {
        Hub { limits, state: Mutex::default(), everything: Everything::default(), metrics: Metrics::new() }
    }

    // A panic while the lock is held can only come from a waker, after the state was left consistent.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first of the three steps. From now on every announcement for the namespace is remembered for this waiter,
    /// so whatever commits after the look that follows will end its sleep.
    pub fn register(
        self: &Arc<Hub>,
        namespace: NamespaceId,
        account: AccountId,
    ) -> Result<Waiter, Overloaded> {
        let mut state = self.state();
        let per_account = state.per_account.get(&account).copied().unwrap_or(0);
        if state.waiting >= self.limits.waiters || per_account >= self.limits.waiters_per_account {
            self.metrics.refused.increment(1);
            return Err(Overloaded);
        }
        state.waiting += 1;
        *state.per_account.entry(account).or_default() += 1;
        let topic = state.topics.entry(namespace).or_default();
        let slot = topic.sleepers.insert(None);
        let seen = topic.news;
        self.metrics.waiters.set(state.waiting as f64);
        Ok(Waiter { hub: Arc::clone(self), namespace, account, slot, seen })
    }

    /// The namespace has reached this position, as the bus or a look at the store says.
    pub fn hear(&self, announcement: Announcement) {
        self.everything.hear(announcement.namespace);
        let sleepers: Vec<Waker> = {
            let mut state = self.state();
            let Some(topic) = state.topics.get_mut(&announcement.namespace) else { return };
            let Announcement { seq, loud, .. } = announcement;
            let before = topic.heard;
            topic.heard.seq = before.seq.max(seq);
            topic.heard.loud = if loud { before.loud.max(seq) } else { before.loud };
            if topic.heard == before {
                return;
            }
            topic.news += 1;
            topic.heard_at = Some(Instant::now());
            topic.sleepers.iter_mut().filter_map(|(_, waker)| waker.take()).collect()
        };
        // Woken outside the lock: each of them takes it again.
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// For the one listener that follows every namespace.
    #[must_use]
    pub fn everything(&self) -> &Everything {
        &self.everything
    }

    /// The namespaces that somebody waits for: what the slow timer must look at.
    #[must_use]
    pub fn topics(&self) -> Vec<NamespaceId> {
        self.state().topics.keys().copied().collect()
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state().waiting
    }
}

/// A place in the registry, held for as long as somebody waits; dropping it gives it up.
pub struct Waiter {
    hub: Arc<Hub>,
    namespace: NamespaceId,
    account: AccountId,
    slot: usize,
    /// The last news that it was told.
    seen: u64,
}

impl Waiter {
    /// What it waits for.
    #[must_use]
    pub fn namespace(&self) -> NamespaceId {
        self.namespace
    }

    /// Sleeps until something is heard of that this waiter has not been told yet, and tells it. Cancel-safe.
    pub async fn heard(&mut self) -> Reached {
        poll_fn(|cx| self.poll_heard(cx)).await
    }

    /// See [`Waiter::heard`].
    pub fn poll_heard(&mut self, cx: &mut Context<'_>) -> Poll<Reached> {
        let mut state = self.hub.state();
        let topic = state.topics.get_mut(&self.namespace).expect("a topic lives as long as its waiters");
        if topic.news != self.seen {
            self.seen = topic.news;
            if let Some(heard_at) = topic.heard_at {
                self.hub.metrics.wake_latency.record(heard_at.elapsed());
            }
            return Poll::Ready(topic.heard);
        }
        let place = &mut topic.sleepers[self.slot];
        match place {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *place = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        state.waiting -= 1;
        self.hub.metrics.waiters.set(state.waiting as f64);
        if let Some(topic) = state.topics.get_mut(&self.namespace) {
            topic.sleepers.remove(self.slot);
            if topic.sleepers.is_empty() {
                state.topics.remove(&self.namespace);
            }
        }
        if let Some(count) = state.per_account.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                state.per_account.remove(&self.account);
            }
        }
    }
}
