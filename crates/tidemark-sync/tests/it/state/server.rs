//! A small model of a server: a tree whose entries have identity, and a journal that is told to whoever knows only paths.

use std::collections::BTreeMap;

use tidemark_client::{Cursor, DeltaPage};

use super::world::{file, folder, gone};

const ROOT: usize = 0;

#[derive(Clone, Debug)]
struct Entry {
    parent: usize,
    name: &'static str,
    /// None: a folder.
    data: Option<u8>,
    live: bool,
    /// The last change, and the last one by which it came to where it is.
    last: usize,
    appeared: usize,
}

/// What happened to an entry, and the place that it left by that.
struct Change {
    entry: usize,
    left: Option<(usize, &'static str)>,
    appears: bool,
}

pub(crate) struct Server {
    entries: Vec<Entry>,
    journal: Vec<Change>,
}

/// How far a reader is: in the journal, and in the entries below one that appeared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Position {
    seq: usize,
    below: Option<(usize, usize, Vec<String>)>,
}

impl Server {
    pub(crate) fn new() -> Server {
        let root = Entry { parent: ROOT, name: "", data: None, live: true, last: 0, appeared: 0 };
        Server { entries: vec![root], journal: Vec::new() }
    }

    /// Does something of which these numbers say what; if it is impossible, nothing.
    pub(crate) fn act(&mut self, [what, which, to, data]: [u8; 4]) {
        const NAMES: [&str; 5] = ["a", "b", "c", "A", "Ä"];
        let name = NAMES[usize::from(data) % NAMES.len()];
        let is_live = |entry: &usize| self.is_live(*entry);
        let folders =
            (0..self.entries.len()).filter(|entry| self.entries[*entry].data.is_none()).filter(is_live);
        let folders: Vec<usize> = folders.collect();
        let folder = folders[usize::from(to) % folders.len()];
        let entry = usize::from(which) % self.entries.len();
        match what % 8 {
            0 | 1 => self.put(folder, name, data),
            2 => self.make(folder, name, None),
            3 => self.delete(entry),
            4..=6 => self.relocate(entry, folder, name),
            _ => self.restore(entry),
        }
    }

    fn put(&mut self, parent: usize, name: &'static str, data: u8) {
        match self.child(parent, name) {
            None => self.make(parent, name, Some(data)),
            Some(there) if self.entries[there].data.is_some() => {
                self.entries[there].data = Some(data);
                self.record(there, None, false);
            }
            Some(_) => {}
        }
    }

    fn make(&mut self, parent: usize, name: &'static str, data: Option<u8>) {
        if self.child(parent, name).is_none() {
            self.entries.push(Entry { parent, name, data, live: true, last: 0, appeared: 0 });
            self.record(self.entries.len() - 1, None, false);
        }
    }

    fn delete(&mut self, entry: usize) {
        if entry != ROOT && self.is_live(entry) {
            self.entries[entry].live = false;
            let left = (self.entries[entry].parent, self.entries[entry].name);
            self.record(entry, Some(left), false);
        }
    }

    fn relocate(&mut self, entry: usize, parent: usize, name: &'static str) {
        let is_free = self.child(parent, name).is_none_or(|there| there == entry);
        if entry != ROOT && self.is_live(entry) && is_free && !self.is_within(parent, entry) {
            let left = (self.entries[entry].parent, self.entries[entry].name);
            (self.entries[entry].parent, self.entries[entry].name) = (parent, name);
            self.record(entry, Some(left), true);
        }
    }

    fn restore(&mut self, entry: usize) {
        let old = self.entries[entry].clone();
        if !old.live && self.is_live(old.parent) && self.child(old.parent, old.name).is_none() {
            self.entries[entry].live = true;
            self.record(entry, None, true);
        }
    }

