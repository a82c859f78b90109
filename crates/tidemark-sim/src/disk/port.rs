//! The disk as a process of the engine has it open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_sync::ports::{
    Disk, DiskError, DiskFault, DiskTraits, Listed, LocalPath, Reading, Seen, Volume, Watch, Writing,
};
use tokio::time::sleep;

use super::files::{SimReading, SimWriting};
use super::tree::NodeId;
use super::{Laid, Mount, SimDisk, State, error, is_seen};
use crate::trace::note;

/// What a process of the engine has open. Clones are the same one.
#[derive(Clone)]
pub(crate) struct OpenDisk {
    pub(super) disk: SimDisk,
    /// Which folder was opened.
    opened: Mount,
    alive: Arc<AtomicBool>,
}

impl SimDisk {
    /// Opens the sync folder, for a process that is alive as long as this says so. None if nothing is there.
    pub(crate) fn open(&self, alive: Arc<AtomicBool>) -> Option<OpenDisk> {
        let opened = self.mount();
        (opened != Mount::Gone).then(|| OpenDisk { disk: self.clone(), opened, alive })
    }
}

impl OpenDisk {
    /// What happens before each call: time passes, others act, and the disk may fail.
    pub(super) async fn enter(&self, attempted: &'static str, path: &LocalPath) -> Result<(), DiskError> {
        let shared = &self.disk.0;
        self.pause().await;
        let meddler = {
            let mut state = self.disk.state();
            let meddled = state.faults.meddled;
            let meddled = state.random.chance(meddled);
            state.meddler.clone().filter(|_| meddled)
        };
        if let Some(meddler) = meddler {
            shared.trace.count("disk: meddled");
            meddler(path);
        }
        let fault = {
            let mut state = self.disk.state();
            let (broken, mount) = (state.faults.broken, state.mount);
            if mount != self.opened {
                shared.trace.count("disk: unmounted");
                Some(DiskFault::Unmounted)
            } else if state.random.chance(broken) {
                shared.trace.count("disk: broken");
                Some(DiskFault::Broken)
            } else if state.tree.is_denied(path) && ![LOOK, SYNC_FOLDER].contains(&attempted) {
                shared.trace.count("disk: denied");
                Some(DiskFault::Denied)
            } else {
                None
            }
        };
        match fault {
            None => Ok(()),
            Some(fault) => {
                note!(shared.trace, "{} cannot {attempted} {path}: {fault:?}", shared.name);
                Err(error(attempted, path, fault))
            }
        }
    }

