//! Bytes on their way in, cut into blocks, and on their way out.

use super::Cloud;
use crate::model::{BLOCK_SIZE_MAX, Content, Digest, FILE_SIZE_MAX, Sha1, Sha1Stream, digest_of};
use crate::store::{BlockStore, StoreError};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Hashing more than this at once is left to a thread that may block: about 40 microseconds of work.
const HASHED_INLINE_MAX: usize = 64 << 10;
/// How many full blocks of one body may be on their way to the store. Bounds an upload's memory to this many blocks and
/// the one that is filling.
const BLOCKS_IN_FLIGHT: usize = 3;
/// How much of a block is read at once on the way out.
const READ_SIZE: u32 = 256 << 10;

/// Why bytes were not taken.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// There are more than the limit.
    #[error("the content is larger than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the bytes of one content as they come; each block is hashed and stored as soon as it is full.
pub struct Intake {
    writer: BlockWriter,
    limit: u64,
    size: u64,
    sha1: Sha1Stream,
    filling: Filling,
    /// The blocks that were full, if somebody wants them once more when all have come.
    kept: Option<Vec<Bytes>>,
}

/// The bytes of the block that is not full yet: without a copy as long as they came in one piece.
enum Filling {
    One(Bytes),
    Many(BytesMut),
}

impl Filling {
    fn len(&self) -> usize {
        match self {
            Filling::One(bytes) => bytes.len(),
            Filling::Many(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, more: &[u8]) {
        let Filling::Many(bytes) = self else {
            let Filling::One(first) = std::mem::replace(self, Filling::Many(BytesMut::new())) else { return };
            let mut bytes = BytesMut::with_capacity((first.len() + more.len()).next_power_of_two());
            bytes.extend_from_slice(&first);
            bytes.extend_from_slice(more);
            *self = Filling::Many(bytes);
            return;
        };
        bytes.extend_from_slice(more);
    }

    fn take(&mut self) -> Bytes {
        match std::mem::replace(self, Filling::One(Bytes::new())) {
            Filling::One(bytes) => bytes,
            Filling::Many(bytes) => bytes.freeze(),
        }
    }
}

impl Cloud {
    /// Begins to take a content of at most `limit` bytes.
    #[must_use]
    pub fn intake(&self, limit: u64) -> Intake {
        Intake::new(&self.blocks, limit.min(FILE_SIZE_MAX))
    }

    /// Reads the bytes of a content from `range.start` up to `range.end`.
    #[must_use]
    pub fn open(&self, content: Content, range: Range<u64>) -> Outflow {
        Outflow::new(Arc::clone(&self.blocks), content, range)
    }
}

impl Intake {
    fn new(blocks: &Arc<dyn BlockStore>, limit: u64) -> Intake {
        Intake {
            writer: BlockWriter::new(blocks),
            limit,
            size: 0,
            sha1: Sha1Stream::default(),
            filling: Filling::One(Bytes::new()),
            kept: None,
        }
    }

    /// One that holds what it stores in memory, too: for as much as a few blocks.
    pub(super) fn keeping(blocks: &Arc<dyn BlockStore>, limit: u64) -> Intake {
        Intake { kept: Some(Vec::new()), ..Intake::new(blocks, limit) }
    }

    /// Takes some more.
    pub async fn push(&mut self, mut bytes: Bytes) -> Result<(), IntakeError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(IntakeError::TooLarge { limit: self.limit });
        }
        // Here, and not beside the storing of blocks, because it must go through the bytes in their order.
        self.sha1.update(&bytes);
        while !bytes.is_empty() {
            // A full block goes when more follows, so that a content of exactly one block is seen to be that.
            if self.filling.len() == BLOCK_SIZE_MAX {
                self.write_block().await?;
            }
            let some = bytes.split_to(bytes.len().min(BLOCK_SIZE_MAX - self.filling.len()));
            if self.filling.len() == 0 {
                self.filling = Filling::One(some);
            } else {
                self.filling.push(&some);
            }
        }
        Ok(())
    }

    /// How many bytes came so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The SHA-1 of what came so far.
    #[must_use]
    pub fn sha1(&self) -> Sha1 {
        self.sha1.clone().finish()
    }

    /// All bytes have come: stores what is left, and answers what refers to the whole.
    pub async fn finish(mut self) -> Result<Content, IntakeError> {
        let digests = self.finish_blocks().await?;
        Ok(content_of(&*self.writer.blocks, digests, self.size, Some(self.sha1)).await?)
    }

    /// The same of bytes that are no whole: answers their blocks, and these themselves if they were kept.
    pub(super) async fn finish_part(mut self) -> Result<(Vec<Digest>, Vec<Bytes>), StoreError> {
        let digests = self.finish_blocks().await?;
        Ok((digests, self.kept.unwrap_or_default()))
    }

    async fn finish_blocks(&mut self) -> Result<Vec<Digest>, StoreError> {
        if self.size > 0 {
            self.write_block().await?;
        }
        self.writer.finish().await
    }

    async fn write_block(&mut self) -> Result<(), StoreError> {
        let block = self.filling.take();
        if let Some(kept) = &mut self.kept {
            kept.push(block.clone());
        }
        self.writer.write(block).await
    }
}

