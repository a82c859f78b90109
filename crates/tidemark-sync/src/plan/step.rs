//! What can be decided.

use crate::trees::{Content, Item, LocalId, Place, RemoteId, Rev};

/// What is to be done about some items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is agreed on without doing anything: to be written down first, in this order and all at once.
    pub records: Vec<Record>,
    /// What is to be done. Any two may be done in any order, or at once; none relies on another.
    pub steps: Vec<Step>,
    /// About these, nothing is left to do until something new is observed.
    pub settled: Vec<Item>,
    /// About these, something is to do, but not yet.
    pub waiting: Vec<Waiting>,
}

/// Something that must wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What.
    pub item: Item,
    /// For what.
    pub why: Why,
}

/// What something waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Something else that is planned or under way.
    Others,
    /// It cannot be as it is: another name in the same folder differs only by case or by how it is composed. Somebody must
    /// rename one of them.
    NameTaken,
}

/// A change of what was agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// These are the same, and equal, as they stand in both trees.
    Link {
        /// For the server.
        remote: RemoteId,
        /// For the disk.
        local: LocalId,
    },
    /// Both sides are alike again, as they stand in both trees.
    Rebase {
        /// For the server.
        remote: RemoteId,
    },
    /// Nothing is agreed on any more: whatever is left on either side is new. This is always safe: it may double what is
    /// there, and loses nothing.
    Forget {
        /// For the server.
        remote: RemoteId,
    },
}

/// One act on one side. Whoever takes it makes sure, at that instant, that what it is about is still as it was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read a file, to know its bytes.
    Hash {
        /// Which.
        local: LocalId,
    },
    /// Bring a file's bytes here.
    Download {
        /// From what.
        remote: RemoteId,
        /// Which revision.
        rev: Rev,
        /// Which bytes are to come.
        content: Content,
        /// The folder and name that they get here (those that `replaces` has, if it is set).
        to: Place<LocalId>,
        /// The file whose bytes they replace, and which keeps its identity; it has the synced bytes now. None: the place is free.
        replaces: Option<LocalId>,
    },
    /// Make a folder here.
    MakeLocal {
        /// For which.
        remote: RemoteId,
        /// Where.
        to: Place<LocalId>,
    },
    /// Rename or move something here; the place is free, or its own in other letters. If it is synced, no conflict, and not
    /// called as [what is on its way](super::is_on_its_way), it follows the server: this place is agreed on when it is done.
    MoveLocal {
        /// What.
        local: LocalId,
        /// To where.
        to: Place<LocalId>,
        /// As the second of two that both want a name; somebody should look at both.
        conflict: bool,
    },
    /// Put a file, or an empty folder, into the local trash.
    TrashLocal {
        /// What.
        local: LocalId,
    },
    /// Bring a file's bytes to the server.
    Upload {
        /// From what.
        local: LocalId,
        /// The folder and name that they get there (those that `replaces` has, if it is set).
        to: Place<RemoteId>,
        /// What they replace there, and the revision that it must still have. None: the place is free.
        replaces: Option<(RemoteId, Rev)>,
    },
    /// Make a folder on the server.
    MakeRemote {
        /// For which.
        local: LocalId,
        /// Where.
        to: Place<RemoteId>,
    },
    /// Rename or move something on the server. If it is not called as [what is on its way](super::is_on_its_way), it follows the
    /// disk: this place is agreed on when it is done.
    MoveRemote {
        /// What.
        remote: RemoteId,
        /// To where.
        to: Place<RemoteId>,
    },
    /// Delete something on the server, with everything in it: all of it is gone here, and nothing of it is new there.
    DeleteRemote {
        /// What.
        remote: RemoteId,
    },
}
