//! One namespace: its entries, who holds which slot, and the changes that led there.

use crate::model::{
    Act, Change, Content, Draft, Entry, EntryId, EntryRef, FileState, FolderState, Name, NameKey, NewNode,
    Node, Place, Premise, Seq, Step, Totals,
};
use std::collections::BTreeMap;

#[derive(Clone)]
pub(super) struct Tree {
    pub(super) entries: BTreeMap<EntryId, Entry>,
    pub(super) live: BTreeMap<(EntryId, NameKey), EntryId>,
    pub(super) changes: Vec<Change>,
    pub(super) horizon: Seq,
}

impl Default for Tree {
    fn default() -> Tree {
        let entries = BTreeMap::from([(EntryId::ROOT, Entry::root())]);
        Tree { entries, live: BTreeMap::new(), changes: Vec::new(), horizon: Seq::ZERO }
    }
}

impl Tree {
    pub(super) fn head(&self) -> Seq {
        Seq(self.changes.len() as u64)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.entries[&EntryId::ROOT].folder().map_or(0, |folder| folder.totals.bytes)
    }

    fn folder(&self, id: EntryId) -> Option<&FolderState> {
        self.entries.get(&id).and_then(Entry::folder)
    }

    pub(super) fn holds(&self, premise: &Premise) -> bool {
        match premise {
            Premise::Slot { parent, key, holds } => self.live.get(&(*parent, key.clone())) == holds.as_ref(),
            Premise::Unchanged { entry, seq } => {
                self.entries.get(entry).is_some_and(|entry| entry.seq == *seq)
            }
            Premise::TreeUnchanged { folder, seq } => {
                self.folder(*folder).is_some_and(|state| state.totals.seq == *seq)
            }
            Premise::HeightAtMost { folder, height } => {
                self.folder(*folder).is_some_and(|state| state.totals.height <= *height)
            }
        }
    }

    /// Carries out the steps; false, with the tree in no particular state, if one cannot be.
    pub(super) fn apply(&mut self, draft: &Draft) -> bool {
        let first = self.head().next();
        draft.steps.iter().all(|step| {
            let seq = self.head().next();
            let resolve = |to: EntryRef| match to {
                EntryRef::Existing(id) => id,
                EntryRef::Created(step) => EntryId(first.0 + step as u64),
            };
            let change = match step {
                Step::Create { parent, name, node, copied } => {
                    self.create(resolve(*parent), name, *node, *copied, seq, draft)
                }
                Step::Edit { file, content, client_modified } => self.edit(
                    *file,
                    |state| {
                        *state = FileState { content: *content, client_modified: *client_modified };
                    },
                    seq,
                ),
                Step::Move { entry, to, name } => self.relocate(*entry, resolve(*to), name, seq),
                Step::Delete { entry } => self.delete(*entry, seq),
                Step::Purge { entry } => self.purge(*entry),
                Step::Restore { entry, to, name, content } => {
                    self.restore(*entry, resolve(*to), name, *content, seq)
                }
            };
            let Some((entry, act, left)) = change else { return false };
            let state = self.entries.get_mut(&entry).expect("a step leaves its entry in the tree");
            state.seq = seq;
            state.modified = draft.time;
            if matches!(act, Act::Move | Act::Delete | Act::Restore) {
                state.appeared = seq;
            }
            let at = state.live.then(|| place(state));
            let content = state.file().map(|file| file.content);
            self.changes.push(Change {
                seq,
                entry,
                act,
                left,
                at,
                content,
                time: draft.time,
                author: draft.author,
            });
            true
        })
    }

    fn create(
        &mut self,
        parent: EntryId,
        name: &Name,
        node: NewNode,
        copied: bool,
        seq: Seq,
        draft: &Draft,
    ) -> Option<(EntryId, Act, Option<Place>)> {
        let node = match node {
            NewNode::Folder => Node::Folder(FolderState::default()),
            NewNode::File { content, client_modified } => Node::File(FileState { content, client_modified }),
        };
        let entry = Entry {
            id: seq.into(),
            parent: Some(parent),
            name: name.clone(),
            live: true,
            purged: false,
            seq,
            appeared: Seq::ZERO,
            modified: draft.time,
            node,
        };
        self.enter(&entry, seq).then(|| {
            let id = entry.id;
            self.entries.insert(id, entry);
            (id, if copied { Act::Copy } else { Act::Create }, None)
        })
    }

