//! Looking at entries by identity, and into folders page by page.

use super::{Cloud, ListError, Scope, find};
use crate::lanes::{Room, Turn};
use crate::model::{Entry, EntryId, NameKey};
use crate::store::{Snapshot, StoreError};
use std::cmp::Ordering;
use std::collections::HashMap;

/// An entry that is there, with the folders around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situated {
    /// What.
    pub entry: Entry,
    /// From the root of its reader's reach down; none around that root itself.
    pub around: Vec<Entry>,
}

/// In which order a folder's children are told: folders before files, and of each kind by this. What is equal in it is in
/// the order of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub by: By,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What children are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// As names are compared.
    #[default]
    Name,
    /// When they came to be.
    Id,
    /// Their last change.
    Date,
    /// Of a folder: all that it holds.
    Size,
}

/// Some of a folder's children, in an order of the reader's.
#[derive(Clone, Debug)]
pub struct Window {
    /// The folder.
    pub folder: Situated,
    /// Its children in the window.
    pub children: Vec<Entry>,
    /// How many children it has.
    pub total: u64,
}

/// Some of a folder's children, by name key.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The folder.
    pub folder: Situated,
    /// Its children in the stretch.
    pub children: Vec<Entry>,
    /// Behind which child to go on; nothing at the end.
    pub next: Option<NameKey>,
}

/// A walk through something and all that is below it: each folder before what it holds, children by name. It keeps its way down, and
/// of each folder there at most so many children as are read at once; what is moved or deleted meanwhile is told as it is when the
/// walk reads it.
#[derive(Clone, Debug)]
pub struct Walk {
    scope: Scope,
    start: Option<Walked>,
    /// The folders that are not told to their end, from the outside in.
    way: Vec<Branch>,
}

/// Something that a walk came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Where, seen from where the walk began: its own name, or those of the folders around it before it, with slashes between.
    pub path: String,
    /// What.
    pub entry: Entry,
}

/// A folder on the way of a walk.
#[derive(Clone, Debug)]
struct Branch {
    folder: EntryId,
    path: String,
    /// What was read of it and is not told, the last first.
    ready: Vec<Entry>,
    /// Where to read on.
    rest: Rest,
}

#[derive(Clone, Debug)]
enum Rest {
    All,
    Behind(NameKey),
    Nothing,
}

/// Where an entry is, for somebody who knows its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// There.
    There(Situated),
    /// In the trash: deleted itself, or with a folder around it.
    InTrash(Entry),
    /// It never was, was taken away for good, or is out of reach.
    Nowhere,
}

/// How many large folders are read to their end at once, and how many of them for one account: a store may have few
/// connections, and others want to read, too.
pub(super) const WALKS: Room = Room { at_once: 2, at_once_per_account: 1, waiting_per_account: usize::MAX };

/// How many children are read at once. Between these, other tasks get their turn.
pub(super) const READ_AT_ONCE: usize = 1_000;

impl Cloud {
    /// An entry that is there, in reach.
    pub async fn situated(&self, scope: &Scope, entry: EntryId) -> Result<Option<Situated>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        situated(&mut *tree, scope, entry).await
    }

    /// Where an entry is, if it is in reach.
    pub async fn whereabouts(&self, scope: &Scope, entry: EntryId) -> Result<Whereabouts, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let (mut around, mut next, mut is_there) = (Vec::new(), Some(entry), true);
        while let Some(id) = next {
            let Some(entry) = tree.entry(id).await?.filter(|entry| !entry.purged) else {
                return Ok(Whereabouts::Nowhere);
            };
            is_there &= entry.live;
            next = entry.parent;
            around.push(entry);
        }
        around.reverse();
        Ok(match around.iter().position(|entry| entry.id == scope.root) {
            None => Whereabouts::Nowhere,
            Some(top) => match within(around, top) {
                Some(item) if is_there => Whereabouts::There(item),
                Some(item) => Whereabouts::InTrash(item.entry),
                None => Whereabouts::Nowhere,
            },
        })
    }

    /// Those of these entries that are there, in reach, as of one moment.
    pub async fn situated_all(
        &self,
        scope: &Scope,
        entries: &[EntryId],
    ) -> Result<HashMap<EntryId, Situated>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let mut found = HashMap::with_capacity(entries.len());
        for entry in entries {
            if let Some(there) = situated(&mut *tree, scope, *entry).await? {
                found.insert(*entry, there);
            }
        }
        Ok(found)
    }

    /// Up to `limit` children of a folder behind the first `offset` in this order. Every child is looked at, but not
    /// much more than twice as many as offset and limit together are kept in memory.
    pub async fn window(
        &self,
        scope: &Scope,
        folder: EntryId,
        order: Order,
        offset: usize,
        limit: usize,
    ) -> Result<Window, ListError> {
        let _turn = self.turn_to_walk(scope, folder).await?;
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let folder = a_folder(&mut *tree, scope, folder).await?;
        let (mut selection, mut after) = (Selection::new(order, offset, limit), None);
        loop {
            let children = tree.children(folder.entry.id, after.as_ref(), READ_AT_ONCE).await?;
            let is_all = children.len() < READ_AT_ONCE;
            after = children.last().map(|child| child.name.key());
            selection.add(children);
            if is_all {
                break;
            }
            tokio::task::yield_now().await;
        }
        let (children, total) = selection.finish();
        Ok(Window { folder, children, total })
    }

    /// The right to read a folder to its end, if that may take more than one look.
    async fn turn_to_walk(&self, scope: &Scope, folder: EntryId) -> Result<Option<Turn>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let entries = tree.entry(folder).await?.map_or(0, |folder| folder.weight().entries);
        drop(tree);
        if entries <= READ_AT_ONCE as u64 {
            return Ok(None);
        }
        Ok(Some(self.walks.turn(scope.account).await))
    }

    /// Up to `limit` children of a folder, by name key, behind this one: at the same cost wherever it begins.
    pub async fn stretch(
        &self,
        scope: &Scope,
        folder: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Stretch, ListError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let folder = a_folder(&mut *tree, scope, folder).await?;
        let mut children = tree.children(folder.entry.id, after, limit.saturating_add(1)).await?;
        let more = children.len() > limit;
        children.truncate(limit);
        let next = children.last().filter(|_| more).map(|child| child.name.key());
        Ok(Stretch { folder, children, next })
    }
}

