//! One namespace: its entries, who holds which slot, and the changes that led there.

use crate::model::{
    Act, Change, ClientTimes, Content, Draft, Entry, EntryId, EntryRef, FileState, FolderState, Name,
    NameKey, NewNode, Node, Note, Place, Premise, Seq, Step, Totals,
};
use std::collections::BTreeMap;

/// What a step did, besides leaving its entry in the tree as it is now.
struct Effect {
    entry: EntryId,
    act: Act,
    left: Option<Place>,
    replaced: Option<Seq>,
}

impl Effect {
    fn of(entry: EntryId, act: Act) -> Effect {
        Effect { entry, act, left: None, replaced: None }
    }
}

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
                Step::Edit { file, content, times, reverted } => {
                    let state = FileState { content: *content, version: seq, times: *times };
                    self.edit(*file, state, *reverted, seq)
                }
                Step::Modify { entry, description, times } => {
                    self.modify(*entry, description.as_deref(), *times, seq)
                }
                Step::Note { entry, note } => self.note(*entry, *note),
                Step::Withdraw { file, version, back } => self.withdraw(*file, *version, *back, seq),
                Step::Move { entry, to, name } => self.relocate(*entry, resolve(*to), name, seq),
                Step::Delete { entry } => self.delete(*entry, seq),
                Step::Purge { entry } => self.purge(*entry),
                Step::Restore { entry, to, name, content } => {
                    self.restore(*entry, resolve(*to), name, *content, seq)
                }
            };
            let Some(Effect { entry, act, left, replaced }) = change else { return false };
            let state = self.entries.get_mut(&entry).expect("a step leaves its entry in the tree");
            if !act.is_note() {
                state.seq = seq;
                state.modified = draft.time;
            }
            if matches!(act, Act::Move | Act::Delete | Act::Restore) {
                state.appeared = seq;
            }
            let at = if state.live { place(state) } else { None };
            let content = state.file().map(|file| file.content).filter(|_| !act.is_note());
            self.changes.push(Change {
                seq,
                entry,
                act,
                left,
                at,
                content,
                replaced,
                withdrawn: None,
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
    ) -> Option<Effect> {
        let node = node.created(seq);
        let entry = Entry {
            id: seq.into(),
            parent: Some(parent),
            name: name.clone(),
            live: true,
            purged: false,
            seq,
            appeared: Seq::ZERO,
            created: draft.time,
            modified: draft.time,
            description: None,
            node,
        };
        let act = if copied { Act::Copy } else { Act::Create };
        self.settle(entry, seq).map(|id| Effect::of(id, act))
    }

    fn edit(&mut self, file: EntryId, new: FileState, reverted: bool, seq: Seq) -> Option<Effect> {
        let mut entry = self.live_entry(file)?;
        self.leave(&entry, seq);
        let Node::File(state) = &mut entry.node else { return None };
        let replaced = Some(std::mem::replace(state, new).version);
        let act = if reverted { Act::Revert } else { Act::Edit };
        self.settle(entry, seq).map(|id| Effect { replaced, ..Effect::of(id, act) })
    }

    fn modify(
        &mut self,
        id: EntryId,
        description: Option<&str>,
        times: ClientTimes,
        seq: Seq,
    ) -> Option<Effect> {
        let mut entry = self.live_entry(id)?;
        self.leave(&entry, seq);
        entry.description = description.map(Into::into);
        if let Node::File(state) = &mut entry.node {
            state.times = times;
        }
        self.settle(entry, seq).map(|id| Effect::of(id, Act::Modify))
    }

    fn note(&self, id: EntryId, note: Note) -> Option<Effect> {
        let entry = self.entries.get(&id).filter(|entry| entry.live)?;
        Some(Effect::of(entry.id, note.act()))
    }

    fn withdraw(&mut self, file: EntryId, version: Seq, back: bool, seq: Seq) -> Option<Effect> {
        let id = self.entries.get(&file).filter(|entry| entry.live && !entry.is_folder())?.id;
        let brought = self.changes.iter_mut().find(|change| change.seq == version && change.entry == id)?;
        brought.withdrawn = (!back).then_some(seq);
        let act = if back { Act::Reinstate } else { Act::Withdraw };
        Some(Effect { replaced: Some(version), ..Effect::of(id, act) })
    }

    fn relocate(&mut self, id: EntryId, to: EntryId, name: &Name, seq: Seq) -> Option<Effect> {
        let mut entry = self.live_entry(id)?;
        let left = place(&entry);
        self.leave(&entry, seq);
        if self.is_within(to, id) {
            return None;
        }
        (entry.parent, entry.name) = (Some(to), name.clone());
        self.settle(entry, seq).map(|id| Effect { left, ..Effect::of(id, Act::Move) })
    }

    fn delete(&mut self, id: EntryId, seq: Seq) -> Option<Effect> {
        let mut entry = self.live_entry(id)?;
        self.leave(&entry, seq);
        let left = place(&entry);
        entry.live = false;
        self.entries.insert(id, entry);
        Some(Effect { left, ..Effect::of(id, Act::Delete) })
    }

    fn purge(&mut self, id: EntryId) -> Option<Effect> {
        let entry = self.entries.get_mut(&id).filter(|entry| !entry.live && !entry.purged)?;
        entry.purged = true;
        Some(Effect::of(id, Act::Purge))
    }

    fn restore(
        &mut self,
        id: EntryId,
        to: EntryId,
        name: &Name,
        content: Option<Content>,
        seq: Seq,
    ) -> Option<Effect> {
        let mut entry = self.entries.get(&id).filter(|entry| !entry.live && !entry.purged)?.clone();
        entry.live = true;
        (entry.parent, entry.name) = (Some(to), name.clone());
        let mut replaced = None;
        if let Some(content) = content {
            let Node::File(state) = &mut entry.node else { return None };
            replaced = Some(state.version);
            (state.content, state.version) = (content, seq);
        }
        if self.is_within(to, id) {
            return None;
        }
        self.settle(entry, seq).map(|id| Effect { replaced, ..Effect::of(id, Act::Restore) })
    }

    /// Puts an entry as it is now into its slot; nothing if it cannot be there.
    fn settle(&mut self, entry: Entry, seq: Seq) -> Option<EntryId> {
        let id = entry.id;
        self.enter(&entry, seq).then(|| {
            self.entries.insert(id, entry);
            id
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

fn place(entry: &Entry) -> Option<Place> {
    entry.parent.map(|parent| Place { parent, name: entry.name.clone() })
}
