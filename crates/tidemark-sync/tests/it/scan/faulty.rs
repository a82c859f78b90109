//! A real disk that is made to misbehave, and that counts.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tidemark_sync::disk::RealDisk;
use tidemark_sync::ports::{
    Disk, DiskError, DiskFault, DiskTraits, Listed, LocalPath, Reading, Seen, Volume, Watch, Writing,
};
use tidemark_sync::trees::NameKey;

pub(crate) struct Faulty {
    pub(crate) disk: RealDisk,
    /// What somebody does just before this place is looked at.
    pub(crate) hasty: Mutex<Option<(LocalPath, Hasty)>>,
    /// What cannot be listed, or (with a device) lies elsewhere.
    pub(crate) refused: Mutex<BTreeMap<LocalPath, DiskFault>>,
    pub(crate) mounted: Mutex<Option<LocalPath>>,
    pub(crate) hides_birth: bool,
    /// Whether names answer in other letters, too.
    pub(crate) case_insensitive: bool,
    pub(crate) opened: AtomicUsize,
    pub(crate) listed: AtomicUsize,
    pub(crate) looked: AtomicUsize,
}

type Hasty = Box<dyn FnOnce() + Send>;

impl Faulty {
    pub(crate) fn new(disk: RealDisk) -> Faulty {
        Faulty {
            disk,
            hasty: Mutex::default(),
            refused: Mutex::default(),
            mounted: Mutex::default(),
            hides_birth: false,
            case_insensitive: false,
            opened: AtomicUsize::new(0),
            listed: AtomicUsize::new(0),
            looked: AtomicUsize::new(0),
        }
    }

    pub(crate) fn refuse(&self, path: &LocalPath, fault: Option<DiskFault>) {
        let mut refused = self.refused.lock().expect("whole");
        match fault {
            Some(fault) => refused.insert(path.clone(), fault),
            None => refused.remove(path),
        };
    }

    fn check(&self, attempted: &'static str, path: &LocalPath) -> Result<(), DiskError> {
        match self.refused.lock().expect("whole").get(path) {
            Some(fault) => Err(DiskError { attempted, path: path.clone(), fault: *fault, source: None }),
            None => Ok(()),
        }
    }

    /// What answers to this path.
    async fn answering(&self, path: &LocalPath) -> LocalPath {
        if !self.case_insensitive {
            return path.clone();
        }
        let mut at = LocalPath::root();
        for name in path.names() {
            let there = self.disk.list(&at).await.unwrap_or_default();
            let mut there = there.iter().filter_map(|one| one.name.as_deref().ok());
            let answering = there.find(|there| NameKey::of(there) == NameKey::of(name));
            at = at.join(answering.unwrap_or(name)).expect("a path");
        }
        at
    }

    fn bend(&self, path: Option<&LocalPath>, mut seen: Seen) -> Seen {
        if self.hides_birth {
            seen.stamp.identity.born_ns = None;
        }
        if path.is_some() && path == self.mounted.lock().expect("whole").as_ref() {
            seen.stamp.identity.device = 7;
        }
        seen
    }
}

#[async_trait]
impl Disk for Faulty {
    fn traits(&self) -> DiskTraits {
        DiskTraits { case_insensitive: self.case_insensitive, ..self.disk.traits() }
    }

    async fn volume(&self) -> Result<Volume, DiskError> {
        self.disk.volume().await
    }

    async fn look(&self, path: &LocalPath) -> Result<Option<Seen>, DiskError> {
        self.looked.fetch_add(1, Ordering::Relaxed);
        let hasty = self.hasty.lock().expect("whole").take_if(|(place, _)| place == path);
        if let Some((_, act)) = hasty {
            act();
        }
        let seen = self.disk.look(&self.answering(path).await).await?;
        Ok(seen.map(|seen| self.bend(Some(path), seen)))
    }

    async fn list(&self, folder: &LocalPath) -> Result<Vec<Listed>, DiskError> {
        self.listed.fetch_add(1, Ordering::Relaxed);
        self.check("list", folder)?;
        let mut listed = self.disk.list(&self.answering(folder).await).await?;
        for one in &mut listed {
            let path = one.name.as_ref().ok().and_then(|name| folder.join(name));
            one.seen = one.seen.map(|seen| self.bend(path.as_ref(), seen));
            if path.is_some_and(|path| {
                self.check("look at", &path).is_err_and(|error| error.fault == DiskFault::Denied)
            }) {
                one.seen = one.seen.filter(|seen| seen.kind == tidemark_sync::ports::SeenKind::Folder);
            }
        }
        Ok(listed)
    }

    async fn open(&self, path: &LocalPath) -> Result<Box<dyn Reading>, DiskError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.check("open", path)?;
        self.disk.open(&self.answering(path).await).await
    }

    async fn create(
        &self,
        path: &LocalPath,
        like: Option<&LocalPath>,
    ) -> Result<Box<dyn Writing>, DiskError> {
        self.disk.create(path, like).await
    }

    async fn make_folder(&self, path: &LocalPath) -> Result<Seen, DiskError> {
        self.disk.make_folder(path).await
    }

    async fn rename(&self, from: &LocalPath, to: &LocalPath) -> Result<(), DiskError> {
        self.disk.rename(from, to).await
    }

    async fn exchange(&self, one: &LocalPath, other: &LocalPath) -> Result<(), DiskError> {
        self.disk.exchange(one, other).await
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
        self.disk.sync_folder(folder).await
    }

    async fn room(&self) -> Result<Option<u64>, DiskError> {
        self.disk.room().await
    }

    async fn watch(&self) -> Result<Box<dyn Watch>, DiskError> {
        self.disk.watch().await
    }
}
