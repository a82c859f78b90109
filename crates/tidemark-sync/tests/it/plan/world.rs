//! A server, a disk, and what is known of them: observed perfectly, and marked as the database marks it.

use std::collections::BTreeSet;

use tidemark_sync::plan::Record;
use tidemark_sync::trees::{
    Item, LocalId, LocalNode, MemoryTrees, NameKey, RemoteId, RemoteNode, SyncedNode, Trees, same_name,
};

use super::truth::{Bytes, Side, Truth, bytes_of};

/// What is wrong, in words.
pub(super) type Checked<T = ()> = Result<T, String>;

/// Fails with these words unless it is so.
macro_rules! ensure {
    ($so:expr, $($words:tt)+) => {
        if !$so {
            return Err(format!($($words)+));
        }
    };
}
pub(super) use ensure;

#[derive(Clone)]
pub(super) struct World {
    pub(super) truth: Truth,
    pub(super) trees: MemoryTrees,
    /// What was observed, or agreed on, since it was last found settled.
    pub(super) dirty: BTreeSet<Item>,
    /// The bytes that nobody who saw them deleted or replaced: they must be somewhere.
    pub(super) owed: BTreeSet<Bytes>,
    /// The bytes that somebody who saw them deleted or replaced.
    pub(super) released: BTreeSet<Bytes>,
    /// The last bytes that are nobody else's.
    pub(super) last_bytes: Bytes,
    /// What happened, if somebody wants to know.
    pub(super) log: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(is_insensitive: bool, renames_touch: bool) -> World {
        let truth = Truth { has: MemoryTrees::new(), is_insensitive, renames_touch, next: 0 };
        World {
            truth,
            trees: MemoryTrees::new(),
            dirty: BTreeSet::new(),
            owed: BTreeSet::new(),
            released: BTreeSet::new(),
            last_bytes: 100,
            log: None,
        }
    }

    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(line());
        }
    }

    /// Makes the same on both sides, known and agreed on.
    pub(super) fn make_synced(
        &mut self,
        folder: Option<&SyncedNode>,
        name: &str,
        bytes: Option<Bytes>,
    ) -> bool {
        let (there, here) = match folder {
            Some(synced) => (Item::Remote(synced.remote.clone()), Item::Local(synced.local)),
            None => (Side::Remote.root(), Side::Local.root()),
        };
        if self.truth.at(&there, name).is_some() || self.truth.at(&here, name).is_some() {
            return false;
        }
        let remote = self.truth.create(&there, name, bytes);
        let local = self.truth.create(&here, name, bytes);
        let (Ok(Item::Remote(remote)), Ok(Item::Local(local))) = (remote, local) else { return false };
        self.owed.extend(bytes);
        let (Ok(there), Ok(here)) = (self.truth.has.remote(&remote), self.truth.has.local(local));
        let (there, here) = (there.expect("just made"), here.expect("just made"));
        self.trees.put_synced(agreed(&there, &here));
        self.trees.put_remote(there);
        self.trees.put_local(here);
        true
    }

    /// Sees what changed on both sides.
    pub(super) fn observe(&mut self) {
        let gone = self.trees.remotes().map(|node| node.id.clone());
        let gone: Vec<_> = gone.filter(|id| self.truth.has.remote(id) == Ok(None)).collect();
        for id in gone {
            self.trees.remove_remote(&id);
            self.dirty.insert(Item::Remote(id));
        }
        let told = self
            .truth
            .has
            .remotes()
            .filter(|node| self.trees.remote(&node.id).as_ref() != Ok(&Some((*node).clone())));
        let told: Vec<RemoteNode> = told.cloned().collect();
        // As one page tells them: first what is where it was, so that nobody pushes out who only moved.
        for node in &told {
            self.trees.remove_remote(&node.id);
        }
        for node in told {
            self.dirty.insert(Item::Remote(node.id.clone()));
            self.trees.put_remote(node);
        }
        self.observe_disk();
    }

    fn observe_disk(&mut self) {
        let gone = self.trees.locals().map(|node| node.id);
        let gone: Vec<_> = gone.filter(|id| self.truth.has.local(*id) == Ok(None)).collect();
        for id in gone {
            self.trees.remove_local(id);
            self.dirty.insert(Item::Local(id));
        }
        let mut seen = Vec::new();
        for node in self.truth.has.locals() {
            let Ok(known) = self.trees.local(node.id);
            if !known.as_ref().is_some_and(|known| same_seen(known, node)) {
                seen.push(self.as_seen(node, known.as_ref()));
            }
        }
        for node in &seen {
            self.trees.remove_local(node.id);
        }
        for node in seen {
            self.dirty.insert(Item::Local(node.id));
            self.trees.put_local(node);
        }
    }

    /// What is seen of it without reading it: its bytes are known only if its stamp is.
    fn as_seen(&self, node: &LocalNode, known: Option<&LocalNode>) -> LocalNode {
        let mut seen = node.clone();
        if let Some(file) = &mut seen.file {
            let known = known.and_then(|known| known.file.as_ref()).filter(|known| known.stamp == file.stamp);
            file.hash = known.and_then(|known| known.hash);
        }
        seen
    }

    /// Writes down what is agreed on, if it is so.
    pub(super) fn record(&mut self, record: &Record) -> Checked {
        match record {
            Record::Link { remote, local } => {
                let (there, here) = (self.known_remote(remote)?, self.known_local(*local)?);
                ensure!(self.trees.synced(remote) == Ok(None), "links {remote} again");
                ensure!(self.trees.synced_local(*local) == Ok(None), "links {local:?} again");
                self.alike(&there, &here)?;
                self.trees.put_synced(agreed(&there, &here));
                self.mark_around(remote, *local);
            }
            Record::Rebase { remote } => {
                let there = self.known_remote(remote)?;
                let Ok(Some(synced)) = self.trees.synced(remote) else {
                    return Err(format!("rebases {remote}, which is not synced"));
                };
                let here = self.known_local(synced.local)?;
                let names = (&there.place.name, &here.place.name);
                ensure!(same_name(names.0, names.1), "{names:?} are not spelled alike");
                self.alike(&there, &here)?;
                ensure!(agreed(&there, &here) != synced, "rebases {remote} onto what it is");
                self.trees.put_synced(agreed(&there, &here));
                self.mark(remote, synced.local);
            }
            Record::Forget { remote } => {
                let Some(synced) = self.trees.remove_synced(remote) else {
                    return Err(format!("forgets {remote}, which is not synced"));
                };
                self.mark_around(remote, synced.local);
            }
        }
        Ok(())
    }

    fn known_remote(&self, id: &RemoteId) -> Checked<RemoteNode> {
        let Ok(node) = self.trees.remote(id);
        node.ok_or_else(|| format!("{id} is not on the server"))
    }

    fn known_local(&self, id: LocalId) -> Checked<LocalNode> {
        let Ok(node) = self.trees.local(id);
        node.ok_or_else(|| format!("{id:?} is not on the disk"))
    }

    /// Whether both are the same, as they stand in both trees.
    fn alike(&self, there: &RemoteNode, here: &LocalNode) -> Checked {
        let names = (&there.place.name, &here.place.name);
        // The letters may differ: whoever follows then takes those of the other.
        ensure!(NameKey::of(names.0) == NameKey::of(names.1), "{names:?} are not the same name");
        ensure!(
            self.local_of(&there.place.parent) == Some(here.place.parent),
            "{names:?} are in different folders"
        );
        let of_there = there.file.as_ref().map(|file| Some(file.content));
        let of_here = here.file.as_ref().map(tidemark_sync::trees::LocalFile::content);
        ensure!(of_there == of_here, "{names:?} are not known to be equal");
        Ok(())
    }

    pub(super) fn local_of(&self, remote: &RemoteId) -> Option<LocalId> {
        let Ok(synced) = self.trees.synced(remote);
        if remote.is_root() { Some(LocalId::ROOT) } else { synced.map(|synced| synced.local) }
    }

    pub(super) fn remote_of(&self, local: LocalId) -> Option<RemoteId> {
        let Ok(synced) = self.trees.synced_local(local);
        if local.is_root() { Some(RemoteId::root()) } else { synced.map(|synced| synced.remote) }
    }

    pub(super) fn mark(&mut self, remote: &RemoteId, local: LocalId) {
        self.dirty.insert(Item::Remote(remote.clone()));
        self.dirty.insert(Item::Local(local));
    }

    /// Marks both and what is directly in them, in all trees.
    pub(super) fn mark_around(&mut self, remote: &RemoteId, local: LocalId) {
        self.mark(remote, local);
        let Ok(there) = self.trees.remote_children(remote, None, usize::MAX);
        self.dirty.extend(there.into_iter().map(|node| Item::Remote(node.id)));
        let Ok(here) = self.trees.local_children(local, None, usize::MAX);
        self.dirty.extend(here.into_iter().map(|node| Item::Local(node.id)));
        let Ok(synced) = self.trees.synced_children(remote, None, usize::MAX);
        for node in synced {
            self.mark(&node.remote, node.local);
        }
    }

    /// The three trees, for whoever wants to understand a story.
    pub(super) fn picture(&self) -> String {
        let bytes = |content: Option<tidemark_sync::trees::Content>| {
            content.map_or_else(|| "?".into(), |content| format!("{}", bytes_of(content.hash)))
        };
        let there = self.trees.remotes().map(|node| {
            let file =
                node.file.as_ref().map_or("/".into(), |file| format!("={}", bytes(Some(file.content))));
            format!("{}:{}/{}{file}", node.id, node.place.parent, node.place.name)
        });
        let here = self.trees.locals().map(|node| {
            let file = node.file.as_ref().map_or("/".into(), |file| format!("={}", bytes(file.content())));
            format!("l{}:l{}/{}{file}", node.id.0, node.place.parent.0, node.place.name)
        });
        let synced = self.trees.synceds().map(|node| {
            let file =
                node.file.as_ref().map_or("/".into(), |file| format!("={}", bytes(Some(file.content))));
            let SyncedNode { remote, local, place, local_parent, .. } = node;
            format!("{remote}-l{}:{}-l{}/{}{file}", local.0, place.parent, local_parent.0, place.name)
        });
        let all = [there.collect::<Vec<_>>(), here.collect(), synced.collect()].map(|tree| tree.join("  "));
        format!("there  {}\nhere   {}\nsynced {}", all[0], all[1], all[2])
    }

    /// Everything that any tree knows.
    pub(super) fn all_items(&self) -> BTreeSet<Item> {
        let mut items = BTreeSet::new();
        items.extend(self.trees.remotes().map(|node| Item::Remote(node.id.clone())));
        items.extend(self.trees.locals().map(|node| Item::Local(node.id)));
        for node in self.trees.synceds() {
            items.extend([Item::Remote(node.remote.clone()), Item::Local(node.local)]);
        }
        items
    }

    /// Whether some of these bytes are owed and nowhere any more.
    pub(super) fn lost(&self, removed: &[Bytes]) -> Option<Bytes> {
        removed.iter().copied().find(|bytes| self.owed.contains(bytes) && !self.truth.has_bytes(*bytes))
    }
}

/// What is agreed on about two that are alike.
pub(super) fn agreed(there: &RemoteNode, here: &LocalNode) -> SyncedNode {
    SyncedNode {
        remote: there.id.clone(),
        local: here.id,
        place: there.place.clone(),
        local_parent: here.place.parent,
        file: there.file.clone(),
    }
}

fn same_seen(known: &LocalNode, node: &LocalNode) -> bool {
    let stamps = [known, node].map(|node| node.file.as_ref().map(|file| file.stamp));
    known.place == node.place && stamps[0] == stamps[1]
}

/// What the other side calls it.
pub(super) fn partner(world: &World, item: &Item) -> Option<Item> {
    match item {
        Item::Remote(id) => world.local_of(id).map(Item::Local),
        Item::Local(id) => world.remote_of(*id).map(Item::Remote),
    }
}
