//! The reference implementation: every seam in memory, with nothing clever. What it does defines what the real stores
//! must do.

mod accounts;
mod blocks;
mod families;
mod fetches;
mod imaging;
mod journal;
mod links;
mod renditions;
mod seams;
mod search;
mod sessions;
mod tree;
mod uploads;
mod webhooks;

pub use accounts::MemoryAccounts;
pub use imaging::PretendImaging;
pub use renditions::MemoryRenditions;
pub use seams::{ManualClock, SeededEntropy};
pub use search::Hold;

use crate::model::{Digest, Epoch, Fetch, NamespaceId, Sha1, UploadId, UploadPart, UploadSession};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use tree::Tree;

/// Everything that a deployment keeps, gone when it is dropped.
pub struct MemoryStore {
    epoch: Epoch,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    /// Snapshots share a tree until the next append to it.
    trees: HashMap<NamespaceId, Arc<Tree>>,
    blocks: HashMap<Digest, Bytes>,
    sha1s: HashMap<Digest, Sha1>,
    uploads: HashMap<UploadId, UploadSession>,
    parts: HashMap<UploadId, BTreeMap<u32, UploadPart>>,
    /// In the order in which they were added.
    fetches: Vec<Fetch>,
    /// Where the index of names was told to stop.
    held: HashMap<NamespaceId, search::Held>,
}

impl MemoryStore {
    /// An empty store in this life.
    #[must_use]
    pub fn new(epoch: Epoch) -> MemoryStore {
        MemoryStore { epoch, state: Mutex::default() }
    }

    /// All that this store keeps at this instant, as a store that is put back from a backup has it: in another life.
    #[must_use]
    pub fn backup(&self, epoch: Epoch) -> MemoryStore {
        MemoryStore { epoch, state: Mutex::new(self.state().clone()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{blocks, crowd, fetches, journal, search, uploads};

    fn store() -> MemoryStore {
        MemoryStore::new(Epoch(1))
    }

    #[tokio::test]
    async fn keeps_the_promises_about_journals() {
        journal::suite(&store()).await;
    }

    #[tokio::test]
    async fn keeps_the_promises_about_blocks() {
        blocks::suite(&store()).await;
    }

    #[tokio::test]
    async fn keeps_the_promises_about_uploads() {
        let store = store();
        uploads::suite(&store, &store).await;
    }

    #[tokio::test]
    async fn keeps_the_promises_about_fetches() {
        fetches::suite(&store()).await;
    }

    #[tokio::test]
    async fn keeps_the_promises_about_names() {
        let store = store();
        search::suite(&store, &store).await;
    }

    /// What is done to either of a store and its backup does not show in the other.
    #[tokio::test]
    async fn a_backup_is_a_store_of_its_own() {
        use crate::model::Digest;
        use crate::store::{BlockStore as _, JournalStore as _};
        let (before, after) = (Digest([1; 32]), Digest([2; 32]));
        let store = store();
        store.put(before, Bytes::from_static(b"before")).await.unwrap();
        let backup = store.backup(Epoch(2));
        store.put(after, Bytes::from_static(b"after")).await.unwrap();
        assert_eq!(backup.epoch(), Epoch(2));
        assert!(backup.get(before, 0..6).await.unwrap().is_some());
        assert_eq!(backup.get(after, 0..5).await.unwrap(), None);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn holds_when_many_act_at_once() {
        let store = Arc::new(store());
        for seed in 0..20 {
            crowd::suite(&store, seed).await;
        }
    }
}
