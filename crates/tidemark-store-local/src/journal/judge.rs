//! Whether a draft holds, and what its steps do to the tree. Decides nothing that the draft does not say.

use super::batch::{Batch, Slot};
use crate::error::Failure;
use crate::uploads;
use tidemark_core::model::{
    Act, Change, Content, Draft, Entry, EntryId, EntryRef, FileState, FolderState, Name, NamespaceId,
    NewNode, Node, Place, Premise, Seq, Step,
};
use tidemark_core::store::Appended;

/// What a step did to which entry, and where it took it away from; nothing if it cannot be done.
type Done = Option<(Entry, Act, Option<Place>)>;

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
            uploads::close(self.db, id)?;
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
                Step::Edit { file, content, client_modified } => {
                    let state = FileState { content: *content, client_modified: *client_modified };
                    self.edit(ns, *file, state, seq)?
                }
                Step::Move { entry, to, name } => self.relocate(ns, *entry, resolve(*to), name, seq)?,
                Step::Delete { entry } => self.delete(ns, *entry, seq)?,
                Step::Purge { entry } => self.purge(ns, *entry)?,
                Step::Restore { entry, to, name, content } => {
                    self.restore(ns, *entry, resolve(*to), name, *content, seq)?
                }
            };
            let Some((mut entry, act, left)) = done else { return Ok(false) };
            entry.seq = seq;
            entry.modified = draft.time;
            if matches!(act, Act::Move | Act::Delete | Act::Restore) {
                entry.appeared = seq;
            }
            let change = Change {
                seq,
                entry: entry.id,
                act,
                left,
                at: if entry.live { place(&entry) } else { None },
                content: entry.file().map(|file| file.content),
                time: draft.time,
                author: draft.author,
            };
            self.set_entry(ns, entry);
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
        let node = match node {
            NewNode::Folder => Node::Folder(FolderState::default()),
            NewNode::File { content, client_modified } => Node::File(FileState { content, client_modified }),
        };
        let entry = Entry { id: seq.into(), parent: Some(parent), name: name.clone(), node, ..Entry::root() };
        let act = if copied { Act::Copy } else { Act::Create };
        Ok(self.enter(ns, &entry, seq)?.then_some((entry, act, None)))
    }

    fn edit(&mut self, ns: NamespaceId, file: EntryId, state: FileState, seq: Seq) -> Result<Done, Failure> {
        let Some(mut entry) = self.live_entry(ns, file)?.filter(|entry| !entry.is_folder()) else {
            return Ok(None);
        };
        self.leave(ns, &entry, seq)?;
        entry.node = Node::File(state);
        Ok(self.enter(ns, &entry, seq)?.then_some((entry, Act::Edit, None)))
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
        Ok(self.enter(ns, &entry, seq)?.then_some((entry, Act::Move, left)))
    }

    fn delete(&mut self, ns: NamespaceId, id: EntryId, seq: Seq) -> Result<Done, Failure> {
        let Some(mut entry) = self.live_entry(ns, id)? else { return Ok(None) };
        self.leave(ns, &entry, seq)?;
        entry.live = false;
        let left = place(&entry);
        Ok(Some((entry, Act::Delete, left)))
    }

    fn purge(&mut self, ns: NamespaceId, id: EntryId) -> Result<Done, Failure> {
        let found = self.entry(ns, id)?.filter(|entry| !entry.live && !entry.purged).cloned();
        Ok(found.map(|entry| (Entry { purged: true, ..entry }, Act::Purge, None)))
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
        if let Some(content) = content {
            let Node::File(state) = &mut entry.node else { return Ok(None) };
            state.content = content;
        }
        Ok(self.enter(ns, &entry, seq)?.then_some((entry, Act::Restore, None)))
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
