//! Blocks on their way into the index: put and answered, their rows not yet committed.
//!
//! `put` adds a block here before it answers, and the writer takes what is here after it took the drafts of a batch: so
//! a block's row is committed no later than any draft that was made after its `put`.

use super::index::{NewBlock, NewRows, Place};
use crate::error::Health;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tidemark_core::model::{Digest, Sha1};
use tidemark_core::store::StoreError;
use tokio::sync::Notify;

/// What readers find here before they look into the index.
pub(crate) struct Pending {
    state: Mutex<State>,
    /// Told when room was made, or when none is to be expected.
    room: Notify,
    alarm: OnceLock<Box<dyn Fn() + Send + Sync>>,
    health: Arc<Health>,
    bytes_max: usize,
}

#[derive(Default)]
struct State {
    places: HashMap<Digest, Place>,
    /// What was noted of contents, and is not committed yet.
    sha1s: HashMap<Digest, Sha1>,
    /// What the writer has not taken yet, in order.
    untaken: NewRows,
    /// How many bytes of inline blocks are in `places`.
    bytes: usize,
    /// The last attempt to write rows failed for want of room.
    stuck: bool,
}

impl Pending {
    /// Holds at most `bytes_max` bytes of inline blocks, and always at least one block.
    pub(crate) fn new(health: Arc<Health>, bytes_max: usize) -> Pending {
        let (state, room, alarm) = (Mutex::default(), Notify::new(), OnceLock::new());
        Pending { state, room, alarm, health, bytes_max }
    }

    /// Sets what wakes the writer before it would come by itself.
    pub(crate) fn set_alarm(&self, alarm: impl Fn() + Send + Sync + 'static) {
        let _ = self.alarm.set(Box::new(alarm));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a block is, if it has no row yet (or has had one for a moment only).
    pub(super) fn find(&self, digest: Digest) -> Option<Place> {
        self.state().places.get(&digest).cloned()
    }

    /// Adds a block that lies durably in a segment or a file.
    pub(super) fn add(&self, digest: Digest, place: Place) {
        self.state().add(digest, place);
    }

    /// Adds a block that is to go into the database, waiting for room.
    pub(super) async fn add_inline(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError> {
        loop {
            // Before looking, so that room made after the look is not missed.
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            self.health.check_writable()?;
            {
                let mut state = self.state();
                if state.stuck {
                    return Err(StoreError::Full);
                }
                if state.bytes == 0 || state.bytes + bytes.len() <= self.bytes_max {
                    state.add(digest, Place::Inline(bytes));
                    return Ok(());
                }
            }
            if let Some(alarm) = self.alarm.get() {
                alarm();
            }
            room.await;
        }
    }

    /// Notes the SHA-1 of a content whose block was put before.
    pub(super) fn note_sha1(&self, address: Digest, sha1: Sha1) {
        let mut state = self.state();
        if let std::collections::hash_map::Entry::Vacant(free) = state.sha1s.entry(address) {
            free.insert(sha1);
            state.untaken.sha1s.push((address, sha1));
        }
    }

    /// The SHA-1 of a content, if it was noted and is not committed yet.
    pub(super) fn sha1(&self, address: Digest) -> Option<Sha1> {
        self.state().sha1s.get(&address).copied()
    }

    /// Everything that has no row yet, for the writer.
    pub(crate) fn take(&self) -> NewRows {
        std::mem::take(&mut self.state().untaken)
    }

    /// These have their rows now.
    pub(crate) fn settle(&self, rows: &NewRows) {
        let mut state = self.state();
        for (address, _) in &rows.sha1s {
            state.sha1s.remove(address);
        }
        for block in &rows.blocks {
            if let Some(place) = state.places.remove(&block.digest) {
                state.bytes -= place.bytes_held();
            }
        }
        state.stuck = false;
        drop(state);
        self.room.notify_waiters();
    }

    /// Nothing will be written any more: whoever waits for room is to see that.
    pub(crate) fn give_up(&self) {
        self.room.notify_waiters();
    }

    /// These could not get their rows. They were promised to be there with the next draft, so they come first then; as
    /// long as there are any, no more are taken in.
    pub(crate) fn put_back(&self, mut rows: NewRows) {
        let mut state = self.state();
        state.stuck = !rows.blocks.is_empty();
        rows.blocks.append(&mut state.untaken.blocks);
        rows.sha1s.append(&mut state.untaken.sha1s);
        state.untaken = rows;
        drop(state);
        self.room.notify_waiters();
    }
}

impl State {
    fn add(&mut self, digest: Digest, place: Place) {
        if let std::collections::hash_map::Entry::Vacant(free) = self.places.entry(digest) {
            self.bytes += place.bytes_held();
            free.insert(place.clone());
            self.untaken.blocks.push(NewBlock { digest, place });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn pending(bytes_max: usize) -> (Arc<Pending>, Arc<Health>) {
        let health = Arc::new(Health::default());
        (Arc::new(Pending::new(Arc::clone(&health), bytes_max)), health)
    }

    async fn add(pending: &Pending, n: u8) -> Result<(), StoreError> {
        pending.add_inline(Digest([n; 32]), vec![n; 10].into()).await
    }

    fn digests(rows: &NewRows) -> Vec<u8> {
        rows.blocks.iter().map(|block| block.digest.0[0]).collect()
    }

    #[tokio::test]
    async fn a_block_is_found_until_it_has_its_row_and_taken_once() {
        let (pending, _) = pending(100);
        add(&pending, 1).await.unwrap();
        add(&pending, 1).await.unwrap();
        let taken = pending.take();
        assert_eq!((digests(&taken), pending.take().is_empty()), (vec![1], true));
        assert!(pending.find(Digest([1; 32])).is_some());
        pending.settle(&taken);
        assert!(pending.find(Digest([1; 32])).is_none());
    }

    #[tokio::test]
    async fn what_was_put_back_comes_first_and_nothing_joins_it() {
        let (pending, _) = pending(100);
        add(&pending, 1).await.unwrap();
        let taken = pending.take();
        add(&pending, 2).await.unwrap();
        pending.put_back(taken);
        assert!(matches!(add(&pending, 3).await, Err(StoreError::Full)));
        let taken = pending.take();
        assert_eq!(digests(&taken), [1, 2]);
        pending.settle(&taken);
        add(&pending, 3).await.unwrap();
    }

    /// Whoever waits for room is woken by room, and by the end of hope.
    #[tokio::test]
    async fn nobody_waits_for_ever() {
        for trusted in [true, false] {
            let (pending, health) = pending(15);
            add(&pending, 1).await.unwrap();
            let waiting = tokio::spawn({
                let pending = Arc::clone(&pending);
                async move { add(&pending, 2).await }
            });
            tokio::time::sleep(Duration::from_millis(10)).await;
            assert!(!waiting.is_finished());
            if trusted {
                pending.settle(&pending.take());
            } else {
                health.distrust("test", &"a broken disk");
                pending.give_up();
            }
            assert_eq!(waiting.await.unwrap().is_ok(), trusted);
        }
    }
}
