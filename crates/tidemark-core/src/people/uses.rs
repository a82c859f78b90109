//! When sessions and permissions were used last: noted in memory on the way of every request, and written down now and then
//! ([`People::write_uses`]). What a crash loses of it is minutes of something that is told to some minutes.

use super::People;
use crate::model::{GrantId, SessionId, Timestamp};
use crate::store::{LastUses, StoreError};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// What was used within so long of what is written down already is not written again: something that is always in use costs one
/// row in this time, and what people are told is off by no more.
const STEP: Duration = Duration::from_secs(5 * 60);
/// How many of a kind are remembered at once. What is used beyond that is noted when it is used again after the next writing.
const KEPT_MAX: usize = 20_000;

/// Both kinds.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) sessions: Noted<SessionId>,
    pub(super) grants: Noted<GrantId>,
}

/// When things of a kind were used last.
pub(super) struct Noted<K>(Mutex<State<K>>);

struct State<K> {
    /// What is to be written.
    fresh: HashMap<K, Timestamp>,
    /// What was, not long ago.
    written: HashMap<K, Timestamp>,
}

impl<K> Default for Noted<K> {
    fn default() -> Self {
        Noted(Mutex::new(State { fresh: HashMap::new(), written: HashMap::new() }))
    }
}

impl<K: Copy + Eq + Hash> Noted<K> {
    /// It is used now.
    pub(super) fn note(&self, key: K, now: Timestamp) {
        let mut state = self.state();
        if let Some(at) = state.fresh.get_mut(&key) {
            *at = now;
        } else if state.written.get(&key).is_none_or(|at| now.since(*at) >= STEP)
            && state.fresh.len() < KEPT_MAX
        {
            state.fresh.insert(key, now);
        }
    }

    /// The same for what is known to have been used at an instant before.
    pub(super) fn note_after(&self, key: K, before: Timestamp, now: Timestamp) {
        if now.since(before) >= STEP {
            self.note(key, now);
        }
    }

    /// When it was used last, as far as that is remembered here.
    pub(super) fn last(&self, key: K) -> Option<Timestamp> {
        let state = self.state();
        state.fresh.get(&key).or_else(|| state.written.get(&key)).copied()
    }

    fn take(&self) -> Vec<(K, Timestamp)> {
        self.state().fresh.drain().collect()
    }

    fn is_written(&self, uses: &[(K, Timestamp)], now: Timestamp) {
        let mut state = self.state();
        state.written.retain(|_, at| now.since(*at) < STEP);
        if state.written.len() >= KEPT_MAX {
            state.written.clear();
        }
        state.written.extend(uses.iter().copied());
    }

    fn put_back(&self, uses: Vec<(K, Timestamp)>) {
        let mut state = self.state();
        for (key, at) in uses {
            state.fresh.entry(key).or_insert(at);
        }
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl People {
    /// Writes down what was used since this was called last; to be called every minute or so, and before the end. Answers how
    /// much it was. What could not be written is written the next time.
    pub async fn write_uses(&self) -> Result<usize, StoreError> {
        let uses = LastUses { sessions: self.uses.sessions.take(), grants: self.uses.grants.take() };
        let count = uses.sessions.len() + uses.grants.len();
        if count == 0 {
            return Ok(0);
        }
        match self.grants.note_uses(uses.clone()).await {
            Ok(()) => {
                let now = self.clock.now();
                self.uses.sessions.is_written(&uses.sessions, now);
                self.uses.grants.is_written(&uses.grants, now);
                Ok(count)
            }
            Err(error) => {
                self.uses.sessions.put_back(uses.sessions);
                self.uses.grants.put_back(uses.grants);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_in_use_is_written_now_and_then() {
        let (noted, mut now) = (Noted::default(), Timestamp(1_000));
        let mut written = Vec::new();
        for _ in 0..12 {
            for _ in 0..3 {
                noted.note(1, now);
                now = now.plus(Duration::from_secs(20));
            }
            let uses = noted.take();
            noted.is_written(&uses, now);
            written.extend(uses.iter().map(|(_, at)| at.since(Timestamp(1_000)).as_secs()));
        }
        assert_eq!(written, [40, 340, 640]);
        assert_eq!(noted.last(1), Some(Timestamp(641_000)));
        assert_eq!(noted.last(2), None);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_is_lost_by_a_failure() {
        let (noted, now) = (Noted::default(), Timestamp(1_000));
        for key in 0..2 * KEPT_MAX {
            noted.note(key, now);
        }
        let uses = noted.take();
        assert_eq!(uses.len(), KEPT_MAX);
        noted.note(uses[0].0, now.plus(STEP));
        let (first, second) = (uses[0].0, uses[1].0);
        noted.put_back(uses);
        assert_eq!(noted.last(first), Some(now.plus(STEP)), "the later use counts");
        assert_eq!(noted.last(second), Some(now));
        for round in 0..5 {
            noted
                .is_written(&(0..KEPT_MAX).map(|key| (round * KEPT_MAX + key, now)).collect::<Vec<_>>(), now);
        }
        assert!(noted.state().written.len() <= 2 * KEPT_MAX);
    }

    #[test]
    fn what_was_seen_a_moment_ago_is_not_noted() {
        let (noted, seen) = (Noted::default(), Timestamp(1_000));
        noted.note_after(1, seen, seen.plus(STEP - Duration::from_millis(1)));
        assert_eq!(noted.take(), []);
        noted.note_after(1, seen, seen.plus(STEP));
        assert_eq!(noted.take(), [(1, seen.plus(STEP))]);
    }
}
