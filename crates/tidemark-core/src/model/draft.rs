//! Changes that are about to be committed, and what must still be true for them to make sense.

use super::{
    AccountId, Act, ClientTimes, Content, EntryId, FileState, FolderState, Name, NameKey, NamespaceId, Node,
    Seq, Timestamp, UploadId,
};

/// An atomic batch of steps for one namespace. A store appends it wholly or not at all.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whose journal it goes to.
    pub namespace: NamespaceId,
    /// Who wants it.
    pub author: AccountId,
    /// When it was planned; becomes the time of its changes.
    pub time: Timestamp,
    /// What the plan relied on. All must hold at the instant of the append; otherwise the draft is stale.
    pub premises: Vec<Premise>,
    /// What to do, in this order; each becomes one change, numbered consecutively.
    pub steps: Vec<Step>,
    /// If set, the namespace may not exceed this many bytes afterwards.
    pub quota: Option<u64>,
    /// An upload session that ends with this commit; it must be open, and not expired at [`Draft::time`].
    pub closes: Option<UploadId>,
}

/// Something read while planning, stated so that a store can check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Premise {
    /// Which live entry holds a slot (whether or not the folder itself is there: that is a premise of its own).
    Slot {
        /// The folder.
        parent: EntryId,
        /// The name in it.
        key: NameKey,
        /// The live entry with that name, if any.
        holds: Option<EntryId>,
    },
    /// The entry's last change is still this one.
    Unchanged {
        /// The entry.
        entry: EntryId,
        /// Its last change when it was read.
        seq: Seq,
    },
    /// Nothing in the folder has changed, at any depth.
    TreeUnchanged {
        /// The folder.
        folder: EntryId,
        /// Its [`super::Totals::seq`] when it was read.
        seq: Seq,
    },
    /// At most so many levels lie below the folder, as its [`super::Totals::height`] counts them.
    HeightAtMost {
        /// The folder.
        folder: EntryId,
        /// In levels.
        height: u32,
    },
}

/// One change to be. Which entries it touches was decided by the plan; a store only carries it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new entry in a free slot. Its id is the position of this change.
    Create {
        /// The folder it is created in.
        parent: EntryRef,
        /// Its name there.
        name: Name,
        /// What it is.
        node: NewNode,
        /// Recorded as [`super::Act::Copy`] rather than [`super::Act::Create`].
        copied: bool,
    },
    /// New bytes for a live file.
    Edit {
        /// The file.
        file: EntryId,
        /// Its new bytes.
        content: Content,
        /// What a client says of its times now.
        times: ClientTimes,
        /// Recorded as [`super::Act::Revert`] rather than [`super::Act::Edit`].
        reverted: bool,
    },
    /// Something else is said of a live entry, in place of all that was said of it.
    Modify {
        /// What it is said of.
        entry: EntryId,
        /// See [`super::Entry::description`].
        description: Option<Box<str>>,
        /// What a client says of a file's times; nothing is kept of a folder's.
        times: ClientTimes,
    },
    /// Something happened to what is kept of a live entry elsewhere.
    Note {
        /// The entry; the root, too.
        entry: EntryId,
        /// What happened.
        note: Note,
    },
    /// A version of a live file is told of no more, or again.
    Withdraw {
        /// The file.
        file: EntryId,
        /// The change of it that brought the bytes.
        version: Seq,
        /// Recorded as [`super::Act::Reinstate`] rather than [`super::Act::Withdraw`].
        back: bool,
    },
    /// A live entry goes to a free slot (or to another spelling of its own).
    Move {
        /// What moves, with all below it.
        entry: EntryId,
        /// The folder it goes to.
        to: EntryRef,
        /// Its name there.
        name: Name,
    },
    /// A live entry goes, with all below it.
    Delete {
        /// What goes.
        entry: EntryId,
    },
    /// A deleted entry goes for good, with all that was below it.
    Purge {
        /// What goes.
        entry: EntryId,
    },
    /// A deleted entry comes back, with all that was below it, to a free slot.
    Restore {
        /// What comes back.
        entry: EntryId,
        /// The folder it comes back to.
        to: EntryRef,
        /// Its name there.
        name: Name,
        /// The bytes it comes back with; nothing for a folder, or to keep a file's last ones.
        content: Option<Content>,
    },
}

/// What a journal notes besides what happens in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// See [`super::Act::Share`].
    Shared,
    /// See [`super::Act::Unshare`].
    Unshared,
}

impl Note {
    /// How it is recorded.
    #[must_use]
    pub fn act(self) -> Act {
        match self {
            Note::Shared => Act::Share,
            Note::Unshared => Act::Unshare,
        }
    }
}

/// A folder that exists, or one that an earlier step of the same draft creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryRef {
    /// In the tree.
    Existing(EntryId),
    /// Created by the step with this index.
    Created(usize),
}

/// What a new entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewNode {
    /// An empty folder.
    Folder,
    /// A file.
    File {
        /// Its bytes.
        content: Content,
        /// What a client says of its times.
        times: ClientTimes,
    },
}

impl NewNode {
    /// What it is once the change at this position has created it.
    #[must_use]
    pub fn created(self, seq: Seq) -> Node {
        match self {
            NewNode::Folder => Node::Folder(FolderState::default()),
            NewNode::File { content, times } => Node::File(FileState { content, version: seq, times }),
        }
    }
}
