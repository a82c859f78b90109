//! The place of something that is on both sides.

use std::iter;

use super::draft::{Draft, Read, Touched, Verdict, WAIT};
use super::names;
use super::new::copies;
use super::rows::Blocks;
use super::step::{Step, Why};
use super::{Direction, Wanted};
use crate::trees::{
    Item, Kind, LocalId, LocalNode, NameKey, Place, RemoteId, RemoteNode, SyncedNode, Trees, same_name,
};

/// Which side is to follow the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// Both are at the same place, or are left where they are.
    Neither,
    /// The disk.
    Here,
    /// The server.
    There,
}

impl<T: Trees> Draft<'_, T> {
    /// Whether both are in the same folder, under the same name.
    pub(super) fn same_place(&self, remote: &RemoteNode, local: &LocalNode) -> Read<bool, T> {
        Ok(same_name(&remote.place.name, &local.place.name)
            && self.local_of(&remote.place.parent)? == Some(local.place.parent))
    }

    /// Decides about the place of what is on both sides.
    pub(super) fn place(
        &mut self,
        remote: &RemoteNode,
        local: &LocalNode,
        synced: &SyncedNode,
    ) -> Read<Verdict, T> {
        match self.follows(remote, local, synced)? {
            Follows::Neither => self.arrive(remote, local),
            Follows::Here => self.follow_here(remote, local),
            Follows::There if self.is_parked_by_two(remote, local) => self.restore_here(local),
            Follows::There => self.follow_there(remote, local, synced),
        }
    }

    pub(super) fn follows(
        &self,
        remote: &RemoteNode,
        local: &LocalNode,
        synced: &SyncedNode,
    ) -> Read<Follows, T> {
        if self.same_place(remote, local)? {
            return Ok(Follows::Neither);
        }
        let moved_there = self.is_moved_there(remote, synced);
        let moved_here = self.is_moved_here(local, synced);
        Ok(match self.context.direction {
            Direction::Down if moved_there => Follows::Here,
            Direction::Up if moved_here => Follows::There,
            Direction::Down | Direction::Up => Follows::Neither,
            // One that is only on its way on one side is where the other side has it.
            Direction::Both if self.is_parked_here(local) => Follows::Here,
            Direction::Both if self.is_parked_there(remote) => Follows::There,
            Direction::Both if moved_here && !moved_there => Follows::There,
            // If both were moved, to different places, the server's counts: others follow it already.
            Direction::Both => Follows::Here,
        })
    }

    /// Moves it here to where the server has it.
    fn follow_here(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        let Some(parent) = self.local_of(&remote.place.parent)? else {
            self.also(Item::Remote(remote.place.parent.clone()));
            return self.wait_here(local);
        };
        if !self.has_local(parent)? {
            self.also(Item::Remote(remote.place.parent.clone()));
            return self.wait_here(local);
        }
        if parent == local.id || self.local_above(parent)?.contains(&local.id) {
            return self.out_of_itself(local, parent);
        }
        let to = Place { parent, name: remote.place.name.clone() };
        let key = NameKey::of(&to.name);
        for other in self.trees.local_at(parent, &key)? {
            if other.id == local.id {
                continue;
            }
            if self.is_touched(None, Some(other.id)) {
                // Where it will be is not known before that is done and observed.
                return Ok(WAIT);
            }
            if self.trees.synced_local(other.id)?.is_none() || !self.leaves(&other)? {
                return self.aside(&other).map(|verdict| match verdict {
                    Verdict::Settled | Verdict::Decided => WAIT,
                    waiting @ Verdict::Wait(_) => waiting,
                });
            }
            self.also(Item::Local(other.id));
            return self.wait_here(local);
        }
        self.move_here(local, to)
    }

    /// What nobody moves any more does not keep the name that it had on its way.
    fn arrive(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        if self.is_parked_here(local) && self.context.direction != Direction::Up {
            return self.restore_here(local);
        }
        if self.is_parked_there(remote) && self.context.direction != Direction::Down {
            return self.restore_there(remote);
        }
        Ok(Verdict::Settled)
    }

    /// Whether we let it be on its way there.
    pub(super) fn is_parked_there(&self, remote: &RemoteNode) -> bool {
        names::is_temporary_of(&remote.place.name, self.context.device)
    }

    /// Whether we let it be on its way here. One of another machine's may come here, too, as any name.
    pub(super) fn is_parked_here(&self, local: &LocalNode) -> bool {
        names::is_temporary_of(&local.place.name, self.context.device)
    }

    /// Whether it is called on both sides as what is on its way: there by our name for that, and here by another machine's, which
    /// may have ours here. If each gave it the name that it has here, neither would come to an end: it gets back, here, what
    /// it was called before, and the server follows.
    fn is_parked_by_two(&self, remote: &RemoteNode, local: &LocalNode) -> bool {
        self.context.direction == Direction::Both
            && self.is_parked_there(remote)
            && names::is_on_its_way(&local.place.name)
    }

    /// Whether it has another place here than what was agreed on, and not by our doing.
    pub(super) fn is_moved_here(&self, local: &LocalNode, synced: &SyncedNode) -> bool {
        let same =
            local.place.parent == synced.local_parent && same_name(&local.place.name, &synced.place.name);
        !same && !self.is_parked_here(local)
    }

    /// Whether it has another place there than what was agreed on, and not by our doing.
    pub(super) fn is_moved_there(&self, remote: &RemoteNode, synced: &SyncedNode) -> bool {
        remote.place != synced.place && !self.is_parked_there(remote)
    }

    /// Gives what is on its way here the name that it had before.
    pub(super) fn restore_here(&mut self, local: &LocalNode) -> Read<Verdict, T> {
        let before = names::before_temporary(&local.place.name).unwrap_or(&local.place.name);
        let names = iter::once(before.to_owned()).chain(copies(self.context, before));
        self.rename_here(local, names, false)
    }

    /// Gives what is on its way there the name that it had before.
    pub(super) fn restore_there(&mut self, remote: &RemoteNode) -> Read<Verdict, T> {
        let before = names::before_temporary(&remote.place.name).unwrap_or(&remote.place.name);
        for name in iter::once(before.to_owned()).chain(copies(self.context, before)) {
            if self.trees.remote_at(&remote.place.parent, &NameKey::of(&name))?.is_none() {
                let to = Place { parent: remote.place.parent.clone(), name: name.into() };
                let touched = Touched {
                    remote: Some(remote.id.clone()),
                    to_remote: Some(to.clone()),
                    whole: remote.kind() == Kind::Folder,
                    ..Touched::default()
                };
                return self.step(Step::MoveRemote { remote: remote.id.clone(), to }, &touched);
            }
        }
        Ok(Verdict::Wait(Why::NameTaken))
    }

    /// Whether something that holds a place here which the server has given to another will go by itself: it is gone there,
    /// or the server has it elsewhere and it follows. Otherwise it was moved here, by somebody who did not know.
    pub(super) fn leaves(&self, local: &LocalNode) -> Read<bool, T> {
        let Some(synced) = self.trees.synced_local(local.id)? else { return Ok(false) };
        let Some(remote) = self.trees.remote(&synced.remote)? else {
            return Ok(self.context.direction != Direction::Up);
        };
        Ok(self.follows(&remote, local, &synced)? == Follows::Here)
    }

    fn move_here(&mut self, local: &LocalNode, to: Place<LocalId>) -> Read<Verdict, T> {
        let touched = Touched {
            local: Some(local.id),
            remote: self.remote_of(local.id)?,
            to_local: Some(to.clone()),
            whole: local.kind() == Kind::Folder,
            ..Touched::default()
        };
        self.step(Step::MoveLocal { local: local.id, to, conflict: false }, &touched)
    }

    /// Waits until its place here is free, and there; out of the way, if that leads back to itself.
    fn wait_here(&mut self, local: &LocalNode) -> Read<Verdict, T> {
        match self.gives_way_here(local)? {
            None => Ok(WAIT),
            Some(Blocks::ByFolder) => self.park_here(local, LocalId::ROOT),
            Some(Blocks::ByPlace | Blocks::NotThere) => self.park_here(local, local.place.parent),
        }
    }

    /// Puts it into a folder under a name that nobody gives, until its place is free.
    fn park_here(&mut self, local: &LocalNode, parent: LocalId) -> Read<Verdict, T> {
        let name = names::temporary(self.context.device, &local.id.0.to_string(), &local.place.name);
        if !self.trees.local_at(parent, &NameKey::of(&name))?.is_empty() {
            return Ok(WAIT);
        }
        self.move_here(local, Place { parent, name: name.into() })
    }

    /// It is to go into a folder that is in it, here. Somebody else moved that folder (or one above it) in: the server's place of
    /// that counts, and if it cannot go there yet, it waits in the root.
    fn out_of_itself(&mut self, local: &LocalNode, into: LocalId) -> Read<Verdict, T> {
        let mut between = vec![into];
        between.extend(self.local_above(into)?.into_iter().take_while(|id| *id != local.id));
        for id in between.into_iter().rev() {
            let (Some(node), Some(synced)) = (self.trees.local(id)?, self.trees.synced_local(id)?) else {
                continue;
            };
            let Some(remote) = self.trees.remote(&synced.remote)? else { continue };
            if self.same_place(&remote, &node)? {
                continue;
            }
            if self.is_touched(Some(&remote.id), Some(id)) {
                return Ok(WAIT);
            }
            if let Some(parent) = self.local_of(&remote.place.parent)?
                && self.has_local(parent)?
                && parent != id
                && parent != local.id
                && !self.local_above(parent)?.contains(&local.id)
                && self.trees.local_at(parent, &NameKey::of(&remote.place.name))?.is_empty()
            {
                self.move_here(&node, Place { parent, name: remote.place.name.clone() })?;
                return Ok(WAIT);
            }
            self.park_here(&node, LocalId::ROOT)?;
            return Ok(WAIT);
        }
        Ok(WAIT)
    }

    /// Moves it there to where the disk has it.
    fn follow_there(
        &mut self,
        remote: &RemoteNode,
        local: &LocalNode,
        synced: &SyncedNode,
    ) -> Read<Verdict, T> {
        let up = self.context.direction == Direction::Up;
        // Nobody takes it there: to where nothing is wanted, the server has no folder to be agreed on.
        if self.wanted(None, Some(local))? != Wanted::Yes {
            return self.forget(synced);
        }
        let Some(parent) = self.remote_of(local.place.parent)? else {
            self.also(Item::Local(local.place.parent));
            return self.wait_there(remote, local);
        };
        if !self.has_remote(&parent)? {
            self.also(Item::Local(local.place.parent));
            return self.wait_there(remote, local);
        }
        if parent == remote.id || self.remote_above(&parent)?.contains(&remote.id) {
            let leaving = self.leaving_within_there(&remote.id, &parent)?;
            if !leaving.is_empty() {
                leaving.into_iter().for_each(|id| self.also(Item::Remote(id)));
                return self.wait_there(remote, local);
            }
            // Somebody else moved that folder into this one: the server's places count.
            return if up { self.forget(synced) } else { self.follow_here(remote, local) };
        }
        if !self.holds_its_name(local)? {
            return Ok(Verdict::Wait(Why::NameTaken));
        }
        let to = Place { parent, name: local.place.name.clone() };
        let key = NameKey::of(&to.name);
        if let Some(other) = self.trees.remote_at(&to.parent, &key)?.filter(|other| other.id != remote.id) {
            if self.is_touched(Some(&other.id), None) {
                // Where it will be is not known before that is done and observed.
                return Ok(WAIT);
            }
            if !self.leaves_there(&other)? {
                return if up { Ok(Verdict::Wait(Why::NameTaken)) } else { self.aside(local) };
            }
            self.also(Item::Remote(other.id));
            return self.wait_there(remote, local);
        }
        self.move_there(remote, local, to)
    }

    /// Of the folders from this one up to that, on the server, those that were moved elsewhere here.
    pub(super) fn leaving_within_there(&self, top: &RemoteId, from: &RemoteId) -> Read<Vec<RemoteId>, T> {
        let mut between = vec![from.clone()];
        between.extend(self.remote_above(from)?);
        let mut leaving = Vec::new();
        for id in between.into_iter().take_while(|id| id != top) {
            let (Some(remote), Some(synced)) = (self.trees.remote(&id)?, self.trees.synced(&id)?) else {
                continue;
            };
            let Some(local) = self.trees.local(synced.local)? else { continue };
            if self.follows(&remote, &local, &synced)? == Follows::There {
                leaving.push(id);
            }
        }
        Ok(leaving)
    }

    /// Whether something that holds a place there which the disk has given to another will go by itself: it is gone here, or
    /// is elsewhere here and the server follows.
    fn leaves_there(&self, remote: &RemoteNode) -> Read<bool, T> {
        let Some(synced) = self.trees.synced(&remote.id)? else { return Ok(false) };
        let Some(local) = self.trees.local(synced.local)? else { return Ok(true) };
        Ok(self.follows(remote, &local, &synced)? == Follows::There)
    }

    pub(super) fn move_there(
        &mut self,
        remote: &RemoteNode,
        local: &LocalNode,
        to: Place<RemoteId>,
    ) -> Read<Verdict, T> {
        let touched = Touched {
            remote: Some(remote.id.clone()),
            local: Some(local.id),
            to_remote: Some(to.clone()),
            whole: remote.kind() == Kind::Folder,
            ..Touched::default()
        };
        self.step(Step::MoveRemote { remote: remote.id.clone(), to }, &touched)
    }

    /// Waits until its place there is free, and here; out of the way, if that leads back to itself.
    fn wait_there(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        match self.gives_way_there(remote)? {
            None => Ok(WAIT),
            Some(Blocks::ByFolder) => self.park_there(remote, local, RemoteId::root()),
            Some(Blocks::ByPlace | Blocks::NotThere) => {
                self.park_there(remote, local, remote.place.parent.clone())
            }
        }
    }

    fn park_there(&mut self, remote: &RemoteNode, local: &LocalNode, parent: RemoteId) -> Read<Verdict, T> {
        let name = names::temporary(self.context.device, remote.id.as_str(), &remote.place.name);
        if self.trees.remote_at(&parent, &NameKey::of(&name))?.is_some() {
            return Ok(WAIT);
        }
        self.move_there(remote, local, Place { parent, name: name.into() })
    }
}
