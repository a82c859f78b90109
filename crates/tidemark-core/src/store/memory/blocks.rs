//! Blocks in a map.

use super::MemoryStore;
use crate::model::Digest;
use crate::store::{BlockStore, StoreError};
use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;

#[async_trait]
impl BlockStore for MemoryStore {
    async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError> {
        self.state().blocks.entry(digest).or_insert(bytes);
        Ok(())
    }

    async fn get(&self, digest: Digest, range: Range<u32>) -> Result<Option<Bytes>, StoreError> {
        Ok(self.state().blocks.get(&digest).map(|block| {
            let within = |at: u32| (at as usize).min(block.len());
            block.slice(within(range.start)..within(range.end.max(range.start)))
        }))
    }
}
