//! A plan in the making: what is decided already, and what may therefore not be touched any more.

use std::collections::{BTreeSet, VecDeque};

use super::context::{Busy, Context, Wanted};
use super::step::{Plan, Record, Step, Why};
use crate::trees::{Item, Kind, LocalId, LocalNode, NameKey, Place, RemoteId, RemoteNode, SyncedNode, Trees};

/// What was read, or why it could not be.
pub(super) type Read<V, T> = Result<V, <T as Trees>::Error>;

/// What came of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing is left to do about it.
    Settled,
    /// Something was decided; it is looked at again when that is done.
    Decided,
    /// Something is to do, but not yet.
    Wait(Why),
}

/// Waits for something else.
pub(super) const WAIT: Verdict = Verdict::Wait(Why::Others);

/// What is touched by something that is decided.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) remote: Option<RemoteId>,
    pub(super) local: Option<LocalId>,
    /// Into which folder it goes.
    pub(super) to_remote: Option<Place<RemoteId>>,
    pub(super) to_local: Option<Place<LocalId>>,
    /// It is moved or removed with all that is in it.
    pub(super) whole: bool,
}

pub(super) struct Draft<'a, T: Trees> {
    pub(super) trees: &'a T,
    pub(super) context: &'a Context<'a>,
    pub(super) plan: Plan,
    /// What this plan touches.
    own: Busy,
    local_slots: BTreeSet<(LocalId, NameKey)>,
    remote_slots: BTreeSet<(RemoteId, NameKey)>,
    queue: VecDeque<Item>,
    queued: BTreeSet<Item>,
}

