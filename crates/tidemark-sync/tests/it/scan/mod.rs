//! The scan, over a real folder.

mod any_order;
mod cost;
mod faulty;
mod kept_out;
mod moves;
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use tidemark_sync::disk::Calls;
use tidemark_sync::observe::local::{Depth, Looks, Ours, ScanError, Scanned, scan};
use tidemark_sync::ports::{Disk as _, LocalPath};
use tidemark_sync::rules::IgnoreRules;
use tidemark_sync::state::{Known, LeftOut, LocalSeen, State};
use tidemark_sync::trees::LocalId;

use self::faulty::Faulty;
use crate::disk::{Folder, path};

/// A sync folder, and what is known of it.
pub(crate) struct World {
    folder: Folder,
    disk: Faulty,
    state: State,
    rules: IgnoreRules,
    /// What the engine is moving, and to where.
    ours: Ours,
}

impl World {
    fn new() -> World {
        let folder = Folder::new(Calls::Best);
        let disk = Faulty::new(folder.disk.clone());
        let state = State::in_memory().expect("a database");
        World { folder, disk, state, rules: IgnoreRules::new(), ours: Ours::default() }
    }

    /// A world in which these are known. A name with a slash at its end is a folder's.
    async fn with(names: &[&str]) -> World {
        let mut world = World::new();
        world.make(names);
        world.scan_everything().await;
        world
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.root().join(name)
    }

    fn make(&self, names: &[&str]) {
        for name in names {
            match name.strip_suffix('/') {
                Some(folder) => fs::create_dir_all(self.at(folder)).expect("made"),
                None => self.write(name, name),
            }
        }
    }

    fn write(&self, name: &str, bytes: &str) {
        fs::create_dir_all(self.at(name).parent().expect("in a folder")).expect("made");
        fs::write(self.at(name), bytes).expect("written");
    }

    fn mv(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).expect("renamed");
    }

    fn rm(&self, name: &str) {
        let path = self.at(name);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("removed");
    }

    async fn try_scan(&mut self, looks: Looks) -> Result<Scanned, ScanError> {
        scan(&self.disk, &mut self.state, &mut self.rules, looks, self.ours.clone()).await
    }

    async fn scan(&mut self, looks: Looks) -> Scanned {
        let scanned = self.try_scan(looks).await.expect("scanned");
        assert!(scanned.again.is_empty(), "nothing changes while it is looked at: {:?}", scanned.again);
        scanned
    }

    /// Looks at these places, and directly in them.
    async fn scan_at(&mut self, places: &[&str]) -> Scanned {
        let mut looks = Looks::new();
        for place in places {
            looks.add(path(place), Depth::Directly);
        }
        self.scan(looks).await
    }

    /// Looks at everything; what is known is then what is there.
    async fn scan_everything(&mut self) -> Scanned {
        let scanned = self.scan(Looks::everywhere()).await;
        self.check().await;
        scanned
    }

    fn id(&self, name: &str) -> LocalId {
        self.known().get(name).unwrap_or_else(|| panic!("{name} is not known")).id
    }

    fn names(&self) -> Vec<String> {
        self.known().into_keys().collect()
    }

    /// What is kept of what is not synced.
    fn left_out(&self) -> Vec<LeftOut> {
        self.state.left_out().expect("readable").first
    }

    /// Every node by its path.
    fn known(&self) -> BTreeMap<String, Known> {
        let mut nodes = BTreeMap::new();
        let mut ahead = vec![(LocalId::ROOT, LocalPath::root())];
        while let Some((folder, path)) = ahead.pop() {
            for known in self.state.known_children(folder, None, usize::MAX).expect("readable") {
                let path = path.join(&known.place.name).expect("a path");
                ahead.push((known.id, path.clone()));
                nodes.insert(path.to_string(), known);
            }
        }
        nodes
    }

    /// What is known is what is there.
    async fn check(&self) {
        self.check_seen(|seen| seen).await;
    }

    /// The same, as far as it matters.
    async fn check_seen(&self, as_it_matters: fn(LocalSeen) -> LocalSeen) {
        let known = self.known().into_iter().map(|(path, known)| (path, known.seen));
        let known: BTreeMap<String, LocalSeen> =
            known.map(|(path, seen)| (path, as_it_matters(seen))).collect();
        let mut there = BTreeMap::new();
        let mut ahead = vec![LocalPath::root()];
        while let Some(folder) = ahead.pop() {
            for one in self.disk.list(&folder).await.expect("listed") {
                let Ok(name) = one.name else { continue };
                let path = folder.join(&name).expect("a path");
                let seen = one.seen.as_ref().and_then(LocalSeen::of);
                let Some(seen) = seen.filter(|_| *name != *".tidemark") else { continue };
                if matches!(seen, LocalSeen::Folder { .. }) {
                    ahead.push(path.clone());
                }
                there.insert(path.to_string(), as_it_matters(seen));
            }
        }
        assert_eq!(known, there);
    }
}
