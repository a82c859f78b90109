//! What was deleted, by identity: telling, bringing back, and taking away for good. By path, it is a part of history.

use super::browse::{READ_AT_ONCE, Selection, situated};
use super::find::{self, Obstacle};
use super::perform::{Plan, Unfit, Verb, no_upload};
use super::relocate::bring_back;
use super::write::draft;
use super::{Cloud, Gone, Item, Order, Scope, Situated, Spot};
use crate::model::{Entry, EntryId, Name, NameKey, NamespaceId, Path, Premise, Step, Timestamp};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;

/// Where in the trash to go on: behind what was last told.
pub type TrashPosition = (EntryId, NameKey, EntryId);

/// Something in the trash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trashed {
    /// What, with the path that it would come back to; its name alone if a folder around it is not there.
    pub item: Item,
    /// The folders around it, from the root of its reader's reach down; none if one of them is not there.
    pub around: Vec<Entry>,
}

/// Why something was not brought back or taken away for good.
#[derive(Debug, thiserror::Error)]
pub enum TrashError {
    /// It never was, was purged, or is out of reach.
    #[error("there is no such entry")]
    NotFound,
    /// It was not deleted itself.
    #[error("the entry is not in the trash")]
    NotTrashed,
    /// The folder it should go into is not there, and no other was named.
    #[error("the folder that it was in is not there")]
    NoPlace,
    /// Something is where it should go.
    #[error("there is already something at {0}")]
    Exists(Path),
    /// Too many folders would lie around some of it.
    #[error("the path is too deep")]
    TooDeep,
    /// There is no room for it.
    #[error("the account is over its quota")]
    OverQuota,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unfit> for TrashError {
    fn from(unfit: Unfit) -> TrashError {
        match unfit {
            Unfit::OverQuota => TrashError::OverQuota,
            Unfit::UploadClosed => no_upload().into(),
        }
    }
}

/// Where something goes that cannot go back to where it was.
#[derive(Clone, Debug, Default)]
pub struct Refuge {
    /// The folder to take if its own is not there.
    pub folder: Option<EntryId>,
    /// The name to take if its own is taken.
    pub name: Option<Name>,
}

impl Cloud {
    /// Up to `limit` entries in reach that were deleted themselves, in an order that lasts, beginning after a position; fewer
    /// only at the end. What lies inside a deleted folder goes and comes with that.
    pub async fn trash(
        &self,
        scope: &Scope,
        after: Option<&TrashPosition>,
        limit: usize,
    ) -> Result<Vec<Trashed>, StoreError> {
        // All of it may be out of reach, and is looked at nevertheless.
        let is_whole = scope.root == EntryId::ROOT;
        let _turn = if is_whole { None } else { Some(self.walks.turn(scope.account).await) };
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let (mut trashed, mut after) = (Vec::new(), after.cloned());
        while trashed.len() < limit {
            let wanted = if is_whole { limit - trashed.len() } else { READ_AT_ONCE };
            let page = tree.trashed(after.as_ref(), wanted).await?;
            let is_all = page.len() < wanted;
            after = page.last().and_then(position);
            for entry in page {
                if reaches(&mut *tree, scope.root, &entry).await? {
                    trashed.push(seen(&mut *tree, scope, entry).await?);
                }
                if trashed.len() == limit {
                    break;
                }
            }
            if is_all {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(trashed)
    }

    /// Up to `limit` of them behind the first `offset` in this order, and how many there are in all. As many are looked at,
    /// but not much more than twice as many as offset and limit together are kept in memory.
    pub async fn trash_window(
        &self,
        scope: &Scope,
        order: Order,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Trashed>, u64), StoreError> {
        // Nobody knows how much there is before it was read.
        let _turn = self.walks.turn(scope.account).await;
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let (mut selection, mut after) = (Selection::new(order, offset, limit), None);
        loop {
            let page = tree.trashed(after.as_ref(), READ_AT_ONCE).await?;
            let is_all = page.len() < READ_AT_ONCE;
            after = page.last().and_then(position);
            let mut in_reach = Vec::with_capacity(page.len());
            for entry in page {
                if reaches(&mut *tree, scope.root, &entry).await? {
                    in_reach.push(entry);
                }
            }
            selection.add(in_reach);
            if is_all {
                break;
            }
            tokio::task::yield_now().await;
        }
        let (entries, total) = selection.finish();
        let mut trashed = Vec::with_capacity(entries.len());
        for entry in entries {
            trashed.push(seen(&mut *tree, scope, entry).await?);
        }
        Ok((trashed, total))
    }

    /// Something that is in the trash.
    pub async fn trashed(&self, scope: &Scope, entry: EntryId) -> Result<Trashed, TrashError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let entry = in_trash(&mut *tree, scope, entry).await?;
        Ok(seen(&mut *tree, scope, entry).await?)
    }

    /// Brings something back to where it was, with everything that was in it, or to a refuge: one change.
    pub async fn untrash(&self, scope: &Scope, entry: EntryId, refuge: &Refuge) -> Result<Item, TrashError> {
        self.perform(&Untrash { scope, entry, refuge }).await
    }

    /// Takes something away for good, with everything that was in it and all that was known of it: one change.
    pub async fn purge(&self, scope: &Scope, entry: EntryId) -> Result<(), TrashError> {
        self.perform(&Purge { scope, entry }).await
    }
}

impl Trashed {
    /// Where to go on behind it.
    #[must_use]
    pub fn position(&self) -> Option<TrashPosition> {
        position(&self.item.entry)
    }
}

fn position(entry: &Entry) -> Option<TrashPosition> {
    Some((entry.parent?, entry.name.key(), entry.id))
}

/// Whether an entry lies below this folder, whatever was deleted on the way.
pub(super) async fn reaches(
    tree: &mut dyn Snapshot,
    root: EntryId,
    entry: &Entry,
) -> Result<bool, StoreError> {
    // Everything does, and nobody has to look.
    if root == EntryId::ROOT {
        return Ok(entry.parent.is_some());
    }
    let mut next = entry.parent;
    while let Some(id) = next {
        if id == root {
            return Ok(true);
        }
        next = tree.entry(id).await?.and_then(|folder| folder.parent);
    }
    Ok(false)
}

async fn in_trash(tree: &mut dyn Snapshot, scope: &Scope, entry: EntryId) -> Result<Entry, TrashError> {
    let entry = tree.entry(entry).await?.filter(|entry| !entry.purged).ok_or(TrashError::NotFound)?;
    if !reaches(tree, scope.root, &entry).await? {
        return Err(TrashError::NotFound);
    }
    if entry.live { Err(TrashError::NotTrashed) } else { Ok(entry) }
}

async fn seen(tree: &mut dyn Snapshot, scope: &Scope, entry: Entry) -> Result<Trashed, StoreError> {
    let folder = match entry.parent {
        Some(parent) => situated(tree, scope, parent).await?,
        None => None,
    };
    let around = folder.map_or_else(Vec::new, |Situated { entry, mut around }| {
        around.push(entry);
        around
    });
    // The root itself has no name.
    let names = around.iter().skip(1).chain([&entry]).map(|entry| entry.name.clone());
    let (path, gone) = (names.collect(), Some(Gone { seq: entry.seq, time: entry.modified }));
    Ok(Trashed { item: Item { path, entry, gone }, around })
}

struct Untrash<'a> {
    scope: &'a Scope,
    entry: EntryId,
    refuge: &'a Refuge,
}

#[async_trait]
impl Verb for Untrash<'_> {
    type Done = Item;
    type Refusal = TrashError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Item>, TrashError> {
        let entry = in_trash(tree, self.scope, self.entry).await?;
        let own = entry.parent.ok_or(TrashError::NoPlace)?;
        let around = match find::site(tree, self.scope.root, &own.into()).await? {
            Some(_) => Some(own),
            None => self.refuge.folder,
        };
        let folder = around.ok_or(TrashError::NoPlace)?;
        let is_free = tree.child(folder, &entry.name.key()).await?.is_none();
        let name = self.refuge.name.as_ref().filter(|_| !is_free).unwrap_or(&entry.name).clone();
        let spot = Spot::In { folder, name: name.clone() };
        let site = find::site(tree, self.scope.root, &spot).await?.ok_or(TrashError::NoPlace)?;
        if site.target().is_some() {
            return Err(TrashError::Exists(site.path()));
        }
        match site.obstacle(entry.weight().height) {
            None => {}
            Some(Obstacle::TooDeep) => return Err(TrashError::TooDeep),
            Some(Obstacle::ParentIsFile | Obstacle::Root) => return Err(TrashError::NoPlace),
        }
        Ok(bring_back(self.scope, &site, folder, name, entry, now))
    }
}

struct Purge<'a> {
    scope: &'a Scope,
    entry: EntryId,
}

#[async_trait]
impl Verb for Purge<'_> {
    type Done = ();
    type Refusal = TrashError;

    fn namespace(&self) -> NamespaceId {
        self.scope.namespace
    }

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<()>, TrashError> {
        let entry = in_trash(tree, self.scope, self.entry).await?;
        let premises = vec![Premise::Unchanged { entry: entry.id, seq: entry.seq }];
        let draft = draft(self.scope, premises, vec![Step::Purge { entry: entry.id }], now);
        Ok(Plan::Commit(draft, Box::new(|_| ())))
    }
}
