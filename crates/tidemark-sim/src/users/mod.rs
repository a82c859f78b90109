//! The people: they do at any time whatever comes to their minds.

mod acts;
mod contents;
mod online;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidemark_sync::ports::LocalPath;
use tokio::time::sleep;

use crate::disk::{Laid, OWN, SimDisk};
use crate::random::Random;
pub(crate) use contents::Contents;
pub(crate) use online::Online;

/// Names that people give. Some differ only by case, and some are not ASCII.
const NAMES: [&str; 12] =
    ["a", "b", "c", "d", "e", "A", "notes.txt", "Notes.txt", "report.doc", "\u{e4}rger.txt", "old", "x y"];

/// Folders deeper than this are not made.
const DEPTH_MAX: usize = 4;

/// What kinds of people there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Habits {
    /// Each stays in a folder of its own.
    pub(crate) apart: bool,
    /// Names that differ only by case are given, too.
    pub(crate) cases: bool,
}

/// Somebody at a machine.
#[derive(Clone)]
pub(crate) struct Person(Arc<Inner>);

struct Inner {
    name: &'static str,
    disk: SimDisk,
    contents: Contents,
    habits: Habits,
    random: Mutex<Random>,
}

impl Person {
    pub(crate) fn new(
        name: &'static str,
        disk: SimDisk,
        contents: Contents,
        habits: Habits,
        random: Random,
    ) -> Person {
        Person(Arc::new(Inner { name, disk, contents, habits, random: Mutex::new(random) }))
    }

    fn disk(&self) -> &SimDisk {
        &self.0.disk
    }

    /// Draws; nothing may be awaited meanwhile.
    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.0.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does so many things, with pauses of up to this.
    pub(crate) async fn live(self, acts: u64, pause_max: Duration) {
        for _ in 0..acts {
            let pause = self.draw(|random| match random.chance(300) {
                // People, and even more their programs, do several things at once.
                true => random.within(0..30),
                false => random.within(0..pause_max.as_millis() as u64 + 1),
            });
            sleep(Duration::from_millis(pause)).await;
            self.act().await;
        }
    }

    /// Where this person does everything.
    fn home(&self) -> LocalPath {
        match self.0.habits.apart {
            true => path(self.0.name),
            false => LocalPath::root(),
        }
    }

    /// All folders that this person uses.
    fn folders(&self) -> Vec<LocalPath> {
        let home = self.home();
        let mut folders = self.find(|laid| *laid == Laid::Folder);
        folders.retain(|folder| folder.names().count() < DEPTH_MAX);
        folders.push(home);
        folders
    }

    fn files(&self) -> Vec<LocalPath> {
        self.find(|laid| matches!(laid, Laid::File(_)))
    }

    fn find(&self, is_wanted: impl Fn(&Laid) -> bool) -> Vec<LocalPath> {
        let home = self.home();
        let seen = self.disk().seen();
        let wanted = seen.iter().filter(|(at, laid)| at.is_within(&home) && **at != home && is_wanted(laid));
        wanted.map(|(at, _)| at.clone()).collect()
    }

    fn any_file(&self) -> Option<LocalPath> {
        let files = self.files();
        self.draw(|random| random.pick(&files).cloned())
    }

    fn any_folder(&self) -> LocalPath {
        let folders = self.folders();
        self.draw(|random| random.pick(&folders).cloned()).expect("home is one of them")
    }

    fn any_but_home(&self) -> Option<LocalPath> {
        let all = self.find(|_| true);
        self.draw(|random| random.pick(&all).cloned())
    }

    /// A place in some folder; something may be there.
    fn any_place(&self) -> LocalPath {
        let folder = self.any_folder();
        let names = if self.0.habits.cases { &NAMES[..] } else { &NAMES[..5] };
        let name = self.draw(|random| *random.pick(names).expect("there are some"));
        folder.join(name).expect("these are possible names")
    }

    /// Acts in the middle of the engine's steps, where it is just about to do something.
    pub(crate) fn meddle(&self, at: &LocalPath) {
        if at.is_root() || at.names().any(|name| name.starts_with(OWN)) || !at.is_within(&self.home()) {
            return;
        }
        self.act_at(at);
    }
}

fn path(name: &str) -> LocalPath {
    LocalPath::root().join(name).expect("a possible name")
}
