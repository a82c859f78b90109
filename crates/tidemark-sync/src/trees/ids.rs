//! What nodes and contents are called.

use std::fmt;
use std::sync::Arc;

pub use tidemark_client::{ContentHash, Rev};

/// The identity of an entry on the server. The root has the empty one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId(Arc<str>);

impl RemoteId {
    /// The account's root, or the app's folder.
    pub fn root() -> RemoteId {
        RemoteId(Arc::from(""))
    }

    /// As the server spelled it.
    pub fn new(text: &str) -> RemoteId {
        RemoteId(Arc::from(text))
    }

    /// Whether it is the root's.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// As the server spelled it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of a file or folder on this machine's disk: a number that we gave it when it was first seen, and that it keeps
/// when it is renamed, or replaced by another in its place (as most programs save). It is never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub i64);

impl LocalId {
    /// The sync folder itself.
    pub const ROOT: LocalId = LocalId(0);

    /// Whether it is the sync folder itself.
    pub fn is_root(self) -> bool {
        self == LocalId::ROOT
    }
}

/// What a decision is about, by the name that one side has for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// An entry of the server, and what is linked to it.
    Remote(RemoteId),
    /// A node of the disk, and what is linked to it.
    Local(LocalId),
}
