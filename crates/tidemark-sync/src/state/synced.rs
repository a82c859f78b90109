//! What both sides agreed on.

use rusqlite::{Connection, params};

use super::dirty::{BY_OTHER, LACKS_LOCAL, mark_children, mark_local, mark_remote};
use super::rows::Kept;
use super::{Durable, Setting, State, StateError, settings, trees};
use crate::plan::Direction;
use crate::trees::{Kind, LocalId, RemoteId, SyncedNode};

impl State {
    /// From now on, it is this side that follows. Everything is to be looked at: what one direction left alone is to be decided
    /// in another. But what only one side has any more was not meant for the other, so nothing is agreed on about it.
    pub fn turn(&mut self, to: Direction) -> Result<(), StateError> {
        self.write(Durable::Now, |c| {
            forget_one_sided(c)?;
            for all in [
                "INSERT INTO dirty (remote, causes) SELECT id, 4 FROM remote WHERE id IS NOT NULL
                    ON CONFLICT (remote) DO UPDATE SET causes = causes | excluded.causes",
                "INSERT INTO dirty (remote, causes) SELECT remote, 4 FROM synced WHERE true
                    ON CONFLICT (remote) DO UPDATE SET causes = causes | excluded.causes",
                "INSERT INTO dirty (local, causes) SELECT l.id, 4 FROM local l
                    WHERE NOT EXISTS (SELECT 1 FROM synced s WHERE s.local = l.id)
                    ON CONFLICT (local) DO UPDATE SET causes = causes | excluded.causes",
            ] {
                c.prepare_cached(all)?.execute([])?;
            }
            settings::keep(c, &Setting::Direction(to))
        })
    }

    /// These entries must be looked at, and what the disk has not any more is agreed on no longer: that it went was not meant
    /// for the server.
    pub fn look_anew(&mut self, ids: &[RemoteId]) -> Result<(), StateError> {
        if ids.is_empty() {
            return Ok(());
        }
        // It is durable with whoever keeps in mind that it was done.
        self.write(Durable::Later, |c| {
            for id in ids {
                if let Some(pair) = trees::synced(c, id)?
                    && trees::local(c, pair.local)?.is_none()
                {
                    forget(c, id)?;
                }
                mark_remote(c, id, BY_OTHER)?;
            }
            Ok(())
        })
    }
}

/// These two are the same, as they stand in both trees.
pub(super) fn link_as_they_stand(
    c: &Connection,
    remote: &RemoteId,
    local: LocalId,
) -> Result<(), StateError> {
    let there = trees::remote(c, remote)?.ok_or_else(|| StateError::Unknown(format!("entry {remote}")))?;
    let here = trees::local(c, local)?.ok_or_else(|| StateError::Unknown(format!("node {}", local.0)))?;
    let node = SyncedNode {
        remote: there.id,
        local,
        place: there.place,
        local_parent: here.place.parent,
        file: there.file,
    };
    link(c, &node)
}

/// Both sides of a pair are alike again, as they stand in both trees.
pub(super) fn rebase(c: &Connection, remote: &RemoteId) -> Result<(), StateError> {
    let pair = trees::synced(c, remote)?.ok_or_else(|| StateError::Unknown(format!("pair {remote}")))?;
    let there = trees::remote(c, remote)?.ok_or_else(|| StateError::Unknown(format!("entry {remote}")))?;
    let here =
        trees::local(c, pair.local)?.ok_or_else(|| StateError::Unknown(format!("node {}", pair.local.0)))?;
    let local_parent = here.place.parent;
    put(c, &SyncedNode { place: there.place, local_parent, file: there.file, ..pair })
}

/// Writes down a pair, in the place of whatever was agreed on about either; it and what is directly in it is to be looked at.
pub(super) fn link(c: &Connection, node: &SyncedNode) -> Result<(), StateError> {
    if node.remote.is_root() || node.local.is_root() {
        return Err(StateError::Unknown("link of a root".to_owned()));
    }
    if let Some(other) = trees::synced(c, &node.remote)?
        && other.local != node.local
    {
        forget(c, &node.remote)?;
    }
    if let Some(other) = trees::synced_local(c, node.local)?
        && other.remote != node.remote
    {
        forget(c, &other.remote)?;
    }
    put(c, node)?;
    // From now on, the pair has one mark, and one problem at most.
    c.prepare_cached("DELETE FROM dirty WHERE local = ?1")?.execute([node.local])?;
    c.prepare_cached("DELETE FROM problems WHERE local = ?1")?.execute([node.local])?;
    mark_remote(c, &node.remote, BY_OTHER)?;
    if trees::local(c, node.local)?.is_none() {
        // It went while it was sent.
        let lacks = "UPDATE dirty SET missing = missing | ?2 WHERE remote = ?1";
        c.prepare_cached(lacks)?.execute(params![node.remote, LACKS_LOCAL])?;
    }
    if node.kind() == Kind::Folder { mark_children(c, &node.remote, node.local) } else { Ok(()) }
}

