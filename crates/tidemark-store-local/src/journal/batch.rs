//! What one transaction has read and is going to write: the drafts of a batch are judged against it, one after another,
//! and each row is written once at its end, however many drafts touched it.

use super::rows::{entry_of, int, natural, part_of, select_entries};
use crate::error::Failure;
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::HashMap;
use tidemark_core::model::{Change, Entry, EntryId, FolderState, NameKey, NamespaceId, Node, Seq};
use tidemark_core::store::Head;

/// The state that the drafts so far have left, over what is in the tables.
pub(crate) struct Batch<'c> {
    pub(crate) db: &'c Connection,
    pub(super) heads: HashMap<NamespaceId, Head>,
    /// What was looked up or changed; nothing where there is no such entry.
    pub(super) entries: HashMap<EntryKey, Option<Held>>,
    slots: HashMap<Slot, Option<EntryId>>,
    pub(super) changes: Vec<(NamespaceId, Change)>,
    /// Changes that no longer are the present revision of the slot they put bytes into.
    pub(super) superseded: Vec<(Slot, Seq)>,
    /// Versions that were withdrawn or put back, in the order of that, with the change that withdrew each.
    pub(super) withdrawn: Vec<(NamespaceId, Seq, Option<Seq>)>,
    undo: Undo,
}

pub(super) type EntryKey = (NamespaceId, EntryId);
pub(super) type Slot = (NamespaceId, EntryId, NameKey);

/// An entry as the batch sees it.
pub(super) struct Held {
    pub(super) entry: Entry,
    pub(super) row: Stored,
    pub(super) dirty: bool,
}

/// Where the entry's row lies in the table.
#[derive(Clone)]
pub(super) enum Stored {
    /// There is none yet.
    Nowhere,
    /// Where its present state belongs.
    Here,
    /// Under an earlier place.
    At { part: i64, parent: EntryId, key: NameKey },
}

/// How to go back to where the present draft began.
#[derive(Default)]
struct Undo {
    steps: Vec<Undone>,
    changes: usize,
    superseded: usize,
    withdrawn: usize,
    head: Option<(NamespaceId, Head)>,
}

enum Undone {
    Entry(EntryKey, Option<Held>),
    // By far the most frequent, and cheap to remember.
    Folder(EntryKey, FolderState),
    Slot(Slot, Option<EntryId>),
}

