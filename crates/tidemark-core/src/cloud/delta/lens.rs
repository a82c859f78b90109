//! Where folders stand today, seen from a view's root.

use crate::model::{Entry, EntryId, Path, PathKey};
use crate::store::{Snapshot, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// A view of a tree, with what it has seen so far of one snapshot.
pub(super) struct Lens<'a> {
    pub(super) root: EntryId,
    pub(super) prefix: &'a PathKey,
    seen: HashMap<EntryId, Option<Arc<Standing>>>,
}

/// A folder's place today. One that is not there any more has the place that it was last at.
pub(super) struct Standing {
    pub(super) path: Path,
    pub(super) key: PathKey,
    /// Whether it is there: neither it nor a folder around it was deleted.
    pub(super) live: bool,
}

impl<'a> Lens<'a> {
    pub(super) fn new(root: EntryId, prefix: &'a PathKey) -> Lens<'a> {
        let at_root = Standing { path: Path::root(), key: PathKey::default(), live: true };
        Lens { root, prefix, seen: HashMap::from([(root, Some(Arc::new(at_root)))]) }
    }

    /// Where a folder stands; nothing if it lies outside of the root.
    pub(super) async fn standing(
        &mut self,
        tree: &mut dyn Snapshot,
        folder: EntryId,
    ) -> Result<Option<Arc<Standing>>, StoreError> {
        let mut chain: Vec<Entry> = Vec::new();
        let mut next = Some(folder);
        let mut standing = loop {
            let Some(id) = next else { break None };
            if let Some(seen) = self.seen.get(&id) {
                break seen.clone();
            }
            let Some(entry) = tree.entry(id).await? else {
                return Err(StoreError::Corrupt(format!("entry {} is a parent and not there", id.0)));
            };
            next = entry.parent;
            chain.push(entry);
        };
        for entry in chain.into_iter().rev() {
            standing = standing.map(|above| above.of_child(&entry));
            self.seen.insert(entry.id, standing.clone());
        }
        Ok(standing)
    }
}

impl Standing {
    /// Where a child of this folder stands.
    pub(super) fn of_child(&self, child: &Entry) -> Arc<Standing> {
        Arc::new(Standing {
            path: self.path.join(&child.name),
            key: self.key.join(&child.name.key()),
            live: self.live && child.live,
        })
    }
}
