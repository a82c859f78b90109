//! The index of names: a file of its own, made by a thread of its own out of what the journal says, behind the commits
//! and never in their way.
//!
//! Names are kept one after another in chunks of plain text, the newest last, and a search looks through all of them:
//! twenty megabytes for a million names, which takes milliseconds, whatever is looked for and however often it is there.
//! Adding a name costs a copy of it. `docs/decisions/0008-names-one-after-another.md` has what else was tried.
//!
//! Start reading at [`indexer`], which fills [`chunk`]s and keeps them in the [`file`]; [`scan`] is a search.

mod chunk;
mod file;
mod indexer;
mod progress;
mod scan;

pub(crate) use progress::Progress;

use crate::folder::Folder;
use crate::{LocalStore, Options};
use async_trait::async_trait;
use indexer::Indexer;
use scan::LocalScan;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tidemark_core::model::{Epoch, NamespaceId, Seq, Words};
use tidemark_core::store::{NameIndex, NameScan, StoreError};

/// What the store holds of the index.
pub(crate) struct Search {
    progress: Arc<Progress>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Search {
    /// Starts the thread, which opens the file: however much is to be done, nobody waits for it here.
    pub(crate) fn start(folder: &Arc<Folder>, epoch: Epoch, options: &Options) -> Search {
        let progress = Arc::new(Progress::new(folder.names()));
        let indexer = Indexer::new(Arc::clone(&progress), Arc::clone(folder), epoch, options);
        let thread = std::thread::Builder::new().name("tidemark-search".into()).spawn(|| indexer.run());
        let thread = thread.expect("a thread can be started while the store is opened");
        Search { progress, thread: Mutex::new(Some(thread)) }
    }

    /// What the writer tells of commits.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.progress.close();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

#[async_trait]
impl NameIndex for LocalStore {
    async fn names(
        &self,
        namespace: NamespaceId,
        words: &Words,
        upto: Seq,
    ) -> Result<Box<dyn NameScan>, StoreError> {
        Ok(Box::new(LocalScan::new(self.search.progress(), namespace, words, upto)))
    }

    async fn reach(&self, namespace: NamespaceId, seq: Seq) -> Result<(), StoreError> {
        self.search.progress.wait(namespace, seq).await;
        Ok(())
    }
}
