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

#[derive(Default)]
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

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn holds_when_many_act_at_once() {
        let store = Arc::new(store());
        for seed in 0..20 {
            crowd::suite(&store, seed).await;
        }
    }
}
