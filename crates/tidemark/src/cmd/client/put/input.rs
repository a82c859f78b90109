//! What is sent.

use crate::cmd::client::get::hash;
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use async_trait::async_trait;
use bytes::Bytes;
use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use tidemark_client::{ContentHash, Source, Timestamp};
use tokio::io::AsyncReadExt;

/// A file here, as it was when it was opened.
pub(super) struct Input {
    file: File,
    size: u64,
    /// What tells that it has changed.
    pub(super) stamp: Stamp,
    modified: Option<Timestamp>,
    /// It is no longer what it was when it was opened.
    pub(super) changed: bool,
}

/// Device, inode, seconds and nanoseconds of the last change; none of what came in on standard input, which nobody else has.
pub(super) type Stamp = (u64, u64, i64, i64);

fn stamp(found: &Metadata) -> Stamp {
    (found.dev(), found.ino(), found.mtime(), found.mtime_nsec())
}

impl Input {
    pub(super) fn open(path: &Path) -> anyhow::Result<Input> {
        // A pipe without a writer must not be waited for: nothing could interrupt that.
        let without_waiting = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(without_waiting).open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(anyhow!("it is no file"));
        }
        Ok(Input {
            size: found.len(),
            stamp: stamp(&found),
            modified: Some(Timestamp(found.mtime())),
            file,
            changed: false,
        })
    }

    /// All that comes in on standard input. It goes to a file without a name first: how much it is must be known, and every
    /// part of it may have to be sent again.
    pub(super) async fn of_stdin() -> Result<Input, Failure> {
        let what = "cannot keep what comes in on standard input";
        let mut file = tempfile::tempfile().context(what)?;
        let (mut input, mut bytes, mut size) = (tokio::io::stdin(), vec![0; 1 << 16], 0);
        loop {
            let read = input.read(&mut bytes).await.context("cannot read standard input")?;
            if read == 0 {
                break;
            }
            file.write_all(&bytes[..read]).context(what)?;
            size += read as u64;
        }
        Ok(Input { file, size, stamp: Stamp::default(), modified: None, changed: false })
    }

    /// When it was changed last, if it is a file that has such a time.
    pub(super) fn modified(&self) -> Option<Timestamp> {
        self.modified
    }

    pub(super) async fn hash(&mut self) -> io::Result<ContentHash> {
        self.file.seek(SeekFrom::Start(0))?;
        hash(&mut self.file).await
    }
}

#[async_trait]
impl Source for Input {
    async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes> {
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes.into())
    }

    fn size(&self) -> u64 {
        self.size
    }

    /// A file that was written to meanwhile may have been read half as it was and half as it is: nobody ever had such bytes.
    async fn digested(&mut self, _hash: ContentHash) -> io::Result<()> {
        if self.stamp == Stamp::default() {
            return Ok(());
        }
        let now = self.file.metadata()?;
        self.changed = (now.len(), stamp(&now)) != (self.size, self.stamp);
        if self.changed { Err(io::Error::other("it changed")) } else { Ok(()) }
    }
}