/// Writes down a pair; nobody else has either of its names.
pub(super) fn put(c: &Connection, node: &SyncedNode) -> Result<(), StateError> {
    let file = node.file.as_ref();
    let put = "INSERT INTO synced (remote, local, parent, local_parent, name, rev, size, hash, modified)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (remote) DO UPDATE SET local = excluded.local, parent = excluded.parent,
            local_parent = excluded.local_parent, name = excluded.name, rev = excluded.rev,
            size = excluded.size, hash = excluded.hash, modified = excluded.modified";
    c.prepare_cached(put)?.execute(params![
        node.remote,
        node.local,
        node.place.parent,
        node.local_parent,
        node.place.name,
        file.map(|file| file.rev.as_str()),
        file.map(|file| file.content.size.cast_signed()),
        file.map(|file| Kept(file.content.hash)),
        file.and_then(|file| file.modified_s),
    ])?;
    Ok(())
}

/// Nothing is agreed on about this any more; both sides, and what is directly in them, are to be looked at.
pub(super) fn forget(c: &Connection, remote: &RemoteId) -> Result<(), StateError> {
    let Some(pair) = trees::synced(c, remote)? else { return Ok(()) };
    if remote.is_root() {
        return Err(StateError::Unknown("pair of roots to forget".to_owned()));
    }
    if pair.kind() == Kind::Folder {
        mark_children(c, remote, pair.local)?;
    }
    c.prepare_cached("DELETE FROM synced WHERE remote = ?1")?.execute([remote])?;
    part(c, remote, pair.local)
}

/// Two that were a pair get marks of their own, where there is something left to look at.
fn part(c: &Connection, remote: &RemoteId, local: LocalId) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM dirty WHERE remote = ?1")?.execute([remote])?;
    if trees::remote(c, remote)?.is_some() {
        mark_remote(c, remote, BY_OTHER)?;
    } else {
        c.prepare_cached("DELETE FROM problems WHERE remote = ?1")?.execute([remote])?;
    }
    if trees::local(c, local)?.is_some() {
        mark_local(c, local, BY_OTHER)?;
    }
    Ok(())
}

/// A statement over what is agreed on about an entry, `?1`, and about what is agreed to be below it.
macro_rules! below {
    ($statement:literal) => {
        concat!(
            "WITH RECURSIVE below (remote, local) AS (
                SELECT remote, local FROM synced WHERE remote = ?1
                UNION SELECT s.remote, s.local FROM below b CROSS JOIN synced s ON s.parent = b.remote) ",
            $statement
        )
    };
}

/// How much is agreed on about this and what is agreed to be below it.
pub(super) fn count_below(c: &Connection, remote: &RemoteId) -> Result<u64, StateError> {
    let count: i64 =
        c.prepare_cached(below!("SELECT count(*) FROM below"))?.query_row([remote], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Nothing is agreed on any more about this and everything that was agreed to be below it.
pub(super) fn forget_below(c: &Connection, remote: &RemoteId) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM cut")?.execute([])?;
    let collect = below!("INSERT INTO cut SELECT remote, local FROM below");
    if c.prepare_cached(collect)?.execute([remote])? == 0 { Ok(()) } else { forget_cut(c) }
}

/// Nothing is agreed on any more about what only one side has.
fn forget_one_sided(c: &Connection) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM cut")?.execute([])?;
    let collect = "INSERT INTO cut SELECT s.remote, s.local FROM synced s
            LEFT JOIN remote r ON r.id = s.remote LEFT JOIN local l ON l.id = s.local
        WHERE (r.n IS NULL) <> (l.id IS NULL)";
    c.prepare_cached(collect)?.execute([])?;
    forget_cut(c)
}

/// Nothing is agreed on any more about what was collected.
fn forget_cut(c: &Connection) -> Result<(), StateError> {
    // (CROSS: the few rows first, whatever SQLite thinks of how many there are.)
    for statement in [
        "DELETE FROM synced WHERE remote IN (SELECT remote FROM cut)",
        "DELETE FROM dirty WHERE remote IN (SELECT remote FROM cut)",
        "DELETE FROM problems WHERE remote IN (SELECT remote FROM cut)",
        "INSERT INTO dirty (remote, causes) SELECT c.remote, 4 FROM cut c CROSS JOIN remote r ON r.id = c.remote",
        "INSERT INTO dirty (local, causes) SELECT c.local, 4 FROM cut c CROSS JOIN local l ON l.id = c.local
            ON CONFLICT DO NOTHING",
        "DELETE FROM cut",
    ] {
        c.prepare_cached(statement)?.execute([])?;
    }
    Ok(())
}

/// Nothing is agreed on any more about anything, and the server's tree is not known.
pub(super) fn forget_everything(c: &Connection) -> Result<(), StateError> {
    for statement in [
        "DELETE FROM synced",
        "DELETE FROM sending",
        "DELETE FROM placing",
        "DELETE FROM remote",
        "DELETE FROM dirty WHERE remote IS NOT NULL",
        "DELETE FROM problems WHERE remote IS NOT NULL",
        "INSERT INTO dirty (local, causes) SELECT id, 4 FROM local WHERE true ON CONFLICT DO NOTHING",
    ] {
        c.prepare_cached(statement)?.execute([])?;
    }
    Ok(())
}
