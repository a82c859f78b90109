//! A machine's disk, in memory: what the engine does to it through its port, what people do to it with their hands, and
//! what becomes of it.

mod files;
mod hands;
mod port;
mod power;
#[cfg(test)]
mod tests;
mod tree;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidemark_sync::ports::{DiskError, DiskFault, LocalPath};
use tidemark_sync::trees::NameKey;

pub(crate) use self::tree::{Laid, Listing};

use self::tree::Tree;
use self::watch::Watchers;
use crate::clock::SimClock;
use crate::history::History;
use crate::random::Random;
use crate::trace::{Trace, note};

/// The engine's own folder, in which nobody else does anything.
pub(crate) const OWN: &str = tidemark_sync::area::AREA;

/// A disk with one sync folder on it. Clones are the same one.
#[derive(Clone)]
pub(crate) struct SimDisk(Arc<Shared>);

struct Shared {
    name: &'static str,
    clock: SimClock,
    trace: Trace,
    history: History,
    state: Mutex<State>,
}

struct State {
    tree: Tree,
    random: Random,
    faults: DiskFaults,
    mount: Mount,
    watchers: Watchers,
    meddler: Option<Meddler>,
    /// How often the engine has read a piece of a file, and how often it has changed anything that people can see.
    work: Work,
}

/// Somebody who acts in the middle of the engine's steps: is told which place the engine is about to touch.
type Meddler = Arc<dyn Fn(&LocalPath) + Send + Sync>;

/// What may go wrong, each so many times in a thousand calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiskFaults {
    /// A call takes some milliseconds.
    pub slow: u64,
    /// A call fails because the hardware does.
    pub broken: u64,
    /// Somebody acts just before a call, in its very place.
    pub meddled: u64,
    /// What is noticed is told as "too much", and nothing else is.
    pub overflow: u64,
    /// The watch ends.
    pub deaf: u64,
    /// How many bytes there is room for.
    pub capacity: Option<u64>,
    /// Nothing that the engine wants durable is: a planted mistake.
    pub lying_sync: bool,
}

/// Whether the sync folder is where it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mount {
    /// It is.
    There,
    /// Its place is not there.
    Gone,
    /// Its place is an empty folder of another disk.
    Empty,
}

/// What the engine did to a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Pieces of files that were read, outside of the engine's own folder.
    pub reads: u64,
    /// Changes of what people see.
    pub changes: u64,
}

impl SimDisk {
    /// An empty disk. What happens is noted as this machine's.
    pub(crate) fn new(
        name: &'static str,
        insensitive: bool,
        random: Random,
        clock: SimClock,
        trace: Trace,
        history: History,
    ) -> SimDisk {
        let tree = Tree::new(insensitive, clock.now_ns());
        let state = State {
            tree,
            random,
            faults: DiskFaults::default(),
            mount: Mount::There,
            watchers: Watchers::default(),
            meddler: None,
            work: Work::default(),
        };
        SimDisk(Arc::new(Shared { name, clock, trace, history, state: Mutex::new(state) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong from now on.
    pub(crate) fn set_faults(&self, faults: DiskFaults) {
        self.state().faults = faults;
    }

    /// Who acts in the middle of the engine's steps.
    pub(crate) fn set_meddler(&self, meddler: Meddler) {
        self.state().meddler = Some(meddler);
    }

    /// Whether a place is another, or lies somewhere below it, under whatever names this disk takes for the same.
    pub(crate) fn is_within(&self, path: &LocalPath, other: &LocalPath) -> bool {
        if !self.state().tree.is_insensitive() {
            return path.is_within(other);
        }
        let mut names = path.names().map(NameKey::of);
        other.names().all(|name| names.next() == Some(NameKey::of(name)))
    }

    /// Whether its folder is where it should be, from now on.
    pub(crate) fn set_mount(&self, mount: Mount) {
        note!(self.0.trace, "{} is {mount:?}", self.0.name);
        let mut state = self.state();
        state.mount = mount;
        if mount != Mount::There {
            state.watchers.end();
        }
    }

    /// Whether its folder is where it should be.
    pub(crate) fn mount(&self) -> Mount {
        self.state().mount
    }

    /// What the engine did so far.
    pub(crate) fn work(&self) -> Work {
        self.state().work
    }

    /// How many bytes all files have.
    pub(crate) fn used(&self) -> u64 {
        self.state().tree.used()
    }

    /// The power goes off and on again. Whoever had something open has it no longer.
    pub(crate) fn cut_power(&self) {
        let now_ns = self.0.clock.now_ns();
        let before = self.0.history.contents_of(&self.listing());
        {
            let mut state = self.state();
            let State { tree, random, watchers, .. } = &mut *state;
            let (names, bytes) = power::cut(tree, random, now_ns);
            watchers.end();
            self.0.trace.count("disk: power cut");
            note!(self.0.trace, "{} power cut: {names} names and {bytes} contents are older", self.0.name);
        }
        self.0.history.power_was_cut(self.0.name, &before, &self.listing());
    }

    /// Everything that is there.
    pub(crate) fn listing(&self) -> Listing {
        self.state().tree.listing()
    }

    /// Tells the watchers what was noticed.
    fn tell(&self, state: &mut State) {
        let State { tree, random, watchers, faults, .. } = state;
        let told = watchers.tell(tree.take_noticed(), random, faults);
        if let Some(kind) = told {
            self.0.trace.count(kind);
            note!(self.0.trace, "{} {kind}", self.0.name);
        }
    }
}

fn error(attempted: &'static str, path: &LocalPath, fault: DiskFault) -> DiskError {
    DiskError { attempted, path: path.clone(), fault, source: None }
}

/// Whether people see what is there.
fn is_seen(path: &LocalPath) -> bool {
    path.names().next() != Some(OWN)
}
