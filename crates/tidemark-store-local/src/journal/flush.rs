//! Writing what a batch changed: each row once.

use super::batch::{Batch, Held, Stored};
use super::rows::{NO_PARENT, act_code, int, part_of};
use crate::error::Failure;
use rusqlite::params;
use tidemark_core::model::{Change, Entry, EntryId, NamespaceId, Place, Timestamp};

impl Batch<'_> {
    /// Writes everything into the transaction.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let mut changed: Vec<_> = self
            .entries
            .iter_mut()
            .filter_map(|(key, held)| held.as_mut().filter(|held| held.dirty).map(|held| (*key, held)))
            .collect();
        // In the order of the rows, so that each page is visited once.
        changed.sort_unstable_by_key(|(key, _)| *key);
        for ((ns, _), held) in changed {
            write_entry(self.db, ns, held)?;
        }
        let mut namespaces: Vec<NamespaceId> = Vec::new();
        for (ns, change) in &self.changes {
            write_change(self.db, *ns, change)?;
            if namespaces.last() != Some(ns) {
                namespaces.push(*ns);
            }
        }
        self.write_superseded()?;
        self.write_withdrawn()?;
        namespaces.sort_unstable();
        namespaces.dedup();
        let mut advance = self.db.prepare_cached(
            "INSERT INTO namespaces (ns, seq, horizon) VALUES (?1, ?2, 0) ON CONFLICT (ns) DO UPDATE SET seq = ?2",
        )?;
        for ns in namespaces {
            if let Some(head) = self.heads.get(&ns) {
                advance.execute((ns.0, int(head.seq.0)?))?;
            }
        }
        Ok(())
    }

    fn write_superseded(&self) -> Result<(), Failure> {
        let mut keep =
            self.db.prepare_cached("INSERT INTO superseded (ns, parent, key, seq) VALUES (?, ?, ?, ?)")?;
        for ((ns, parent, key), seq) in &self.superseded {
            keep.execute((ns.0, int(parent.0)?, key.as_str(), int(seq.0)?))?;
        }
        Ok(())
    }

    /// After the changes, since some of these may be among them.
    fn write_withdrawn(&self) -> Result<(), Failure> {
        let mut mark = self.db.prepare_cached("UPDATE changes SET withdrawn = ? WHERE ns = ? AND seq = ?")?;
        for (ns, version, by) in &self.withdrawn {
            mark.execute((by.map(|by| int(by.0)).transpose()?, ns.0, int(version.0)?))?;
        }
        Ok(())
    }
}

fn write_entry(db: &rusqlite::Connection, ns: NamespaceId, held: &mut Held) -> Result<(), Failure> {
    match &held.row {
        Stored::Nowhere => insert_entry(db, ns, &held.entry)?,
        Stored::Here => update_entry(db, ns, &held.entry)?,
        Stored::At { part, parent, key } => {
            let mut remove = db.prepare_cached(
                "DELETE FROM entries WHERE ns = ? AND live = ? AND parent = ? AND key = ? AND id = ?",
            )?;
            let id = int(held.entry.id.0)?;
            let removed = remove.execute((ns.0, part, int(parent.0)?, key.as_str(), id))?;
            expect_one(removed, &held.entry)?;
            insert_entry(db, ns, &held.entry)?;
        }
    }
    held.row = Stored::Here;
    held.dirty = false;
    Ok(())
}

fn expect_one(rows: usize, entry: &Entry) -> Result<(), Failure> {
    if rows == 1 {
        Ok(())
    } else {
        Err(Failure::Corrupt(format!("entry {} is {rows} times there", entry.id.0)))
    }
}

fn parent_of(entry: &Entry) -> Result<i64, Failure> {
    entry.parent.map_or(Ok(NO_PARENT), |EntryId(id)| int(id))
}

