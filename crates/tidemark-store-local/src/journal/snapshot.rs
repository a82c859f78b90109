//! Reading one namespace at one instant: a read transaction on a connection of its own.

use super::batch::{read_entry, read_head};
use super::rows::{NO_PARENT, change_of, entry_of, int, natural, select_changes, select_entries};
use crate::db::Lent;
use crate::error::Failure;
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, Rows};
use tidemark_core::model::{Change, Entry, EntryId, NameKey, NamespaceId, Seq};
use tidemark_core::store::{Head, Snapshot, StoreError};

/// A namespace as of the moment this was made. The lookups take microseconds, so they run where they are called.
pub(super) struct LocalSnapshot {
    db: Lent,
    ns: NamespaceId,
    head: Head,
}

impl LocalSnapshot {
    /// Looks at one namespace through a connection that sees one instant.
    pub(super) fn begin(db: Lent, ns: NamespaceId) -> Result<LocalSnapshot, Failure> {
        let head = read_head(&db, ns)?;
        Ok(LocalSnapshot { db, ns, head })
    }

    fn change_at(&self, seq: Seq) -> Result<Option<Change>, Failure> {
        let mut look = self.db.prepare_cached(select_changes!("WHERE ns = ? AND seq = ?"))?;
        look.query_row((self.ns.0, int(seq.0)?), |row| Ok(change_of(row))).optional()?.transpose()
    }

    /// A change that an index mentions.
    fn indexed(&self, seq: Seq) -> Result<Change, Failure> {
        let missing = || Failure::Corrupt(format!("change {} of namespace {} is missing", seq.0, self.ns.0));
        self.change_at(seq)?.ok_or_else(missing)
    }

    fn live_child(&self, parent: EntryId, key: &NameKey) -> Result<Option<Entry>, Failure> {
        let mut look = self
            .db
            .prepare_cached(select_entries!("WHERE ns = ? AND live = 1 AND parent = ? AND key = ?"))?;
        let found =
            look.query_row((self.ns.0, int(parent.0)?, key.as_str()), |row| Ok(entry_of(row))).optional()?;
        found.transpose()
    }

    fn live_children(
        &self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let mut list = self.db.prepare_cached(select_entries!(
            "WHERE ns = ? AND live = 1 AND parent = ? AND key > ? ORDER BY key LIMIT ?"
        ))?;
        // No key is empty but the root's, which has no parent.
        let after = after.map_or("", NameKey::as_str);
        all(list.query((self.ns.0, int(parent.0)?, after, bounded(limit)))?, entry_of)
    }

    fn live_children_before(
        &self,
        parent: EntryId,
        before: &NameKey,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let mut list = self.db.prepare_cached(select_entries!(
            "WHERE ns = ? AND live = 1 AND parent = ? AND key < ? ORDER BY key DESC LIMIT ?"
        ))?;
        all(list.query((self.ns.0, int(parent.0)?, before.as_str(), bounded(limit)))?, entry_of)
    }

    fn trashed_entries(
        &self,
        after: Option<&(EntryId, NameKey, EntryId)>,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        // In the order of the rows: they lie apart from those of live entries.
        let mut list = self.db.prepare_cached(select_entries!(
            "WHERE ns = ? AND live = 0 AND (parent, key, id) > (?, ?, ?) ORDER BY parent, key, id LIMIT ?"
        ))?;
        let (parent, key, id) = match after {
            Some((parent, key, id)) => (int(parent.0)?, key.as_str(), int(id.0)?),
            None => (NO_PARENT, "", 0),
        };
        all(list.query((self.ns.0, parent, key, id, bounded(limit)))?, entry_of)
    }

    /// The positions that a query lists in its first column.
    fn positions(&self, query: &str, params: impl Params) -> Result<Vec<Seq>, Failure> {
        let mut list = self.db.prepare_cached(query)?;
        all(list.query(params)?, |row| Ok(Seq(natural(row, 0)?)))
    }

