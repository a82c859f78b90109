//! Who waits for whom. Where that leads back to where it began, somebody must give way.
//!
//! Something new waits for its folder, or for whoever has its place. Something that moves waits for the same. A folder that
//! goes waits for whoever is still in it. So whoever moves is in the way of others by its place, or by the folder it is
//! in; if those are, in the end, who it waits for itself, it goes elsewhere for a while.

use std::collections::BTreeSet;

use super::draft::{Draft, Read};
use super::place::Follows;
use crate::trees::{Item, Kind, LocalNode, NameKey, RemoteNode, Trees};

/// The most that are asked whom they wait for.
const ROW_MAX: usize = 1000;

/// How something is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocks {
    /// It is a folder that is not there yet.
    NotThere,
    /// It has the place.
    ByPlace,
    /// It is in a folder that is to go.
    ByFolder,
}

impl<T: Trees> Draft<'_, T> {
    /// Whether somebody waits, in the end, for this, which waits for them; and how it is in their way.
    pub(super) fn gives_way_here(&self, local: &LocalNode) -> Read<Option<Blocks>, T> {
        self.gives_way(&Item::Local(local.id), Self::waits_here)
    }

    /// Whether somebody waits, in the end, for this, which waits for them; and how it is in their way.
    pub(super) fn gives_way_there(&self, remote: &RemoteNode) -> Read<Option<Blocks>, T> {
        self.gives_way(&Item::Remote(remote.id.clone()), Self::waits_there)
    }

    fn gives_way(
        &self,
        first: &Item,
        waits: impl Fn(&Self, &Item) -> Read<Vec<(Item, Blocks)>, T>,
    ) -> Read<Option<Blocks>, T> {
        let mut seen = BTreeSet::from([first.clone()]);
        // With each, the smallest of those on the way to it that could give way instead.
        let mut open = vec![(first.clone(), first.clone())];
        while let Some((item, smallest)) = open.pop() {
            for (next, blocks) in waits(self, &item)? {
                if next == *first {
                    if smallest == *first {
                        return Ok(Some(blocks));
                    }
                    continue;
                }
                if seen.len() < ROW_MAX && seen.insert(next.clone()) {
                    let smallest = match blocks {
                        Blocks::NotThere => smallest.clone(),
                        Blocks::ByPlace | Blocks::ByFolder if self.is_on_both(&next)? => {
                            smallest.clone().min(next.clone())
                        }
                        Blocks::ByPlace | Blocks::ByFolder => smallest.clone(),
                    };
                    open.push((next, smallest));
                }
            }
        }
        Ok(None)
    }

    /// Whether it is on both sides: then it does not go, but moves.
    fn is_on_both(&self, item: &Item) -> Read<bool, T> {
        let synced = match item {
            Item::Remote(id) => self.trees.synced(id)?,
            Item::Local(id) => self.trees.synced_local(*id)?,
        };
        let Some(synced) = synced else { return Ok(false) };
        Ok(self.trees.remote(&synced.remote)?.is_some() && self.trees.local(synced.local)?.is_some())
    }

    /// For whom it waits, to be here what it is there.
    fn waits_here(&self, item: &Item) -> Read<Vec<(Item, Blocks)>, T> {
        let (remote, own) = match item {
            Item::Remote(id) => (self.trees.remote(id)?, None),
            Item::Local(id) => {
                let (Some(local), Some(synced)) = (self.trees.local(*id)?, self.trees.synced_local(*id)?)
                else {
                    return Ok(Vec::new());
                };
                let Some(remote) = self.trees.remote(&synced.remote)? else {
                    return self.within_waits_here(&local);
                };
                if self.follows(&remote, &local, &synced)? != Follows::Here {
                    return Ok(Vec::new());
                }
                (Some(remote), Some(*id))
            }
        };
        let Some(remote) = remote else { return Ok(Vec::new()) };
        let parent = match self.local_of(&remote.place.parent)? {
            Some(parent) if self.has_local(parent)? => parent,
            _ => return Ok(vec![(Item::Remote(remote.place.parent), Blocks::NotThere)]),
        };
        let mut waits = Vec::new();
        for other in self.trees.local_at(parent, &NameKey::of(&remote.place.name))? {
            let Some(synced) = self.trees.synced_local(other.id)?.filter(|_| Some(other.id) != own) else {
                continue;
            };
            // A new folder does not wait for one that goes: it is linked instead of that.
            let is_folder = own.is_none() && remote.kind() == Kind::Folder && other.kind() == Kind::Folder;
            if !is_folder || self.has_remote(&synced.remote)? {
                waits.push((Item::Local(other.id), Blocks::ByPlace));
            }
        }
        Ok(waits)
    }

    fn within_waits_here(&self, folder: &LocalNode) -> Read<Vec<(Item, Blocks)>, T> {
        if folder.kind() == Kind::File {
            return Ok(Vec::new());
        }
        let children = self.trees.local_children(folder.id, None, ROW_MAX)?;
        Ok(children.into_iter().map(|child| (Item::Local(child.id), Blocks::ByFolder)).collect())
    }

    /// For whom it waits, to be there what it is here.
    fn waits_there(&self, item: &Item) -> Read<Vec<(Item, Blocks)>, T> {
        let (local, own) = match item {
            Item::Local(id) => (self.trees.local(*id)?, None),
            Item::Remote(id) => {
                let (Some(remote), Some(synced)) = (self.trees.remote(id)?, self.trees.synced(id)?) else {
                    return Ok(Vec::new());
                };
                let Some(local) = self.trees.local(synced.local)? else {
                    return self.within_waits_there(&remote);
                };
                if self.follows(&remote, &local, &synced)? != Follows::There {
                    return Ok(Vec::new());
                }
                (Some(local), Some(id.clone()))
            }
        };
        let Some(local) = local else { return Ok(Vec::new()) };
        let parent = match self.remote_of(local.place.parent)? {
            Some(parent) if self.has_remote(&parent)? => parent,
            _ => return Ok(vec![(Item::Local(local.place.parent), Blocks::NotThere)]),
        };
        if let Some(own) = &own
            && (parent == *own || self.remote_above(&parent)?.contains(own))
        {
            let leaving = self.leaving_within_there(own, &parent)?;
            return Ok(leaving.into_iter().map(|id| (Item::Remote(id), Blocks::NotThere)).collect());
        }
        let Some(other) = self.trees.remote_at(&parent, &NameKey::of(&local.place.name))? else {
            return Ok(Vec::new());
        };
        let Some(synced) = self.trees.synced(&other.id)?.filter(|_| Some(&other.id) != own.as_ref()) else {
            return Ok(Vec::new());
        };
        let is_folder = own.is_none() && local.kind() == Kind::Folder && other.kind() == Kind::Folder;
        let is_linked = is_folder && !self.has_local(synced.local)?;
        Ok(if is_linked { Vec::new() } else { vec![(Item::Remote(other.id), Blocks::ByPlace)] })
    }

    fn within_waits_there(&self, folder: &RemoteNode) -> Read<Vec<(Item, Blocks)>, T> {
        if folder.kind() == Kind::File {
            return Ok(Vec::new());
        }
        let children = self.trees.remote_children(&folder.id, None, ROW_MAX)?;
        Ok(children.into_iter().map(|child| (Item::Remote(child.id), Blocks::ByFolder)).collect())
    }
}
