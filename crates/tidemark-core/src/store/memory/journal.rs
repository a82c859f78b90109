//! Journals: a tree for each namespace, replaced as a whole by each append.

use super::tree::Tree;
use super::{MemoryStore, State};
use crate::model::{Act, Change, Draft, Entry, EntryId, Epoch, NameKey, NamespaceId, Seq};
use crate::store::{Appended, Head, JournalStore, Snapshot, StoreError};
use async_trait::async_trait;
use std::ops::Bound;
use std::sync::Arc;

#[async_trait]
impl JournalStore for MemoryStore {
    async fn append(&self, draft: Draft) -> Result<Appended, StoreError> {
        let mut state = self.state();
        if let Some(id) = draft.closes
            && state.uploads.get(&id).is_none_or(|session| !session.is_open(draft.time))
        {
            return Ok(Appended::UploadClosed);
        }
        let mut tree = Tree::clone(&state.tree(draft.namespace));
        let first = tree.head().next();
        let before = tree.bytes();
        if !draft.premises.iter().all(|premise| tree.holds(premise)) || !tree.apply(&draft) {
            return Ok(Appended::Stale);
        }
        if draft.quota.is_some_and(|quota| tree.bytes() > quota.max(before)) {
            return Ok(Appended::OverQuota);
        }
        state.trees.insert(draft.namespace, Arc::new(tree));
        if let Some(id) = draft.closes {
            state.close(id, Some(first));
        }
        Ok(Appended::Committed { first })
    }

    async fn read(&self, namespace: NamespaceId) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(MemorySnapshot(self.state().tree(namespace))))
    }

    async fn head(&self, namespace: NamespaceId) -> Result<Head, StoreError> {
        Ok(MemorySnapshot(self.state().tree(namespace)).head())
    }

    async fn kept(&self) -> Result<u64, StoreError> {
        Ok(self.state().trees.values().map(|tree| tree.bytes()).sum())
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }
}

impl MemoryStore {
    /// Forgets that changes up to `horizon` can be served, as retention in a real store would.
    pub fn set_horizon(&self, namespace: NamespaceId, horizon: Seq) {
        let mut state = self.state();
        let mut tree = Tree::clone(&state.tree(namespace));
        tree.horizon = horizon;
        state.trees.insert(namespace, Arc::new(tree));
    }
}

impl State {
    fn tree(&mut self, namespace: NamespaceId) -> Arc<Tree> {
        Arc::clone(self.trees.entry(namespace).or_default())
    }
}

struct MemorySnapshot(Arc<Tree>);

#[async_trait]
impl Snapshot for MemorySnapshot {
    fn head(&self) -> Head {
        Head { seq: self.0.head(), horizon: self.0.horizon }
    }

    async fn entry(&mut self, id: EntryId) -> Result<Option<Entry>, StoreError> {
        Ok(self.0.entries.get(&id).cloned())
    }

    async fn child(&mut self, parent: EntryId, key: &NameKey) -> Result<Option<Entry>, StoreError> {
        Ok(self.0.live.get(&(parent, key.clone())).map(|id| self.0.entries[id].clone()))
    }

    async fn children(
        &mut self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let from = match after {
            Some(key) => Bound::Excluded((parent, key.clone())),
            None => Bound::Included((parent, NameKey::trusted(""))),
        };
        let slots =
            self.0.live.range((from, Bound::Unbounded)).take_while(|((folder, _), _)| *folder == parent);
        Ok(slots.take(limit).map(|(_, id)| self.0.entries[id].clone()).collect())
    }

    async fn children_before(
        &mut self,
        parent: EntryId,
        before: &NameKey,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let slots = self.0.live.range((parent, NameKey::trusted(""))..(parent, before.clone()));
        Ok(slots.rev().take(limit).map(|(_, id)| self.0.entries[id].clone()).collect())
    }

    async fn changes(&mut self, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError> {
        Ok(self
            .0
            .changes
            .iter()
            .skip(usize::try_from(after.0).unwrap_or(usize::MAX))
            .take(limit)
            .cloned()
            .collect())
    }

    async fn trashed(
        &mut self,
        after: Option<&(EntryId, NameKey, EntryId)>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let place = |entry: &Entry| Some((entry.parent?, entry.name.key(), entry.id));
        let trashed = self.0.entries.values().filter(|entry| !entry.live && !entry.purged);
        let mut trashed: Vec<_> =
            trashed.filter_map(|entry| place(entry).map(|place| (place, entry))).collect();
        trashed.sort_by(|(one, _), (other, _)| one.cmp(other));
        trashed.retain(|(place, _)| after.is_none_or(|after| place > after));
        Ok(trashed.into_iter().take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    async fn change(&mut self, seq: Seq) -> Result<Option<Change>, StoreError> {
        Ok(self.0.changes.iter().find(|change| change.seq == seq).cloned())
    }

    async fn departures(
        &mut self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let here = |change: &&Change| change.seq < before && left(change, parent, key);
        Ok(self.0.changes.iter().rev().filter(here).take(limit).cloned().collect())
    }

    async fn vacated(
        &mut self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let mut latest = std::collections::BTreeMap::new();
        for change in &self.0.changes {
            if let Some(place) = change.left.as_ref().filter(|place| place.parent == parent) {
                latest.insert(place.name.key(), change.clone());
            }
        }
        let vacant = latest.into_iter().filter(|(key, _)| {
            after.is_none_or(|after| key > after) && !self.0.live.contains_key(&(parent, key.clone()))
        });
        Ok(vacant.map(|(_, change)| change).take(limit).collect())
    }

    async fn revisions(
        &mut self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let here = |change: &&Change| {
            let arrived =
                change.at.as_ref().is_some_and(|place| place.parent == parent && place.name.key() == *key);
            change.content.is_some() && change.seq < before && (arrived || left(change, parent, key))
        };
        Ok(self.0.changes.iter().rev().filter(here).take(limit).cloned().collect())
    }
}

fn left(change: &Change, parent: EntryId, key: &NameKey) -> bool {
    debug_assert!(change.left.is_some() == matches!(change.act, Act::Move | Act::Delete));
    change.left.as_ref().is_some_and(|place| place.parent == parent && place.name.key() == *key)
}