impl Walk {
    /// A walk that begins with this entry, under a name of the caller's.
    #[must_use]
    pub fn through(scope: Scope, name: String, entry: Entry) -> Walk {
        Walk { scope, start: Some(Walked { path: name, entry }), way: Vec::new() }
    }

    /// The next entry; nothing at the end.
    pub async fn next(&mut self, cloud: &Cloud) -> Result<Option<Walked>, StoreError> {
        if let Some(start) = self.start.take() {
            return Ok(Some(self.enter(start)));
        }
        while let Some(branch) = self.way.last_mut() {
            if let Some(entry) = branch.ready.pop() {
                let path = format!("{}/{}", branch.path, entry.name.as_str());
                return Ok(Some(self.enter(Walked { path, entry })));
            }
            let after = match &branch.rest {
                Rest::All => None,
                Rest::Behind(name) => Some(name),
                Rest::Nothing => {
                    self.way.pop();
                    continue;
                }
            };
            match cloud.stretch(&self.scope, branch.folder, after, READ_AT_ONCE).await {
                Ok(stretch) => {
                    branch.rest = stretch.next.map_or(Rest::Nothing, Rest::Behind);
                    branch.ready = stretch.children;
                    branch.ready.reverse();
                }
                // It went meanwhile.
                Err(ListError::NotFound | ListError::NotAFolder | ListError::TooMany) => {
                    branch.rest = Rest::Nothing;
                }
                Err(ListError::Store(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    fn enter(&mut self, walked: Walked) -> Walked {
        if walked.entry.is_folder() {
            let path = walked.path.clone();
            self.way.push(Branch { folder: walked.entry.id, path, ready: Vec::new(), rest: Rest::All });
        }
        walked
    }
}

/// An entry that is there, in reach, with what is around it.
pub(super) async fn situated(
    tree: &mut dyn Snapshot,
    scope: &Scope,
    entry: EntryId,
) -> Result<Option<Situated>, StoreError> {
    let Some(chain) = find::chain(tree, entry).await? else { return Ok(None) };
    let top = chain.iter().position(|entry| entry.id == scope.root);
    Ok(top.and_then(|top| within(chain, top)))
}

/// The last of a chain, with what is around it from an index on.
fn within(mut chain: Vec<Entry>, top: usize) -> Option<Situated> {
    chain.drain(..top);
    chain.pop().map(|entry| Situated { entry, around: chain })
}

async fn a_folder(tree: &mut dyn Snapshot, scope: &Scope, folder: EntryId) -> Result<Situated, ListError> {
    let found = situated(tree, scope, folder).await?.ok_or(ListError::NotFound)?;
    if found.entry.is_folder() { Ok(found) } else { Err(ListError::NotAFolder) }
}

/// Some of many entries, chosen by their order while they are read; what cannot be among them is not kept.
pub(super) struct Selection {
    order: Order,
    offset: usize,
    limit: usize,
    first: Vec<(NameKey, Entry)>,
    total: u64,
}

impl Selection {
    pub(super) fn new(order: Order, offset: usize, limit: usize) -> Selection {
        Selection { order, offset, limit, first: Vec::new(), total: 0 }
    }

    pub(super) fn add(&mut self, entries: Vec<Entry>) {
        self.total += entries.len() as u64;
        self.first.extend(entries.into_iter().map(|entry| (entry.name.key(), entry)));
        // Each choice gets rid of half, so that all together cost what one pass costs, however far the window is.
        let end = self.end();
        if self.first.len() > end.saturating_mul(2).saturating_add(READ_AT_ONCE) {
            let order = self.order;
            self.first.select_nth_unstable_by(end, |one, other| order.compare(one, other));
            self.first.truncate(end);
        }
    }

    /// What was chosen, and of how many.
    pub(super) fn finish(mut self) -> (Vec<Entry>, u64) {
        self.first.sort_unstable_by(|one, other| self.order.compare(one, other));
        let window = self.first.into_iter().skip(self.offset).take(self.limit);
        (window.map(|(_, entry)| entry).collect(), self.total)
    }

    fn end(&self) -> usize {
        self.offset.saturating_add(self.limit)
    }
}

impl Order {
    fn compare(self, (key, one): &(NameKey, Entry), (other_key, other): &(NameKey, Entry)) -> Ordering {
        let ordering = match self.by {
            By::Name => key.cmp(other_key),
            By::Id => one.id.cmp(&other.id),
            By::Date => (one.modified, one.seq).cmp(&(other.modified, other.seq)),
            By::Size => one.weight().bytes.cmp(&other.weight().bytes),
        };
        let ordering = if self.descending { ordering.reverse() } else { ordering };
        other
            .is_folder()
            .cmp(&one.is_folder())
            .then(ordering)
            .then_with(|| (key, one.id).cmp(&(other_key, other.id)))
    }
}
