//! A file system's names and nodes: what every call and every hand does to them, at an instant.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use tidemark_sync::ports::{DiskFault, Identity, LocalPath, Seen, SeenKind, Stamp};

/// How long a file system takes for an instant: what happens within it has the same time.
pub(crate) const TICK_NS: i64 = 4_000_000;

/// How long a name may be, in bytes.
const NAME_MAX: usize = 255;

/// A place among the nodes; never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(usize);

impl NodeId {
    pub(crate) const ROOT: NodeId = NodeId(0);
}

/// A file system.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// Whether names that differ only by case are one.
    insensitive: bool,
    next_inode: u64,
    /// Numbers of what is gone. The last one is given again first, as some file systems do.
    free: Vec<u64>,
    /// What was done to names since they were surely durable.
    pub(super) journal: Vec<Done>,
    noticed: BTreeSet<LocalPath>,
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) inode: u64,
    born_ns: i64,
    modified_ns: i64,
    changed_ns: i64,
    executable: bool,
    /// Whether it may not be read by the engine.
    denied: bool,
    pub(super) links: u64,
    pub(super) body: Body,
}

#[derive(Clone)]
pub(super) enum Body {
    File(FileBody),
    Folder(BTreeMap<String, (String, NodeId)>),
    Symlink,
}

#[derive(Clone)]
pub(super) struct FileBody {
    pub(super) bytes: Bytes,
    /// When they became these, if that is not durable; and what would be left of them.
    pub(super) fresh: Option<Fresh>,
}

/// Bytes that are not durable.
#[derive(Clone)]
pub(super) struct Fresh {
    pub(super) since_ns: i64,
    /// What is: bytes, and their times.
    pub(super) durable: (Bytes, i64, i64),
}

/// A folder, a key in it, and what has it: a name as it is written, and a node.
type Slot = (NodeId, String, Option<(String, NodeId)>);

/// A change of names, which happens as a whole or not at all.
pub(super) struct Done {
    pub(super) at_ns: i64,
    /// What the slots held before, in the order of the changes.
    before: Vec<Slot>,
}

/// What lies where: all that can be reached from the root, by its path.
pub(crate) type Listing = BTreeMap<LocalPath, Laid>;

/// One of a [`Listing`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Laid {
    /// A file.
    File(Bytes),
    /// A folder.
    Folder,
    /// Something that is neither.
    Other,
}

impl Tree {
    pub(crate) fn new(insensitive: bool, now_ns: i64) -> Tree {
        let mut tree = Tree {
            nodes: Vec::new(),
            insensitive,
            next_inode: 2,
            free: Vec::new(),
            journal: Vec::new(),
            noticed: BTreeSet::new(),
        };
        tree.add(Body::Folder(BTreeMap::new()), now_ns);
        tree.nodes[0].links = 1;
        tree
    }

    pub(crate) fn is_insensitive(&self) -> bool {
        self.insensitive
    }

