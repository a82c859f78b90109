//! What is new on one side, or on both at one place.

use super::Direction;
use super::content::{Here, here};
use super::context::Context;
use super::draft::{Draft, Read, Touched, Verdict, WAIT};
use super::names;
use super::step::{Record, Step, Why};
use crate::trees::{
    Item, Kind, LocalId, LocalNode, NameKey, Place, RemoteNode, SyncedNode, Trees, same_name,
};

/// Conflict copies of one file on one day, at most.
const COPIES_MAX: u32 = 10_000;

impl<T: Trees> Draft<'_, T> {
    /// The server has something of which nothing is agreed on.
    pub(super) fn new_there(&mut self, remote: &RemoteNode) -> Read<Verdict, T> {
        let up = self.context.direction == Direction::Up;
        if self.is_parked_there(remote) && self.context.direction != Direction::Down {
            return self.restore_there(remote);
        }
        let Some(parent) = self.local_of(&remote.place.parent)? else {
            self.also(Item::Remote(remote.place.parent.clone()));
            return Ok(if up { Verdict::Settled } else { WAIT });
        };
        if !self.has_local(parent)? {
            self.also(Item::Local(parent));
            return Ok(if up { Verdict::Settled } else { WAIT });
        }
        let there = self.trees.local_at(parent, &NameKey::of(&remote.place.name))?;
        let mut free = Vec::new();
        for local in there {
            let Some(synced) = self.trees.synced_local(local.id)? else {
                free.push(local);
                continue;
            };
            if self.is_touched(None, Some(local.id)) {
                return Ok(WAIT);
            }
            if remote.kind() == Kind::Folder
                && local.kind() == Kind::Folder
                && !self.has_remote(&synced.remote)?
                && !up
            {
                // One folder for another: they are one, and what was in the old one goes by itself.
                return self.link_instead(&synced, remote, &local);
            }
            if !self.leaves(&local)? {
                return self.aside(&local);
            } else {
                self.also(Item::Local(local.id));
                return Ok(WAIT);
            }
        }
        free.sort_by_key(|local| (local.place.name != remote.place.name, local.place.name.clone()));
        match free.first() {
            Some(local) => self.same_name_on_both(remote, local),
            None if up => Ok(Verdict::Settled),
            None => self.make_here(remote, parent),
        }
    }

    /// The disk has something of which nothing is agreed on.
    pub(super) fn new_here(&mut self, local: &LocalNode) -> Read<Verdict, T> {
        let down = self.context.direction == Direction::Down;
        if self.is_parked_here(local) && self.context.direction != Direction::Up {
            return self.restore_here(local);
        }
        let Some(parent) = self.remote_of(local.place.parent)? else {
            self.also(Item::Local(local.place.parent));
            return Ok(if down { Verdict::Settled } else { WAIT });
        };
        if !self.has_remote(&parent)? {
            self.also(Item::Remote(parent));
            return Ok(if down { Verdict::Settled } else { WAIT });
        }
        if !self.holds_its_name(local)? {
            return Ok(Verdict::Wait(Why::NameTaken));
        }
        let key = NameKey::of(&local.place.name);
        let Some(remote) = self.trees.remote_at(&parent, &key)? else {
            return if down {
                Ok(Verdict::Settled)
            } else {
                let to = Place { parent, name: local.place.name.clone() };
                self.make_there(local, to)
            };
        };
        let Some(synced) = self.trees.synced(&remote.id)? else {
            return self.same_name_on_both(&remote, local);
        };
        if remote.kind() == Kind::Folder
            && local.kind() == Kind::Folder
            && !self.has_local(synced.local)?
            && !down
        {
            // One folder for another: they are one, and what was in the old one goes by itself.
            return self.link_instead(&synced, &remote, local);
        }
        // The place is another's, which was moved or deleted here, or comes here from elsewhere.
        self.also(Item::Remote(remote.id));
        match self.context.direction {
            Direction::Both => Ok(WAIT),
            Direction::Down => Ok(Verdict::Settled),
            Direction::Up => Ok(WAIT),
        }
    }

    /// Whether, of all names of one key in its folder, this is the one that the server gets: that of which something is agreed
    /// on, or else the first.
    pub(super) fn holds_its_name(&self, local: &LocalNode) -> Read<bool, T> {
        let key = NameKey::of(&local.place.name);
        let all = self.trees.local_at(local.place.parent, &key)?;
        if all.len() < 2 {
            return Ok(true);
        }
        let mut order = Vec::new();
        for other in all {
            let synced = self.trees.synced_local(other.id)?;
            // One that was moved here, or got the name here, may have to go again; one that always had it keeps it.
            let here = synced.as_ref().is_some_and(|synced| {
                synced.local_parent == other.place.parent && NameKey::of(&synced.place.name) == key
            });
            order.push((!here, synced.is_none(), other.place.name, other.id));
        }
        order.sort();
        Ok(order.first().is_some_and(|(.., first)| *first == local.id))
    }

    /// Both sides have something at one place, and nothing is agreed on about either.
    fn same_name_on_both(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        if self.is_touched(Some(&remote.id), Some(local.id)) {
            return Ok(WAIT);
        }
        match (&remote.file, &local.file) {
            (None, None) => self.link(remote, local),
            (Some(there), Some(file)) => match here(file, there.content) {
                Here::Equal => self.link(remote, local),
                Here::Unknown => self.hash(local),
                Here::Other if self.context.direction == Direction::Up => self.upload_over(remote, local),
                Here::Other => self.aside(local),
            },
            _ if self.context.direction == Direction::Up => Ok(Verdict::Wait(Why::NameTaken)),
            _ => self.aside(local),
        }
    }

    /// Both are agreed on as one. Before that, the disk takes the server's letters. (Where the server follows, it takes the
    /// disk's, when they are agreed on: only then is it known what is to be moved there.)
    fn link(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        let is_spelled = same_name(&remote.place.name, &local.place.name);
        if !is_spelled && self.context.direction != Direction::Up {
            return self.respell_here(remote, local);
        }
        self.record(Record::Link { remote: remote.id.clone(), local: local.id }, &remote.id, local.id)
    }

    /// Both are agreed on as one, instead of what one of them was agreed on with before.
    pub(super) fn link_instead(
        &mut self,
        before: &SyncedNode,
        remote: &RemoteNode,
        local: &LocalNode,
    ) -> Read<Verdict, T> {
        if self.is_touched(Some(&before.remote), Some(before.local))
            || self.is_touched(Some(&remote.id), Some(local.id))
            || self.is_under_way_in(before)
        {
            return Ok(WAIT);
        }
        // What is new gives the letters: there, the disk takes them; here, the server will, as with any move.
        let is_new_there = before.local == local.id;
        if is_new_there && !same_name(&remote.place.name, &local.place.name) {
            return self.respell_here(remote, local);
        }
        self.forget(before)?;
        self.relink(Record::Link { remote: remote.id.clone(), local: local.id }, &remote.id, local.id);
        Ok(Verdict::Decided)
    }

    fn respell_here(&mut self, remote: &RemoteNode, local: &LocalNode) -> Read<Verdict, T> {
        let to = Place { parent: local.place.parent, name: remote.place.name.clone() };
        let alike = self.trees.local_at(to.parent, &NameKey::of(&to.name))?;
        if alike.iter().any(|other| other.id != local.id && other.place.name == to.name) {
            return Ok(WAIT);
        }
        let touched = Touched {
            remote: Some(remote.id.clone()),
            local: Some(local.id),
            to_local: Some(to.clone()),
            whole: local.kind() == Kind::Folder,
            ..Touched::default()
        };
        self.step(Step::MoveLocal { local: local.id, to, conflict: false }, &touched)
    }

    fn make_here(&mut self, remote: &RemoteNode, parent: LocalId) -> Read<Verdict, T> {
        let to = Place { parent, name: remote.place.name.clone() };
        let touched =
            Touched { remote: Some(remote.id.clone()), to_local: Some(to.clone()), ..Touched::default() };
        let remote_id = remote.id.clone();
        let step = match &remote.file {
            None => Step::MakeLocal { remote: remote_id, to },
            Some(file) => Step::Download {
                remote: remote_id,
                rev: file.rev.clone(),
                content: file.content,
                to,
                replaces: None,
            },
        };
        self.step(step, &touched)
    }

    fn make_there(&mut self, local: &LocalNode, to: Place<crate::trees::RemoteId>) -> Read<Verdict, T> {
        let touched = Touched { local: Some(local.id), to_remote: Some(to.clone()), ..Touched::default() };
        let step = match local.kind() {
            Kind::Folder => Step::MakeRemote { local: local.id, to },
            Kind::File => Step::Upload { local: local.id, to, replaces: None },
        };
        self.step(step, &touched)
    }

    /// Gives what is here the name of a conflict copy: the other keeps its name.
    pub(super) fn aside(&mut self, local: &LocalNode) -> Read<Verdict, T> {
        if self.context.direction == Direction::Up {
            return Ok(Verdict::Wait(Why::NameTaken));
        }
        let names = copies(self.context, &local.place.name);
        self.rename_here(local, names, true)
    }

    /// Gives something here the first of these names that nobody has on either side.
    pub(super) fn rename_here(
        &mut self,
        local: &LocalNode,
        names: impl Iterator<Item = String>,
        conflict: bool,
    ) -> Read<Verdict, T> {
        let parent = local.place.parent;
        let remote_parent = self.remote_of(parent)?;
        for name in names {
            let key = NameKey::of(&name);
            let taken_there = match &remote_parent {
                Some(parent) => self.trees.remote_at(parent, &key)?.is_some(),
                None => false,
            };
            if taken_there || !self.trees.local_at(parent, &key)?.is_empty() {
                continue;
            }
            let to = Place { parent, name: name.into() };
            let touched = Touched {
                local: Some(local.id),
                to_local: Some(to.clone()),
                whole: local.kind() == Kind::Folder,
                ..Touched::default()
            };
            return self.step(Step::MoveLocal { local: local.id, to, conflict }, &touched);
        }
        Ok(Verdict::Wait(Why::NameTaken))
    }
}

/// What something of this name may be called as a conflict copy.
pub(super) fn copies<'a>(context: &'a Context<'a>, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let name = name.to_owned();
    (0..COPIES_MAX).map(move |number| names::conflict(&name, context.device, context.today, number))
}
