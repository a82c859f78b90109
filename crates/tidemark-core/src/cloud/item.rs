//! An entry as somebody sees it: with the path it has, or had, from where they stand.

use crate::model::{Entry, NamespaceId, Path, Rev, Seq, Timestamp};

/// Something at a path, or something that was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where, seen from the root in use, as it is (or was) spelled.
    pub path: Path,
    /// What. If it is gone from here, its present state, wherever it is now.
    pub entry: Entry,
    /// Set if it is not at this path any more.
    pub gone: Option<Gone>,
}

/// The change that took something away from a path: of itself, or of a folder around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Its position.
    pub seq: Seq,
    /// When it was.
    pub time: Timestamp,
}

impl Item {
    /// The revision that is (or, for a deletion, that recorded that nothing is) at the path.
    #[must_use]
    pub fn rev(&self, namespace: NamespaceId) -> Rev {
        Rev { seq: self.gone.map_or(self.entry.seq, |gone| gone.seq), namespace }
    }

    /// When that revision came to be.
    #[must_use]
    pub fn modified(&self) -> Timestamp {
        self.gone.map_or(self.entry.modified, |gone| gone.time)
    }
}