    fn add(&mut self, body: Body, now_ns: i64) -> NodeId {
        let inode = self.free.pop().unwrap_or_else(|| {
            self.next_inode += 1;
            self.next_inode
        });
        let at = tick(now_ns);
        let (born_ns, modified_ns, changed_ns) = (at, at, at);
        let (executable, denied, links) = (false, false, 0);
        self.nodes.push(Node { inode, born_ns, modified_ns, changed_ns, executable, denied, links, body });
        NodeId(self.nodes.len() - 1)
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    fn key(&self, name: &str) -> String {
        if self.insensitive { name.to_lowercase() } else { name.to_owned() }
    }

    fn names(&self, folder: NodeId) -> Option<&BTreeMap<String, (String, NodeId)>> {
        match &self.node(folder).body {
            Body::Folder(names) => Some(names),
            Body::File(_) | Body::Symlink => None,
        }
    }

    /// What is in this place.
    pub(crate) fn find(&self, path: &LocalPath) -> Result<Option<NodeId>, DiskFault> {
        let mut at = NodeId::ROOT;
        for name in path.names() {
            let Some(names) = self.names(at) else { return Err(DiskFault::Different) };
            match names.get(&self.key(name)) {
                Some((_, id)) => at = *id,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// What is in this place, which must hold something.
    pub(crate) fn get(&self, path: &LocalPath) -> Result<NodeId, DiskFault> {
        self.find(path)?.ok_or(DiskFault::Missing)
    }

    /// The folder of this place, its key in it, and what is there.
    fn slot(&self, path: &LocalPath) -> Result<(NodeId, String, Option<NodeId>), DiskFault> {
        let (parent, name) = path.split().ok_or(DiskFault::Different)?;
        if name.len() > NAME_MAX {
            return Err(DiskFault::BadName);
        }
        let folder = self.get(&parent)?;
        let names = self.names(folder).ok_or(DiskFault::Different)?;
        let key = self.key(name);
        let there = names.get(&key).map(|(_, id)| *id);
        Ok((folder, key, there))
    }

    pub(crate) fn seen(&self, id: NodeId) -> Seen {
        let node = self.node(id);
        let (kind, size) = match &node.body {
            Body::File(file) => (SeenKind::File, file.bytes.len() as u64),
            Body::Folder(_) => (SeenKind::Folder, 4096),
            Body::Symlink => (SeenKind::Symlink, 7),
        };
        let identity = Identity { device: 0, inode: node.inode, born_ns: Some(node.born_ns) };
        let stamp = Stamp { identity, size, modified_ns: node.modified_ns, changed_ns: node.changed_ns };
        Seen { kind, stamp, executable: node.executable, links: node.links }
    }

    /// The names in this folder, as they are written.
    pub(crate) fn list(&self, folder: &LocalPath) -> Result<Vec<String>, DiskFault> {
        let id = self.get(folder)?;
        let names = self.names(id).ok_or(DiskFault::Different)?;
        Ok(names.values().map(|(name, _)| name.clone()).collect())
    }

    /// The bytes of a file.
    pub(crate) fn bytes(&self, id: NodeId) -> Option<&Bytes> {
        match &self.node(id).body {
            Body::File(file) => Some(&file.bytes),
            Body::Folder(_) | Body::Symlink => None,
        }
    }

    /// Whether the engine may not look into this, or into a folder on the way.
    pub(crate) fn is_denied(&self, path: &LocalPath) -> bool {
        let mut at = Some(path.clone());
        while let Some(path) = at {
            if self.find(&path).ok().flatten().is_some_and(|id| self.node(id).denied) {
                return true;
            }
            at = path.split().map(|(parent, _)| parent);
        }
        false
    }

    /// Makes something where nothing is.
    pub(crate) fn make(&mut self, path: &LocalPath, what: Laid, now_ns: i64) -> Result<NodeId, DiskFault> {
        if path.is_root() {
            return Err(DiskFault::Taken);
        }
        let (folder, key, there) = self.slot(path)?;
        if there.is_some() {
            return Err(DiskFault::Taken);
        }
        let body = match what {
            Laid::File(bytes) => Body::File(FileBody {
                fresh: Some(Fresh { since_ns: now_ns, durable: (Bytes::new(), tick(now_ns), tick(now_ns)) }),
                bytes,
            }),
            Laid::Folder => Body::Folder(BTreeMap::new()),
            Laid::Other => Body::Symlink,
        };
        let id = self.add(body, now_ns);
        self.change(now_ns, [(folder, key, Some((last_name(path), id)))]);
        self.notice(path);
        Ok(id)
    }

    /// Gives a file another name, besides those it has.
    pub(crate) fn link(&mut self, path: &LocalPath, also: &LocalPath, now_ns: i64) -> Result<(), DiskFault> {
        let id = self.get(path)?;
        let (folder, key, there) = self.slot(also)?;
        if there.is_some() || self.names(id).is_some() {
            return Err(DiskFault::Taken);
        }
        self.change(now_ns, [(folder, key, Some((last_name(also), id)))]);
        self.notice(path);
        self.notice(also);
        Ok(())
    }

    /// Gives something another name. `over`: a file's name may replace another file's.
    pub(crate) fn rename(
        &mut self,
        from: &LocalPath,
        to: &LocalPath,
        over: bool,
        now_ns: i64,
    ) -> Result<(), DiskFault> {
        let (out_of, old_key, moved) = self.slot(from)?;
        let moved = moved.ok_or(DiskFault::Missing)?;
        let (into, new_key, there) = self.slot(to)?;
        let only_letters = (out_of, &old_key) == (into, &new_key);
        if let Some(there) = there.filter(|_| !only_letters)
            && (!over || self.names(there).is_some() || self.names(moved).is_some())
        {
            return Err(DiskFault::Taken);
        }
        if self.is_within(into, moved) {
            return Err(DiskFault::Different);
        }
        let arrives = (into, new_key, Some((last_name(to), moved)));
        if only_letters {
            self.change(now_ns, [arrives]);
        } else {
            self.change(now_ns, [(out_of, old_key, None), arrives]);
        }
        self.node_mut(moved).changed_ns = tick(now_ns);
        self.notice(from);
        self.notice(to);
        Ok(())
    }

    /// Lets two swap their names.
    pub(crate) fn exchange(
        &mut self,
        one: &LocalPath,
        other: &LocalPath,
        now_ns: i64,
    ) -> Result<(), DiskFault> {
        let (one_in, one_key, one_id) = self.slot(one)?;
        let (other_in, other_key, other_id) = self.slot(other)?;
        let (one_id, other_id) = (one_id.ok_or(DiskFault::Missing)?, other_id.ok_or(DiskFault::Missing)?);
        if self.is_within(one_in, other_id) || self.is_within(other_in, one_id) {
            return Err(DiskFault::Different);
        }
        self.change(
            now_ns,
            [
                (one_in, one_key, Some((last_name(one), other_id))),
                (other_in, other_key, Some((last_name(other), one_id))),
            ],
        );
        for id in [one_id, other_id] {
            self.node_mut(id).changed_ns = tick(now_ns);
        }
        self.notice(one);
        self.notice(other);
        Ok(())
    }

    /// Takes a name away from something, which is no folder, or an empty one.
    pub(crate) fn remove(&mut self, path: &LocalPath, folder: bool, now_ns: i64) -> Result<(), DiskFault> {
        let (parent, key, there) = self.slot(path)?;
        let there = there.ok_or(DiskFault::Missing)?;
        match self.names(there) {
            Some(names) if folder && names.is_empty() => {}
            Some(_) if folder => return Err(DiskFault::NotEmpty),
            None if !folder => {}
            Some(_) | None => return Err(DiskFault::Different),
        }
        self.change(now_ns, [(parent, key, None)]);
        self.node_mut(there).changed_ns = tick(now_ns);
        self.notice(path);
        Ok(())
    }

    /// Gives a file other bytes, in place.
    pub(crate) fn write(&mut self, id: NodeId, bytes: Bytes, now_ns: i64) {
        let node = self.node_mut(id);
        let (modified_ns, changed_ns) = (node.modified_ns, node.changed_ns);
        let Body::File(file) = &mut node.body else { return };
        if file.fresh.is_none() {
            let durable = (file.bytes.clone(), modified_ns, changed_ns);
            file.fresh = Some(Fresh { since_ns: now_ns, durable });
        }
        file.bytes = bytes;
        (node.modified_ns, node.changed_ns) = (tick(now_ns), tick(now_ns));
    }

    /// Makes a file's bytes durable.
    pub(crate) fn sync(&mut self, id: NodeId) {
        if let Body::File(file) = &mut self.node_mut(id).body {
            file.fresh = None;
        }
    }

    /// Makes all names durable, of this folder and whatever was done before.
    pub(crate) fn sync_names(&mut self) {
        self.journal.clear();
    }

    /// Sets when the bytes were changed.
    pub(crate) fn set_modified(&mut self, id: NodeId, modified_ns: i64, now_ns: i64) {
        let node = self.node_mut(id);
        (node.modified_ns, node.changed_ns) = (modified_ns, tick(now_ns));
    }

    pub(crate) fn set_executable(&mut self, id: NodeId, executable: bool, now_ns: i64) {
        let node = self.node_mut(id);
        (node.executable, node.changed_ns) = (executable, tick(now_ns));
    }

    /// Whether the engine may not look into it.
    pub(crate) fn set_denied(&mut self, id: NodeId, denied: bool, now_ns: i64) {
        let node = self.node_mut(id);
        (node.denied, node.changed_ns) = (denied, tick(now_ns));
    }

    /// Nobody is kept from reading anything any more.
    pub(crate) fn permit_all(&mut self, now_ns: i64) {
        let paths: Vec<LocalPath> = self.listing().into_keys().collect();
        for path in paths {
            if let Ok(id) = self.get(&path)
                && self.node(id).denied
            {
                self.set_denied(id, false, now_ns);
                self.notice(&path);
            }
        }
    }

    /// Something about this place changed: whoever watches is to be told.
    pub(crate) fn notice(&mut self, path: &LocalPath) {
        self.noticed.insert(path.clone());
    }

    /// What was noticed since this was asked last.
    pub(crate) fn take_noticed(&mut self) -> BTreeSet<LocalPath> {
        std::mem::take(&mut self.noticed)
    }

    /// Everything that can be reached, whether or not the engine may read it.
    pub(crate) fn listing(&self) -> Listing {
        let mut all = Listing::new();
        let mut open = vec![(LocalPath::root(), NodeId::ROOT)];
        while let Some((path, id)) = open.pop() {
            for (name, child) in self.names(id).into_iter().flat_map(BTreeMap::values) {
                let path = path.join(name).expect("names of a tree are possible ones");
                let laid = match &self.node(*child).body {
                    Body::File(file) => Laid::File(file.bytes.clone()),
                    Body::Folder(_) => Laid::Folder,
                    Body::Symlink => Laid::Other,
                };
                if laid == Laid::Folder {
                    open.push((path.clone(), *child));
                }
                all.insert(path, laid);
            }
        }
        all
    }

    /// How many bytes all files have.
    pub(crate) fn used(&self) -> u64 {
        let of_node = |node: &Node| match &node.body {
            Body::File(file) if node.links > 0 => file.bytes.len() as u64,
            _ => 0,
        };
        self.nodes.iter().map(of_node).sum()
    }

    /// Whether `inner` is `outer`, or below it.
    fn is_within(&self, inner: NodeId, outer: NodeId) -> bool {
        inner == outer
            || self.names(outer).is_some_and(|names| {
                names.values().any(|(_, child)| self.names(*child).is_some() && self.is_within(inner, *child))
            })
    }

    /// Changes what slots hold, all at once.
    fn change<const N: usize>(&mut self, now_ns: i64, slots: [Slot; N]) {
        let mut before = Vec::with_capacity(N);
        for (folder, key, holds) in slots {
            let old = self.fill(folder, &key, holds);
            before.push((folder, key, old));
            let node = self.node_mut(folder);
            (node.modified_ns, node.changed_ns) = (tick(now_ns), tick(now_ns));
        }
        self.journal.push(Done { at_ns: now_ns, before });
    }

    /// What the slot held.
    fn fill(
        &mut self,
        folder: NodeId,
        key: &str,
        holds: Option<(String, NodeId)>,
    ) -> Option<(String, NodeId)> {
        if let Some((_, id)) = &holds {
            self.node_mut(*id).links += 1;
        }
        let Body::Folder(names) = &mut self.node_mut(folder).body else { return None };
        let old = match holds {
            Some(holds) => names.insert(key.to_owned(), holds),
            None => names.remove(key),
        };
        if let Some((_, id)) = &old {
            let node = self.node_mut(*id);
            node.links -= 1;
            if node.links == 0 {
                let inode = node.inode;
                self.free.push(inode);
            }
        }
        old
    }

    /// Takes back the last change of names, as if it had never reached the disk.
    pub(super) fn undo(&mut self) -> bool {
        let Some(done) = self.journal.pop() else { return false };
        for (folder, key, old) in done.before.into_iter().rev() {
            self.fill(folder, &key, old);
        }
        true
    }

    /// After changes were taken back: no number is both free and had.
    pub(super) fn recount_inodes(&mut self) {
        let had: BTreeSet<u64> =
            self.nodes.iter().filter(|node| node.links > 0).map(|node| node.inode).collect();
        self.free.retain(|inode| !had.contains(inode));
        self.free.dedup();
    }

    /// Every file that has a name.
    pub(super) fn files(&self) -> Vec<NodeId> {
        let is_file = |node: &Node| node.links > 0 && matches!(node.body, Body::File(_));
        (0..self.nodes.len()).filter(|at| is_file(&self.nodes[*at])).map(NodeId).collect()
    }

    /// Puts a file back to what was durable.
    pub(super) fn set_whole(&mut self, id: NodeId, bytes: Bytes, modified_ns: i64, changed_ns: i64) {
        let node = self.node_mut(id);
        (node.modified_ns, node.changed_ns) = (modified_ns, changed_ns);
        node.body = Body::File(FileBody { bytes, fresh: None });
    }
}

/// An instant as the file system has it.
pub(crate) fn tick(now_ns: i64) -> i64 {
    now_ns - now_ns.rem_euclid(TICK_NS)
}

fn last_name(path: &LocalPath) -> String {
    path.split().map_or_else(String::new, |(_, name)| name.to_owned())
}
