//! Trees and journals: drafts go to the writer, readers get snapshots.

mod batch;
mod flush;
mod heads;
mod judge;
mod rows;
mod snapshot;

pub(crate) use batch::Batch;
pub(crate) use heads::Heads;
pub(crate) use rows::{int, natural};
pub(crate) use snapshot::{read_changes, read_namespaces};

use crate::LocalStore;
use async_trait::async_trait;
use snapshot::LocalSnapshot;
use tidemark_core::model::{Draft, Epoch, NamespaceId, Step};
use tidemark_core::store::{Appended, Head, JournalStore, Snapshot, StoreError};

#[async_trait]
impl JournalStore for LocalStore {
    async fn append(&self, draft: Draft) -> Result<Appended, StoreError> {
        if grows(&draft) {
            self.check_room()?;
        }
        self.write("append to a journal", move |batch| batch.append(&draft)).await
    }

    async fn read(&self, namespace: NamespaceId) -> Result<Box<dyn Snapshot>, StoreError> {
        let begun = LocalSnapshot::begin(self.readers.lend().await?, namespace);
        match begun {
            Ok(snapshot) => Ok(Box::new(snapshot)),
            Err(failure) => Err(failure.during("take a snapshot")),
        }
    }

    async fn head(&self, namespace: NamespaceId) -> Result<Head, StoreError> {
        if let Some(head) = self.heads.get(namespace) {
            return Ok(head);
        }
        let db = self.lookups.lend().await?;
        let read = batch::read_head(&db, namespace);
        let head = read.map_err(|failure| failure.during("look up how far a journal has come"))?;
        Ok(self.heads.learn(namespace, head))
    }

    async fn kept(&self) -> Result<u64, StoreError> {
        let db = self.readers.lend().await?;
        snapshot::read_kept(&db).map_err(|failure| failure.during("look up how much is kept"))
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }
}

/// Whether a draft adds to what is kept. One that only deletes, purges and moves is let through on a full disk: it takes a
/// few hundred bytes of the reserve, and is the way out.
fn grows(draft: &Draft) -> bool {
    let grows = |step: &Step| !matches!(step, Step::Delete { .. } | Step::Purge { .. } | Step::Move { .. });
    draft.steps.iter().any(grows)
}
