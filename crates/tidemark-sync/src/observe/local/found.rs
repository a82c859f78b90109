//! What was found to differ and is not sorted out yet. All of it is in proportion to what changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::ports::{Identity, LocalPath};
use crate::state::LocalSeen;
use crate::trees::{LocalId, Place};

/// What was found so far.
#[derive(Default)]
pub(super) struct Found {
    /// Nodes that are not in their places.
    pub(super) gone: BTreeMap<LocalId, Gone>,
    /// Files that came to places, and may be known.
    pub(super) came: BTreeMap<Place<LocalId>, Came>,
    /// Nodes that were found in other places.
    pub(super) moved: BTreeMap<LocalId, Moved>,
    /// Where those are.
    pub(super) taken: BTreeMap<Place<LocalId>, LocalId>,
    /// Folders that nobody knows, in places of something known.
    pub(super) replaced: BTreeMap<Place<LocalId>, Came>,
    /// Those of them whose places are not free before others have moved.
    pub(super) blocked: BTreeMap<Place<LocalId>, Came>,
    /// Folders that stay what they are, with another in their place.
    pub(super) kept: BTreeSet<LocalId>,
}

/// What is not in its place.
pub(super) struct Gone {
    pub(super) place: Place<LocalId>,
    /// Whether nothing is there that could be synced.
    pub(super) empty: bool,
    /// What the file system knew it as, if it is a file whose other names were not looked at since.
    pub(super) file: Option<Identity>,
}

/// Something that came.
pub(super) struct Came {
    pub(super) path: LocalPath,
    pub(super) seen: LocalSeen,
}

/// Something that moved.
pub(super) struct Moved {
    pub(super) to: Place<LocalId>,
    pub(super) seen: LocalSeen,
    /// From where, and whether nothing is there now.
    pub(super) from: Place<LocalId>,
    pub(super) left_empty: bool,
}

impl Found {
    /// A node was found elsewhere.
    pub(super) fn moved(&mut self, id: LocalId, moved: Moved) {
        self.gone.remove(&id);
        self.taken.insert(moved.to.clone(), id);
        self.moved.insert(id, moved);
    }

    /// A folder is looked at (again): what was found in it does not count any more.
    pub(super) fn forget_in(&mut self, folder: LocalId) {
        self.gone.retain(|_, gone| gone.place.parent != folder);
        for found in [&mut self.came, &mut self.replaced, &mut self.blocked] {
            found.retain(|place, _| place.parent != folder);
        }
    }

    /// The same for one place.
    pub(super) fn forget_at(&mut self, place: &Place<LocalId>) {
        self.gone.retain(|_, gone| gone.place != *place);
        for found in [&mut self.came, &mut self.replaced, &mut self.blocked] {
            found.remove(place);
        }
    }
}
