//! The real disk, on which some things go as a test wants them to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tidemark_sync::disk::RealDisk;
use tidemark_sync::ports::{
    Disk, DiskError, DiskFault, DiskTraits, Listed, LocalPath, Noticed, Reading, Seen, Volume, Watch, Work,
    Writing,
};
use tokio::sync::Semaphore;

/// What goes otherwise.
#[derive(Default)]
pub(crate) struct Meddling {
    /// Whether nothing may be exchanged.
    pub(crate) refuses_exchange: AtomicBool,
    /// A folder that may not be made durable, as one that may not be read.
    pub(crate) locked: Mutex<Option<LocalPath>>,
    /// What somebody does in the instant in which something was given this name.
    pub(crate) hasty: Mutex<Option<(LocalPath, Hasty)>>,
    /// Nothing is told of this place, nor of what is below.
    pub(crate) unheard: Mutex<Option<LocalPath>>,
    /// Whether the next that is looked at in the trash cannot be, as hardware fails.
    pub(crate) is_blind_in_trash: AtomicBool,
    /// How much room there is said to be.
    pub(crate) room: Mutex<Option<u64>>,
    /// Whether the sync folder itself cannot be read, as hardware fails.
    pub(crate) is_broken: AtomicBool,
    /// Whether steps go on among the other tasks: a thread that is at work keeps the time of a test from jumping.
    pub(crate) hosts_nothing: AtomicBool,
    /// Making the sync folder durable.
    pub(crate) durable: Gate,
}

type Hasty = Box<dyn FnOnce() + Send>;

/// Something that waits when a test wants it to.
pub(crate) struct Gate {
    is_closed: AtomicBool,
    is_held: AtomicBool,
    go_on: Semaphore,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { is_closed: AtomicBool::default(), is_held: AtomicBool::default(), go_on: Semaphore::new(0) }
    }
}

impl Gate {
    /// The next to come waits.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Whether somebody waits.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Relaxed)
    }

    /// Whoever waits goes on, and nobody waits any more.
    pub(crate) fn open(&self) {
        self.is_closed.store(false, Ordering::Relaxed);
        if self.is_held.swap(false, Ordering::Relaxed) {
            self.go_on.add_permits(1);
        }
    }

    /// Somebody comes.
    pub(crate) async fn pass(&self) {
        if self.is_closed.swap(false, Ordering::Relaxed) {
            self.is_held.store(true, Ordering::Relaxed);
            self.go_on.acquire().await.expect("open").forget();
        }
    }
}

impl Meddling {
    /// Something was given this name.
    fn named(&self, name: &LocalPath) {
        let hasty = self.hasty.lock().expect("whole").take_if(|(path, _)| path == name);
        if let Some((_, act)) = hasty {
            act();
        }
    }
}

pub(crate) struct Meddled {
    pub(crate) disk: RealDisk,
    pub(crate) meddling: Arc<Meddling>,
}

#[async_trait]
impl Disk for Meddled {
    fn traits(&self) -> DiskTraits {
        self.disk.traits()
    }

    async fn volume(&self) -> Result<Volume, DiskError> {
        self.disk.volume().await
    }

    async fn look(&self, path: &LocalPath) -> Result<Option<Seen>, DiskError> {
        let trash = LocalPath::parse(".tidemark/trash").expect("a path");
        if path.is_within(&trash) && self.meddling.is_blind_in_trash.swap(false, Ordering::Relaxed) {
            let (path, fault) = (path.clone(), DiskFault::Broken);
            return Err(DiskError { attempted: "look at", path, fault, source: None });
        }
        self.disk.look(path).await
    }

    async fn list(&self, folder: &LocalPath) -> Result<Vec<Listed>, DiskError> {
        if folder.is_root() && self.meddling.is_broken.load(Ordering::Relaxed) {
            let (path, fault) = (folder.clone(), DiskFault::Broken);
            return Err(DiskError { attempted: "list", path, fault, source: None });
        }
        self.disk.list(folder).await
    }

    async fn open(&self, path: &LocalPath) -> Result<Box<dyn Reading>, DiskError> {
        self.disk.open(path).await
    }

    async fn create(
        &self,
        path: &LocalPath,
        like: Option<&LocalPath>,
    ) -> Result<Box<dyn Writing>, DiskError> {
        self.disk.create(path, like).await
    }

    async fn append(&self, path: &LocalPath) -> Result<(Box<dyn Writing>, u64), DiskError> {
        self.disk.append(path).await
    }

    async fn make_folder(&self, path: &LocalPath) -> Result<Seen, DiskError> {
        self.disk.make_folder(path).await
    }

    async fn rename(&self, from: &LocalPath, to: &LocalPath) -> Result<(), DiskError> {
        self.disk.rename(from, to).await?;
        self.meddling.named(to);
        Ok(())
    }

    async fn exchange(&self, one: &LocalPath, other: &LocalPath) -> Result<(), DiskError> {
        if self.meddling.refuses_exchange.load(Ordering::Relaxed) {
            let (path, fault) = (one.clone(), DiskFault::Denied);
            return Err(DiskError { attempted: "exchange", path, fault, source: None });
        }
        self.disk.exchange(one, other).await?;
        self.meddling.named(other);
        Ok(())
    }

    async fn remove_file(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.disk.remove_file(path).await
    }

    async fn remove_folder(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.disk.remove_folder(path).await
    }

    async fn set_executable(&self, path: &LocalPath, executable: bool) -> Result<(), DiskError> {
        self.disk.set_executable(path, executable).await
    }

    async fn sync_folder(&self, folder: &LocalPath) -> Result<(), DiskError> {
        if folder.is_root() {
            self.meddling.durable.pass().await;
        }
        if self.meddling.locked.lock().expect("whole").as_ref() == Some(folder) {
            let (path, fault) = (folder.clone(), DiskFault::Denied);
            return Err(DiskError { attempted: "make durable", path, fault, source: None });
        }
        self.disk.sync_folder(folder).await
    }

    async fn room(&self) -> Result<Option<u64>, DiskError> {
        let said = *self.meddling.room.lock().expect("whole");
        if said.is_some() { Ok(said) } else { self.disk.room().await }
    }

    async fn watch(&self) -> Result<Box<dyn Watch>, DiskError> {
        let watch = self.disk.watch().await?;
        Ok(Box::new(Hearing { watch, meddling: self.meddling.clone() }))
    }

    async fn host(&self, work: Work) {
        match self.meddling.hosts_nothing.load(Ordering::Relaxed) {
            true => work.await,
            false => self.disk.host(work).await,
        }
    }
}

/// A watch that does not tell everything.
struct Hearing {
    watch: Box<dyn Watch>,
    meddling: Arc<Meddling>,
}

#[async_trait]
impl Watch for Hearing {
    async fn next(&mut self) -> Noticed {
        loop {
            let noticed = self.watch.next().await;
            let unheard = self.meddling.unheard.lock().expect("whole");
            let is_heard = |path: &LocalPath| unheard.as_ref().is_none_or(|unheard| !path.is_within(unheard));
            match &noticed {
                Noticed::Changed(path) | Noticed::ChangedBelow(path) if !is_heard(path) => {}
                _ => return noticed,
            }
        }
    }
}
