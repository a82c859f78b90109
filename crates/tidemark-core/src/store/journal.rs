//! Namespaces: their trees and their journals, changed by one call only.

use super::StoreError;
use crate::model::{Change, Draft, Entry, EntryId, Epoch, NameKey, NamespaceId, Seq};
use async_trait::async_trait;

/// Keeps every namespace's tree and journal.
///
/// A namespace that was never written to exists all the same: it holds [`Entry::root`] and an empty journal.
#[async_trait]
pub trait JournalStore: Send + Sync + 'static {
    /// Checks the draft's premises, numbers its steps consecutively, applies them, makes everything durable, answers.
    ///
    /// - Atomic: after a crash at any instant, the draft is wholly there or wholly absent; once this has answered
    ///   [`Appended::Committed`], it is there.
    /// - Drafts are judged one after another, each against the state that the ones before it left; drafts that arrive
    ///   together may share one transaction.
    /// - A draft whose premises fail changes nothing, and takes no number.
    /// - The caller has decided that the steps make sense if the premises hold; a step that cannot be applied all the
    ///   same (a slot that is taken, an entry that is not there) makes the draft stale, never the tree inconsistent.
    /// - Completes even if the returned future is dropped after its first poll.
    async fn append(&self, draft: Draft) -> Result<Appended, StoreError>;

    /// A consistent view of one namespace, as of some instant not before this call: it contains every append that
    /// was answered before.
    async fn read(&self, namespace: NamespaceId) -> Result<Box<dyn Snapshot>, StoreError>;

    /// The namespace's present position, read as cheaply as can be: long polls look here.
    async fn head(&self, namespace: NamespaceId) -> Result<Head, StoreError>;

    /// How many bytes the live files of all namespaces have together, at a cost that grows with the namespaces and not with
    /// what is in them.
    async fn kept(&self) -> Result<u64, StoreError>;

    /// Which life of the store this is. Constant while it is open.
    fn epoch(&self) -> Epoch;
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is durable: its steps have the positions `first` to `first + steps - 1`.
    Committed {
        /// The position of the first step.
        first: Seq,
    },
    /// A premise no longer holds; plan again from what is true now.
    Stale,
    /// The namespace would exceed the draft's quota.
    OverQuota,
    /// The upload session that the draft would close is closed, expired (swept or not) or unknown.
    UploadClosed,
}

/// A namespace's extent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last change.
    pub seq: Seq,
    /// Changes up to this one may have been forgotten: positions before it can no longer be served.
    pub horizon: Seq,
}

impl Head {
    /// Whether all that happened since this position can still be told.
    #[must_use]
    pub fn serves(&self, seq: Seq) -> bool {
        (self.horizon..=self.seq).contains(&seq)
    }
}

/// One namespace at one instant. Cheap to take, short to hold: a store may lend one of a few connections to it.
#[async_trait]
pub trait Snapshot: Send {
    /// The extent at that instant.
    fn head(&self) -> Head;

    /// The entry with this id, live or not.
    async fn entry(&mut self, id: EntryId) -> Result<Option<Entry>, StoreError>;

    /// The live entry in this slot (whether or not the folder itself is there).
    async fn child(&mut self, parent: EntryId, key: &NameKey) -> Result<Option<Entry>, StoreError>;

    /// Up to `limit` live entries of a folder, ascending by name key (compared as UTF-8 bytes), beginning after `after`.
    async fn children(
        &mut self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The same backwards: up to `limit` live entries of a folder, descending by name key, beginning before `before`.
    async fn children_before(
        &mut self,
        parent: EntryId,
        before: &NameKey,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Up to `limit` changes after this position, in order.
    async fn changes(&mut self, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// Up to `limit` entries that were deleted themselves and not purged, ascending by folder, name key and id, beginning
    /// after the one that lies there.
    async fn trashed(
        &mut self,
        after: Option<&(EntryId, NameKey, EntryId)>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The change at this position.
    async fn change(&mut self, seq: Seq) -> Result<Option<Change>, StoreError>;

    /// Up to `limit` changes, newest first, at positions before `before`, that took an entry away from this slot.
    async fn departures(
        &mut self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError>;

    /// Up to `limit` slots of a folder, ascending by name key, beginning after `after`, that entries were taken away
    /// from and that no live entry holds; each with the latest departure.
    async fn vacated(
        &mut self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError>;

    /// Up to `limit` changes of files, newest first, at positions before `before`, that put bytes at this slot (created,
    /// copied, edited, moved or restored there) or took a file away from it.
    async fn revisions(
        &mut self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError>;

    /// The live entries on the way from `from` down along `keys`, outermost first, as far as it goes.
    async fn resolve(&mut self, from: EntryId, keys: &[NameKey]) -> Result<Vec<Entry>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut parent = from;
        for key in keys {
            let Some(entry) = self.child(parent, key).await? else { break };
            parent = entry.id;
            found.push(entry);
        }
        Ok(found)
    }
}
