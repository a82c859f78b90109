//! Looking: at one path, at a folder's children, at sums.

use super::browse::READ_AT_ONCE;
use super::find::{self, Past};
use super::{Cloud, Gone, Item, Scope, Spot};
use crate::model::{Change, Entry, EntryId, NameKey, Path, Totals, digest_of};
use crate::store::{Snapshot, StoreError};
use std::collections::BTreeMap;

/// A folder with its direct children.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The folder.
    pub folder: Item,
    /// What it holds, by name key; what it held, too, if that was asked for.
    pub children: Vec<Item>,
    /// See [`Cloud::fingerprint`].
    pub fingerprint: Fingerprint,
}

/// Differs whenever a listing differs: 128 bits over the folder's path and the last change of a direct child.
pub type Fingerprint = [u8; 16];

/// Why a folder was not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Nothing is there; it may be that something was, see [`Cloud::stat`].
    #[error("there is nothing at the path")]
    NotFound,
    /// A file is there.
    #[error("there is a file at the path")]
    NotAFolder,
    /// It holds more than was allowed.
    #[error("the folder has too many entries")]
    TooMany,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Cloud {
    /// What is at a spot; if nothing is at a path, what was there last; nothing if there never was anything.
    pub async fn stat(&self, scope: &Scope, at: impl Into<Spot> + Send) -> Result<Option<Item>, StoreError> {
        let at = at.into();
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let Some(site) = find::site(&mut *tree, scope.root, &at).await? else { return Ok(None) };
        match (site.item(), at) {
            (Some(item), _) => Ok(Some(item)),
            (None, Spot::Path(path)) => find::gone(&mut *tree, scope.root, &path).await,
            (None, Spot::Entry(_) | Spot::In { .. }) => Ok(None),
        }
    }

    /// A folder and its direct children, at most `limit` of them; with `deleted`, also what was last in each slot that
    /// is empty now, and at a path what went with a folder that was deleted from there, whether another one is there now
    /// or nothing.
    pub async fn list(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        limit: usize,
        deleted: bool,
    ) -> Result<Listing, ListError> {
        let at = at.into();
        let mut turn = None;
        loop {
            let mut tree = self.journal.store().read(scope.namespace).await?;
            let trashed = match &at {
                Spot::Path(path) if deleted => find::trashed_folders(&mut *tree, scope.root, path).await?,
                Spot::Path(_) | Spot::Entry(_) | Spot::In { .. } => Vec::new(),
            };
            if trashed.is_empty() || turn.is_some() {
                return list(&mut *tree, scope, &at, limit, deleted, &trashed).await;
            }
            // There may be many, each as large as any: that is for few at once. Nobody waits with a view in hand.
            drop(tree);
            turn = Some(self.walks.turn(scope.account).await);
        }
    }

    /// A folder and up to `limit` of its direct children behind this one, by name key, and whether there are more: at the same
    /// cost wherever it begins, so that a folder of any size can be read to its end.
    pub async fn list_after(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<(Listing, bool), ListError> {
        let at = at.into();
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let folder = told(&mut *tree, scope, &at, false).await?.ok_or(ListError::NotFound)?;
        let Some(fingerprint) = fingerprint(&mut *tree, &folder, false, &[]).await? else {
            return Err(ListError::NotAFolder);
        };
        let mut entries = tree.children(folder.entry.id, after, limit.saturating_add(1)).await?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let item = |entry: Entry| Item { path: folder.path.join(&entry.name), entry, gone: None };
        let children = entries.into_iter().map(item).collect();
        Ok((Listing { folder, children, fingerprint }, more))
    }

    /// A short summary of what [`Cloud::list`] would answer, at the cost of finding the folder, however much it holds;
    /// nothing if no folder would be told.
    pub async fn fingerprint(
        &self,
        scope: &Scope,
        path: &Path,
        deleted: bool,
    ) -> Result<Option<Fingerprint>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let trashed = match deleted {
            true => find::trashed_folders(&mut *tree, scope.root, path).await?,
            false => Vec::new(),
        };
        match told(&mut *tree, scope, &path.into(), !trashed.is_empty()).await? {
            Some(folder) => fingerprint(&mut *tree, &folder, deleted, &trashed).await,
            None => Ok(None),
        }
    }

    /// Whether a file of `size` bytes would be within the quota as things are: at a spot, in place of what is there; or
    /// somewhere, if that is not known yet. Worth asking before bytes are taken that could not be kept; the commit judges
    /// anew.
    pub async fn has_room(&self, scope: &Scope, at: Option<&Spot>, size: u64) -> Result<bool, StoreError> {
        let Some(quota) = scope.quota else { return Ok(true) };
        let used = self.usage(scope).await?.bytes;
        if used.saturating_add(size) <= quota {
            return Ok(true);
        }
        Ok(size <= self.room(scope, at).await?)
    }

    /// How many bytes a file may have to be within the quota as things are, likewise.
    pub async fn room(&self, scope: &Scope, at: Option<&Spot>) -> Result<u64, StoreError> {
        let Some(quota) = scope.quota else { return Ok(u64::MAX) };
        let used = self.usage(scope).await?.bytes;
        let replaced = match at {
            Some(at) => {
                let there = self.stat(scope, at).await?.filter(|item| item.gone.is_none());
                there.and_then(|item| item.entry.file().map(|file| file.content.size)).unwrap_or(0)
            }
            None => used,
        };
        Ok(quota.max(used).saturating_sub(used.saturating_sub(replaced)))
    }

    /// Whether a new file of `size` bytes would be within the quota as things are.
    pub(crate) async fn has_room_beside(&self, scope: &Scope, size: u64) -> Result<bool, StoreError> {
        let Some(quota) = scope.quota else { return Ok(true) };
        Ok(self.usage(scope).await?.bytes.saturating_add(size) <= quota)
    }

    /// How many bytes everybody's files have together, those in the trash aside.
    pub async fn kept(&self) -> Result<u64, StoreError> {
        self.journal.store().kept().await
    }

    /// What the whole namespace holds, whatever part of it the scope reaches.
    pub async fn usage(&self, scope: &Scope) -> Result<Totals, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let root = tree.entry(EntryId::ROOT).await?;
        Ok(root.as_ref().and_then(Entry::folder).map(|folder| folder.totals).unwrap_or_default())
    }
}

