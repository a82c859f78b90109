//! What is, or was, at a path.

use super::{Content, EntryId, Name, NamespaceId, Referent, Rev, Seq, Timestamp};

/// A file or folder. Its identity is (namespace, [`Entry::id`]); the rest is its state as of the journal's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Survives moves, renames, deletion and restoring.
    pub id: EntryId,
    /// The folder it stands in, or stood in when it was deleted; nothing for the root.
    pub parent: Option<EntryId>,
    /// As its user spelled it; empty for the root.
    pub name: Name,
    /// False once it was deleted itself. An entry inside a deleted folder stays `live`: to be *there*, an entry and all
    /// its ancestors must be live.
    pub live: bool,
    /// Deleted for good: nothing tells of it, and nothing brings it back.
    pub purged: bool,
    /// Its last change. A change of a child is not a change of the folder.
    pub seq: Seq,
    /// The last change that took it to or from a place: moved, deleted or restored; 0 if none did since it was created.
    pub appeared: Seq,
    /// When it was created.
    pub created: Timestamp,
    /// When its last change happened.
    pub modified: Timestamp,
    /// What its user says of it, if anything.
    pub description: Option<Box<str>>,
    /// What it is.
    pub node: Node,
}

/// A file or a folder, with what only they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Bytes.
    File(FileState),
    /// Entries.
    Folder(FolderState),
}

/// What a file has besides its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Its bytes.
    pub content: Content,
    /// The change that brought these bytes. See [`super::Change::replaced`] for those before them.
    pub version: Seq,
    /// What a client said of its times.
    pub times: ClientTimes,
}

impl FileState {
    /// What is known of its times once it has other bytes, of which a client says this: when it was made stays.
    #[must_use]
    pub fn times_with(&self, said: ClientTimes) -> ClientTimes {
        ClientTimes { created: said.created.or(self.times.created), ..said }
    }
}

/// What a client said of when its user made a file and last changed its bytes; told back, never trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientTimes {
    /// Made.
    pub created: Option<Timestamp>,
    /// Changed last.
    pub modified: Option<Timestamp>,
}

impl ClientTimes {
    /// Of which only the last change is known.
    #[must_use]
    pub fn modified(modified: Option<Timestamp>) -> ClientTimes {
        ClientTimes { created: None, modified }
    }
}

/// What a folder has besides its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FolderState {
    /// The last change of a direct child (one that came, went or changed). Fingerprints of listings derive from it.
    pub touched: Seq,
    /// All that lies below it.
    pub totals: Totals,
}

/// Sums over everything in a folder, at any depth, not counting what was deleted inside it. Kept exact by every commit,
/// so that moving or deleting a folder of any size settles quota at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Of all files.
    pub bytes: u64,
    /// Files and folders.
    pub entries: u64,
    /// The last change of anything in the folder, at any depth.
    pub seq: Seq,
    /// At least as many levels as lie below the folder; it never shrinks, so it may overstate.
    pub height: u32,
}

impl Entry {
    /// The root of a namespace in which nothing has happened.
    #[must_use]
    pub fn root() -> Entry {
        Entry {
            id: EntryId::ROOT,
            parent: None,
            name: Name::trusted(""),
            live: true,
            purged: false,
            seq: Seq::ZERO,
            appeared: Seq::ZERO,
            created: Timestamp(0),
            modified: Timestamp(0),
            description: None,
            node: Node::Folder(FolderState::default()),
        }
    }

    /// The change that brought it to its place, or deleted it from there: what changed since are its bytes at most.
    #[must_use]
    pub fn placed(&self) -> Seq {
        self.appeared.max(Seq(self.id.0))
    }

    /// When a file's present bytes came, as far as it tells by itself: if they are neither its first ones nor its last
    /// change, that is not kept with it, and its last change is told instead.
    #[must_use]
    pub fn brought(&self) -> Timestamp {
        let first = self.file().is_some_and(|file| file.version == Seq(self.id.0));
        if first { self.created } else { self.modified }
    }

    /// Whether it holds entries.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        matches!(self.node, Node::Folder(_))
    }

    /// What a folder has; nothing for a file.
    #[must_use]
    pub fn folder(&self) -> Option<&FolderState> {
        match &self.node {
            Node::Folder(state) => Some(state),
            Node::File(_) => None,
        }
    }

    /// What a file has; nothing for a folder.
    #[must_use]
    pub fn file(&self) -> Option<&FileState> {
        match &self.node {
            Node::File(state) => Some(state),
            Node::Folder(_) => None,
        }
    }

    /// The name of its present revision.
    #[must_use]
    pub fn rev(&self, namespace: NamespaceId) -> Rev {
        Rev { seq: self.seq, namespace }
    }

    /// Which entry it is, for who keeps that outside of the tree.
    #[must_use]
    pub fn referent(&self, namespace: NamespaceId) -> Referent {
        Referent { namespace, entry: self.id, born: self.created }
    }

    /// What it adds to the totals of the folders around it.
    #[must_use]
    pub fn weight(&self) -> Totals {
        match &self.node {
            Node::File(file) => Totals { bytes: file.content.size, entries: 1, ..Totals::default() },
            Node::Folder(folder) => Totals { entries: folder.totals.entries + 1, ..folder.totals },
        }
    }
}
