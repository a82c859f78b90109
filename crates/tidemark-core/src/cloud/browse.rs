//! Looking at entries by identity, and into folders page by page.

use super::{Cloud, ListError, Scope, find};
use crate::model::{Entry, EntryId, NameKey};
use crate::store::{Snapshot, StoreError};
use std::cmp::Ordering;

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

/// How many children are read at once. Between these, other tasks get their turn.
const READ_AT_ONCE: usize = 1_000;

impl Cloud {
    /// An entry that is there, in reach.
    pub async fn situated(&self, scope: &Scope, entry: EntryId) -> Result<Option<Situated>, StoreError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        situated(&mut *tree, scope, entry).await
    }

    /// Up to `limit` children of a folder behind the first `offset` in this order. Every child is looked at, but no more
    /// than offset and limit together are kept in memory.
    pub async fn window(
        &self,
        scope: &Scope,
        folder: EntryId,
        order: Order,
        offset: usize,
        limit: usize,
    ) -> Result<Window, ListError> {
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let folder = a_folder(&mut *tree, scope, folder).await?;
        let end = offset.saturating_add(limit);
        let (mut first, mut total, mut after) = (Vec::new(), 0, None);
        loop {
            let children = tree.children(folder.entry.id, after.as_ref(), READ_AT_ONCE).await?;
            let is_all = children.len() < READ_AT_ONCE;
            total += children.len() as u64;
            first.extend(children.into_iter().map(|child| (child.name.key(), child)));
            after = first.last().map(|(key, _)| key.clone());
            if is_all || first.len() > end.saturating_add(READ_AT_ONCE) {
                first.sort_unstable_by(|one, other| order.compare(one, other));
                first.truncate(end);
            }
            if is_all {
                break;
            }
            tokio::task::yield_now().await;
        }
        let children = first.drain(offset.min(first.len())..).map(|(_, child)| child).collect();
        Ok(Window { folder, children, total })
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

/// An entry that is there, in reach, with what is around it.
pub(super) async fn situated(
    tree: &mut dyn Snapshot,
    scope: &Scope,
    entry: EntryId,
) -> Result<Option<Situated>, StoreError> {
    let Some(mut around) = find::chain(tree, entry).await? else { return Ok(None) };
    let Some(top) = around.iter().position(|entry| entry.id == scope.root) else { return Ok(None) };
    around.drain(..top);
    Ok(around.pop().map(|entry| Situated { entry, around }))
}

async fn a_folder(tree: &mut dyn Snapshot, scope: &Scope, folder: EntryId) -> Result<Situated, ListError> {
    let found = situated(tree, scope, folder).await?.ok_or(ListError::NotFound)?;
    if found.entry.is_folder() { Ok(found) } else { Err(ListError::NotAFolder) }
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
        other.is_folder().cmp(&one.is_folder()).then(ordering).then_with(|| key.cmp(other_key))
    }
}
