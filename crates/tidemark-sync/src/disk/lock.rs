//! One engine for each sync folder.

use std::fs::File;
use std::io::{Read as _, Write as _};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;

use super::fault::Refusal;
use super::root::Root;
use crate::area;
use crate::ports::{DiskError, LocalPath};

/// Nobody else works on the folder while this is held. The kernel gives it up when the process dies, however it dies.
#[derive(Debug)]
pub struct FolderLock {
    // Closing the file gives the lock up.
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("another process{} keeps this folder in sync already", by(*.process))]
    Held {
        /// Who, if they said so.
        process: Option<u32>,
    },
    /// The file could not be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

fn by(id: Option<u32>) -> String {
    id.map(|id| format!(" (number {id})")).unwrap_or_default()
}

pub(super) fn take(root: &Root) -> Result<FolderLock, LockError> {
    let path = area::within("lock");
    let told = |refusal: Refusal| refusal.told("lock", &path);
    let mut file = root.check().and_then(|()| open(root, &path)).map_err(told)?;
    if let Err(refused) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
        if refused != Errno::WOULDBLOCK {
            return Err(told(refused.into()).into());
        }
        let mut holder = String::new();
        // Who holds it is a courtesy: the refusal stands without it.
        let _ = (&file).take(20).read_to_string(&mut holder);
        return Err(LockError::Held { process: holder.trim().parse().ok() });
    }
    let note = |file: &mut File| {
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())
    };
    note(&mut file).map_err(|error| told(error.into()))?;
    Ok(FolderLock { _file: file })
}

fn open(root: &Root, path: &LocalPath) -> Result<File, Refusal> {
    const FLAGS: OFlags = OFlags::RDWR
        .union(OFlags::CREATE)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::NONBLOCK)
        .union(OFlags::CLOEXEC);
    let (folder, name) = root.way_to(path)?;
    Ok(openat(folder, name, FLAGS, Mode::from_raw_mode(0o600))?.into())
}
