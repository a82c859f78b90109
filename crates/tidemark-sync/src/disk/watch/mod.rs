//! Watching a folder through `notify`.
//!
//! What the system tells is only where to look: the folder that is named is looked through again, and what is seen there
//! counts. So what is told may be vague, and must never be missing:
//!
//! - Where each folder needs a watch of its own (inotify), we set them, not `notify`: it tells that a folder came before
//!   it watches it, so what was put there meanwhile would be missed. Here, a folder is watched first, then everything
//!   below it is said to have changed. Ours are not set on the state area and on other file systems, either.
//! - When too much happened to be told, folders may have come that nobody watches, and moved ones are watched under names
//!   that they no longer have: all watches are set anew.

mod told;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use async_trait::async_trait;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use self::told::Told;
use super::fault::Refusal;
use super::listing;
use super::root::Root;
use crate::area;
use crate::ports::{DiskFault, LocalPath, Noticed, SeenKind, Watch};

/// Whether a watch sees what is directly in a folder only.
const EACH_FOLDER: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// How much may have happened that nobody has looked at yet.
const BACKLOG_MAX: usize = 1 << 16;

/// What one watch consists of.
pub(super) struct RealWatch {
    told: Arc<Told>,
    shared: Arc<Shared>,
    raw: SyncSender<Raw>,
}

/// What the system's thread and ours both see.
#[derive(Default)]
struct Shared {
    /// Something could not be kept in the backlog.
    lost: AtomicBool,
    stop: AtomicBool,
}

enum Raw {
    Event(notify::Result<Event>),
    /// Only to wake whoever waits.
    Look,
}

/// Watches everything there is, and goes on in a thread of its own.
pub(super) fn begin(root: &Arc<Root>) -> Result<RealWatch, Refusal> {
    let (raw, arrived) = sync_channel(BACKLOG_MAX);
    let (told, shared) = (Arc::new(Told::default()), Arc::new(Shared::default()));
    let mut observer = Observer {
        watcher: watcher(&raw, &shared)?,
        root: Arc::clone(root),
        told: Arc::clone(&told),
        shared: Arc::clone(&shared),
        raw: raw.clone(),
        unwatched: BTreeSet::new(),
    };
    observer.cover(&LocalPath::root())?;
    std::thread::Builder::new().name("tidemark-watch".to_owned()).spawn(move || observer.run(&arrived))?;
    Ok(RealWatch { told, shared, raw })
}

fn watcher(raw: &SyncSender<Raw>, shared: &Arc<Shared>) -> Result<RecommendedWatcher, Refusal> {
    let (raw, shared) = (raw.clone(), Arc::clone(shared));
    let handler = move |event: notify::Result<Event>| {
        if matches!(&event, Ok(event) if !is_change(event.kind)) {
            return;
        }
        if let Err(TrySendError::Full(_)) = raw.try_send(Raw::Event(event)) {
            shared.lost.store(true, Ordering::Release);
        }
    };
    let config = notify::Config::default().with_follow_symlinks(false);
    RecommendedWatcher::new(handler, config).map_err(|error| refusal(error).unwrap_or_else(vanished))
}

/// Reading is no change; the end of writing is one.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

#[async_trait]
impl Watch for RealWatch {
    async fn next(&mut self) -> Noticed {
        self.told.next().await
    }
}

impl Drop for RealWatch {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // If there is no room for it, there is enough else to wake up for.
        let _ = self.raw.try_send(Raw::Look);
    }
}

/// The thread that watches.
struct Observer {
    watcher: RecommendedWatcher,
    root: Arc<Root>,
    told: Arc<Told>,
    shared: Arc<Shared>,
    raw: SyncSender<Raw>,
    /// Folders that could not be watched because they may not be looked into; when that changes, they can.
    unwatched: BTreeSet<LocalPath>,
}

impl Observer {
    fn run(mut self, arrived: &Receiver<Raw>) {
        while let Ok(raw) = arrived.recv() {
            if self.shared.stop.load(Ordering::Acquire) {
                return;
            }
            let done = match raw {
                Raw::Event(event) => self.take(event),
                Raw::Look => Ok(()),
            };
            let lost = self.shared.lost.swap(false, Ordering::AcqRel);
            let done = if lost { done.and_then(|()| self.begin_anew()) } else { done };
            if done.is_err() {
                self.told.tell(Noticed::Ended);
                return;
            }
        }
    }

    /// Says what an event is about, after seeing to it that what may come is watched. An error ends the watch.
    fn take(&mut self, event: notify::Result<Event>) -> Result<(), Refusal> {
        let event = match event {
            Ok(event) => event,
            Err(error) => return refusal(error).map_or(Ok(()), Err),
        };
        if event.need_rescan() {
            return self.begin_anew();
        }
        if event.paths.is_empty() {
            self.told.tell(Noticed::Overflow);
        }
        for path in &event.paths {
            let Some((path, is_whole)) = self.below(path) else { continue };
            if path.names().any(area::is_ours) {
                continue;
            }
            if path.is_root() {
                self.root.check()?;
            }
            let noticed = if is_whole && self.may_hold_more(event.kind, &path) {
                self.cover(&path)?;
                Noticed::ChangedBelow(path)
            } else {
                Noticed::Changed(path)
            };
            self.told.tell(noticed);
        }
        Ok(())
    }

