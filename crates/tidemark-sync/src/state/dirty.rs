//! What must be looked at, and what was decided about it.

use rusqlite::{Connection, params};

use super::rows::capped;
use super::{Durable, State, StateError, synced, trees};
use crate::plan::{Plan, Record};
use crate::trees::{Item, LocalId, RemoteId};

/// The server's side changed.
pub(super) const BY_REMOTE: i64 = 1;
/// The disk's side changed.
pub(super) const BY_LOCAL: i64 = 2;
/// Something else calls for another look.
pub(super) const BY_OTHER: i64 = 4;

/// The disk lacks a node of a pair.
pub(super) const LACKS_LOCAL: i64 = 1;
/// The server lacks a node of a pair.
pub(super) const LACKS_REMOTE: i64 = 2;

impl State {
    /// What must be looked at, at most so many, the longest known first: each with its number. Only what has a higher number than
    /// this, as everything has than 0. A pair is named as the server does.
    pub fn dirty(&self, after: i64, limit: usize) -> Result<Vec<(i64, Item)>, StateError> {
        let query = "SELECT seq, remote, local FROM dirty WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map(params![after, capped(limit)], |row| {
            let remote: Option<RemoteId> = row.get(1)?;
            let item = match remote {
                Some(id) => Item::Remote(id),
                None => Item::Local(row.get(2)?),
            };
            Ok((row.get(0)?, item))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes down what was decided about items of [`State::dirty`]. (Nothing may be observed between these two.) What is settled
    /// need not be looked at any more; what waits keeps its number.
    pub fn decide(&mut self, plan: &Plan) -> Result<(), StateError> {
        if plan.records.is_empty() && plan.settled.is_empty() {
            return Ok(());
        }
        // Only what was agreed on must outlast a power cut: what was settled would be found settled again.
        let durable = if plan.records.is_empty() { Durable::Later } else { Durable::Now };
        self.write(durable, |c| {
            for record in &plan.records {
                match record {
                    Record::Link { remote, local } => synced::link_as_they_stand(c, remote, *local)?,
                    Record::Rebase { remote } => synced::rebase(c, remote)?,
                    Record::Forget { remote } => synced::forget(c, remote)?,
                }
            }
            for item in &plan.settled {
                settle(c, item)?;
            }
            Ok(())
        })
    }

    /// These must be looked at.
    pub fn touch(&mut self, items: &[Item]) -> Result<(), StateError> {
        if items.is_empty() {
            return Ok(());
        }
        self.write(Durable::Later, |c| {
            for item in items {
                match item {
                    Item::Remote(id) => mark_remote(c, id, BY_OTHER)?,
                    Item::Local(id) => mark_local(c, *id, BY_OTHER)?,
                }
            }
            Ok(())
        })
    }
}

/// The server's node, and what is linked to it, must be looked at.
pub(super) fn mark_remote(c: &Connection, id: &RemoteId, causes: i64) -> Result<(), StateError> {
    if id.is_root() {
        return Ok(());
    }
    let mark = "INSERT INTO dirty (remote, causes) VALUES (?1, ?2)
        ON CONFLICT (remote) DO UPDATE SET causes = causes | excluded.causes";
    c.prepare_cached(mark)?.execute(params![id, causes])?;
    Ok(())
}

/// The disk's node, and what is linked to it, must be looked at.
pub(super) fn mark_local(c: &Connection, id: LocalId, causes: i64) -> Result<(), StateError> {
    if id.is_root() {
        return Ok(());
    }
    if let Some(pair) = trees::synced_local(c, id)? {
        return mark_remote(c, &pair.remote, causes);
    }
    let mark = "INSERT INTO dirty (local, causes) VALUES (?1, ?2)
        ON CONFLICT (local) DO UPDATE SET causes = causes | excluded.causes";
    c.prepare_cached(mark)?.execute(params![id, causes])?;
    Ok(())
}

/// The nodes directly in these two folders, as they are and as was agreed on, must be looked at.
pub(super) fn mark_children(c: &Connection, remote: &RemoteId, local: LocalId) -> Result<(), StateError> {
    if let Some(number) = trees::remote_number(c, remote)? {
        let there = "INSERT INTO dirty (remote, causes)
            SELECT id, ?2 FROM remote WHERE parent = ?1 AND id IS NOT NULL
            ON CONFLICT (remote) DO UPDATE SET causes = causes | excluded.causes";
        c.prepare_cached(there)?.execute(params![number, BY_OTHER])?;
    }
    let agreed = "INSERT INTO dirty (remote, causes) SELECT remote, ?2 FROM synced WHERE parent = ?1
        ON CONFLICT (remote) DO UPDATE SET causes = causes | excluded.causes";
    c.prepare_cached(agreed)?.execute(params![remote, BY_OTHER])?;
    // (CROSS: the few rows first, whatever SQLite thinks of how many there are.)
    let pairs = "INSERT INTO dirty (remote, causes)
        SELECT s.remote, ?2 FROM local l CROSS JOIN synced s ON s.local = l.id WHERE l.parent = ?1
        ON CONFLICT (remote) DO UPDATE SET causes = causes | excluded.causes";
    c.prepare_cached(pairs)?.execute(params![local, BY_OTHER])?;
    let others = "INSERT INTO dirty (local, causes)
        SELECT l.id, ?2 FROM local l
        WHERE l.parent = ?1 AND NOT EXISTS (SELECT 1 FROM synced s WHERE s.local = l.id)
        ON CONFLICT (local) DO UPDATE SET causes = causes | excluded.causes";
    c.prepare_cached(others)?.execute(params![local, BY_OTHER])?;
    Ok(())
}

/// Whatever reason there was to look at it is gone.
fn settle(c: &Connection, item: &Item) -> Result<(), StateError> {
    match canonical(c, item)? {
        Item::Remote(id) => c.prepare_cached("DELETE FROM dirty WHERE remote = ?1")?.execute([id])?,
        Item::Local(id) => c.prepare_cached("DELETE FROM dirty WHERE local = ?1")?.execute([id])?,
    };
    Ok(())
}

/// A pair is known by its remote name.
pub(super) fn canonical(c: &Connection, item: &Item) -> Result<Item, StateError> {
    if let Item::Local(id) = item
        && let Some(pair) = trees::synced_local(c, *id)?
    {
        return Ok(Item::Remote(pair.remote));
    }
    Ok(item.clone())
}
