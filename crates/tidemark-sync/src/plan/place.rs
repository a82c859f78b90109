//! The place of something that is on both sides.

use super::Direction;
use super::draft::{Draft, Read, Touched, Verdict, WAIT};
use super::gone::is_moved_here;
use super::names;
use super::step::{Step, Why};
use crate::trees::{
    Item, Kind, LocalId, LocalNode, NameKey, Place, RemoteId, RemoteNode, SyncedNode, Trees, same_name,
};

/// Which side is to follow the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    /// Both are at the same place, or are left where they are.
    Neither,
    /// The disk.
    Here,
    /// The server.
    There,
}

/// The longest row of those who wait for each other's places.
const ROW_MAX: usize = 1000;

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
            Follows::Neither => Ok(Verdict::Settled),
            Follows::Here => self.follow_here(remote, local),
            Follows::There => self.follow_there(remote, local, synced),
        }
    }

    fn follows(&self, remote: &RemoteNode, local: &LocalNode, synced: &SyncedNode) -> Read<Follows, T> {
        if self.same_place(remote, local)? {
            return Ok(Follows::Neither);
        }
        let moved_there = remote.place != synced.place;
        let moved_here = is_moved_here(local, synced);
        Ok(match self.context.direction {
            Direction::Down if moved_there => Follows::Here,
            Direction::Up if moved_here => Follows::There,
            Direction::Down | Direction::Up => Follows::Neither,
            // One that is only on its way on one side is where the other side has it.
            Direction::Both if names::is_temporary(&local.place.name) => Follows::Here,
            Direction::Both if names::is_temporary(&remote.place.name) => Follows::There,
            Direction::Both if moved_here && !moved_there => Follows::There,
            // If both were moved, to different places, the server's counts: others follow it already.
            Direction::Both => Follows::Here,
        })
    }

    /// Moves it here to where the server has it.
    fn follow_here(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        let Some(parent) = self.local_of(&remote.place.parent)? else {
            self.also(Item::Remote(remote.place.parent.clone()));
            return Ok(WAIT);
        };
        if !self.has_local(parent)? {
            self.also(Item::Remote(remote.place.parent.clone()));
            return Ok(WAIT);
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
            if self.trees.synced_local(other.id)?.is_none() || !self.leaves(&other)? {
                return self.aside(&other).map(|verdict| match verdict {
                    Verdict::Settled | Verdict::Decided => WAIT,
                    waiting @ Verdict::Wait(_) => waiting,
                });
            }
            self.also(Item::Local(other.id));
            return if self.breaks_row_here(local)? { self.move_out_of_the_way(local) } else { Ok(WAIT) };
        }
        self.move_here(local, to)
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

    /// Of those who wait for each other's places in a circle, the first goes out of the way.
    fn breaks_row_here(&self, first: &LocalNode) -> Read<bool, T> {
        let mut row = vec![first.id];
        let mut current = first.clone();
        while row.len() < ROW_MAX {
            let Some(synced) = self.trees.synced_local(current.id)? else { return Ok(false) };
            let Some(remote) = self.trees.remote(&synced.remote)? else { return Ok(false) };
            if self.follows(&remote, &current, &synced)? != Follows::Here {
                return Ok(false);
            }
            let Some(parent) = self.local_of(&remote.place.parent)? else { return Ok(false) };
            let there = self.trees.local_at(parent, &NameKey::of(&remote.place.name))?;
            let Some(next) = there.into_iter().find(|other| other.id != current.id) else { return Ok(false) };
            if next.id == first.id {
                return Ok(row.iter().min() == Some(&first.id));
            }
            if row.contains(&next.id) {
                return Ok(false);
            }
            row.push(next.id);
            current = next;
        }
        Ok(false)
    }

    fn move_out_of_the_way(&mut self, local: &LocalNode) -> Read<Verdict, T> {
        self.park_here(local, local.place.parent)
    }

    /// Puts it into a folder under a name that nobody gives, until its place is free.
    fn park_here(&mut self, local: &LocalNode, parent: LocalId) -> Read<Verdict, T> {
        let name = names::temporary(&local.id.0.to_string());
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
        let Some(parent) = self.remote_of(local.place.parent)? else {
            self.also(Item::Local(local.place.parent));
            return Ok(WAIT);
        };
        if !self.has_remote(&parent)? {
            self.also(Item::Local(local.place.parent));
            return Ok(WAIT);
        }
        if parent == remote.id || self.remote_above(&parent)?.contains(&remote.id) {
            // Somebody else moved that folder into this one: the server's places count.
            return if up { self.forget(synced) } else { self.follow_here(remote, local) };
        }
        if !self.holds_its_name(local)? {
            return Ok(Verdict::Wait(Why::NameTaken));
        }
        let to = Place { parent, name: local.place.name.clone() };
        let key = NameKey::of(&to.name);
        if let Some(other) = self.trees.remote_at(&to.parent, &key)?.filter(|other| other.id != remote.id) {
            if !self.leaves_there(&other)? {
                return if up { Ok(Verdict::Wait(Why::NameTaken)) } else { self.aside(local) };
            }
            self.also(Item::Remote(other.id));
            return if self.breaks_row_there(remote)? { self.park_there(remote, local) } else { Ok(WAIT) };
        }
        self.move_there(remote, local, to)
    }

    /// Whether something that holds a place there which the disk has given to another will go by itself: it is gone here, or
    /// is elsewhere here and the server follows.
    fn leaves_there(&self, remote: &RemoteNode) -> Read<bool, T> {
        let Some(synced) = self.trees.synced(&remote.id)? else { return Ok(false) };
        let Some(local) = self.trees.local(synced.local)? else { return Ok(true) };
        Ok(self.follows(remote, &local, &synced)? == Follows::There)
    }

    fn move_there(
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

    fn breaks_row_there(&self, first: &RemoteNode) -> Read<bool, T> {
        let mut row = vec![first.id.clone()];
        let mut current = first.clone();
        while row.len() < ROW_MAX {
            let Some(synced) = self.trees.synced(&current.id)? else { return Ok(false) };
            let Some(local) = self.trees.local(synced.local)? else { return Ok(false) };
            if self.follows(&current, &local, &synced)? != Follows::There {
                return Ok(false);
            }
            let Some(parent) = self.remote_of(local.place.parent)? else { return Ok(false) };
            let there = self.trees.remote_at(&parent, &NameKey::of(&local.place.name))?;
            let Some(next) = there.filter(|other| other.id != current.id) else { return Ok(false) };
            if next.id == first.id {
                return Ok(row.iter().min() == Some(&first.id));
            }
            if row.contains(&next.id) {
                return Ok(false);
            }
            row.push(next.id.clone());
            current = next;
        }
        Ok(false)
    }

    fn park_there(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        let parent = remote.place.parent.clone();
        let name = names::temporary(remote.id.as_str());
        if self.trees.remote_at(&parent, &NameKey::of(&name))?.is_some() {
            return Ok(WAIT);
        }
        self.move_there(remote, local, Place { parent, name: name.into() })
    }
}