    /// Whether this is a folder that came, or that may be looked into at last.
    fn may_hold_more(&self, kind: EventKind, path: &LocalPath) -> bool {
        let came = match kind {
            EventKind::Create(_) => true,
            EventKind::Modify(ModifyKind::Name(mode)) => mode != RenameMode::From,
            EventKind::Modify(_) => self.unwatched.contains(path),
            EventKind::Remove(_) | EventKind::Access(_) => false,
            // The system does not say.
            EventKind::Any | EventKind::Other => true,
        };
        came && self.root.look(path).is_ok_and(|seen| seen.kind == SeenKind::Folder)
    }

    /// All that is known may be wrong.
    fn begin_anew(&mut self) -> Result<(), Refusal> {
        self.watcher = watcher(&self.raw, &self.shared)?;
        self.unwatched.clear();
        self.cover(&LocalPath::root())?;
        self.told.tell(Noticed::Overflow);
        Ok(())
    }

    /// Watches a folder and all below it, each before it is looked into: what comes later is told by its watch.
    fn cover(&mut self, folder: &LocalPath) -> Result<(), Refusal> {
        if !EACH_FOLDER {
            return if folder.is_root() {
                self.set(folder, RecursiveMode::Recursive).map(drop)
            } else {
                Ok(())
            };
        }
        let mut ahead = vec![folder.clone()];
        while let Some(folder) = ahead.pop() {
            if self.shared.stop.load(Ordering::Acquire) {
                break;
            }
            if !self.set(&folder, RecursiveMode::NonRecursive)? {
                continue;
            }
            match listing::folders(&self.root, &folder) {
                Ok(found) => ahead.extend(found.into_iter().filter(|path| !is_ours(path))),
                Err(refused) => match refused.fault {
                    // It went away, or leads to another file system; or the scan will say what is wrong with it.
                    DiskFault::Missing | DiskFault::Different | DiskFault::Broken => {}
                    DiskFault::Denied => drop(self.unwatched.insert(folder)),
                    _ => return Err(refused),
                },
            }
        }
        Ok(())
    }

    /// Watches one folder; false if it cannot be now, and need not be.
    fn set(&mut self, folder: &LocalPath, mode: RecursiveMode) -> Result<bool, Refusal> {
        self.unwatched.remove(folder);
        let Err(error) = self.watcher.watch(&self.whole(folder), mode) else { return Ok(true) };
        match refusal(error) {
            None => Ok(false),
            Some(refused) if refused.fault == DiskFault::Denied && !folder.is_root() => {
                self.unwatched.insert(folder.clone());
                Ok(false)
            }
            Some(refused) => Err(refused),
        }
    }

    fn whole(&self, path: &LocalPath) -> PathBuf {
        if path.is_root() { self.root.path().to_owned() } else { self.root.path().join(path.as_str()) }
    }

    /// As we name it, and whether this is all of it: of a name that is no text, only the folder that it is in is told.
    fn below(&self, path: &Path) -> Option<(LocalPath, bool)> {
        let mut at = LocalPath::root();
        for name in path.strip_prefix(self.root.path()).ok()?.components() {
            match name.as_os_str().to_str().and_then(|name| at.join(name)) {
                Some(next) => at = next,
                None => return Some((at, false)),
            }
        }
        Some((at, true))
    }
}

fn is_ours(path: &LocalPath) -> bool {
    path.split().is_some_and(|(_, name)| area::is_ours(name))
}

/// What a failure to watch means; none if what should be watched is not there any more.
fn refusal(error: notify::Error) -> Option<Refusal> {
    /// Linux counts instances and watches of each user.
    const WATCHES: &str =
        "the system watches no more folders for this user: raise the sysctl fs.inotify.max_user_watches";
    const INSTANCES: &str =
        "the system has no more watchers for this user: raise the sysctl fs.inotify.max_user_instances";
    let too_many = |text| Refusal::because(DiskFault::TooMany, io::Error::other(text));
    match error.kind {
        notify::ErrorKind::PathNotFound | notify::ErrorKind::WatchNotFound => None,
        notify::ErrorKind::MaxFilesWatch => Some(too_many(WATCHES)),
        notify::ErrorKind::Io(error) if error.kind() == io::ErrorKind::NotFound => None,
        // How the system refuses another instance.
        notify::ErrorKind::Io(error) if error.raw_os_error() == Some(EMFILE) => Some(too_many(INSTANCES)),
        notify::ErrorKind::Io(error) => Some(error.into()),
        kind @ (notify::ErrorKind::Generic(_) | notify::ErrorKind::InvalidConfig(_)) => {
            Some(Refusal::because(DiskFault::Broken, io::Error::other(notify::Error::new(kind))))
        }
    }
}

const EMFILE: i32 = rustix::io::Errno::MFILE.raw_os_error();

fn vanished() -> Refusal {
    Refusal::of(DiskFault::Unmounted)
}

#[cfg(test)]
mod tests;
