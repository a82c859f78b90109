//! The seam to what is sent.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;

/// A file, or whatever else has bytes, to be sent. Every part of it can be read more than once.
#[async_trait]
pub trait Source: Send {
    /// Reads `length` bytes from `offset` on; fewer only at the end.
    async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes>;

    /// How many bytes it has. It is asked once.
    fn size(&self) -> u64;
}

#[async_trait]
impl Source for Bytes {
    async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes> {
        let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        Ok(self.slice(begin..begin.saturating_add(length).min(self.len())))
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}
