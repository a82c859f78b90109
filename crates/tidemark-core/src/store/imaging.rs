//! Looking into bytes that a stranger chose.

use super::StoreError;
use crate::model::Rendition;
use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;

/// Makes renditions of bytes that may be anything, hostile things included.
#[async_trait]
pub trait Imaging: Send + Sync + 'static {
    /// Makes a rendition of a source. Answers within a bounded time, having taken a bounded part of the machine, whatever
    /// the bytes are; and after it answered, nothing of the work goes on. Dropped before, nothing goes on, either.
    ///
    /// How many are made at once is the caller's concern.
    async fn render(&self, source: &dyn Source, rendition: Rendition) -> Result<Bytes, ImagingError>;
}

/// The bytes that something is made of, read as they are needed.
#[async_trait]
pub trait Source: Send + Sync {
    /// How many there are.
    fn size(&self) -> u64;

    /// Those in `range`, as far as there are any; fewer only at the end.
    async fn read(&self, range: Range<u64>) -> Result<Bytes, StoreError>;
}

/// Why there is no rendition.
#[derive(Debug, thiserror::Error)]
pub enum ImagingError {
    /// It cannot be made of these bytes: they are no such thing, or broken, or take more than they may.
    #[error("the content cannot be decoded")]
    Undecodable,
    /// The work could not be begun.
    #[error("nothing can be decoded at present")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The source could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