    /// A call takes time, before the deed and behind it: so others act in between, and so does a crash. A process that was
    /// killed does nothing more.
    pub(super) async fn pause(&self) {
        let pause = {
            let mut state = self.disk.state();
            let slow = state.faults.slow;
            state.random.chance(slow).then(|| state.random.within(1..30))
        };
        if let Some(pause) = pause {
            sleep(Duration::from_millis(pause)).await;
        }
        if !self.alive.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    /// Does something at an instant, and notes it.
    async fn act<T>(
        &self,
        attempted: &'static str,
        path: &LocalPath,
        act: impl FnOnce(&mut State, i64) -> Result<T, DiskFault>,
    ) -> Result<T, DiskError> {
        let now_ns = self.disk.0.clock.now_ns();
        if self.opened == Mount::Empty {
            self.disk
                .0
                .trace
                .fail(format_args!("{} {attempted} {path}: not in its sync folder", self.disk.0.name));
            return Err(error(attempted, path, DiskFault::Broken));
        }
        let done = {
            let mut state = self.disk.state();
            let done = act(&mut state, now_ns);
            self.disk.tell(&mut state);
            if done.is_ok() && is_seen(path) {
                state.work.changes += 1;
            }
            done
        };
        let fault = done.as_ref().err();
        note!(self.disk.0.trace, "{} {attempted} {path} {}", self.disk.0.name, Shown(fault));
        self.pause().await;
        done.map_err(|fault| error(attempted, path, fault))
    }

    /// The engine put something where people see it: it must be a whole file that somebody wrote.
    fn check_seen(&self, path: &LocalPath) {
        let state = self.disk.state();
        let id = state.tree.find(path).ok().flatten();
        let bytes = id.and_then(|id| state.tree.bytes(id)).cloned();
        drop(state);
        let Some(bytes) = bytes.filter(|_| is_seen(path)) else { return };
        if self.disk.0.history.knows(&bytes) {
            self.disk.0.history.arrived(&bytes, self.disk.0.name, self.disk.0.clock.now_ns());
        } else {
            let (name, size) = (self.disk.0.name, bytes.len());
            self.disk.0.trace.fail(format_args!("{name} shows {size} bytes at {path} that nobody wrote"));
        }
    }

    /// What the engine may never do where people see it.
    fn forbid(&self, attempted: &'static str, path: &LocalPath) {
        if is_seen(path) {
            self.disk
                .0
                .trace
                .fail(format_args!("{} {attempted} {path}, where people see it", self.disk.0.name));
        }
    }
}

/// What reading an attribute is called: nobody is kept from that.
pub(super) const LOOK: &str = "look at";
/// What may not be read is made durable with everything else.
const SYNC_FOLDER: &str = "sync folder";

struct Shown<'a>(Option<&'a DiskFault>);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => f.write_str("ok"),
            Some(fault) => write!(f, "{fault:?}"),
        }
    }
}

#[async_trait]
impl Disk for OpenDisk {
    fn traits(&self) -> DiskTraits {
        DiskTraits { case_insensitive: self.disk.state().tree.is_insensitive(), watches: true }
    }

    async fn volume(&self) -> Result<Volume, DiskError> {
        self.enter(LOOK, &LocalPath::root()).await?;
        Ok(Volume { device: if self.opened == Mount::There { 1 } else { 2 }, id: None })
    }

    async fn look(&self, path: &LocalPath) -> Result<Option<Seen>, DiskError> {
        self.enter(LOOK, path).await?;
        let state = self.disk.state();
        if self.opened == Mount::Empty {
            return Ok(path.is_root().then(|| state.tree.seen(NodeId::ROOT)));
        }
        match state.tree.find(path) {
            Ok(found) => Ok(found.map(|id| state.tree.seen(id))),
            Err(fault) => Err(error("look at", path, fault)),
        }
    }

    async fn list(&self, folder: &LocalPath) -> Result<Vec<Listed>, DiskError> {
        self.enter("list", folder).await?;
        let names = {
            if self.opened == Mount::Empty && folder.is_root() {
                return Ok(Vec::new());
            }
            self.disk.state().tree.list(folder).map_err(|fault| error("list", folder, fault))?
        };
        // Others act between the names and the looks.
        self.enter(LOOK, folder).await?;
        let state = self.disk.state();
        let listed = names.into_iter().filter_map(|name| {
            let path = folder.join(&name).expect("names of a tree are possible ones");
            let id = state.tree.find(&path).ok().flatten()?;
            Some(Listed { name: Ok(name.into()), seen: Some(state.tree.seen(id)) })
        });
        Ok(listed.collect())
    }

    async fn open(&self, path: &LocalPath) -> Result<Box<dyn Reading>, DiskError> {
        self.enter("open", path).await?;
        let found = {
            let state = self.disk.state();
            match (self.opened, state.tree.get(path)) {
                (Mount::Empty, _) => Err(DiskFault::Missing),
                (_, Ok(id)) if state.tree.bytes(id).is_none() => Err(DiskFault::Different),
                (_, found) => found,
            }
        };
        let id = found.map_err(|fault| error("open", path, fault))?;
        Ok(Box::new(SimReading::new(self.clone(), path.clone(), id)))
    }

