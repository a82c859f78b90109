//! Renditions that were made once, so that they need not be made again.

use super::StoreError;
use crate::model::{RenditionKey, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;

/// A rendition that was made, or could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The rendition; nothing if the content would not be decoded.
    pub body: Option<Bytes>,
    /// When that was found.
    pub at: Timestamp,
}

/// Keeps renditions. It is bounded: anything may be forgotten at any time, what was not asked for the longest before what
/// was; nothing is ever lost by that but time.
#[async_trait]
pub trait RenditionStore: Send + Sync + 'static {
    /// What is kept under each of these keys, in their order.
    async fn kept(&self, keys: &[RenditionKey]) -> Result<Vec<Option<Kept>>, StoreError>;

    /// Keeps something in place of what was under the key. It need not survive a crash; but what is found later is whole.
    async fn keep(&self, key: RenditionKey, kept: Kept) -> Result<(), StoreError>;
}
