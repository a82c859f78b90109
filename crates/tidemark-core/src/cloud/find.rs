//! Finding what is at a path, and what once was.

use super::{Gone, Item, Spot};
use crate::model::{
    Change, DEPTH_MAX, Entry, EntryId, EntryRef, Name, NameKey, NewNode, Path, Premise, Seq, Step,
};
use crate::store::{Snapshot, StoreError};

/// A path, with what is there: the live entries along it, as far as they go, and the names that nothing has.
pub(super) struct Site {
    /// From the namespace's root down to the folder that the path begins at, that one included.
    above: Vec<Entry>,
    /// The live entries along the path.
    found: Vec<Entry>,
    /// The names behind the last of them.
    missing: Vec<Name>,
    /// The last name, as it was asked for.
    asked: Option<Name>,
}

/// What stands in the way of creating something at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// One of the folders it should go into is a file.
    ParentIsFile,
    /// It would be more than [`DEPTH_MAX`] levels deep.
    TooDeep,
    /// It is the root, which is always there.
    Root,
}

/// An entry behind its ancestors from the namespace's root down, all of them live; nothing if it is not there.
pub(super) async fn chain(tree: &mut dyn Snapshot, entry: EntryId) -> Result<Option<Vec<Entry>>, StoreError> {
    let mut chain = Vec::new();
    let mut next = Some(entry);
    while let Some(id) = next {
        let Some(entry) = tree.entry(id).await?.filter(|entry| entry.live) else { return Ok(None) };
        next = entry.parent;
        chain.push(entry);
    }
    chain.reverse();
    Ok(Some(chain))
}

/// The same of a folder; nothing if it is none.
pub(super) async fn ancestry(
    tree: &mut dyn Snapshot,
    folder: EntryId,
) -> Result<Option<Vec<Entry>>, StoreError> {
    Ok(chain(tree, folder).await?.filter(|chain| chain.last().is_some_and(Entry::is_folder)))
}

/// What is at a spot, seen from `root`; nothing if the root itself is not there, or what the spot names by identity is not,
/// or lies elsewhere.
pub(super) async fn site(
    tree: &mut dyn Snapshot,
    root: EntryId,
    spot: &Spot,
) -> Result<Option<Site>, StoreError> {
    match spot {
        Spot::Path(path) => site_at(tree, root, path).await,
        Spot::Entry(entry) => {
            let Some(site) = site_of(tree, root, *entry).await? else { return Ok(None) };
            let asked = site.found.last().map(|entry| entry.name.clone());
            Ok(Some(Site { asked, ..site }))
        }
        Spot::In { folder, name } => {
            let around = site_of(tree, root, *folder).await?;
            let Some(mut site) = around.filter(|site| site.target().is_some_and(Entry::is_folder)) else {
                return Ok(None);
            };
            match tree.child(*folder, &name.key()).await? {
                Some(entry) => site.found.push(entry),
                None => site.missing.push(name.clone()),
            }
            Ok(Some(Site { asked: Some(name.clone()), ..site }))
        }
    }
}

/// Where an entry is that is there, and in reach.
async fn site_of(tree: &mut dyn Snapshot, root: EntryId, entry: EntryId) -> Result<Option<Site>, StoreError> {
    let Some(mut above) = chain(tree, entry).await? else { return Ok(None) };
    let Some(top) = above.iter().position(|entry| entry.id == root) else { return Ok(None) };
    let found = above.split_off(top + 1);
    Ok(Some(Site { above, found, missing: Vec::new(), asked: None }))
}

/// What is at a path, seen from `root`; nothing if the root itself is not there.
pub(super) async fn site_at(
    tree: &mut dyn Snapshot,
    root: EntryId,
    path: &Path,
) -> Result<Option<Site>, StoreError> {
    let Some(above) = ancestry(tree, root).await? else { return Ok(None) };
    let names: Vec<Name> = path.names().collect();
    let keys: Vec<NameKey> = names.iter().map(Name::key).collect();
    let found = tree.resolve(root, &keys).await?;
    let missing = names[found.len()..].to_vec();
    Ok(Some(Site { above, found, missing, asked: names.last().cloned() }))
}

