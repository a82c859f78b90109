//! Whether folders lie where is searched, and where.

use crate::model::{Entry, EntryId, Name, Path};
use crate::store::{Snapshot, StoreError};
use std::collections::HashMap;

/// How a folder stands to the one below which is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is that folder, or lies below it.
    There,
    /// It lay below it, until it was deleted, itself or with a folder around it.
    Gone,
    /// It lies elsewhere.
    Outside,
}

/// What a search has learnt of folders. Only how they stand is kept of each, because there may be many; paths are kept of
/// those that something was found in.
pub(super) struct Places {
    known: HashMap<EntryId, Standing>,
    paths: HashMap<EntryId, Path>,
}

impl Places {
    /// Of a folder that is there, at this path.
    pub(super) fn new(base: EntryId, path: Path) -> Places {
        Places { known: HashMap::from([(base, Standing::There)]), paths: HashMap::from([(base, path)]) }
    }

    /// How a folder stands; counts what has to be looked up.
    pub(super) async fn standing(
        &mut self,
        tree: &mut dyn Snapshot,
        folder: EntryId,
        lookups: &mut usize,
    ) -> Result<Standing, StoreError> {
        let mut chain: Vec<(EntryId, bool)> = Vec::new();
        let mut next = Some(folder);
        let mut standing = loop {
            let Some(id) = next else { break Standing::Outside };
            if let Some(standing) = self.known.get(&id) {
                break *standing;
            }
            let entry = parent(tree, id).await?;
            *lookups = lookups.saturating_sub(1);
            chain.push((id, entry.live));
            next = entry.parent;
        };
        for (id, live) in chain.into_iter().rev() {
            if standing == Standing::There && !live {
                standing = Standing::Gone;
            }
            self.known.insert(id, standing);
        }
        Ok(standing)
    }

    /// The path of a folder that does not stand outside: as it is, or as it last was.
    pub(super) async fn path(
        &mut self,
        tree: &mut dyn Snapshot,
        folder: EntryId,
    ) -> Result<Path, StoreError> {
        let mut names: Vec<Name> = Vec::new();
        let mut id = folder;
        let above = loop {
            if let Some(path) = self.paths.get(&id) {
                break path.clone();
            }
            let entry = parent(tree, id).await?;
            names.push(entry.name);
            id = entry.parent.ok_or_else(|| StoreError::Corrupt("a folder lies outside of itself".into()))?;
        };
        let path = names.iter().rev().fold(above, |path, name| path.join(name));
        self.paths.insert(folder, path.clone());
        Ok(path)
    }
}

async fn parent(tree: &mut dyn Snapshot, id: EntryId) -> Result<Entry, StoreError> {
    let entry = tree.entry(id).await?;
    entry.ok_or_else(|| StoreError::Corrupt(format!("entry {} is a parent and not there", id.0)))
}
