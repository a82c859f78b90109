//! What the disk was seen to be.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::dirty::{BY_LOCAL, LACKS_LOCAL, mark_local};
use super::paths::check_depth;
use super::rows::{Kept, local_node, local_query, seen};
use super::{Durable, State, StateError, conflicts, intents, trees};
use crate::ports::{Identity, Seen, SeenKind, Stamp};
use crate::trees::{ContentHash, Kind, LocalId, LocalNode, NameKey, Place};

/// What was seen of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalSeen {
    /// It holds others.
    Folder {
        /// By what it is known again.
        identity: Identity,
    },
    /// It holds bytes.
    File {
        /// By what they are known again.
        stamp: Stamp,
        /// Whether its owner may run it.
        executable: bool,
    },
}

/// What was seen to be different from before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalChange {
    /// Something new. (If something is known to be there, it is taken to be the same, with another stamp, unless a file became
    /// a folder or the other way round.)
    Add {
        /// Where.
        place: Place<LocalId>,
        /// What.
        seen: LocalSeen,
    },
    /// Something has another stamp, or another file took its place. (A file that became a folder, or the other way round, is
    /// another node.)
    Set {
        /// Which.
        id: LocalId,
        /// What it is now.
        seen: LocalSeen,
    },
    /// Something is elsewhere, with all below it. What is known to be there, and is not moved away by the same call, is gone.
    Move {
        /// Which.
        id: LocalId,
        /// Where it is now.
        to: Place<LocalId>,
        /// What it is now.
        seen: LocalSeen,
    },
    /// Something is gone, with all below it.
    Remove {
        /// Which.
        id: LocalId,
    },
}

impl LocalSeen {
    /// None of what is neither a file nor a folder.
    pub fn of(seen: &Seen) -> Option<LocalSeen> {
        match seen.kind {
            SeenKind::Folder => Some(LocalSeen::Folder { identity: seen.stamp.identity }),
            SeenKind::File => Some(LocalSeen::File { stamp: seen.stamp, executable: seen.executable }),
            SeenKind::Symlink | SeenKind::Special => None,
        }
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            LocalSeen::Folder { .. } => Kind::Folder,
            LocalSeen::File { .. } => Kind::File,
        }
    }

    /// Which one it is on its file system.
    pub fn identity(&self) -> Identity {
        match self {
            LocalSeen::Folder { identity } => *identity,
            LocalSeen::File { stamp, .. } => stamp.identity,
        }
    }

    fn stamp(&self) -> Option<&Stamp> {
        match self {
            LocalSeen::Folder { .. } => None,
            LocalSeen::File { stamp, .. } => Some(stamp),
        }
    }

    fn executable(&self) -> Option<bool> {
        match self {
            LocalSeen::Folder { .. } => None,
            LocalSeen::File { executable, .. } => Some(*executable),
        }
    }
}

impl State {
    /// What was seen of this node when it was last looked at; none if it is not known.
    pub fn local_seen(&self, id: LocalId) -> Result<Option<LocalSeen>, StateError> {
        let mut statement = self.connection.prepare_cached(local_query!("id = ?1"))?;
        Ok(statement.query_row([id], seen).optional()?)
    }

