//! Looking: at one path, at a folder's children, at sums.

use super::{Cloud, Gone, Item, Scope, Spot, find};
use crate::model::{Entry, EntryId, Path, Totals, digest_of};
use crate::store::{Snapshot, StoreError};

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
    /// is empty now.
    pub async fn list(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        limit: usize,
        deleted: bool,
    ) -> Result<Listing, ListError> {
        let at = at.into();
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let site = find::site(&mut *tree, scope.root, &at).await?;
        let Some(folder) = site.and_then(|site| site.item()) else { return Err(ListError::NotFound) };
        let Some(fingerprint) = fingerprint(&folder, deleted) else { return Err(ListError::NotAFolder) };
        let entries = tree.children(folder.entry.id, None, limit.saturating_add(1)).await?;
        let item = |entry: Entry| Item { path: folder.path.join(&entry.name), entry, gone: None };
        let mut children: Vec<Item> = entries.into_iter().map(item).collect();
        if deleted && children.len() <= limit {
            let room = limit - children.len();
            children
                .extend(vacated(&mut *tree, folder.entry.id, &folder.path, room.saturating_add(1)).await?);
            children.sort_by_cached_key(|child| child.path.key());
        }
        if children.len() > limit {
            return Err(ListError::TooMany);
        }
        Ok(Listing { folder, children, fingerprint })
    }

    /// A short summary of what [`Cloud::list`] would answer, at the cost of finding the folder, however much it holds;
    /// nothing if no folder is there.
    pub async fn fingerprint(
        &self,
        scope: &Scope,
        path: &Path,
        deleted: bool,
    ) -> Result<Option<Fingerprint>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let site = find::site_at(&mut *tree, scope.root, path).await?;
        Ok(site.and_then(|site| site.item()).and_then(|folder| fingerprint(&folder, deleted)))
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

    /// What the whole namespace holds, whatever part of it the scope reaches.
    pub async fn usage(&self, scope: &Scope) -> Result<Totals, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let root = tree.entry(EntryId::ROOT).await?;
        Ok(root.as_ref().and_then(Entry::folder).map(|folder| folder.totals).unwrap_or_default())
    }
}

fn fingerprint(folder: &Item, deleted: bool) -> Option<Fingerprint> {
    let state = folder.entry.folder()?;
    // The path is part of every child's; its length is clear, because the rest has a fixed one.
    let mut text = Vec::with_capacity(128);
    text.extend_from_slice(&folder.entry.id.0.to_be_bytes());
    text.extend_from_slice(&folder.entry.seq.0.to_be_bytes());
    text.extend_from_slice(&state.touched.0.to_be_bytes());
    text.push(u8::from(deleted));
    text.extend_from_slice(folder.path.as_str().as_bytes());
    digest_of(&text).0.first_chunk().copied()
}

async fn vacated(
    tree: &mut dyn Snapshot,
    folder: EntryId,
    path: &Path,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    for latest in tree.vacated(folder, None, limit).await? {
        let (mut entry, mut change) = (find::entry_of(tree, &latest).await?, latest);
        if entry.purged
            && let Some(left) = &change.left
        {
            // It gives way to what left the slot before it.
            let Some(before) = find::departed(tree, folder, &left.name.key(), 1).await?.pop() else {
                continue;
            };
            (entry, change) = before;
        }
        let Some(left) = change.left else {
            return Err(StoreError::Corrupt(format!("change {} took nothing away", change.seq.0)));
        };
        let gone = Some(Gone { seq: change.seq, time: change.time });
        items.push(Item { path: path.join(&left.name), entry, gone });
    }
    Ok(items)
}