impl Site {
    fn root(&self) -> &Entry {
        self.above.last().expect("the ancestry of a folder ends in it")
    }

    /// The live entry at the path.
    pub(super) fn target(&self) -> Option<&Entry> {
        self.missing.is_empty().then(|| self.found.last().unwrap_or_else(|| self.root()))
    }

    /// The live entries along the path, from below its root on: the last one is the target, if all of them are there.
    pub(super) fn way(&self) -> &[Entry] {
        &self.found
    }

    /// Whether the path is the root that it begins at.
    pub(super) fn is_root(&self) -> bool {
        self.found.is_empty() && self.missing.is_empty()
    }

    /// Whether this entry is at the path or on the way to it, the way to its root included.
    pub(super) fn passes(&self, entry: EntryId) -> bool {
        self.above.iter().chain(&self.found).any(|passed| passed.id == entry)
    }

    /// The path as its entries are spelled, missing names as they were asked for.
    pub(super) fn path(&self) -> Path {
        self.found.iter().map(|entry| &entry.name).chain(&self.missing).cloned().collect()
    }

    /// The path of the folder around, spelled the same way.
    pub(super) fn parent_path(&self) -> Path {
        let names: Vec<Name> = self.path().names().collect();
        names[..names.len().saturating_sub(1)].iter().cloned().collect()
    }

    /// The target as its reader sees it.
    pub(super) fn item(&self) -> Option<Item> {
        self.target().map(|entry| Item { path: self.path(), entry: entry.clone(), gone: None })
    }

    /// The folder that the target stands in; nothing if there is no target, or it is the root.
    pub(super) fn folder(&self) -> Option<EntryId> {
        self.target().filter(|_| !self.is_root()).and_then(|entry| entry.parent)
    }

    /// What makes the path what it is: who holds each slot along it, from the namespace's root on.
    pub(super) fn premises(&self) -> Vec<Premise> {
        let held = self.above.iter().chain(&self.found).filter_map(|entry| {
            entry.parent.map(|parent| Premise::Slot { parent, key: entry.name.key(), holds: Some(entry.id) })
        });
        let last = self.found.last().unwrap_or_else(|| self.root());
        let free =
            self.missing.first().map(|name| Premise::Slot { parent: last.id, key: name.key(), holds: None });
        held.chain(free).collect()
    }

    /// How many levels may lie below what is at the path; nothing if it is too deep itself.
    pub(super) fn levels_below(&self) -> Option<u32> {
        let depth = self.above.len() - 1 + self.found.len() + self.missing.len();
        DEPTH_MAX.checked_sub(depth).and_then(|room| u32::try_from(room).ok())
    }

    /// Whether something with `height` levels below it may be created at the path, and why not.
    pub(super) fn obstacle(&self, height: u32) -> Option<Obstacle> {
        if self.is_root() {
            Some(Obstacle::Root)
        } else if !self.missing.is_empty() && self.found.last().is_some_and(|entry| !entry.is_folder()) {
            Some(Obstacle::ParentIsFile)
        } else if self.levels_below().is_none_or(|room| height > room) {
            Some(Obstacle::TooDeep)
        } else {
            None
        }
    }

    /// The folder that a new entry at the path goes into, with the steps that create it and the folders around it if
    /// they are missing. The first step is the first of the draft.
    pub(super) fn parent_steps(&self) -> (EntryRef, Vec<Step>) {
        let around = match self.target() {
            Some(target) => return (EntryRef::Existing(target.parent.unwrap_or(target.id)), Vec::new()),
            None => self.found.last().unwrap_or_else(|| self.root()),
        };
        let mut parent = EntryRef::Existing(around.id);
        let mut steps = Vec::new();
        for name in &self.missing[..self.missing.len() - 1] {
            steps.push(Step::Create { parent, name: name.clone(), node: NewNode::Folder, copied: false });
            parent = EntryRef::Created(steps.len() - 1);
        }
        (parent, steps)
    }

