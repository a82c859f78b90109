//! A content as the decoder reads it.

use crate::cloud::Outflow;
use crate::model::Content;
use crate::store::{BlockStore, Source, StoreError};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use std::ops::Range;
use std::sync::Arc;

pub(super) struct ContentSource {
    blocks: Arc<dyn BlockStore>,
    content: Content,
}

impl ContentSource {
    pub(super) fn new(blocks: Arc<dyn BlockStore>, content: Content) -> ContentSource {
        ContentSource { blocks, content }
    }
}

#[async_trait]
impl Source for ContentSource {
    fn size(&self) -> u64 {
        self.content.size
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        let mut outflow = Outflow::new(Arc::clone(&self.blocks), self.content, range);
        let mut bytes = BytesMut::new();
        while let Some(piece) = outflow.next().await {
            let piece = piece?;
            if bytes.is_empty() && outflow.remaining() == 0 {
                return Ok(piece);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }
}
