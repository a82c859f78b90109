//! The real disk.

mod attacks;
mod promises;
mod watching;

use std::path::Path;

use tempfile::TempDir;
use tidemark_sync::disk::{Calls, RealDisk};
use tidemark_sync::ports::LocalPath;

/// A sync folder with a state area, in a folder that goes away.
pub(crate) struct Folder {
    pub(crate) around: TempDir,
    pub(crate) disk: RealDisk,
}

impl Folder {
    pub(crate) fn new(calls: Calls) -> Folder {
        let around = tempfile::tempdir().expect("a temporary folder");
        let root = around.path().join("sync");
        std::fs::create_dir_all(root.join(".tidemark")).expect("made");
        let disk = RealDisk::open(&root, calls).expect("opened");
        Folder { around, disk }
    }

    pub(crate) fn root(&self) -> &Path {
        self.disk.folder()
    }
}

pub(crate) fn path(text: &str) -> LocalPath {
    LocalPath::parse(text).expect("a path")
}