impl<'c> Batch<'c> {
    /// A batch of nothing, over the tables as this connection's transaction sees them.
    pub(crate) fn new(db: &'c Connection) -> Batch<'c> {
        Batch {
            db,
            heads: HashMap::new(),
            entries: HashMap::new(),
            slots: HashMap::new(),
            changes: Vec::new(),
            superseded: Vec::new(),
            withdrawn: Vec::new(),
            undo: Undo::default(),
        }
    }

    /// The positions that the namespaces have reached, to be told once they are durable.
    pub(crate) fn into_heads(self) -> HashMap<NamespaceId, Head> {
        self.heads
    }

    fn head(&mut self, ns: NamespaceId) -> Result<Head, Failure> {
        if let Some(head) = self.heads.get(&ns) {
            return Ok(*head);
        }
        let head = read_head(self.db, ns)?;
        self.heads.insert(ns, head);
        Ok(head)
    }

    /// The entry with this id, live or not.
    pub(super) fn entry(&mut self, ns: NamespaceId, id: EntryId) -> Result<Option<&Entry>, Failure> {
        Ok(self.held(ns, id)?.as_ref().map(|held| &held.entry))
    }

    fn held(&mut self, ns: NamespaceId, id: EntryId) -> Result<&mut Option<Held>, Failure> {
        use std::collections::hash_map::Entry::{Occupied, Vacant};
        match self.entries.entry((ns, id)) {
            Occupied(known) => Ok(known.into_mut()),
            Vacant(unknown) => {
                let held = match read_entry(self.db, ns, id)? {
                    Some(entry) => Some(Held { entry, row: Stored::Here, dirty: false }),
                    None if id == EntryId::ROOT => {
                        Some(Held { entry: Entry::root(), row: Stored::Nowhere, dirty: false })
                    }
                    None => None,
                };
                Ok(unknown.insert(held))
            }
        }
    }

    /// The live entry in a slot.
    pub(super) fn child(&mut self, slot: &Slot) -> Result<Option<EntryId>, Failure> {
        if let Some(holds) = self.slots.get(slot) {
            return Ok(*holds);
        }
        let mut look = self
            .db
            .prepare_cached("SELECT id FROM entries WHERE ns = ? AND live = 1 AND parent = ? AND key = ?")?;
        let found = look.query_row((slot.0.0, int(slot.1.0)?, slot.2.as_str()), |row| Ok(natural(row, 0)));
        let holds = found.optional()?.transpose()?.map(EntryId);
        self.slots.insert(slot.clone(), holds);
        Ok(holds)
    }

    /// Gives a slot to an entry, or to nobody.
    pub(super) fn set_slot(&mut self, slot: Slot, holds: Option<EntryId>) -> Result<(), Failure> {
        let before = self.child(&slot)?;
        self.slots.insert(slot.clone(), holds);
        self.undo.steps.push(Undone::Slot(slot, before));
        Ok(())
    }

    /// Puts an entry's new state in place of its old one, if it had one.
    pub(super) fn set_entry(&mut self, ns: NamespaceId, entry: Entry) {
        let key = (ns, entry.id);
        let before = self.entries.remove(&key).flatten();
        let row = match &before {
            None => Stored::Nowhere,
            Some(Held { row: Stored::Here, entry: was, .. }) => match was.parent {
                Some(parent)
                    if part_of(was) != part_of(&entry)
                        || was.parent != entry.parent
                        || was.name != entry.name =>
                {
                    Stored::At { part: part_of(was), parent, key: was.name.key() }
                }
                _ => Stored::Here,
            },
            Some(before) => before.row.clone(),
        };
        self.entries.insert(key, Some(Held { entry, row, dirty: true }));
        self.undo.steps.push(Undone::Entry(key, before));
    }

    /// Changes what a folder has besides its place; answers the folder around it, if it is live itself. Nothing happens
    /// to what is no folder.
    pub(super) fn change_folder(
        &mut self,
        ns: NamespaceId,
        id: EntryId,
        change: impl FnOnce(&mut FolderState),
    ) -> Result<Option<EntryId>, Failure> {
        let Some(held) = self.held(ns, id)? else { return Ok(None) };
        let Node::Folder(state) = &mut held.entry.node else { return Ok(None) };
        let before = *state;
        change(state);
        held.dirty = true;
        let around = held.entry.parent.filter(|_| held.entry.live);
        self.undo.steps.push(Undone::Folder((ns, id), before));
        Ok(around)
    }

    /// Adds a change to the journal: it must carry the number after the head's.
    pub(super) fn record(&mut self, ns: NamespaceId, change: Change) {
        if let Some(head) = self.heads.get_mut(&ns) {
            debug_assert_eq!(head.seq.next(), change.seq, "positions are dense");
            head.seq = change.seq;
        }
        self.changes.push((ns, change));
    }

    /// The entry that changed at this position; nothing if there is none yet.
    pub(super) fn changed_by(&self, ns: NamespaceId, seq: Seq) -> Result<Option<EntryId>, Failure> {
        let pending = self.changes.iter().find(|(known, change)| *known == ns && change.seq == seq);
        if let Some((_, change)) = pending {
            return Ok(Some(change.entry));
        }
        let mut look = self.db.prepare_cached("SELECT entry FROM changes WHERE ns = ? AND seq = ?")?;
        let found = look.query_row((ns.0, int(seq.0)?), |row| Ok(natural(row, 0))).optional()?;
        Ok(found.transpose()?.map(EntryId))
    }

    /// Says which change withdrew a version; nothing if it is told of again.
    pub(super) fn withdraw_version(&mut self, ns: NamespaceId, version: Seq, by: Option<Seq>) {
        self.withdrawn.push((ns, version, by));
    }

    /// From here on, [`Batch::abandon_draft`] leads back to the present state.
    pub(super) fn begin_draft(&mut self, ns: NamespaceId) -> Result<Head, Failure> {
        let head = self.head(ns)?;
        self.undo.steps.clear();
        self.undo.changes = self.changes.len();
        self.undo.superseded = self.superseded.len();
        self.undo.withdrawn = self.withdrawn.len();
        self.undo.head = Some((ns, head));
        Ok(head)
    }

    /// Forgets everything that the present draft did.
    pub(super) fn abandon_draft(&mut self) {
        while let Some(step) = self.undo.steps.pop() {
            match step {
                // Marks of having been changed stay: writing a row again as it was does no harm.
                Undone::Folder(key, state) => {
                    if let Some(Some(held)) = self.entries.get_mut(&key) {
                        held.entry.node = Node::Folder(state);
                    }
                }
                Undone::Entry(key, before) => {
                    self.entries.insert(key, before);
                }
                Undone::Slot(slot, holds) => {
                    self.slots.insert(slot, holds);
                }
            }
        }
        self.changes.truncate(self.undo.changes);
        self.superseded.truncate(self.undo.superseded);
        self.withdrawn.truncate(self.undo.withdrawn);
        if let Some((ns, head)) = self.undo.head {
            self.heads.insert(ns, head);
        }
    }
}

/// The extent of a namespace, as this connection sees it.
pub(super) fn read_head(db: &Connection, ns: NamespaceId) -> Result<Head, Failure> {
    let mut look = db.prepare_cached("SELECT seq, horizon FROM namespaces WHERE ns = ?")?;
    let mut rows = look.query([ns.0])?;
    match rows.next()? {
        Some(row) => Ok(Head { seq: Seq(natural(row, 0)?), horizon: Seq(natural(row, 1)?) }),
        None => Ok(Head::default()),
    }
}

/// The row of an entry, live or not.
pub(super) fn read_entry(db: &Connection, ns: NamespaceId, id: EntryId) -> Result<Option<Entry>, Failure> {
    let mut look = db.prepare_cached(select_entries!("WHERE ns = ? AND id = ?"))?;
    look.query_row((ns.0, int(id.0)?), |row| Ok(entry_of(row))).optional()?.transpose()
}