fn insert_entry(db: &rusqlite::Connection, ns: NamespaceId, entry: &Entry) -> Result<(), Failure> {
    let mut insert = db.prepare_cached(
        "INSERT INTO entries (ns, live, parent, key, id, name, seq, appeared, created, modified, description, \
         size, address, version, client_created, client_modified, touched, bytes, entries, newest, height) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let key = entry.name.key();
    let name = Some(entry.name.as_str()).filter(|name| *name != key.as_str());
    let (file, folder) = (entry.file(), entry.folder());
    insert.execute(params![
        ns.0,
        part_of(entry),
        parent_of(entry)?,
        key.as_str(),
        int(entry.id.0)?,
        name,
        int(entry.seq.0)?,
        int(entry.appeared.0)?,
        entry.created.0,
        entry.modified.0,
        entry.description,
        file.map(|file| int(file.content.size)).transpose()?,
        file.map(|file| file.content.address.0),
        file.map(|file| int(file.version.0)).transpose()?,
        file.and_then(|file| file.times.created).map(|Timestamp(ms)| ms),
        file.and_then(|file| file.times.modified).map(|Timestamp(ms)| ms),
        folder.map(|folder| int(folder.touched.0)).transpose()?,
        folder.map(|folder| int(folder.totals.bytes)).transpose()?,
        folder.map(|folder| int(folder.totals.entries)).transpose()?,
        folder.map(|folder| int(folder.totals.seq.0)).transpose()?,
        folder.map(|folder| folder.totals.height),
    ])?;
    Ok(())
}

/// Replaces all but the place, and when it was created.
fn update_entry(db: &rusqlite::Connection, ns: NamespaceId, entry: &Entry) -> Result<(), Failure> {
    let mut update = db.prepare_cached(
        "UPDATE entries SET seq = ?, appeared = ?, modified = ?, description = ?, size = ?, address = ?, \
         version = ?, client_created = ?, client_modified = ?, \
         touched = ?, bytes = ?, entries = ?, newest = ?, height = ? \
         WHERE ns = ? AND live = ? AND parent = ? AND key = ? AND id = ?",
    )?;
    let (file, folder) = (entry.file(), entry.folder());
    let updated = update.execute(params![
        int(entry.seq.0)?,
        int(entry.appeared.0)?,
        entry.modified.0,
        entry.description,
        file.map(|file| int(file.content.size)).transpose()?,
        file.map(|file| file.content.address.0),
        file.map(|file| int(file.version.0)).transpose()?,
        file.and_then(|file| file.times.created).map(|Timestamp(ms)| ms),
        file.and_then(|file| file.times.modified).map(|Timestamp(ms)| ms),
        folder.map(|folder| int(folder.touched.0)).transpose()?,
        folder.map(|folder| int(folder.totals.bytes)).transpose()?,
        folder.map(|folder| int(folder.totals.entries)).transpose()?,
        folder.map(|folder| int(folder.totals.seq.0)).transpose()?,
        folder.map(|folder| folder.totals.height),
        ns.0,
        part_of(entry),
        parent_of(entry)?,
        entry.name.key().as_str(),
        int(entry.id.0)?,
    ])?;
    expect_one(updated, entry)
}

fn write_change(db: &rusqlite::Connection, ns: NamespaceId, change: &Change) -> Result<(), Failure> {
    let mut insert = db.prepare_cached(
        "INSERT INTO changes (ns, seq, entry, act, left_parent, left_name, at_parent, at_name, size, address, \
         time, author, replaced) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let parent = |place: &Option<Place>| place.as_ref().map(|place| int(place.parent.0)).transpose();
    let name = |place: &'_ Option<Place>| place.as_ref().map(|place| place.name.as_str().to_owned());
    insert.execute(params![
        ns.0,
        int(change.seq.0)?,
        int(change.entry.0)?,
        act_code(change.act),
        parent(&change.left)?,
        name(&change.left),
        parent(&change.at)?,
        name(&change.at),
        change.content.map(|content| int(content.size)).transpose()?,
        change.content.map(|content| content.address.0),
        change.time.0,
        int(change.author.0)?,
        change.replaced.map(|seq| int(seq.0)).transpose()?,
    ])?;
    if let Some(left) = &change.left {
        let mut depart =
            db.prepare_cached("INSERT INTO departures (ns, parent, key, seq, file) VALUES (?, ?, ?, ?, ?)")?;
        let key = left.name.key();
        let file = change.content.is_some();
        depart.execute((ns.0, int(left.parent.0)?, key.as_str(), int(change.seq.0)?, file))?;
    }
    Ok(())
}
