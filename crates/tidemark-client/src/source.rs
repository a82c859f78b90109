//! The seam to what is sent.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;

use crate::ContentHash;

/// A file, or whatever else has bytes, to be sent. Every part of it can be read more than once.
#[async_trait]
pub trait Source: Send {
    /// Reads `length` bytes from `offset` on; fewer only at the end.
    async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes>;

    /// How many bytes it has. It is asked once.
    fn size(&self) -> u64;

    /// All of it was read, and has this digest. What makes it a file on the server is asked for as soon as this answers, and not
    /// before: whoever must know afterwards what may have been sent writes it down here. An error ends the upload.
    async fn digested(&mut self, _hash: ContentHash) -> io::Result<()> {
        Ok(())
    }
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
