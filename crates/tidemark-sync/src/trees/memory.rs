//! The three trees in memory: for tests, and for whoever wants to know what would be planned.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Bound;

use super::{LocalId, LocalNode, NameKey, RemoteId, RemoteNode, SyncedNode, Trees};

/// Three trees that are forgotten with the process. The roots have no rows: they are there, and linked, without any.
///
/// It believes whatever it is told, and also what no server or disk could have: a node without its parent, say.
#[derive(Clone, Debug, Default)]
pub struct MemoryTrees {
    remote: BTreeMap<RemoteId, RemoteNode>,
    remote_places: BTreeMap<RemoteId, BTreeMap<NameKey, RemoteId>>,
    local: BTreeMap<LocalId, LocalNode>,
    local_keys: BTreeMap<LocalId, BTreeMap<NameKey, BTreeMap<Box<str>, LocalId>>>,
    local_names: BTreeMap<LocalId, BTreeMap<Box<str>, LocalId>>,
    synced: BTreeMap<RemoteId, SyncedNode>,
    synced_by_local: BTreeMap<LocalId, RemoteId>,
    synced_places: BTreeMap<RemoteId, BTreeMap<RemoteId, ()>>,
}

impl MemoryTrees {
    /// Three empty trees.
    #[must_use]
    pub fn new() -> MemoryTrees {
        MemoryTrees::default()
    }

    /// The server has this. What had its identity or its place before is gone; what was below that is not looked at.
    pub fn put_remote(&mut self, node: RemoteNode) {
        self.remove_remote(&node.id);
        let places = self.remote_places.entry(node.place.parent.clone()).or_default();
        if let Some(other) = places.insert(NameKey::of(&node.place.name), node.id.clone()) {
            self.remote.remove(&other);
        }
        self.remote.insert(node.id.clone(), node);
    }

    /// The server does not have this. What was below it is not looked at.
    pub fn remove_remote(&mut self, id: &RemoteId) -> Option<RemoteNode> {
        let node = self.remote.remove(id)?;
        take_from(&mut self.remote_places, &node.place.parent, &NameKey::of(&node.place.name));
        Some(node)
    }

    /// The disk has this. What had its identity or its place before is gone; what was below that is not looked at.
    pub fn put_local(&mut self, node: LocalNode) {
        self.remove_local(node.id);
        let taken =
            self.local_names.get(&node.place.parent).and_then(|names| names.get(&node.place.name)).copied();
        if let Some(other) = taken {
            self.remove_local(other);
        }
        let (parent, name) = (node.place.parent, node.place.name.clone());
        let of_key = self.local_keys.entry(parent).or_default().entry(NameKey::of(&name)).or_default();
        of_key.insert(name.clone(), node.id);
        self.local_names.entry(parent).or_default().insert(name, node.id);
        self.local.insert(node.id, node);
    }

    /// The disk does not have this. What was below it is not looked at.
    pub fn remove_local(&mut self, id: LocalId) -> Option<LocalNode> {
        let node = self.local.remove(&id)?;
        let (parent, name) = (node.place.parent, &node.place.name);
        take_from(&mut self.local_names, &parent, name);
        if let Some(keys) = self.local_keys.get_mut(&parent) {
            take_from(keys, &NameKey::of(name), name);
            if keys.is_empty() {
                self.local_keys.remove(&parent);
            }
        }
        Some(node)
    }

    /// This is agreed on. What was agreed on about either of its identities before is not any more.
    pub fn put_synced(&mut self, node: SyncedNode) {
        self.remove_synced(&node.remote);
        if let Some(other) = self.synced_by_local.get(&node.local).cloned() {
            self.remove_synced(&other);
        }
        self.synced_by_local.insert(node.local, node.remote.clone());
        self.synced_places.entry(node.place.parent.clone()).or_default().insert(node.remote.clone(), ());
        self.synced.insert(node.remote.clone(), node);
    }