    /// Writes down what was seen. The answer has the id of each change's node, in order (of a removed one, that which it had).
    /// What is as it was known is not marked to be looked at.
    ///
    /// Nodes are named by the ids that they had before the call. What is moved out of a folder is not removed with it, in
    /// whatever order the two are told; of several moves of a node, the last counts.
    pub fn observe(&mut self, changes: &[LocalChange]) -> Result<Vec<LocalId>, StateError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        // What was seen can be seen again.
        self.write(Durable::Later, |c| {
            let mut moves = BTreeMap::new();
            for (index, change) in changes.iter().enumerate() {
                if let LocalChange::Move { id, to, .. } = change {
                    moves.insert(*id, (index, to));
                }
            }
            // Whatever moves leaves its place before anything takes it, and is not lost with the folder that it was in: names
            // may be swapped, and folders emptied and removed.
            let mut moving = Vec::new();
            for (id, (_, to)) in &moves {
                if known(c, *id)?.place != **to {
                    park(c, *id)?;
                    moving.push((*id, *to));
                }
            }
            for (id, to) in &moving {
                put_at(c, *id, to)?;
            }
            for (id, _) in &moving {
                reaches_root(c, *id)?;
            }
            let is_placing = intents::is_placing(c)?;
            let mut ids = Vec::with_capacity(changes.len());
            for (index, change) in changes.iter().enumerate() {
                let (id, seen) = match change {
                    LocalChange::Add { place, seen } => (add(c, place, seen, None)?, Some(seen)),
                    LocalChange::Set { id, seen } => (set(c, &known(c, *id)?, seen, None)?, Some(seen)),
                    LocalChange::Move { id, seen, .. } => {
                        let is_last = moves.get(id).is_some_and(|(last, _)| *last == index);
                        (if is_last { set(c, &known(c, *id)?, seen, None)? } else { *id }, None)
                    }
                    LocalChange::Remove { id } => (remove(c, *id).map(|()| *id)?, None),
                };
                if let Some(seen) = seen.filter(|_| is_placing) {
                    intents::recognize_here(c, id, seen)?;
                }
                ids.push(id);
            }
            Ok(ids)
        })
    }

    /// Writes down the digest of the bytes that this file has as long as it has this stamp. Answers whether it has.
    pub fn set_hash(&mut self, id: LocalId, stamp: &Stamp, hash: ContentHash) -> Result<bool, StateError> {
        // It can be made again.
        self.write(Durable::Later, |c| {
            let as_was = trees::local(c, id)?.and_then(|node| node.file).filter(|file| file.stamp == *stamp);
            let Some(file) = as_was else { return Ok(false) };
            if file.hash != Some(hash) {
                keep_hash(c, id, hash)?;
                mark_local(c, id, BY_LOCAL)?;
            }
            Ok(true)
        })
    }
}

pub(super) fn keep_hash(c: &Connection, id: LocalId, hash: ContentHash) -> Result<(), StateError> {
    c.prepare_cached("UPDATE local SET hash = ?2 WHERE id = ?1")?.execute(params![id, Kept(hash)])?;
    Ok(())
}

/// A node that is known; the root is not to be changed.
pub(super) fn known(c: &Connection, id: LocalId) -> Result<LocalNode, StateError> {
    let node = if id.is_root() { None } else { trees::local(c, id)? };
    node.ok_or_else(|| StateError::Unknown(format!("node {} of the disk", id.0)))
}

pub(super) fn at(c: &Connection, place: &Place<LocalId>) -> Result<Option<LocalNode>, StateError> {
    let mut statement = c.prepare_cached(local_query!("parent = ?1 AND name = ?2"))?;
    Ok(statement.query_row(params![place.parent, place.name], local_node).optional()?)
}

