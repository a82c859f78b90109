//! How far a reader has come.

use super::{AccountId, AppKey, EntryId, Epoch, NameKey, NamespaceId, PathKey, Seq};

/// Where a reader stands, with what it looks at. Clients keep it as an opaque, sealed string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The store's life it belongs to.
    pub epoch: Epoch,
    /// Whose cursor it is.
    pub account: AccountId,
    /// The app whose own folder `root` is; nothing if the reader sees the whole tree.
    pub app: Option<AppKey>,
    /// The journal it is a position in.
    pub namespace: NamespaceId,
    /// The folder that the reader's paths begin at.
    pub root: EntryId,
    /// Only what lies at or under this place, seen from `root`, is told.
    pub prefix: PathKey,
    /// Whether the reader asked for media metadata; must stay the same with a cursor.
    pub media: bool,
    /// How far it has come; nothing if it is to begin (again) with a full listing.
    pub position: Option<Position>,
}

/// A place in the journal, perhaps inside a walk over a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Every change up to this one has been told.
    pub seq: Seq,
    /// The walk under way, to be finished before the journal is read on.
    pub expansion: Option<Expansion>,
}

/// A walk over the live descendants of one folder, parents first, in the order of their name keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The folder that is walked; itself not told.
    pub folder: EntryId,
    /// Its [`super::Entry::appeared`] when the walk began: if it has moved since, it is told again later.
    pub appeared: Seq,
    /// The descendant told last, by the keys on the way down from the folder; empty at the beginning.
    pub after: Vec<NameKey>,
}