    /// Nothing is agreed on about this. What was below it is not looked at.
    pub fn remove_synced(&mut self, id: &RemoteId) -> Option<SyncedNode> {
        let node = self.synced.remove(id)?;
        self.synced_by_local.remove(&node.local);
        take_from(&mut self.synced_places, &node.place.parent, id);
        Some(node)
    }

    /// All that the server has.
    pub fn remotes(&self) -> impl Iterator<Item = &RemoteNode> {
        self.remote.values()
    }

    /// All that the disk has.
    pub fn locals(&self) -> impl Iterator<Item = &LocalNode> {
        self.local.values()
    }

    /// All that is agreed on.
    pub fn synceds(&self) -> impl Iterator<Item = &SyncedNode> {
        self.synced.values()
    }
}

/// Removes a folder's entry, and the folder's map with its last one.
fn take_from<Parent: Ord, Key: Ord + ?Sized, Owned: Ord + std::borrow::Borrow<Key>, Value>(
    places: &mut BTreeMap<Parent, BTreeMap<Owned, Value>>,
    parent: &Parent,
    key: &Key,
) {
    if let Some(children) = places.get_mut(parent) {
        children.remove(key);
        if children.is_empty() {
            places.remove(parent);
        }
    }
}

/// A folder's entries behind this key.
fn behind<'a, Key: Ord + ?Sized, Owned: Ord + std::borrow::Borrow<Key>, Value>(
    children: Option<&'a BTreeMap<Owned, Value>>,
    after: Option<&Key>,
) -> impl Iterator<Item = (&'a Owned, &'a Value)> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    children.into_iter().flat_map(move |children| children.range((from, Bound::Unbounded)))
}

impl Trees for MemoryTrees {
    type Error = Infallible;

    fn remote(&self, id: &RemoteId) -> Result<Option<RemoteNode>, Infallible> {
        Ok(self.remote.get(id).cloned())
    }

    fn remote_at(&self, parent: &RemoteId, key: &NameKey) -> Result<Option<RemoteNode>, Infallible> {
        let id = self.remote_places.get(parent).and_then(|places| places.get(key));
        Ok(id.and_then(|id| self.remote.get(id)).cloned())
    }

    fn remote_children(
        &self,
        parent: &RemoteId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<RemoteNode>, Infallible> {
        let children = behind(self.remote_places.get(parent), after);
        Ok(children.filter_map(|(_, id)| self.remote.get(id)).take(limit).cloned().collect())
    }

    fn local(&self, id: LocalId) -> Result<Option<LocalNode>, Infallible> {
        Ok(self.local.get(&id).cloned())
    }

    fn local_at(&self, parent: LocalId, key: &NameKey) -> Result<Vec<LocalNode>, Infallible> {
        let ids = self
            .local_keys
            .get(&parent)
            .and_then(|keys| keys.get(key))
            .into_iter()
            .flat_map(BTreeMap::values);
        Ok(ids.filter_map(|id| self.local.get(id)).cloned().collect())
    }

    fn local_children(
        &self,
        parent: LocalId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<LocalNode>, Infallible> {
        let children = behind(self.local_names.get(&parent), after);
        Ok(children.filter_map(|(_, id)| self.local.get(id)).take(limit).cloned().collect())
    }

    fn synced(&self, id: &RemoteId) -> Result<Option<SyncedNode>, Infallible> {
        Ok(self.synced.get(id).cloned())
    }

    fn synced_local(&self, id: LocalId) -> Result<Option<SyncedNode>, Infallible> {
        Ok(self.synced_by_local.get(&id).and_then(|remote| self.synced.get(remote)).cloned())
    }

    fn synced_children(
        &self,
        parent: &RemoteId,
        after: Option<&RemoteId>,
        limit: usize,
    ) -> Result<Vec<SyncedNode>, Infallible> {
        let children = behind(self.synced_places.get(parent), after);
        Ok(children.filter_map(|(id, ())| self.synced.get(id)).take(limit).cloned().collect())
    }
}
