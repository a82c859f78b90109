//! The three observations: what the server has, what the disk has, and what both agreed on last.
//!
//! Each side names its nodes by an identity of its own, which survives moves: so a moved folder is one change of one node,
//! whatever lies in it.

mod ids;
mod memory;
mod name;
mod nodes;

pub use ids::{ContentHash, Item, LocalId, RemoteId, Rev};
pub use memory::MemoryTrees;
pub use name::{NameFault, NameKey, name_fault, same_name};
pub use nodes::{Content, Kind, LocalFile, LocalNode, Place, RemoteFile, RemoteNode, SyncedNode};

/// The three trees, to be looked into. Ordered answers are in the order of their keys.
pub trait Trees {
    /// Why a tree could not be read.
    type Error;

    /// What the server has under this identity.
    fn remote(&self, id: &RemoteId) -> Result<Option<RemoteNode>, Self::Error>;
    /// What the server has in this place.
    fn remote_at(&self, parent: &RemoteId, key: &NameKey) -> Result<Option<RemoteNode>, Self::Error>;
    /// What the server has in this folder, behind this name, at most so many.
    fn remote_children(
        &self,
        parent: &RemoteId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<RemoteNode>, Self::Error>;

    /// What the disk has under this identity.
    fn local(&self, id: LocalId) -> Result<Option<LocalNode>, Self::Error>;
    /// What the disk has in this place. A disk that tells names apart by case may hold several of one key.
    fn local_at(&self, parent: LocalId, key: &NameKey) -> Result<Vec<LocalNode>, Self::Error>;
    /// What the disk has in this folder, behind this name, at most so many.
    fn local_children(
        &self,
        parent: LocalId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<LocalNode>, Self::Error>;

    /// What was agreed on about what the server knows by this identity.
    fn synced(&self, id: &RemoteId) -> Result<Option<SyncedNode>, Self::Error>;
    /// What was agreed on about what the disk knows by this identity.
    fn synced_local(&self, id: LocalId) -> Result<Option<SyncedNode>, Self::Error>;
    /// What was agreed to be in this folder (as the server names it), behind this identity, at most so many.
    fn synced_children(
        &self,
        parent: &RemoteId,
        after: Option<&RemoteId>,
        limit: usize,
    ) -> Result<Vec<SyncedNode>, Self::Error>;
}