impl<'a, T: Trees> Draft<'a, T> {
    pub(super) fn new(trees: &'a T, items: &[Item], context: &'a Context<'a>) -> Draft<'a, T> {
        let mut draft = Draft {
            trees,
            context,
            plan: Plan::default(),
            own: Busy::new(),
            local_slots: BTreeSet::new(),
            remote_slots: BTreeSet::new(),
            queue: VecDeque::new(),
            queued: BTreeSet::new(),
        };
        items.iter().for_each(|item| draft.also(item.clone()));
        draft
    }

    /// This is to be looked at, too: something waits for it.
    pub(super) fn also(&mut self, item: Item) {
        if self.queued.insert(item.clone()) {
            self.queue.push_back(item);
        }
    }

    pub(super) fn next(&mut self) -> Option<Item> {
        self.queue.pop_front()
    }

    /// Decides on a step, if nothing of what it touches is touched already.
    pub(super) fn step(&mut self, step: Step, touched: &Touched) -> Read<Verdict, T> {
        if self.plan.steps.len() >= self.context.steps_max || !self.claim(touched)? {
            return Ok(WAIT);
        }
        self.plan.steps.push(step);
        Ok(Verdict::Decided)
    }

    /// Decides on a record, if nothing is decided about what it is of.
    pub(super) fn record(&mut self, record: Record, remote: &RemoteId, local: LocalId) -> Read<Verdict, T> {
        if self.is_touched(Some(remote), Some(local)) {
            return Ok(WAIT);
        }
        self.touch(Some(remote), Some(local));
        self.plan.records.push(record);
        Ok(Verdict::Decided)
    }

    /// Decides on a record behind another of the same.
    pub(super) fn relink(&mut self, record: Record, remote: &RemoteId, local: LocalId) {
        self.touch(Some(remote), Some(local));
        self.plan.records.push(record);
    }

    /// Nothing is agreed on any more about this; about a folder, not before what is under way in it was observed. (What comes of
    /// that is known by the folder it is in, and would be somebody else's new file without.)
    pub(super) fn forget(&mut self, synced: &SyncedNode) -> Read<Verdict, T> {
        if self.is_under_way_in(synced) {
            return Ok(WAIT);
        }
        self.record(Record::Forget { remote: synced.remote.clone() }, &synced.remote, synced.local)
    }

    /// Whether something is under way, or decided, about either.
    pub(super) fn is_touched(&self, remote: Option<&RemoteId>, local: Option<LocalId>) -> bool {
        let both = [self.context.busy, &self.own];
        both.iter().any(|busy| {
            remote.is_some_and(|id| busy.has_remote(id)) || local.is_some_and(|id| busy.has_local(id))
        })
    }

    /// Whether something is under way somewhere in this folder, on either side.
    pub(super) fn is_under_way_in(&self, folder: &SyncedNode) -> bool {
        let busy = self.context.busy;
        busy.is_above_remote(&folder.remote) || busy.is_above_local(folder.local)
    }

    fn claim(&mut self, touched: &Touched) -> Read<bool, T> {
        let Touched { remote, local, to_remote, to_local, whole } = touched;
        if self.is_touched(remote.as_ref(), *local) {
            return Ok(false);
        }
        let both = [self.context.busy, &self.own];
        let below = both.iter().any(|busy| {
            remote.as_ref().is_some_and(|id| busy.is_above_remote(id))
                || local.is_some_and(|id| busy.is_above_local(id))
        });
        if *whole && below {
            return Ok(false);
        }
        let local_slot = to_local.as_ref().map(|to| (to.parent, NameKey::of(&to.name)));
        let remote_slot = to_remote.as_ref().map(|to| (to.parent.clone(), NameKey::of(&to.name)));
        if local_slot.as_ref().is_some_and(|slot| self.local_slots.contains(slot))
            || remote_slot.as_ref().is_some_and(|slot| self.remote_slots.contains(slot))
        {
            return Ok(false);
        }
        let mut above = Vec::new();
        if let Some(id) = local {
            above.extend(self.local_above(*id)?.into_iter().map(Item::Local));
        }
        if let Some(to) = to_local {
            above.push(Item::Local(to.parent));
            above.extend(self.local_above(to.parent)?.into_iter().map(Item::Local));
        }
        if let Some(id) = remote {
            above.extend(self.remote_above(id)?.into_iter().map(Item::Remote));
        }
        if let Some(to) = to_remote {
            above.push(Item::Remote(to.parent.clone()));
            above.extend(self.remote_above(&to.parent)?.into_iter().map(Item::Remote));
        }
        let moving = above.iter().any(|item| match item {
            Item::Remote(id) => self.is_touched(Some(id), None),
            Item::Local(id) => self.is_touched(None, Some(*id)),
        });
        if moving {
            return Ok(false);
        }
        above.into_iter().for_each(|item| self.own.add_above(item));
        self.touch(remote.as_ref(), *local);
        self.local_slots.extend(local_slot);
        self.remote_slots.extend(remote_slot);
        Ok(true)
    }

    fn touch(&mut self, remote: Option<&RemoteId>, local: Option<LocalId>) {
        if let Some(id) = remote {
            self.own.add(Item::Remote(id.clone()));
        }
        if let Some(id) = local {
            self.own.add(Item::Local(id));
        }
    }

    /// The folders above, without the root, from the nearest on.
    pub(super) fn local_above(&self, id: LocalId) -> Read<Vec<LocalId>, T> {
        let mut above = Vec::new();
        let mut next = self.trees.local(id)?.map(|node| node.place.parent);
        while let Some(parent) = next.filter(|parent| !parent.is_root()) {
            above.push(parent);
            next = self.trees.local(parent)?.map(|node| node.place.parent);
        }
        Ok(above)
    }

    /// The folders above, without the root, from the nearest on.
    pub(super) fn remote_above(&self, id: &RemoteId) -> Read<Vec<RemoteId>, T> {
        let mut above = Vec::new();
        let mut next = self.trees.remote(id)?.map(|node| node.place.parent);
        while let Some(parent) = next.filter(|parent| !parent.is_root()) {
            next = self.trees.remote(&parent)?.map(|node| node.place.parent);
            above.push(parent);
        }
        Ok(above)
    }

    /// What the disk calls this folder of the server's; none if nothing is agreed on about it.
    pub(super) fn local_of(&self, remote: &RemoteId) -> Read<Option<LocalId>, T> {
        if remote.is_root() {
            return Ok(Some(LocalId::ROOT));
        }
        Ok(self.trees.synced(remote)?.map(|synced| synced.local))
    }

    /// What the server calls this folder of the disk's; none if nothing is agreed on about it.
    pub(super) fn remote_of(&self, local: LocalId) -> Read<Option<RemoteId>, T> {
        if local.is_root() {
            return Ok(Some(RemoteId::root()));
        }
        Ok(self.trees.synced_local(local)?.map(|synced| synced.remote))
    }

    /// Whether the disk has it.
    pub(super) fn has_local(&self, id: LocalId) -> Read<bool, T> {
        Ok(id.is_root() || self.trees.local(id)?.is_some())
    }

    /// Whether the server has it.
    pub(super) fn has_remote(&self, id: &RemoteId) -> Read<bool, T> {
        Ok(id.is_root() || self.trees.remote(id)?.is_some())
    }

    /// Whether it is to be kept in sync.
    pub(super) fn wanted(&self, remote: Option<&RemoteNode>, local: Option<&LocalNode>) -> Read<Wanted, T> {
        if !self.context.selection.has_rules() {
            return Ok(Wanted::Yes);
        }
        let mut wanted = Wanted::Yes;
        if let Some(node) = remote {
            let mut names = vec![node.place.name.clone()];
            for id in self.remote_above(&node.id)? {
                names.extend(self.trees.remote(&id)?.map(|node| node.place.name));
            }
            wanted = self.wanted_at(&names, node.kind());
        }
        if let (Some(node), true) = (local, wanted != Wanted::Ignored) {
            let mut names = vec![node.place.name.clone()];
            for id in self.local_above(node.id)? {
                names.extend(self.trees.local(id)?.map(|node| node.place.name));
            }
            let here = self.wanted_at(&names, node.kind());
            if here == Wanted::Ignored || remote.is_none() {
                wanted = here;
            }
        }
        Ok(wanted)
    }

    /// Names come from the last to the first.
    fn wanted_at(&self, names: &[Box<str>], kind: Kind) -> Wanted {
        let mut path = String::new();
        let last = names.len().saturating_sub(1);
        for (depth, name) in names.iter().rev().enumerate() {
            if depth > 0 {
                path.push('/');
            }
            path.push_str(name);
            let kind = if depth == last { kind } else { Kind::Folder };
            let wanted = self.context.selection.wanted(&path, kind);
            if wanted != Wanted::Yes {
                return wanted;
            }
        }
        Wanted::Yes
    }
}
