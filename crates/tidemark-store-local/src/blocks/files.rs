//! Large blocks: a file each, never there by halves.

use crate::folder::{Folder, create_file, sync_folder};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_core::model::Digest;

/// Where a block's file lies: `blocks/ab/cdef...`.
pub(super) fn path(folder: &Folder, digest: Digest) -> PathBuf {
    let hex = data_encoding::HEXLOWER.encode(&digest.0);
    let (first, rest) = hex.split_at(2);
    folder.blocks().join(first).join(rest)
}

/// Why a file is not there.
pub(super) enum WriteError {
    /// Nothing has happened, and trying again is safe.
    Before(io::Error),
    /// A sync failed: nobody knows what the disk holds.
    Sync(io::Error),
}

/// Writes a block under a passing name, makes it durable, gives it its name, makes that durable. Two who write the same
/// block replace each other's file by an equal one.
pub(super) fn write(folder: &Folder, digest: Digest, bytes: &[u8]) -> Result<(), WriteError> {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let unique = NAMES.fetch_add(1, Ordering::Relaxed);
    let growing = folder.temporary().join(format!("{}-{unique}", std::process::id()));
    let path = path(folder, digest);
    let written = write_then_name(&growing, &path, bytes);
    if written.is_err() {
        // It may not be there at all, and what stays is swept when the store is opened.
        let _ = fs::remove_file(&growing);
    }
    written
}

fn write_then_name(growing: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let mut file = create_file(growing).map_err(WriteError::Before)?;
    file.write_all(bytes).map_err(WriteError::Before)?;
    file.sync_data().map_err(WriteError::Sync)?;
    fs::rename(growing, path).map_err(WriteError::Before)?;
    let folder = path.parent().expect("a block's file lies in a folder");
    sync_folder(folder).map_err(WriteError::Sync)
}
