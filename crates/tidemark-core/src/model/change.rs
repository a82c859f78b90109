//! What the journal records: each change once, told by each adapter as its protocol has it.

use super::{AccountId, Content, EntryId, Name, Seq, Timestamp};

/// One recorded effect on one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its position.
    pub seq: Seq,
    /// The entry that changed.
    pub entry: EntryId,
    /// What happened to it.
    pub act: Act,
    /// Where it was taken away from: by a move or a deletion.
    pub left: Option<Place>,
    /// Where it stands after the change; nothing after a deletion.
    pub at: Option<Place>,
    /// A file's bytes as of the change (for a deletion: as they last were); nothing for a folder, or for a note.
    pub content: Option<Content>,
    /// If it brought new bytes in place of others: the change that had brought those. From a file's
    /// [`super::FileState::version`] on, these lead through all versions of the file.
    ///
    /// If it withdrew a version or put one back: that version.
    pub replaced: Option<Seq>,
    /// If it brought bytes, and that version is withdrawn now: the change that withdrew it. This alone of a change is not
    /// what it was when it was committed.
    pub withdrawn: Option<Seq>,
    /// When it was committed.
    pub time: Timestamp,
    /// Whose doing it was.
    pub author: AccountId,
}

/// A slot of a folder: at most one live entry holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder.
    pub parent: EntryId,
    /// The name there.
    pub name: Name,
}

/// The kinds of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// A new entry.
    Create,
    /// A new entry with the bytes of another.
    Copy,
    /// New bytes for a file.
    Edit,
    /// Older bytes for a file, which it had before.
    Revert,
    /// Something else is said of it: its description, or a client's times.
    Modify,
    /// Another place or name.
    Move,
    /// Taken away; its history stays.
    Delete,
    /// A deleted entry is there again.
    Restore,
    /// A deleted entry is gone for good, with its history.
    Purge,
    /// A note: a link to it was made. The entry is as it was, and keeps its [`super::Entry::seq`].
    Share,
    /// A note: the link to it was taken away.
    Unshare,
    /// A note: one of its past versions was withdrawn, and is told of no more. Nothing is told of this itself, either.
    Withdraw,
    /// A note: a version that was withdrawn is told of again.
    Reinstate,
}

impl Act {
    /// Whether it only notes something, and leaves the tree as it was.
    #[must_use]
    pub fn is_note(self) -> bool {
        matches!(self, Act::Share | Act::Unshare | Act::Withdraw | Act::Reinstate)
    }
}

impl Change {
    /// The place that the entry came to by this change, or was deleted from; nothing if it stayed where it was. Of these
    /// changes of an entry, the last one has its present place and name: see [`super::Entry::placed`].
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self.act {
            Act::Edit
            | Act::Revert
            | Act::Modify
            | Act::Purge
            | Act::Share
            | Act::Unshare
            | Act::Withdraw
            | Act::Reinstate => None,
            Act::Delete => self.left.as_ref(),
            Act::Create | Act::Copy | Act::Move | Act::Restore => self.at.as_ref(),
        }
    }

    /// Whether the entry, with all that lies below it, came to be somewhere by this change without being created.
    #[must_use]
    pub fn appears(&self) -> bool {
        matches!(self.act, Act::Move | Act::Restore)
    }
}