    fn departures_from(
        &self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, Failure> {
        let query = "SELECT seq FROM departures \
            WHERE ns = ? AND parent = ? AND key = ? AND seq < ? ORDER BY seq DESC LIMIT ?";
        let slot = (self.ns.0, int(parent.0)?, key.as_str(), clamped(before), bounded(limit));
        self.positions(query, slot)?.into_iter().map(|seq| self.indexed(seq)).collect()
    }

    fn vacated_slots(
        &self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Change>, Failure> {
        let mut step = self.db.prepare_cached(
            "SELECT key FROM departures WHERE ns = ? AND parent = ? AND key > ? ORDER BY key LIMIT 1",
        )?;
        let mut held = self
            .db
            .prepare_cached("SELECT 1 FROM entries WHERE ns = ? AND live = 1 AND parent = ? AND key = ?")?;
        let folder = int(parent.0)?;
        let mut at: Box<str> = after.map_or("", NameKey::as_str).into();
        let mut found = Vec::new();
        // From key to key, so that a slot costs the same however often it was left.
        while found.len() < limit {
            let next =
                step.query_row((self.ns.0, folder, &*at), |row| row.get::<_, Box<str>>(0)).optional()?;
            let Some(key) = next else { break };
            if !held.exists((self.ns.0, folder, &*key))? {
                found.extend(self.departures_from(
                    parent,
                    &NameKey::trusted(key.clone()),
                    Seq(u64::MAX),
                    1,
                )?);
            }
            at = key;
        }
        Ok(found)
    }

    /// The present revision, those that it superseded, and the departures of files, merged.
    fn revisions_of(
        &self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, Failure> {
        let slot = (self.ns.0, int(parent.0)?, key.as_str(), clamped(before), bounded(limit));
        let superseded = "SELECT seq FROM superseded \
            WHERE ns = ? AND parent = ? AND key = ? AND seq < ? ORDER BY seq DESC LIMIT ?";
        let departed = "SELECT seq FROM departures \
            WHERE ns = ? AND parent = ? AND key = ? AND seq < ? AND file = 1 ORDER BY seq DESC LIMIT ?";
        let mut found = self.positions(superseded, slot)?;
        found.extend(self.positions(departed, slot)?);
        let present = self.live_child(parent, key)?.filter(|entry| !entry.is_folder() && entry.seq < before);
        found.extend(present.map(|entry| entry.seq));
        found.sort_unstable_by(|a, b| b.cmp(a));
        // A file that was renamed to another spelling of its name has left and entered by one change.
        found.dedup();
        found.into_iter().take(limit).map(|seq| self.indexed(seq)).collect()
    }
}

/// Up to `limit` changes of a namespace after this position, in order.
pub(crate) fn read_changes(
    db: &Connection,
    ns: NamespaceId,
    after: Seq,
    limit: usize,
) -> Result<Vec<Change>, Failure> {
    let mut list = db.prepare_cached(select_changes!("WHERE ns = ? AND seq > ? ORDER BY seq LIMIT ?"))?;
    all(list.query((ns.0, clamped(after), bounded(limit)))?, change_of)
}

/// Every namespace that was ever written to.
pub(crate) fn read_namespaces(db: &Connection) -> Result<Vec<NamespaceId>, Failure> {
    let mut list = db.prepare_cached("SELECT ns FROM namespaces")?;
    let found = list.query_map([], |row| Ok(NamespaceId(row.get(0)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The bytes of all live files: each namespace's root is found by its place in the table.
pub(super) fn read_kept(db: &Connection) -> Result<u64, Failure> {
    let sql = "SELECT coalesce(sum(entries.bytes), 0) FROM namespaces CROSS JOIN entries
               ON entries.ns = namespaces.ns AND entries.live = 1 AND entries.parent = -1";
    let kept: i64 = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(kept.cast_unsigned())
}

/// A position in a query: none lies beyond what SQLite can hold.
fn clamped(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// All that a query finds.
fn all<T>(mut rows: Rows<'_>, read: fn(&Row<'_>) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl Snapshot for LocalSnapshot {
    fn head(&self) -> Head {
        self.head
    }

    async fn entry(&mut self, id: EntryId) -> Result<Option<Entry>, StoreError> {
        let found = read_entry(&self.db, self.ns, id).map_err(reading)?;
        Ok(found.or_else(|| (id == EntryId::ROOT).then(Entry::root)))
    }

    async fn child(&mut self, parent: EntryId, key: &NameKey) -> Result<Option<Entry>, StoreError> {
        self.live_child(parent, key).map_err(reading)
    }

    async fn children(
        &mut self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.live_children(parent, after, limit).map_err(reading)
    }

    async fn children_before(
        &mut self,
        parent: EntryId,
        before: &NameKey,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.live_children_before(parent, before, limit).map_err(reading)
    }

    async fn changes(&mut self, after: Seq, limit: usize) -> Result<Vec<Change>, StoreError> {
        read_changes(&self.db, self.ns, after, limit).map_err(reading)
    }

    async fn trashed(
        &mut self,
        after: Option<&(EntryId, NameKey, EntryId)>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.trashed_entries(after, limit).map_err(reading)
    }

    async fn change(&mut self, seq: Seq) -> Result<Option<Change>, StoreError> {
        self.change_at(seq).map_err(reading)
    }

    async fn departures(
        &mut self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        self.departures_from(parent, key, before, limit).map_err(reading)
    }

    async fn vacated(
        &mut self,
        parent: EntryId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        self.vacated_slots(parent, after, limit).map_err(reading)
    }

    async fn revisions(
        &mut self,
        parent: EntryId,
        key: &NameKey,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        self.revisions_of(parent, key, before, limit).map_err(reading)
    }
}

fn reading(failure: Failure) -> StoreError {
    failure.during("read a namespace")
}
