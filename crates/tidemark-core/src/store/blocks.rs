//! Bytes, addressed by what they are.

use super::StoreError;
use crate::model::{Digest, Sha1};
use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;

/// Keeps blocks of at most [`crate::model::BLOCK_SIZE_MAX`] bytes under their SHA-256.
#[async_trait]
pub trait BlockStore: Send + Sync + 'static {
    /// Stores a block unless it is there already. When this answers, the block survives a crash (or will, at the
    /// latest, together with the next journal append that this store's owner answers: a journal never mentions a block
    /// that a crash could take away).
    ///
    /// The caller has computed `digest`, the SHA-256 of `bytes`.
    async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError>;

    /// Notes the SHA-1 of the content whose address is this block, which was put before. It is durable when the block is,
    /// or by the next append; whatever was noted first stays.
    async fn note_sha1(&self, address: Digest, sha1: Sha1) -> Result<(), StoreError>;

    /// What was noted of the contents at these addresses, in the same order.
    async fn sha1s(&self, addresses: &[Digest]) -> Result<Vec<Option<Sha1>>, StoreError>;

    /// The bytes of a block in `range`, which may reach beyond its end; nothing if there is no such block.
    async fn get(&self, digest: Digest, range: Range<u32>) -> Result<Option<Bytes>, StoreError>;
}
