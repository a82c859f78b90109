//! Blocks in a map.

use super::MemoryStore;
use crate::model::{Digest, Sha1};
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

    async fn note_sha1(&self, address: Digest, sha1: Sha1) -> Result<(), StoreError> {
        self.state().sha1s.entry(address).or_insert(sha1);
        Ok(())
    }

    async fn sha1s(&self, addresses: &[Digest]) -> Result<Vec<Option<Sha1>>, StoreError> {
        let state = self.state();
        Ok(addresses.iter().map(|address| state.sha1s.get(address).copied()).collect())
    }

    async fn get(&self, digest: Digest, range: Range<u32>) -> Result<Option<Bytes>, StoreError> {
        Ok(self.state().blocks.get(&digest).map(|block| {
            let within = |at: u32| (at as usize).min(block.len());
            block.slice(within(range.start)..within(range.end.max(range.start)))
        }))
    }
}