    async fn create(&self, path: &LocalPath, _: Option<&LocalPath>) -> Result<Box<dyn Writing>, DiskError> {
        self.enter("create", path).await?;
        self.forbid("creates", path);
        let id = self.act("create", path, |state, now_ns| {
            has_room(state, 1)?;
            state.tree.make(path, Laid::File(Bytes::new()), now_ns)
        });
        let id = id.await?;
        Ok(Box::new(SimWriting::new(self.clone(), path.clone(), id)))
    }

    async fn make_folder(&self, path: &LocalPath) -> Result<Seen, DiskError> {
        self.enter("make folder", path).await?;
        self.act("make folder", path, |state, now_ns| {
            has_room(state, 1)?;
            let id = state.tree.make(path, Laid::Folder, now_ns)?;
            Ok(state.tree.seen(id))
        })
        .await
    }

    async fn rename(&self, from: &LocalPath, to: &LocalPath) -> Result<(), DiskError> {
        self.enter("rename", from).await?;
        self.act("rename", from, |state, now_ns| state.tree.rename(from, to, false, now_ns)).await?;
        note!(self.disk.0.trace, "{} .. to {to}", self.disk.0.name);
        self.check_seen(to);
        Ok(())
    }

    async fn exchange(&self, one: &LocalPath, other: &LocalPath) -> Result<(), DiskError> {
        self.enter("exchange", one).await?;
        self.act("exchange", one, |state, now_ns| state.tree.exchange(one, other, now_ns)).await?;
        note!(self.disk.0.trace, "{} .. with {other}", self.disk.0.name);
        self.check_seen(one);
        self.check_seen(other);
        Ok(())
    }

    async fn remove_file(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.enter("remove", path).await?;
        self.forbid("removes", path);
        self.act("remove", path, |state, now_ns| state.tree.remove(path, false, now_ns)).await
    }

    async fn remove_folder(&self, path: &LocalPath) -> Result<(), DiskError> {
        self.enter("remove folder", path).await?;
        self.act("remove folder", path, |state, now_ns| state.tree.remove(path, true, now_ns)).await
    }

    async fn set_executable(&self, path: &LocalPath, executable: bool) -> Result<(), DiskError> {
        self.enter("set executable", path).await?;
        self.act("set executable", path, |state, now_ns| {
            let id = state.tree.get(path)?;
            if state.tree.bytes(id).is_none() {
                return Err(DiskFault::Different);
            }
            state.tree.set_executable(id, executable, now_ns);
            state.tree.notice(path);
            Ok(())
        })
        .await
    }

    async fn sync_folder(&self, folder: &LocalPath) -> Result<(), DiskError> {
        self.enter(SYNC_FOLDER, folder).await?;
        let mut state = self.disk.state();
        state.tree.list(folder).map_err(|fault| error("sync folder", folder, fault))?;
        if !state.faults.lying_sync {
            state.tree.sync_names();
        }
        Ok(())
    }

    async fn room(&self) -> Result<Option<u64>, DiskError> {
        self.enter("measure", &LocalPath::root()).await?;
        let state = self.disk.state();
        let capacity = state.faults.capacity.unwrap_or(ROOMY);
        Ok(Some(capacity.saturating_sub(state.tree.used())))
    }

    async fn watch(&self) -> Result<Box<dyn Watch>, DiskError> {
        self.enter("watch", &LocalPath::root()).await?;
        let mut state = self.disk.state();
        state.tree.take_noticed();
        Ok(state.watchers.watch())
    }
}

/// How many bytes there is room for on a disk that is not full.
const ROOMY: u64 = 1 << 40;

/// Whether there is room for so many bytes more.
pub(super) fn has_room(state: &State, bytes: usize) -> Result<(), DiskFault> {
    match state.faults.capacity {
        Some(capacity) if state.tree.used() + bytes as u64 > capacity => Err(DiskFault::Full),
        Some(_) | None => Ok(()),
    }
}
