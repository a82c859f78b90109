//! Whether a draft holds, and what its steps do to the tree. Decides nothing that the draft does not say.

use super::batch::{Batch, Slot};
use crate::error::Failure;
use crate::uploads;
use tidemark_core::model::{
    Act, Change, ClientTimes, Content, Draft, Entry, EntryId, EntryRef, FileState, FolderState, Name,
    NamespaceId, NewNode, Node, Note, Place, Premise, Seq, Step,
};
use tidemark_core::store::Appended;

/// What a step did; nothing if it cannot be done.
type Done = Option<Effect>;

/// The entry as it is now, and what its change tells besides.
struct Effect {
    entry: Entry,
    act: Act,
    left: Option<Place>,
    replaced: Option<Seq>,
}

impl Effect {
    fn of(entry: Entry, act: Act) -> Effect {
        Effect { entry, act, left: None, replaced: None }
    }
}

impl Batch<'_> {
    /// Judges a draft against what those before it left, and takes its effects into the batch if it is good.
    pub(crate) fn append(&mut self, draft: &Draft) -> Result<Appended, Failure> {
        if let Some(id) = draft.closes
            && !uploads::is_open(self.db, id, draft.time)?
        {
            return Ok(Appended::UploadClosed);
        }
        let first = self.begin_draft(draft.namespace)?.seq.next();
        for premise in &draft.premises {
            if !self.holds(draft.namespace, premise)? {
                return Ok(Appended::Stale);
            }
        }
        let before = self.bytes(draft.namespace)?;
        if !self.apply(draft, first)? {
            self.abandon_draft();
            return Ok(Appended::Stale);
        }
        if let Some(quota) = draft.quota
            && self.bytes(draft.namespace)? > quota.max(before)
        {
            self.abandon_draft();
            return Ok(Appended::OverQuota);
        }
        if let Some(id) = draft.closes {
            uploads::close(self.db, id, Some(first))?;
        }
        Ok(Appended::Committed { first })
    }

    fn bytes(&mut self, ns: NamespaceId) -> Result<u64, Failure> {
        let root = self.entry(ns, EntryId::ROOT)?;
        Ok(root.and_then(Entry::folder).map_or(0, |folder| folder.totals.bytes))
    }

    fn holds(&mut self, ns: NamespaceId, premise: &Premise) -> Result<bool, Failure> {
        Ok(match premise {
            Premise::Slot { parent, key, holds } => self.child(&(ns, *parent, key.clone()))? == *holds,
            Premise::Unchanged { entry, seq } => {
                self.entry(ns, *entry)?.is_some_and(|entry| entry.seq == *seq)
            }
            Premise::TreeUnchanged { folder, seq } => {
                let folder = self.entry(ns, *folder)?.and_then(Entry::folder);
                folder.is_some_and(|folder| folder.totals.seq == *seq)
            }
            Premise::HeightAtMost { folder, height } => {
                let folder = self.entry(ns, *folder)?.and_then(Entry::folder);
                folder.is_some_and(|folder| folder.totals.height <= *height)
            }
        })
    }

    /// Carries out the steps; false if one cannot be.
    fn apply(&mut self, draft: &Draft, first: Seq) -> Result<bool, Failure> {
        let ns = draft.namespace;
        for (step, position) in draft.steps.iter().zip(first.0..) {
            let seq = Seq(position);
            let resolve = |to: EntryRef| match to {
                EntryRef::Existing(id) => id,
                // A step that has not created anything has left no entry under its number.
                EntryRef::Created(step) => EntryId(first.0 + step as u64),
            };
            let done = match step {
                Step::Create { parent, name, node, copied } => {
                    self.create(ns, resolve(*parent), name, *node, *copied, seq)?
                }
                Step::Edit { file, content, times, reverted } => {
                    let state = FileState { content: *content, version: seq, times: *times };
                    self.edit(ns, *file, state, *reverted, seq)?
                }
                Step::Modify { entry, description, times } => {
                    self.modify(ns, *entry, description.as_deref(), *times, seq)?
                }
                Step::Note { entry, note } => self.note(ns, *entry, *note)?,
                Step::Withdraw { file, version, back } => self.withdraw(ns, *file, *version, *back, seq)?,
                Step::Move { entry, to, name } => self.relocate(ns, *entry, resolve(*to), name, seq)?,
                Step::Delete { entry } => self.delete(ns, *entry, seq)?,
                Step::Purge { entry } => self.purge(ns, *entry)?,
                Step::Restore { entry, to, name, content } => {
                    self.restore(ns, *entry, resolve(*to), name, *content, seq)?
                }
            };
            let Some(Effect { mut entry, act, left, replaced }) = done else { return Ok(false) };
            if matches!(act, Act::Create | Act::Copy) {
                entry.created = draft.time;
            }
            if !act.is_note() {
                entry.seq = seq;
                entry.modified = draft.time;
            }
            if matches!(act, Act::Move | Act::Delete | Act::Restore) {
                entry.appeared = seq;
            }
            let change = Change {
                seq,
                entry: entry.id,
                act,
                left,
                at: if entry.live { place(&entry) } else { None },
                content: entry.file().map(|file| file.content).filter(|_| !act.is_note()),
                replaced,
                withdrawn: None,
                time: draft.time,
                author: draft.author,
            };
            if !act.is_note() {
                self.set_entry(ns, entry);
            }
            self.record(ns, change);
        }
        Ok(true)
    }

    fn create(
        &mut self,
        ns: NamespaceId,
        parent: EntryId,
        name: &Name,
        node: NewNode,
        copied: bool,
        seq: Seq,
    ) -> Result<Done, Failure> {
        let (parent, name, node) = (Some(parent), name.clone(), node.created(seq));
        let entry = Entry { id: seq.into(), parent, name, node, ..Entry::root() };
        let act = if copied { Act::Copy } else { Act::Create };
        Ok(self.enter(ns, &entry, seq)?.then(|| Effect::of(entry, act)))
    }

    fn edit(
        &mut self,
        ns: NamespaceId,
        file: EntryId,
        new: FileState,
        reverted: bool,
        seq: Seq,
    ) -> Result<Done, Failure> {
        let Some(mut entry) = self.live_entry(ns, file)? else { return Ok(None) };
        let Some(replaced) = entry.file().map(|state| state.version) else { return Ok(None) };
        self.leave(ns, &entry, seq)?;
        entry.node = Node::File(new);
        let act = if reverted { Act::Revert } else { Act::Edit };
        let is_in = self.enter(ns, &entry, seq)?;
        Ok(is_in.then(|| Effect { replaced: Some(replaced), ..Effect::of(entry, act) }))
    }

    fn modify(
        &mut self,
        ns: NamespaceId,
        id: EntryId,
        description: Option<&str>,
        times: ClientTimes,
        seq: Seq,
    ) -> Result<Done, Failure> {
        let Some(mut entry) = self.live_entry(ns, id)? else { return Ok(None) };
        self.leave(ns, &entry, seq)?;
        entry.description = description.map(Into::into);
        if let Node::File(state) = &mut entry.node {
            state.times = times;
        }
        Ok(self.enter(ns, &entry, seq)?.then(|| Effect::of(entry, Act::Modify)))
    }

    fn note(&mut self, ns: NamespaceId, id: EntryId, note: Note) -> Result<Done, Failure> {
        let entry = self.entry(ns, id)?.filter(|entry| entry.live);
        Ok(entry.map(|entry| Effect::of(entry.clone(), note.act())))
    }

    fn withdraw(
        &mut self,
        ns: NamespaceId,
        file: EntryId,
        version: Seq,
        back: bool,
        seq: Seq,
    ) -> Result<Done, Failure> {
        let found = self.entry(ns, file)?.filter(|entry| entry.live && !entry.is_folder());
        let Some(entry) = found.cloned() else { return Ok(None) };
        if self.changed_by(ns, version)? != Some(entry.id) {
            return Ok(None);
        }
        self.withdraw_version(ns, version, (!back).then_some(seq));
        let act = if back { Act::Reinstate } else { Act::Withdraw };
        Ok(Some(Effect { replaced: Some(version), ..Effect::of(entry, act) }))
    }

    fn relocate(
        &mut self,
        ns: NamespaceId,
        id: EntryId,
        to: EntryId,
        name: &Name,
        seq: Seq,
    ) -> Result<Done, Failure> {
        let Some(mut entry) = self.live_entry(ns, id)? else { return Ok(None) };
        if self.is_within(ns, to, id)? {
            return Ok(None);
        }
        self.leave(ns, &entry, seq)?;
        let left = place(&entry);
        (entry.parent, entry.name) = (Some(to), name.clone());
        Ok(self.enter(ns, &entry, seq)?.then(|| Effect { left, ..Effect::of(entry, Act::Move) }))
    }

    fn delete(&mut self, ns: NamespaceId, id: EntryId, seq: Seq) -> Result<Done, Failure> {
        let Some(mut entry) = self.live_entry(ns, id)? else { return Ok(None) };
        self.leave(ns, &entry, seq)?;
        entry.live = false;
        let left = place(&entry);
        Ok(Some(Effect { left, ..Effect::of(entry, Act::Delete) }))
    }

    fn purge(&mut self, ns: NamespaceId, id: EntryId) -> Result<Done, Failure> {
        let found = self.entry(ns, id)?.filter(|entry| !entry.live && !entry.purged).cloned();
        Ok(found.map(|entry| Effect::of(Entry { purged: true, ..entry }, Act::Purge)))
    }

    fn restore(
        &mut self,
        ns: NamespaceId,
        id: EntryId,
        to: EntryId,
        name: &Name,
        content: Option<Content>,
        seq: Seq,
    ) -> Result<Done, Failure> {
        let Some(mut entry) = self.entry(ns, id)?.filter(|entry| !entry.live && !entry.purged).cloned()
        else {
            return Ok(None);
        };
        if self.is_within(ns, to, id)? {
            return Ok(None);
        }
        (entry.live, entry.parent, entry.name) = (true, Some(to), name.clone());
        let mut replaced = None;
        if let Some(content) = content {
            let Node::File(state) = &mut entry.node else { return Ok(None) };
            replaced = Some(state.version);
            (state.content, state.version) = (content, seq);
        }
        Ok(self.enter(ns, &entry, seq)?.then(|| Effect { replaced, ..Effect::of(entry, Act::Restore) }))
    }

    /// An entry that can be changed; the root cannot.
    fn live_entry(&mut self, ns: NamespaceId, id: EntryId) -> Result<Option<Entry>, Failure> {
        let found = self.entry(ns, id)?.filter(|entry| entry.live && entry.id != EntryId::ROOT);
        Ok(found.cloned())
    }

    /// Takes the entry's slot and counts it in the folders around it; false if it has no such slot to take.
    fn enter(&mut self, ns: NamespaceId, entry: &Entry, seq: Seq) -> Result<bool, Failure> {
        let (parent, slot) = slot(ns, entry)?;
        let room = self.entry(ns, parent)?.is_some_and(|folder| folder.live && folder.is_folder());
        if !room || self.child(&slot)?.is_some() {
            return Ok(false);
        }
        self.set_slot(slot, Some(entry.id))?;
        let weight = entry.weight();
        self.around(ns, parent, seq, |folder, distance| {
            folder.totals.bytes = folder.totals.bytes.saturating_add(weight.bytes);
            folder.totals.entries += weight.entries;
            folder.totals.height = folder.totals.height.max(weight.height + distance);
        })?;
        Ok(true)
    }

    /// Gives the entry's slot up, and takes it out of the sums around it.
    fn leave(&mut self, ns: NamespaceId, entry: &Entry, seq: Seq) -> Result<(), Failure> {
        let (parent, slot) = slot(ns, entry)?;
        if !entry.is_folder() {
            self.superseded.push((slot.clone(), entry.seq));
        }
        self.set_slot(slot, None)?;
        let weight = entry.weight();
        self.around(ns, parent, seq, |folder, _| {
            folder.totals.bytes = folder.totals.bytes.saturating_sub(weight.bytes);
            folder.totals.entries = folder.totals.entries.saturating_sub(weight.entries);
        })
    }

    /// Changes the sums of a folder and of all folders around it, up to one that was deleted: those around that one no
    /// longer count it.
    fn around(
        &mut self,
        ns: NamespaceId,
        parent: EntryId,
        seq: Seq,
        change: impl Fn(&mut FolderState, u32),
    ) -> Result<(), Failure> {
        let mut distance = 1;
        let mut next = Some(parent);
        while let Some(id) = next {
            next = self.change_folder(ns, id, |folder| {
                if distance == 1 {
                    folder.touched = seq;
                }
                change(folder, distance);
                folder.totals.seq = seq;
            })?;
            distance += 1;
        }
        Ok(())
    }

    fn is_within(&mut self, ns: NamespaceId, entry: EntryId, folder: EntryId) -> Result<bool, Failure> {
        let mut next = Some(entry);
        while let Some(id) = next {
            if id == folder {
                return Ok(true);
            }
            next = self.entry(ns, id)?.and_then(|entry| entry.parent);
        }
        Ok(false)
    }
}

fn slot(ns: NamespaceId, entry: &Entry) -> Result<(EntryId, Slot), Failure> {
    let parent =
        entry.parent.ok_or_else(|| Failure::Corrupt(format!("entry {} has no parent", entry.id.0)))?;
    Ok((parent, (ns, parent, entry.name.key())))
}

fn place(entry: &Entry) -> Option<Place> {
    entry.parent.map(|parent| Place { parent, name: entry.name.clone() })
}