    /// The last name, as it was asked for or as it is spelled.
    pub(super) fn name(&self) -> Option<&Name> {
        self.missing.last().or_else(|| self.found.last().map(|entry| &entry.name))
    }

    /// The last name, as it was asked for; nothing for the root.
    pub(super) fn asked(&self) -> Option<&Name> {
        self.asked.as_ref()
    }
}

/// A name beside `name` that is free in this folder: the first of its tagged forms as long as there are few, some free
/// one when there are many, so that ten thousand conflicts do not cost ten thousand look-ups each.
pub(super) async fn free_name(
    tree: &mut dyn Snapshot,
    folder: EntryId,
    name: &Name,
    tag: fn(usize) -> String,
) -> Result<Name, StoreError> {
    const FEW: usize = 16;
    let mut taken = 0;
    let mut free = 1;
    // Gallop to a free one ...
    while tree.child(folder, &name.tagged(&tag(free)).key()).await?.is_some() {
        taken = free;
        free = if free < FEW { free + 1 } else { free * 2 };
    }
    // ... and halve the way back.
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        match tree.child(folder, &name.tagged(&tag(middle)).key()).await? {
            Some(_) => taken = middle,
            None => free = middle,
        }
    }
    Ok(name.tagged(&tag(free)))
}

/// A folder in which a path's last name has a history.
pub(super) struct Past {
    pub(super) folder: EntryId,
    /// How the path to it was spelled.
    path: Path,
    /// Set if the folder is not at that path any more.
    gone: Option<Gone>,
}

impl Past {
    /// When the folder went from the path; nothing if it is there.
    pub(super) fn gone(&self) -> Option<Gone> {
        self.gone
    }

    /// The first position that the path has nothing to do with any more: what happened in the folder after it had gone
    /// from there is none of the path's history, and perhaps none of the reader's business.
    pub(super) fn end(&self) -> Seq {
        self.gone.map_or(Seq::MAX.next(), |gone| gone.seq)
    }
}

/// A path through folders that were deleted and created over and over has many pasts; the newest of them are enough.
const PASTS_MAX: usize = 64;

/// The folders in which a path's last name has a history: the one that is there now, and those that were.
pub(super) async fn pasts(
    tree: &mut dyn Snapshot,
    root: EntryId,
    path: &Path,
) -> Result<Vec<Past>, StoreError> {
    match path.depth().checked_sub(1) {
        Some(depth) => folders(tree, root, path, depth).await,
        None => Ok(Vec::new()),
    }
}

/// The folders that were deleted from a path, themselves or with one around them, and lie in the trash since: the last to
/// go is the first. Nothing comes into such a folder, so all that it holds was at the path.
pub(super) async fn trashed_folders(
    tree: &mut dyn Snapshot,
    root: EntryId,
    path: &Path,
) -> Result<Vec<Past>, StoreError> {
    let mut trashed = Vec::new();
    for past in folders(tree, root, path, path.depth()).await? {
        if let Some(gone) = past.gone
            && lies_since(tree, past.folder, gone).await?
        {
            trashed.push(past);
        }
    }
    Ok(trashed)
}

/// Whether it was this change that deleted an entry, or the innermost deleted folder around it, last. Of what was moved
/// away from where it is told, and of what was brought back elsewhere, that is not so.
async fn lies_since(tree: &mut dyn Snapshot, entry: EntryId, gone: Gone) -> Result<bool, StoreError> {
    let mut next = Some(entry);
    while let Some(id) = next {
        let Some(entry) = tree.entry(id).await? else { return Ok(false) };
        if !entry.live {
            return Ok(entry.seq == gone.seq && !entry.purged);
        }
        next = entry.parent;
    }
    Ok(false)
}