    fn edit(
        &mut self,
        file: EntryId,
        change: impl Fn(&mut FileState),
        seq: Seq,
    ) -> Option<(EntryId, Act, Option<Place>)> {
        let mut entry = self.live_entry(file)?;
        self.leave(&entry, seq);
        let Node::File(state) = &mut entry.node else { return None };
        change(state);
        self.enter(&entry, seq).then(|| {
            self.entries.insert(file, entry);
            (file, Act::Edit, None)
        })
    }

    fn relocate(
        &mut self,
        id: EntryId,
        to: EntryId,
        name: &Name,
        seq: Seq,
    ) -> Option<(EntryId, Act, Option<Place>)> {
        let mut entry = self.live_entry(id)?;
        let left = place(&entry);
        self.leave(&entry, seq);
        (entry.parent, entry.name) = (Some(to), name.clone());
        (!self.is_within(to, id) && self.enter(&entry, seq)).then(|| {
            self.entries.insert(id, entry);
            (id, Act::Move, Some(left))
        })
    }

    fn delete(&mut self, id: EntryId, seq: Seq) -> Option<(EntryId, Act, Option<Place>)> {
        let mut entry = self.live_entry(id)?;
        self.leave(&entry, seq);
        let left = place(&entry);
        entry.live = false;
        self.entries.insert(id, entry);
        Some((id, Act::Delete, Some(left)))
    }

    fn purge(&mut self, id: EntryId) -> Option<(EntryId, Act, Option<Place>)> {
        let entry = self.entries.get_mut(&id).filter(|entry| !entry.live && !entry.purged)?;
        entry.purged = true;
        Some((id, Act::Purge, None))
    }

    fn restore(
        &mut self,
        id: EntryId,
        to: EntryId,
        name: &Name,
        content: Option<Content>,
        seq: Seq,
    ) -> Option<(EntryId, Act, Option<Place>)> {
        let mut entry = self.entries.get(&id).filter(|entry| !entry.live && !entry.purged)?.clone();
        entry.live = true;
        (entry.parent, entry.name) = (Some(to), name.clone());
        if let Some(content) = content {
            let Node::File(state) = &mut entry.node else { return None };
            state.content = content;
        }
        (!self.is_within(to, id) && self.enter(&entry, seq)).then(|| {
            self.entries.insert(id, entry);
            (id, Act::Restore, None)
        })
    }

    fn live_entry(&self, id: EntryId) -> Option<Entry> {
        self.entries.get(&id).filter(|entry| entry.live && entry.id != EntryId::ROOT).cloned()
    }

    /// Takes an entry's slot, and counts it in the folders around it; false if it has no such slot to take.
    fn enter(&mut self, entry: &Entry, seq: Seq) -> bool {
        let parent = entry.parent.expect("only the root has no parent");
        if !self.entries.get(&parent).is_some_and(|folder| folder.live && folder.is_folder()) {
            return false;
        }
        if self.live.insert((parent, entry.name.key()), entry.id).is_some() {
            return false;
        }
        let weight = entry.weight();
        self.around(parent, seq, |totals, distance| {
            totals.bytes += weight.bytes;
            totals.entries += weight.entries;
            totals.height = totals.height.max(weight.height + distance);
        });
        true
    }

    /// Gives an entry's slot up, and takes it out of the sums.
    fn leave(&mut self, entry: &Entry, seq: Seq) {
        let parent = entry.parent.expect("only the root has no parent");
        self.live.remove(&(parent, entry.name.key()));
        let weight = entry.weight();
        self.around(parent, seq, |totals, _| {
            totals.bytes -= weight.bytes;
            totals.entries -= weight.entries;
        });
    }

    /// Changes the sums of a folder and of all folders around it, up to one that was deleted: those around that one no
    /// longer count it.
    fn around(&mut self, parent: EntryId, seq: Seq, change: impl Fn(&mut Totals, u32)) {
        let mut distance = 1;
        let mut next = Some(parent);
        while let Some(folder) = next.and_then(|id| self.entries.get_mut(&id)) {
            let Node::Folder(state) = &mut folder.node else { return };
            if distance == 1 {
                state.touched = seq;
            }
            change(&mut state.totals, distance);
            state.totals.seq = seq;
            distance += 1;
            next = folder.parent.filter(|_| folder.live);
        }
    }

    fn is_within(&self, entry: EntryId, folder: EntryId) -> bool {
        let mut next = Some(entry);
        while let Some(id) = next {
            if id == folder {
                return true;
            }
            next = self.entries.get(&id).and_then(|entry| entry.parent);
        }
        false
    }
}

fn place(entry: &Entry) -> Place {
    Place { parent: entry.parent.expect("only the root has no parent"), name: entry.name.clone() }
}