/// Something is in this place, with these bytes if they are known.
pub(super) fn add(
    c: &Connection,
    place: &Place<LocalId>,
    seen: &LocalSeen,
    hash: Option<ContentHash>,
) -> Result<LocalId, StateError> {
    if let Some(there) = at(c, place)? {
        return set(c, &there, seen, hash);
    }
    check_place(c, place)?;
    let (identity, stamp) = (seen.identity(), seen.stamp());
    let insert = "INSERT INTO local
        (parent, name, key, device, inode, born_ns, size, modified_ns, changed_ns, executable, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    c.prepare_cached(insert)?.execute(params![
        place.parent,
        place.name,
        NameKey::of(&place.name).as_str(),
        identity.device.cast_signed(),
        identity.inode.cast_signed(),
        identity.born_ns,
        stamp.map(|stamp| stamp.size.cast_signed()),
        stamp.map(|stamp| stamp.modified_ns),
        stamp.map(|stamp| stamp.changed_ns),
        seen.executable(),
        hash.map(Kept),
    ])?;
    let id = LocalId(c.last_insert_rowid());
    mark_local(c, id, BY_LOCAL)?;
    Ok(id)
}

/// A node is this now, with these bytes if they are known. Answers its id, which is another one if it became something else.
pub(super) fn set(
    c: &Connection,
    node: &LocalNode,
    seen: &LocalSeen,
    hash: Option<ContentHash>,
) -> Result<LocalId, StateError> {
    if node.kind() != seen.kind() {
        remove(c, node.id)?;
        return add(c, &node.place, seen, hash);
    }
    let (identity, stamp) = (seen.identity(), seen.stamp());
    let old = node.file.as_ref();
    let hash = hash.or(old.filter(|old| Some(&old.stamp) == stamp).and_then(|old| old.hash));
    let update = "UPDATE local SET device = ?2, inode = ?3, born_ns = ?4, size = ?5, modified_ns = ?6,
        changed_ns = ?7, executable = ?8, hash = ?9 WHERE id = ?1 AND NOT (device = ?2 AND inode = ?3
        AND born_ns IS ?4 AND size IS ?5 AND modified_ns IS ?6 AND changed_ns IS ?7 AND executable IS ?8
        AND hash IS ?9)";
    let changed = c.prepare_cached(update)?.execute(params![
        node.id,
        identity.device.cast_signed(),
        identity.inode.cast_signed(),
        identity.born_ns,
        stamp.map(|stamp| stamp.size.cast_signed()),
        stamp.map(|stamp| stamp.modified_ns),
        stamp.map(|stamp| stamp.changed_ns),
        seen.executable(),
        hash.map(Kept),
    ])?;
    // Which one a folder is concerns nobody but the observer.
    if changed > 0 && seen.kind() == Kind::File {
        mark_local(c, node.id, BY_LOCAL)?;
    }
    Ok(node.id)
}

/// A node leaves its place; meanwhile it is in a folder that there is not, under a name that nothing can have.
fn park(c: &Connection, id: LocalId) -> Result<(), StateError> {
    let name = format!("\0{}", id.0);
    let park = "UPDATE local SET parent = -1, name = ?2, key = ?2 WHERE id = ?1";
    c.prepare_cached(park)?.execute(params![id, name])?;
    Ok(())
}

/// A node is in this place now; whatever was known to be there is gone.
pub(super) fn put_at(c: &Connection, id: LocalId, to: &Place<LocalId>) -> Result<(), StateError> {
    check_place(c, to)?;
    if let Some(there) = at(c, to)?
        && there.id != id
    {
        remove(c, there.id)?;
        // Neither it nor where it goes may have been in there.
        known(c, id)?;
        check_place(c, to)?;
    }
    c.prepare_cached("UPDATE local SET parent = ?2, name = ?3, key = ?4 WHERE id = ?1")?.execute(params![
        id,
        to.parent,
        to.name,
        NameKey::of(&to.name).as_str()
    ])?;
    conflicts::settle(c, id, &to.name)?;
    mark_local(c, id, BY_LOCAL)
}

fn check_place(c: &Connection, place: &Place<LocalId>) -> Result<(), StateError> {
    let parent = trees::local(c, place.parent)?;
    if parent.is_none_or(|parent| parent.file.is_some()) {
        return Err(StateError::Unknown(format!("folder {} of the disk", place.parent.0)));
    }
    // What cannot be a name is no place.
    let possible = crate::ports::LocalPath::root().join(&place.name).is_some();
    if possible { Ok(()) } else { Err(StateError::Unknown(format!("name {:?}", place.name))) }
}

/// Refuses what would make a folder its own ancestor.
pub(super) fn reaches_root(c: &Connection, id: LocalId) -> Result<(), StateError> {
    let mut statement = c.prepare_cached("SELECT parent FROM local WHERE id = ?1")?;
    let (mut at, mut steps) = (id, 0);
    while !at.is_root() {
        // What took the place of a folder above may have taken this with it.
        let parent = statement.query_row([at], |row| row.get(0)).optional()?;
        at = parent.ok_or_else(|| StateError::Unknown(format!("folder {} of the disk", at.0)))?;
        steps += 1;
        if at == id {
            return Err(StateError::Cycle);
        }
        check_depth(steps)?;
    }
    Ok(())
}

/// A node is gone, and all below it.
pub(super) fn remove(c: &Connection, id: LocalId) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM gone")?.execute([])?;
    let collect = "WITH RECURSIVE below (id) AS (
            SELECT id FROM local WHERE id = ?1
            UNION SELECT l.id FROM below b CROSS JOIN local l ON l.parent = b.id)
        INSERT INTO gone SELECT id FROM below";
    c.prepare_cached(collect)?.execute([id])?;
    // (CROSS: the few rows first, whatever SQLite thinks of how many there are.)
    let pairs = "INSERT INTO dirty (remote, causes, missing)
        SELECT s.remote, ?1, ?2 FROM gone g CROSS JOIN synced s ON s.local = g.id WHERE true
        ON CONFLICT (remote) DO UPDATE
            SET causes = causes | excluded.causes, missing = missing | excluded.missing";
    c.prepare_cached(pairs)?.execute([BY_LOCAL, LACKS_LOCAL])?;
    for statement in [
        "DELETE FROM dirty WHERE local IN (SELECT id FROM gone)",
        "DELETE FROM problems WHERE local IN (SELECT id FROM gone)",
        "DELETE FROM conflicts WHERE local IN (SELECT id FROM gone)",
        "DELETE FROM sessions WHERE local IN (SELECT id FROM gone)",
        "DELETE FROM local WHERE id IN (SELECT id FROM gone)",
        "DELETE FROM gone",
    ] {
        c.prepare_cached(statement)?.execute([])?;
    }
    Ok(())
}
