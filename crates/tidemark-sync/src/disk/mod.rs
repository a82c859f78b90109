//! The real disk: a folder of this machine's file system.
//!
//! Everything is done below the descriptor of the folder that was opened, never by a path that somebody could bend
//! meanwhile: a folder on the way that became a link, or was moved out, is refused.

mod blocking;
mod fault;
mod file;
mod listing;
mod naming;
mod root;
mod sight;
mod watch;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rustix::fs::AtFlags;

use self::fault::Refusal;
use self::root::Root;
use crate::ports::{
    Disk, DiskError, DiskFault, DiskTraits, Listed, LocalPath, Reading, Seen, Volume, Watch, Work, Writing,
};

/// Which of the system's calls are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// The safest that there are, and the portable ones where they are missing.
    Best,
    /// Only those that every system and file system has.
    Portable,
}

/// A sync folder on this machine's file system.
#[derive(Clone)]
pub struct RealDisk {
    root: Arc<Root>,
}

impl RealDisk {
    /// Opens a folder that is there. Nothing is changed in it.
    pub fn open(folder: &Path, calls: Calls) -> Result<RealDisk, DiskError> {
        let opened = Root::open(folder, calls);
        let root = opened.map_err(|refusal| refusal.told("open", &LocalPath::root()))?;
        Ok(RealDisk { root: Arc::new(root) })
    }

    /// Where it is, for people to read and for what else must find it.
    pub fn folder(&self) -> &Path {
        self.root.path()
    }

    /// Runs one call where it may block.
    async fn call<T: Send + 'static>(
        &self,
        attempted: &'static str,
        path: &LocalPath,
        call: impl FnOnce(&Arc<Root>, &LocalPath) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, DiskError> {
        let (root, path) = (Arc::clone(&self.root), path.clone());
        blocking::call(move || {
            let done = root.check().and_then(|()| call(&root, &path));
            done.map_err(|refusal| refusal.told(attempted, &path))
        })
        .await
    }
}

#[async_trait]
impl Disk for RealDisk {
    fn traits(&self) -> DiskTraits {
        self.root.traits()
    }

    async fn volume(&self) -> Result<Volume, DiskError> {
        self.call("look at", &LocalPath::root(), |root, _| root.volume()).await
    }

    async fn look(&self, path: &LocalPath) -> Result<Option<Seen>, DiskError> {
        self.call("look at", path, |root, path| match root.look(path) {
            Ok(seen) => Ok(Some(seen)),
            Err(Refusal { fault: DiskFault::Missing, .. }) => Ok(None),
            Err(refusal) => Err(refusal),
        })
        .await
    }

    async fn list(&self, folder: &LocalPath) -> Result<Vec<Listed>, DiskError> {
        self.call("list", folder, |root, folder| listing::whole(root, folder)).await
    }

    async fn open(&self, path: &LocalPath) -> Result<Box<dyn Reading>, DiskError> {
        let reading = self.call("open", path, file::open).await?;
        Ok(Box::new(reading))
    }

    async fn create(
        &self,
        path: &LocalPath,
        like: Option<&LocalPath>,
    ) -> Result<Box<dyn Writing>, DiskError> {
        let like = like.cloned();
        let writing = self.call("create", path, move |root, path| file::create(root, path, like.as_ref()));
        Ok(Box::new(writing.await?))
    }

    async fn append(&self, path: &LocalPath) -> Result<(Box<dyn Writing>, u64), DiskError> {
        let (writing, size) = self.call("append to", path, file::append).await?;
        Ok((Box::new(writing), size))
    }

    async fn make_folder(&self, path: &LocalPath) -> Result<Seen, DiskError> {
        self.call("create", path, |root, path| root.make_folder(path)).await
    }

    async fn rename(&self, from: &LocalPath, to: &LocalPath) -> Result<(), DiskError> {
        let to = to.clone();
        self.call("rename", from, move |root, from| naming::rename(root, from, &to)).await
    }

    async fn exchange(&self, one: &LocalPath, other: &LocalPath) -> Result<(), DiskError> {
        let other = other.clone();
        self.call("exchange", one, move |root, one| naming::exchange(root, one, &other)).await
    }

    async fn remove_file(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.call("remove", path, |root, path| naming::remove(root, path, AtFlags::empty())).await
    }

    async fn remove_folder(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.call("remove", path, |root, path| naming::remove(root, path, AtFlags::REMOVEDIR)).await
    }

    async fn set_executable(&self, path: &LocalPath, executable: bool) -> Result<(), DiskError> {
        self.call("change", path, move |root, path| file::set_executable(root, path, executable)).await
    }

    async fn sync_folder(&self, folder: &LocalPath) -> Result<(), DiskError> {
        self.call("make durable", folder, |root, folder| root.sync_folder(folder)).await
    }

    async fn room(&self) -> Result<Option<u64>, DiskError> {
        self.call("look at", &LocalPath::root(), |root, _| root.room().map(Some)).await
    }

    async fn watch(&self) -> Result<Box<dyn Watch>, DiskError> {
        let watch = self.call("watch", &LocalPath::root(), |root, _| watch::begin(root)).await?;
        Ok(Box::new(watch))
    }

    async fn host(&self, work: Work) {
        blocking::host(work).await;
    }
}