/// The content that these stored blocks make up; stores their list if there are several, and what SHA-1 came to, if it went
/// all the way.
pub(super) async fn content_of(
    blocks: &dyn BlockStore,
    digests: Vec<Digest>,
    size: u64,
    sha1: Option<Sha1Stream>,
) -> Result<Content, StoreError> {
    let address = match *digests.as_slice() {
        [] => digest_of(&[]),
        [only] => only,
        _ => store(blocks, digests.iter().flat_map(|digest| digest.0).collect()).await?,
    };
    if let Some(sha1) = sha1.filter(|_| size > 0) {
        blocks.note_sha1(address, sha1.finish()).await?;
    }
    Ok(Content { size, address })
}

/// Hashes and stores a block.
pub(super) async fn store(blocks: &dyn BlockStore, block: Bytes) -> Result<Digest, StoreError> {
    let digest = if block.len() <= HASHED_INLINE_MAX {
        digest_of(&block)
    } else {
        let block = block.clone();
        let hashed = tokio::task::spawn_blocking(move || digest_of(&block)).await;
        hashed.map_err(|lost| StoreError::Unavailable { what: "hash a block", source: Some(lost.into()) })?
    };
    blocks.put(digest, block).await?;
    Ok(digest)
}

/// Stores blocks in order, several at a time.
pub(super) struct BlockWriter {
    blocks: Arc<dyn BlockStore>,
    stored: Vec<Digest>,
    in_flight: VecDeque<JoinHandle<Result<Digest, StoreError>>>,
}

impl BlockWriter {
    pub(super) fn new(blocks: &Arc<dyn BlockStore>) -> BlockWriter {
        BlockWriter { blocks: Arc::clone(blocks), stored: Vec::new(), in_flight: VecDeque::new() }
    }

    pub(super) async fn write(&mut self, block: Bytes) -> Result<(), StoreError> {
        if block.len() < BLOCK_SIZE_MAX {
            // The only or the last one: nothing could be done beside it.
            self.drain(0).await?;
            self.stored.push(store(&*self.blocks, block).await?);
            return Ok(());
        }
        self.drain(BLOCKS_IN_FLIGHT - 1).await?;
        let blocks = Arc::clone(&self.blocks);
        self.in_flight.push_back(tokio::spawn(async move { store(&*blocks, block).await }));
        Ok(())
    }

    pub(super) async fn finish(&mut self) -> Result<Vec<Digest>, StoreError> {
        self.drain(0).await?;
        Ok(std::mem::take(&mut self.stored))
    }

    async fn drain(&mut self, down_to: usize) -> Result<(), StoreError> {
        while self.in_flight.len() > down_to
            && let Some(task) = self.in_flight.pop_front()
        {
            let stored = task.await;
            self.stored.push(stored.map_err(|lost| StoreError::Unavailable {
                what: "store a block",
                source: Some(lost.into()),
            })??);
        }
        Ok(())
    }
}

/// A part of a content, read piece by piece.
pub struct Outflow {
    blocks: Arc<dyn BlockStore>,
    content: Content,
    at: u64,
    end: u64,
    /// The block being read, and its index.
    block: Option<(u64, Digest)>,
}

impl Outflow {
    /// The bytes of a content from `range.start` up to `range.end`.
    pub(crate) fn new(blocks: Arc<dyn BlockStore>, content: Content, range: Range<u64>) -> Outflow {
        let end = range.end.min(content.size);
        Outflow { blocks, content, at: range.start.min(end), end, block: None }
    }

    /// How many bytes are still to come.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.end - self.at
    }

    /// The next piece; nothing at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, StoreError>> {
        if self.at >= self.end {
            return None;
        }
        let piece = self.piece().await;
        match &piece {
            Ok(bytes) => self.at += bytes.len() as u64,
            Err(_) => self.at = self.end,
        }
        Some(piece)
    }

    async fn piece(&mut self) -> Result<Bytes, StoreError> {
        let block_size = BLOCK_SIZE_MAX as u64;
        let (index, within) = (self.at / block_size, (self.at % block_size) as u32);
        let digest = self.digest(index).await?;
        let wanted = READ_SIZE.min(u32::try_from(self.end - self.at).unwrap_or(u32::MAX));
        match self.blocks.get(digest, within..within + wanted).await? {
            Some(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(StoreError::Corrupt(format!("block {digest:?} is missing or too short"))),
        }
    }

    /// The digest of the block with this index.
    async fn digest(&mut self, index: u64) -> Result<Digest, StoreError> {
        match self.block {
            _ if !self.content.is_listed() => Ok(self.content.address),
            Some((at, digest)) if at == index => Ok(digest),
            _ => {
                let start = u32::try_from(index * 32).expect("a block list fits into a block");
                let listed = self.blocks.get(self.content.address, start..start + 32).await?;
                let digest = listed.as_deref().and_then(|bytes| bytes.try_into().ok()).map(Digest);
                let digest = digest.ok_or_else(|| {
                    StoreError::Corrupt(format!(
                        "block list {:?} is missing or too short",
                        self.content.address
                    ))
                })?;
                self.block = Some((index, digest));
                Ok(digest)
            }
        }
    }
}
