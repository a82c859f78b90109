//! Blocks, in three places by size: tiny ones in the database, where they cost no sync of their own; small ones in
//! segments, many to a sync; large ones in files.

mod files;
pub(crate) mod index;
mod open_files;
mod pending;
mod segments;

pub(crate) use index::last_segment;
pub(crate) use open_files::OpenFiles;
pub(crate) use pending::Pending;
pub(crate) use segments::{Segments, cut_loose_ends};

use crate::LocalStore;
use crate::error::is_full;
use async_trait::async_trait;
use bytes::Bytes;
use files::WriteError;
use index::{Packed, Place, within};
use open_files::Name;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use tidemark_core::model::{BLOCK_SIZE_MAX, Digest, Sha1};
use tidemark_core::store::{BlockStore, StoreError};

/// Reads of up to this many bytes are tried at once, on the thread that asks, if the kernel has them in memory.
const AT_ONCE_BYTES_MAX: usize = 256 << 10;

#[async_trait]
impl BlockStore for LocalStore {
    async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError> {
        assert!(bytes.len() <= BLOCK_SIZE_MAX, "a block has at most {BLOCK_SIZE_MAX} bytes");
        self.check_room()?;
        if bytes.len() <= self.options.inline_bytes_max {
            // The writer sees whether it is known: asking here would cost as much as writing it again.
            metrics::counter!(crate::metrics::BLOCK_BYTES, "place" => "database")
                .increment(bytes.len() as u64);
            return self.pending.add_inline(digest, bytes).await;
        }
        if self.is_known(digest).await? {
            return Ok(());
        }
        if bytes.len() <= self.options.packed_bytes_max {
            self.segments.put(digest, bytes).await
        } else {
            self.put_file(digest, bytes).await
        }
    }

    async fn note_sha1(&self, address: Digest, sha1: Sha1) -> Result<(), StoreError> {
        self.health.check_writable()?;
        self.pending.note_sha1(address, sha1);
        Ok(())
    }

    async fn sha1s(&self, addresses: &[Digest]) -> Result<Vec<Option<Sha1>>, StoreError> {
        // In this order: what leaves `pending` meanwhile is in the index.
        let pending: Vec<_> = addresses.iter().map(|address| self.pending.sha1(*address)).collect();
        let db = self.lookups.lend().await?;
        let mut found = Vec::with_capacity(addresses.len());
        for (address, pending) in addresses.iter().zip(pending) {
            let noted = index::sha1(&db, *address).map_err(|failure| failure.during("look a SHA-1 up"))?;
            // What is committed was noted first.
            found.push(noted.or(pending));
        }
        Ok(found)
    }

    async fn get(&self, digest: Digest, range: Range<u32>) -> Result<Option<Bytes>, StoreError> {
        // In this order: what leaves `pending` meanwhile is in the index.
        let place = match self.pending.find(digest) {
            Some(Place::Inline(bytes)) => {
                let part = within(&range, u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                return Ok(Some(bytes.slice(part.start as usize..part.end as usize)));
            }
            Some(place) => place,
            None => {
                let db = self.lookups.lend().await?;
                let found = index::find(&db, digest, &range);
                match found.map_err(|failure| failure.during("look a block up"))? {
                    Some(Place::Inline(part)) => return Ok(Some(part)),
                    Some(place) => place,
                    None => return Ok(None),
                }
            }
        };
        let (name, start, size) = match place {
            Place::Packed(Packed { segment, offset, size }) => (Name::Segment(segment), offset, size),
            Place::File { size } => (Name::Block(digest), 0, size),
            Place::Inline(_) => unreachable!("answered above"),
        };
        let part = within(&range, size);
        let read = self.read(name, start + u64::from(part.start), part.len()).await;
        read.map(Some).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => {
                StoreError::Corrupt(format!("block {digest:?} cannot be read: {error}"))
            }
            _ => StoreError::Unavailable { what: "read a block", source: Some(error.into()) },
        })
    }
}

impl LocalStore {
    async fn is_known(&self, digest: Digest) -> Result<bool, StoreError> {
        if self.pending.find(digest).is_some() {
            return Ok(true);
        }
        let db = self.lookups.lend().await?;
        index::is_known(&db, digest).map_err(|failure| failure.during("look a block up"))
    }

    async fn put_file(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError> {
        const WHAT: &str = "write a block's file";
        let closed = |_| StoreError::Unavailable { what: WHAT, source: None };
        let permit = Arc::clone(&self.file_writers).acquire_owned().await.map_err(closed)?;
        let (folder, pending, health) =
            (Arc::clone(&self.folder), Arc::clone(&self.pending), Arc::clone(&self.health));
        let write = move || {
            let _permit = permit;
            health.check_writable()?;
            let size = u32::try_from(bytes.len()).expect("a block has at most 4 MiB");
            match files::write(&folder, digest, &bytes) {
                Ok(()) => {
                    metrics::counter!(crate::metrics::BLOCK_BYTES, "place" => "file")
                        .increment(u64::from(size));
                    pending.add(digest, Place::File { size });
                    Ok(())
                }
                Err(WriteError::Before(error)) if is_full(&error) => Err(StoreError::Full),
                Err(WriteError::Before(error)) => {
                    Err(StoreError::Unavailable { what: WHAT, source: Some(error.into()) })
                }
                Err(WriteError::Sync(error)) => {
                    health.distrust("sync a block's file", &error);
                    Err(StoreError::ReadOnly)
                }
            }
        };
        let lost =
            |lost: tokio::task::JoinError| StoreError::Unavailable { what: WHAT, source: Some(lost.into()) };
        tokio::task::spawn_blocking(write).await.map_err(lost)?
    }

    /// Some bytes of a file: at once if they are in memory, otherwise on a thread that may wait for the disk.
    async fn read(&self, name: Name, offset: u64, size: usize) -> io::Result<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        if size <= AT_ONCE_BYTES_MAX
            && let Some(file) = self.open_files.get(name)
            && let Some(bytes) = read_from_memory(&file, offset, size)
        {
            return Ok(bytes);
        }
        let (folder, open_files) = (Arc::clone(&self.folder), Arc::clone(&self.open_files));
        let read = move || {
            let mut bytes = vec![0; size];
            open_files.open(&folder, name)?.read_exact_at(&mut bytes, offset)?;
            Ok(bytes.into())
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

/// The bytes, if the kernel has all of them in memory.
#[cfg(target_os = "linux")]
fn read_from_memory(file: &File, offset: u64, size: usize) -> Option<Bytes> {
    use rustix::io::{ReadWriteFlags, preadv2};
    let mut bytes = vec![0; size];
    let mut parts = [io::IoSliceMut::new(&mut bytes)];
    let read = preadv2(file, &mut parts, offset, ReadWriteFlags::NOWAIT).ok()?;
    (read == size).then(|| bytes.into())
}

/// Other kernels do not tell.
#[cfg(not(target_os = "linux"))]
fn read_from_memory(_file: &File, _offset: u64, _size: usize) -> Option<Bytes> {
    None
}
