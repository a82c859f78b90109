//! A store in memory that fails on request.

use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tidemark_core::model::{
    AccountId, Digest, Draft, Epoch, Fetch, FetchEnd, FetchId, HashedParts, NamespaceId, Seq, Sha1,
    Timestamp, UploadId, UploadPart, UploadPiece, UploadSession, Words,
};
use tidemark_core::store::memory::MemoryStore;
use tidemark_core::store::{
    Advanced, Appended, BlockStore, FetchStore, Head, JournalStore, NameIndex, NameScan, OpenUploads,
    PartAdded, Snapshot, StoreError, UploadStore,
};

/// Makes the error to fail with.
pub(crate) type Fault = fn() -> StoreError;

/// Passes everything on, unless it is to fail.
pub(crate) struct Faulty {
    inner: Arc<MemoryStore>,
    reads: Mutex<Option<Fault>>,
    writes: Mutex<Option<Fault>>,
    ends: Mutex<Option<Fault>>,
    snapshots: AtomicUsize,
}

impl Faulty {
    pub(crate) fn new(epoch: Epoch) -> Faulty {
        let (reads, writes, ends) = (Mutex::default(), Mutex::default(), Mutex::default());
        let inner = Arc::new(MemoryStore::new(epoch));
        Faulty { inner, reads, writes, ends, snapshots: AtomicUsize::new(0) }
    }

    /// Whether reading, and whether writing, fails from now on.
    pub(crate) fn fail(&self, reads: Option<Fault>, writes: Option<Fault>) {
        *self.reads.lock().unwrap() = reads;
        *self.writes.lock().unwrap() = writes;
    }

    /// Whether keeping how a fetch ended fails from now on.
    pub(crate) fn fail_ends(&self, ends: Option<Fault>) {
        *self.ends.lock().unwrap() = ends;
    }

    /// How often somebody has read a namespace so far: everything but its head.
    pub(crate) fn snapshots(&self) -> usize {
        self.snapshots.load(Ordering::SeqCst)
    }

    /// The store that does not fail.
    pub(crate) fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    fn read_check(&self) -> Result<(), StoreError> {
        self.reads.lock().unwrap().map_or(Ok(()), |fault| Err(fault()))
    }

    fn write_check(&self) -> Result<(), StoreError> {
        self.writes.lock().unwrap().map_or(Ok(()), |fault| Err(fault()))
    }
}

#[async_trait]
impl JournalStore for Faulty {
    async fn append(&self, draft: Draft) -> Result<Appended, StoreError> {
        self.write_check()?;
        self.inner.append(draft).await
    }

    async fn read(&self, namespace: NamespaceId) -> Result<Box<dyn Snapshot>, StoreError> {
        self.read_check()?;
        self.snapshots.fetch_add(1, Ordering::SeqCst);
        self.inner.read(namespace).await
    }

    async fn head(&self, namespace: NamespaceId) -> Result<Head, StoreError> {
        self.read_check()?;
        self.inner.head(namespace).await
    }

    async fn kept(&self) -> Result<u64, StoreError> {
        self.read_check()?;
        self.inner.kept().await
    }

    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }
}

#[async_trait]
impl BlockStore for Faulty {
    async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError> {
        self.write_check()?;
        self.inner.put(digest, bytes).await
    }

    async fn note_sha1(&self, address: Digest, sha1: Sha1) -> Result<(), StoreError> {
        self.write_check()?;
        self.inner.note_sha1(address, sha1).await
    }

    async fn sha1s(&self, addresses: &[Digest]) -> Result<Vec<Option<Sha1>>, StoreError> {
        self.read_check()?;
        self.inner.sha1s(addresses).await
    }

    async fn get(&self, digest: Digest, range: Range<u32>) -> Result<Option<Bytes>, StoreError> {
        self.read_check()?;
        self.inner.get(digest, range).await
    }
}

#[async_trait]
impl UploadStore for Faulty {
    async fn open(&self, session: UploadSession) -> Result<(), StoreError> {
        self.write_check()?;
        self.inner.open(session).await
    }

    async fn upload(&self, id: UploadId) -> Result<Option<UploadSession>, StoreError> {
        self.read_check()?;
        self.inner.upload(id).await
    }

    async fn advance(
        &self,
        id: UploadId,
        piece: UploadPiece,
        now: Timestamp,
    ) -> Result<Advanced, StoreError> {
        self.write_check()?;
        self.inner.advance(id, piece, now).await
    }

    async fn add_part(
        &self,
        id: UploadId,
        part: UploadPart,
        hashed: Option<HashedParts>,
        now: Timestamp,
    ) -> Result<PartAdded, StoreError> {
        self.write_check()?;
        self.inner.add_part(id, part, hashed, now).await
    }

    async fn parts(&self, id: UploadId, from: u32, limit: usize) -> Result<Vec<UploadPart>, StoreError> {
        self.read_check()?;
        self.inner.parts(id, from, limit).await
    }

    async fn note_hashed(&self, id: UploadId, hashed: HashedParts) -> Result<(), StoreError> {
        self.write_check()?;
        self.inner.note_hashed(id, hashed).await
    }

    async fn close_upload(&self, id: UploadId, committed: Option<Seq>) -> Result<(), StoreError> {
        self.write_check()?;
        self.inner.close_upload(id, committed).await
    }

    async fn open_uploads(&self, account: AccountId) -> Result<OpenUploads, StoreError> {
        self.read_check()?;
        self.inner.open_uploads(account).await
    }

    async fn sweep_uploads(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write_check()?;
        self.inner.sweep_uploads(now).await
    }
}

#[async_trait]
impl FetchStore for Faulty {
    async fn add_fetch(&self, fetch: &Fetch, open_max: usize, kept_max: usize) -> Result<bool, StoreError> {
        self.write_check()?;
        self.inner.add_fetch(fetch, open_max, kept_max).await
    }

    async fn fetch(&self, id: FetchId) -> Result<Option<Fetch>, StoreError> {
        self.read_check()?;
        self.inner.fetch(id).await
    }

    async fn open_fetches(&self, limit: usize) -> Result<Vec<Fetch>, StoreError> {
        self.read_check()?;
        self.inner.open_fetches(limit).await
    }

    async fn open_fetches_of(&self, account: AccountId) -> Result<usize, StoreError> {
        self.read_check()?;
        self.inner.open_fetches_of(account).await
    }

    async fn end_fetch(&self, id: FetchId, end: FetchEnd) -> Result<(), StoreError> {
        self.write_check()?;
        self.ends.lock().unwrap().map_or(Ok(()), |fault| Err(fault()))?;
        self.inner.end_fetch(id, end).await
    }

    async fn sweep_fetches(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write_check()?;
        self.inner.sweep_fetches(now).await
    }
}

#[async_trait]
impl NameIndex for Faulty {
    async fn names(
        &self,
        namespace: NamespaceId,
        words: &Words,
        upto: Seq,
    ) -> Result<Box<dyn NameScan>, StoreError> {
        self.read_check()?;
        self.inner.names(namespace, words, upto).await
    }

    async fn reach(&self, namespace: NamespaceId, seq: Seq) -> Result<(), StoreError> {
        self.read_check()?;
        self.inner.reach(namespace, seq).await
    }
}