/// The folders at the first `depth` names of a path: the one that is there now, and those that were.
async fn folders(
    tree: &mut dyn Snapshot,
    root: EntryId,
    path: &Path,
    depth: usize,
) -> Result<Vec<Past>, StoreError> {
    let mut pasts = vec![Past { folder: root, path: Path::root(), gone: None }];
    for name in path.names().take(depth) {
        let key = name.key();
        let (mut next, many) = (Vec::new(), pasts.len() > 1);
        for past in pasts {
            if many {
                // A long path may have thousands: other tasks of the thread get their turn.
                tokio::task::yield_now().await;
            }
            for (entry, name, gone) in held(tree, &past, &key, PASTS_MAX).await? {
                if entry.is_folder() {
                    next.push(Past { folder: entry.id, path: past.path.join(&name), gone });
                }
            }
        }
        // What is there now comes first, then what went last.
        next.sort_by_key(|past| std::cmp::Reverse(past.gone.map_or(Seq::MAX, |gone| gone.seq)));
        next.truncate(PASTS_MAX);
        pasts = next;
    }
    Ok(pasts)
}

/// What was last at a path where nothing is now: deleted or moved away, itself or with a folder around it.
pub(super) async fn gone(
    tree: &mut dyn Snapshot,
    root: EntryId,
    path: &Path,
) -> Result<Option<Item>, StoreError> {
    let Some(name) = path.name() else { return Ok(None) };
    let mut newest: Option<Item> = None;
    for past in pasts(tree, root, path).await? {
        for (entry, name, gone) in held(tree, &past, &name.key(), 1).await? {
            let item = Item { path: past.path.join(&name), entry, gone };
            if newest
                .as_ref()
                .is_none_or(|newest| newest.gone.map(|gone| gone.seq) < gone.map(|gone| gone.seq))
            {
                newest = Some(item);
            }
        }
    }
    Ok(newest)
}

/// What a slot of a folder holds, and what it held: up to `limit` entries that are gone, the last first, each with its
/// name there and the change that took it away from the path, be it its own or that of a folder around it.
async fn held(
    tree: &mut dyn Snapshot,
    past: &Past,
    key: &NameKey,
    limit: usize,
) -> Result<Vec<(Entry, Name, Option<Gone>)>, StoreError> {
    let mut held = Vec::new();
    let bound = past.gone.map_or(Seq::MAX, |gone| gone.seq);
    if let Some(entry) = tree.child(past.folder, key).await? {
        // What came into a folder after that had gone from the path never was at the path.
        if entry.appeared.max(Seq(entry.id.0)) <= bound {
            let name = entry.name.clone();
            held.push((entry, name, past.gone));
        }
    }
    for (entry, departure) in departed(tree, past.folder, key, limit).await? {
        let Change { seq, time, left: Some(left), .. } = departure else {
            return Err(StoreError::Corrupt(format!("change {} took nothing away", departure.seq.0)));
        };
        if Seq(entry.id.0) <= bound && !held.iter().any(|(held, _, _)| held.id == entry.id) {
            let own = Gone { seq, time };
            held.push((entry, left.name, Some(past.gone.filter(|gone| gone.seq < seq).unwrap_or(own))));
        }
    }
    Ok(held)
}

/// A slot may have been left by many that were purged since; beyond so many of them nothing is told.
const PURGED_MAX: usize = 256;

/// Up to `limit` changes, newest first, that took an entry away from a slot, with the entries, leaving out what was purged.
pub(super) async fn departed(
    tree: &mut dyn Snapshot,
    folder: EntryId,
    key: &NameKey,
    limit: usize,
) -> Result<Vec<(Entry, Change)>, StoreError> {
    let (mut departed, mut before, mut purged) = (Vec::new(), Seq::MAX.next(), 0);
    while departed.len() < limit && purged < PURGED_MAX {
        let wanted = limit - departed.len();
        let changes = tree.departures(folder, key, before, wanted).await?;
        let is_all = changes.len() < wanted;
        for change in changes {
            before = change.seq;
            let entry = entry_of(tree, &change).await?;
            if entry.purged {
                purged += 1;
            } else {
                departed.push((entry, change));
            }
        }
        if is_all {
            break;
        }
    }
    Ok(departed)
}

/// The entry that changed, as it is now.
pub(super) async fn entry_of(tree: &mut dyn Snapshot, change: &Change) -> Result<Entry, StoreError> {
    let entry = tree.entry(change.entry).await?;
    entry.ok_or_else(|| StoreError::Corrupt(format!("change {} is of no entry", change.seq.0)))
}
