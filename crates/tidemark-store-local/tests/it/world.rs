//! A temporary data folder, and what the tests put into it.

use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_core::model::{
    AccountId, ClientTimes, Content, Digest, Draft, EntryId, EntryRef, Name, NamespaceId, NewNode, Seq, Step,
    Timestamp, digest_of,
};
use tidemark_core::store::memory::SeededEntropy;
use tidemark_core::store::{Appended, BlockStore, JournalStore, StoreError};
use tidemark_store_local::{LocalStore, OpenError, Options};

pub(crate) const NS: NamespaceId = NamespaceId(1);

/// A data folder that goes with it.
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        World { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn open(&self) -> Arc<LocalStore> {
        // A short log, because it is laid out whenever a store is opened.
        self.open_with(Options { wal_bytes_max: 4 << 20, ..Options::default() })
    }

    pub(crate) fn open_with(&self, options: Options) -> Arc<LocalStore> {
        Arc::new(self.try_open(options).unwrap())
    }

    pub(crate) fn try_open(&self, options: Options) -> Result<LocalStore, OpenError> {
        open(self.path(), options)
    }
}

pub(crate) fn open(path: &Path, options: Options) -> Result<LocalStore, OpenError> {
    LocalStore::open(path, &SeededEntropy::new(7), options)
}

/// A draft that puts a new file into the root.
pub(crate) fn put(called: &str, size: u64, address: Digest) -> Draft {
    let node = NewNode::File { content: Content { size, address }, times: ClientTimes::default() };
    let parent = EntryRef::Existing(EntryId::ROOT);
    draft(vec![Step::Create { parent, name: Name::new(called).unwrap(), node, copied: false }])
}

pub(crate) fn draft(steps: Vec<Step>) -> Draft {
    Draft {
        namespace: NS,
        author: AccountId(1),
        time: Timestamp(1),
        premises: vec![],
        steps,
        quota: None,
        closes: None,
    }
}

/// Stores a block and commits a file that consists of it.
pub(crate) async fn upload(store: &LocalStore, called: &str, bytes: Vec<u8>) -> Result<Appended, StoreError> {
    let (digest, size) = (digest_of(&bytes), bytes.len() as u64);
    store.put(digest, bytes.into()).await?;
    store.append(put(called, size, digest)).await
}

/// Every file that the journal mentions, with its bytes; fails if any is missing or wrong.
pub(crate) async fn files(store: &LocalStore) -> Vec<(String, u64)> {
    let mut look = store.read(NS).await.unwrap();
    let mut found = Vec::new();
    for entry in look.children(EntryId::ROOT, None, usize::MAX).await.unwrap() {
        let Content { size, address } = entry.file().unwrap().content;
        let bytes = store.get(address, 0..u32::MAX).await.unwrap();
        let bytes = bytes.unwrap_or_else(|| panic!("the bytes of {} are lost", entry.name));
        assert_eq!((digest_of(&bytes), bytes.len() as u64), (address, size), "{}", entry.name);
        found.push((entry.name.to_string(), size));
    }
    assert_eq!(look.head().seq, Seq(look.changes(Seq::ZERO, usize::MAX).await.unwrap().len() as u64));
    found
}