/// What is at a spot; if nothing is, but folders that were there lie in the trash, the folder that was there last.
async fn told(
    tree: &mut dyn Snapshot,
    scope: &Scope,
    at: &Spot,
    has_trashed: bool,
) -> Result<Option<Item>, StoreError> {
    let Some(site) = find::site(tree, scope.root, at).await? else { return Ok(None) };
    match (site.item(), at) {
        (None, Spot::Path(path)) if has_trashed => {
            let gone = find::gone(tree, scope.root, path).await?;
            Ok(gone.filter(|item| item.entry.is_folder()))
        }
        (item, _) => Ok(item),
    }
}

async fn list(
    tree: &mut dyn Snapshot,
    scope: &Scope,
    at: &Spot,
    limit: usize,
    deleted: bool,
    trashed: &[Past],
) -> Result<Listing, ListError> {
    let Some(folder) = told(tree, scope, at, !trashed.is_empty()).await? else {
        return Err(ListError::NotFound);
    };
    let Some(fingerprint) = fingerprint(tree, &folder, deleted, trashed).await? else {
        return Err(ListError::NotAFolder);
    };
    let mut children = Vec::new();
    if folder.gone.is_none() {
        let entries = tree.children(folder.entry.id, None, limit.saturating_add(1)).await?;
        let item = |entry: Entry| Item { path: folder.path.join(&entry.name), entry, gone: None };
        children.extend(entries.into_iter().map(item));
        if deleted && children.len() <= limit {
            let room = limit - children.len();
            for latest in tree.vacated(folder.entry.id, None, room.saturating_add(1)).await? {
                children.extend(departed(tree, folder.entry.id, &folder.path, latest).await?);
            }
            children.sort_by_cached_key(|child| child.path.key());
        }
    }
    if !trashed.is_empty() && children.len() <= limit {
        let keyed = children.into_iter().filter_map(|child| Some((child.path.name()?.key(), child)));
        let mut slots = Slots { path: &folder.path, last: keyed.collect(), limit };
        for past in trashed {
            slots.add(tree, past).await?;
        }
        children = slots.last.into_values().collect();
    }
    if children.len() > limit {
        return Err(ListError::TooMany);
    }
    Ok(Listing { folder, children, fingerprint })
}

