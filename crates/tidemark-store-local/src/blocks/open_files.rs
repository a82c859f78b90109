//! Files that were read lately, kept open.

use super::{files, segments};
use crate::folder::Folder;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_core::model::Digest;

/// How many stay open.
const FILES_MAX: usize = 128;

/// Which file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Segment(u32),
    Block(Digest),
}

/// Open files by name. Neither kind ever changes its meaning: segments grow, block files stay.
#[derive(Default)]
pub(crate) struct OpenFiles(Mutex<HashMap<Name, Arc<File>>>);

impl OpenFiles {
    fn known(&self) -> MutexGuard<'_, HashMap<Name, Arc<File>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file, if it is open.
    pub(super) fn get(&self, name: Name) -> Option<Arc<File>> {
        self.known().get(&name).map(Arc::clone)
    }

    /// The file, opened if need be; this may have to wait for the disk.
    pub(super) fn open(&self, folder: &Folder, name: Name) -> io::Result<Arc<File>> {
        if let Some(file) = self.get(name) {
            return Ok(file);
        }
        let path: PathBuf = match name {
            Name::Segment(id) => segments::path(folder, id),
            Name::Block(digest) => files::path(folder, digest),
        };
        let writable = matches!(name, Name::Segment(_));
        let file = Arc::new(File::options().read(true).write(writable).open(path)?);
        let mut known = self.known();
        if known.len() >= FILES_MAX {
            // Any will do: an open file saves some microseconds, and the next reader brings it back.
            let evicted = known.keys().next().copied();
            evicted.map(|name| known.remove(&name));
        }
        known.insert(name, Arc::clone(&file));
        Ok(file)
    }

    /// A segment, for reading and appending.
    pub(super) fn segment(&self, folder: &Folder, id: u32) -> io::Result<Arc<File>> {
        self.open(folder, Name::Segment(id))
    }
}
