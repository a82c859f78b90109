//! What is new on one side, or on both at one place.

use super::Direction;
use super::content::{Here, here};
use super::draft::{Draft, Read, Touched, Verdict, WAIT};
use super::names;
use super::step::{Record, Step, Why};
use crate::trees::{Item, Kind, LocalId, LocalNode, NameKey, Place, RemoteNode, Trees};

/// Conflict copies of one file on one day, at most.
const COPIES_MAX: u32 = 10_000;

impl<T: Trees> Draft<'_, T> {
    /// The server has something of which nothing is agreed on.
    pub(super) fn new_there(&mut self, remote: &RemoteNode) -> Read<Verdict, T> {
        let up = self.context.direction == Direction::Up;
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
            if self.trees.synced_local(local.id)?.is_none() {
                free.push(local);
            } else if !self.leaves(&local)? {
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
        if self.trees.synced(&remote.id)?.is_none() {
            return self.same_name_on_both(&remote, local);
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
        let all = self.trees.local_at(local.place.parent, &NameKey::of(&local.place.name))?;
        if all.len() < 2 {
            return Ok(true);
        }
        let mut order = Vec::new();
        for other in all {
            let synced = self.trees.synced_local(other.id)?;
            // One that was moved here may have to go again; one that was always here has the name.
            let here = synced.as_ref().is_some_and(|synced| synced.local_parent == other.place.parent);
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
        let link = Record::Link { remote: remote.id.clone(), local: local.id };
        match (&remote.file, &local.file) {
            (None, None) => self.record(link, &remote.id, local.id),
            (Some(there), Some(file)) => match here(file, there.content) {
                Here::Equal => self.record(link, &remote.id, local.id),
                Here::Unknown => self.hash(local),
                Here::Other if self.context.direction == Direction::Up => self.upload_over(remote, local),
                Here::Other => self.aside(local),
            },
            _ if self.context.direction == Direction::Up => Ok(Verdict::Wait(Why::NameTaken)),
            _ => self.aside(local),
        }
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
        let parent = local.place.parent;
        let remote_parent = self.remote_of(parent)?;
        for number in 0..COPIES_MAX {
            let name = names::conflict(&local.place.name, self.context.device, self.context.today, number);
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
            return self.step(Step::MoveLocal { local: local.id, to, conflict: true }, &touched);
        }
        Ok(Verdict::Wait(Why::NameTaken))
    }
}