/// What is, or was last, in each slot of a path's folders.
struct Slots<'a> {
    path: &'a Path,
    last: BTreeMap<NameKey, Item>,
    limit: usize,
}

impl Slots<'_> {
    /// Adds what a folder in the trash holds, and what was deleted from it before, until there is too much.
    async fn add(&mut self, tree: &mut dyn Snapshot, past: &Past) -> Result<(), StoreError> {
        let mut after: Option<NameKey> = None;
        while self.last.len() <= self.limit {
            let entries = tree.children(past.folder, after.as_ref(), READ_AT_ONCE).await?;
            let is_all = entries.len() < READ_AT_ONCE;
            after = entries.last().map(|entry| entry.name.key());
            for entry in entries {
                let key = entry.name.key();
                if self.is_news(&key, past.gone()) {
                    let path = self.path.join(&entry.name);
                    self.last.insert(key, Item { path, entry, gone: past.gone() });
                }
            }
            if is_all {
                break;
            }
            tokio::task::yield_now().await;
        }
        after = None;
        while self.last.len() <= self.limit {
            let changes = tree.vacated(past.folder, after.as_ref(), READ_AT_ONCE).await?;
            let is_all = changes.len() < READ_AT_ONCE;
            after = changes.last().and_then(|change| change.left.as_ref()).map(|left| left.name.key());
            for latest in changes {
                let Some(key) = latest.left.as_ref().map(|left| left.name.key()) else { continue };
                if self.is_news(&key, Some(Gone { seq: latest.seq, time: latest.time }))
                    && let Some(item) = departed(tree, past.folder, self.path, latest).await?
                    && self.is_news(&key, item.gone)
                {
                    self.last.insert(key, item);
                }
            }
            if is_all {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Whether nothing is known of a slot that is there, or went later.
    fn is_news(&self, key: &NameKey, gone: Option<Gone>) -> bool {
        let seq = |gone: Option<Gone>| gone.map(|gone| gone.seq);
        self.last.get(key).is_none_or(|last| last.gone.is_some() && seq(last.gone) < seq(gone))
    }
}

async fn fingerprint(
    tree: &mut dyn Snapshot,
    folder: &Item,
    deleted: bool,
    trashed: &[Past],
) -> Result<Option<Fingerprint>, StoreError> {
    let Some(state) = folder.entry.folder() else { return Ok(None) };
    // The path is part of every child's; its length is clear, because the rest has one that its first bytes tell.
    let mut text = Vec::with_capacity(128);
    text.extend_from_slice(&folder.entry.id.0.to_be_bytes());
    text.extend_from_slice(&folder.entry.seq.0.to_be_bytes());
    text.extend_from_slice(&state.touched.0.to_be_bytes());
    text.push(u8::from(deleted) + u8::try_from(trashed.len()).unwrap_or(u8::MAX - 1));
    for past in trashed {
        let entry = tree.entry(past.folder).await?;
        let touched = entry.as_ref().and_then(Entry::folder).map(|state| state.touched).unwrap_or_default();
        text.extend_from_slice(&past.folder.0.to_be_bytes());
        text.extend_from_slice(&past.end().0.to_be_bytes());
        text.extend_from_slice(&touched.0.to_be_bytes());
    }
    text.extend_from_slice(folder.path.as_str().as_bytes());
    Ok(digest_of(&text).0.first_chunk().copied())
}

/// What was last in a slot that something left, with a path in the folder that is told; nothing if that was purged.
async fn departed(
    tree: &mut dyn Snapshot,
    folder: EntryId,
    path: &Path,
    latest: Change,
) -> Result<Option<Item>, StoreError> {
    let (mut entry, mut change) = (find::entry_of(tree, &latest).await?, latest);
    if entry.purged
        && let Some(left) = &change.left
    {
        // It gives way to what left the slot before it.
        let Some(before) = find::departed(tree, folder, &left.name.key(), 1).await?.pop() else {
            return Ok(None);
        };
        (entry, change) = before;
    }
    let Some(left) = change.left else {
        return Err(StoreError::Corrupt(format!("change {} took nothing away", change.seq.0)));
    };
    let gone = Some(Gone { seq: change.seq, time: change.time });
    Ok(Some(Item { path: path.join(&left.name), entry, gone }))
}
