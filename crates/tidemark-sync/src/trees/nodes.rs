//! What is kept of each node.

use super::{ContentHash, LocalId, RemoteId, Rev};
use crate::ports::Stamp;

/// The bytes of a file, in short. Equal contents are never transferred, and are never a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content {
    /// In bytes.
    pub size: u64,
    /// As the server makes it.
    pub hash: ContentHash,
}

/// Whether something holds bytes or others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It holds bytes.
    File,
    /// It holds others.
    Folder,
}

/// Where something is: in which folder, as which name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place<Id> {
    /// The folder.
    pub parent: Id,
    /// The name in it, as it is written.
    pub name: Box<str>,
}

/// An entry of the server, as `delta` told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteNode {
    /// Its identity.
    pub id: RemoteId,
    /// Where it is.
    pub place: Place<RemoteId>,
    /// What a file has; none for a folder.
    pub file: Option<RemoteFile>,
}

/// What the server tells of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Which revision this is.
    pub rev: Rev,
    /// Its bytes.
    pub content: Content,
    /// When the bytes were changed, as whoever sent them said: in seconds since 1970.
    pub modified_s: Option<i64>,
}

/// A file or folder of the disk, as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalNode {
    /// Our number for it.
    pub id: LocalId,
    /// Where it is.
    pub place: Place<LocalId>,
    /// What a file has; none for a folder.
    pub file: Option<LocalFile>,
}

/// What was seen of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// By what we know it again.
    pub stamp: Stamp,
    /// The hash of its bytes, if they were read since the stamp is this.
    pub hash: Option<ContentHash>,
}

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncedNode {
    /// The server's name for it.
    pub remote: RemoteId,
    /// The disk's.
    pub local: LocalId,
    /// Where it was for the server. The name is the same for both.
    pub place: Place<RemoteId>,
    /// In which folder it was for the disk.
    pub local_parent: LocalId,
    /// What a file had; none for a folder.
    pub file: Option<RemoteFile>,
}

impl RemoteNode {
    /// What it is.
    pub fn kind(&self) -> Kind {
        kind(self.file.is_some())
    }
}

impl LocalNode {
    /// What it is.
    pub fn kind(&self) -> Kind {
        kind(self.file.is_some())
    }
}

impl LocalFile {
    /// Its bytes, if they are known.
    pub fn content(&self) -> Option<Content> {
        self.hash.map(|hash| Content { size: self.stamp.size, hash })
    }
}

impl SyncedNode {
    /// What it is.
    pub fn kind(&self) -> Kind {
        kind(self.file.is_some())
    }
}

fn kind(is_file: bool) -> Kind {
    if is_file { Kind::File } else { Kind::Folder }
}