    fn record(&mut self, entry: usize, left: Option<(usize, &'static str)>, appears: bool) {
        let is_elsewhere = left.is_some() || appears;
        self.journal.push(Change { entry, left, appears });
        self.entries[entry].last = self.journal.len();
        if is_elsewhere {
            self.entries[entry].appeared = self.journal.len();
        }
    }

    fn child(&self, parent: usize, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        (1..self.entries.len()).find(|n| {
            let entry = &self.entries[*n];
            entry.live && entry.parent == parent && entry.name.to_lowercase() == name
        })
    }

    fn is_live(&self, mut entry: usize) -> bool {
        while entry != ROOT && self.entries[entry].live {
            entry = self.entries[entry].parent;
        }
        entry == ROOT
    }

    fn is_within(&self, mut entry: usize, folder: usize) -> bool {
        while entry != ROOT && entry != folder {
            entry = self.entries[entry].parent;
        }
        entry == folder
    }

    fn path(&self, mut entry: usize) -> String {
        let mut path = String::new();
        while entry != ROOT {
            path = format!("/{}{path}", self.entries[entry].name);
            entry = self.entries[entry].parent;
        }
        path
    }

    /// The names on the way down from a folder, as they are compared.
    fn keys(&self, mut entry: usize, folder: usize) -> Vec<String> {
        let mut keys = Vec::new();
        while entry != folder {
            keys.insert(0, self.entries[entry].name.to_lowercase());
            entry = self.entries[entry].parent;
        }
        keys
    }

    /// What is below a folder, parents first.
    fn below(&self, folder: usize) -> Vec<usize> {
        let is_below =
            |entry: &usize| *entry != folder && self.is_live(*entry) && self.is_within(*entry, folder);
        let mut below: Vec<usize> = (1..self.entries.len()).filter(is_below).collect();
        below.sort_by_key(|entry| self.keys(*entry, folder));
        below
    }

    /// Each entry that is there: its id, its path, and what a file has.
    pub(crate) fn listing(&self) -> BTreeMap<String, (String, Option<u8>)> {
        let told = |entry: usize| (format!("e{entry}"), (self.path(entry), self.entries[entry].data));
        self.below(ROOT).into_iter().map(told).collect()
    }

    /// About so many changes behind a position (none: from the beginning), and the position behind them.
    pub(crate) fn page(&self, position: Option<&Position>, limit: usize) -> (DeltaPage, Position) {
        let whole = Position { seq: self.journal.len(), below: Some((ROOT, 0, Vec::new())) };
        let mut at = position.cloned().unwrap_or(whole);
        let mut entries = Vec::new();
        let tell = |entry: usize| {
            let (path, id) = (self.path(entry), format!("e{entry}"));
            match self.entries[entry].data {
                Some(data) => file(&path, &id, data),
                None => folder(&path, &id),
            }
        };
        while entries.len() < limit && (at.below.is_some() || at.seq < self.journal.len()) {
            if let Some((top, appeared, mut after)) = at.below.take() {
                // Otherwise it is told again later.
                if self.is_live(top) && self.entries[top].appeared == appeared {
                    for entry in self.below(top) {
                        let keys = self.keys(entry, top);
                        if keys > after {
                            if entries.len() >= limit {
                                at.below = Some((top, appeared, after));
                                break;
                            }
                            entries.push(tell(entry));
                            after = keys;
                        }
                    }
                }
                continue;
            }
            let Change { entry, left, appears } = self.journal[at.seq];
            at.seq += 1;
            if let Some((parent, name)) = left {
                let now = if self.is_live(parent) { self.child(parent, name) } else { None };
                // A file that is there now is told later, and takes the place of whatever was.
                if now.is_none_or(|now| self.entries[now].data.is_none()) {
                    entries.push(gone(&format!("{}/{name}", self.path(parent))));
                }
            }
            if self.is_live(entry) {
                if self.entries[entry].last == at.seq {
                    entries.push(tell(entry));
                }
                if appears && self.entries[entry].data.is_none() && self.entries[entry].appeared == at.seq {
                    at.below = Some((entry, at.seq, Vec::new()));
                }
            }
        }
        let has_more = at.below.is_some() || at.seq < self.journal.len();
        let cursor = Cursor::new(format!("{}-{}", at.seq, entries.len())).unwrap();
        (DeltaPage { reset: position.is_none(), entries, cursor, has_more }, at)
    }
}

impl Clone for Change {
    fn clone(&self) -> Change {
        *self
    }
}

impl Copy for Change {}
