//! What stands for an entry elsewhere.

use super::{CopyRef, JobId, Timestamp};

/// An address under which an entry can be seen without a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whoever has the address has the file.
        f.debug_struct("Link").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// A reference that can be copied from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// The reference.
    pub copy_ref: CopyRef,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// A download by the server itself, as it was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveJob {
    /// What to ask about it with.
    pub id: JobId,
    /// How far it is.
    pub status: SaveStatus,
}

/// How far a download by the server itself is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveStatus {
    /// Not begun.
    Pending,
    /// Under way.
    Downloading,
    /// The file is there.
    Complete,
    /// There will be no file, for this reason.
    Failed(String),
}
