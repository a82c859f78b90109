//! What is going to be done, and may have been done without our knowing: the answer was lost, or the process ended before it
//! could be written down.
//!
//! Bytes that we sent are no news from anybody else when the server tells of them, and bytes that we put here are nobody's new
//! file when they are seen. Both are recognized, and agreed on then, as if it had been known at once. Otherwise what somebody
//! changed or removed on one side meanwhile would look like two people's work.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use tidemark_client::RemotePath;

use super::rows::{Kept, remote_file};
use super::{Durable, LocalChange, LocalSeen, State, StateError, synced, trees};
use crate::ports::Stamp;
use crate::trees::{Content, LocalId, NameKey, Place, RemoteFile, RemoteId, RemoteNode, SyncedNode};

/// For how long it is remembered, in seconds: by then no request is on its way any more.
const AGE_MAX_S: i64 = 24 * 3600;
/// How much is remembered of either kind, the newest.
const ROWS_MAX: i64 = 10_000;

/// What is going to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// The server is asked for something.
    Send(Sending),
    /// A file that came from the server gets its place here.
    Place(Placing),
}

/// A file that has come, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placing {
    /// Which entry it is.
    pub remote: RemoteId,
    /// Where the server had it.
    pub from: Place<RemoteId>,
    /// Which version.
    pub file: RemoteFile,
    /// Where it goes.
    pub to: Place<LocalId>,
    /// By what it is known.
    pub stamp: Stamp,
}

/// What the server is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// What is sent, or was moved here.
    pub local: LocalId,
    /// Which entry is to have these bytes or that place; none for a new one.
    pub remote: Option<RemoteId>,
    /// Where it is to be.
    pub to: RemotePath,
    /// The bytes that are sent, and when they were changed last, in seconds since 1970, as the server is told; none if it is only
    /// moved.
    pub bytes: Option<(Content, i64)>,
}

impl State {
    /// These are going to be done. A power cut may take that back, the end of the process does not.
    pub fn intend<'a>(
        &mut self,
        intents: impl IntoIterator<Item = &'a Intent>,
        now_s: i64,
    ) -> Result<(), StateError> {
        self.write(Durable::Later, |c| {
            for intent in intents {
                match intent {
                    Intent::Send(sending) => send(c, sending, now_s)?,
                    Intent::Place(placing) => place(c, placing, now_s)?,
                }
            }
            for old in [
                "DELETE FROM sending WHERE seq <= (SELECT max(seq) FROM sending) - ?1 OR at < ?2",
                "DELETE FROM placing WHERE seq <= (SELECT max(seq) FROM placing) - ?1 OR at < ?2",
            ] {
                c.prepare_cached(old)?.execute([ROWS_MAX, now_s - AGE_MAX_S])?;
            }
            Ok(())
        })
    }
}

impl State {
    /// In which folders here any of these changes may be [what was placed](Intent::Place). As soon as it is recognized, its absence
    /// is a deletion: so the names in these folders must be durable before that is written down.
    pub fn placed_in(&self, changes: &[LocalChange]) -> Result<BTreeSet<LocalId>, StateError> {
        let mut folders = BTreeSet::new();
        if !is_placing(&self.connection)? {
            return Ok(folders);
        }
        let mut statement =
            self.connection.prepare_cached("SELECT DISTINCT to_parent FROM placing WHERE inode = ?1")?;
        for change in changes {
            let seen = match change {
                LocalChange::Add { seen, .. } | LocalChange::Set { seen, .. } => seen,
                LocalChange::Move { .. } | LocalChange::Remove { .. } => continue,
            };
            for folder in statement.query_map([seen.identity().inode.cast_signed()], |row| row.get(0))? {
                folders.insert(folder?);
            }
        }
        Ok(folders)
    }

    /// What is found in this folder is not to be taken for what was placed there: its name may not outlast a power cut.
    pub fn forget_placed_in(&mut self, folder: LocalId) -> Result<(), StateError> {
        self.write(Durable::Later, |c| {
            c.prepare_cached("DELETE FROM placing WHERE to_parent = ?1")?.execute([folder])?;
            Ok(())
        })
    }
}

fn send(c: &Connection, sending: &Sending, now_s: i64) -> Result<(), StateError> {
    let content = sending.bytes.map(|(content, _)| content);
    c.prepare_cached(
        "INSERT INTO sending (local, remote, path, name, size, hash, modified, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        sending.local,
        sending.remote,
        key(&sending.to),
        sending.to.name(),
        content.map(|content| content.size.cast_signed()),
        content.map(|content| Kept(content.hash)),
        sending.bytes.map(|(_, modified_s)| modified_s),
        now_s,
    ])?;
    Ok(())
}

fn place(c: &Connection, placing: &Placing, now_s: i64) -> Result<(), StateError> {
    let (identity, file) = (placing.stamp.identity, &placing.file);
    c.prepare_cached(
        "INSERT OR REPLACE INTO placing (remote, parent, name, rev, size, hash, modified, to_parent, to_name,
            device, inode, born_ns, modified_ns, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        placing.remote,
        placing.from.parent,
        placing.from.name,
        file.rev.as_str(),
        file.content.size.cast_signed(),
        Kept(file.content.hash),
        file.modified_s,
        placing.to.parent,
        placing.to.name,
        identity.device.cast_signed(),
        identity.inode.cast_signed(),
        identity.born_ns,
        placing.stamp.modified_ns,
        now_s,
    ])?;
    Ok(())
}

/// The server answered what it was asked for last about this: nothing that it was asked for before can still happen.
pub(super) fn answered(c: &Connection, local: LocalId) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM sending WHERE local = ?1")?.execute([local])?;
    Ok(())
}

/// By what a path is compared.
fn key(path: &RemotePath) -> String {
    let mut key = String::new();
    for name in path.names() {
        key.push('/');
        key.push_str(NameKey::of(name).as_str());
    }
    key
}

/// The server told of this entry, at this path. If it is as we asked for, that is agreed on.
pub(super) fn recognize_there(
    c: &Connection,
    told: &RemoteNode,
    path: &RemotePath,
) -> Result<(), StateError> {
    if !c.prepare_cached("SELECT 1 FROM sending LIMIT 1")?.exists([])? {
        return Ok(());
    }
    match (trees::synced(c, &told.id)?, &told.file) {
        (Some(pair), file) => {
            let sent = match file {
                Some(file) if pair.file.as_ref() != Some(file) => was_sent(c, &pair, file)?,
                Some(_) | None => None,
            };
            let moved = if pair.place == told.place { None } else { was_moved(c, &pair, told, path)? };
            if sent.is_none() && moved.is_none() {
                return Ok(());
            }
            let file = sent.map_or_else(|| pair.file.clone(), Some);
            let (place, local_parent) = moved.unwrap_or_else(|| (pair.place.clone(), pair.local_parent));
            synced::link(c, &SyncedNode { file, place, local_parent, ..pair })
        }
        (None, Some(file)) => match was_created(c, told, path, file)? {
            Some(pair) => synced::link(c, &pair),
            None => Ok(()),
        },
        (None, None) => Ok(()),
    }
}

fn was_sent(c: &Connection, pair: &SyncedNode, file: &RemoteFile) -> Result<Option<RemoteFile>, StateError> {
    let query = "SELECT 1 FROM sending WHERE local = ?1 AND remote = ?2
        AND size = ?3 AND hash = ?4 AND modified = ?5";
    let sent = params![
        pair.local,
        pair.remote,
        file.content.size.cast_signed(),
        Kept(file.content.hash),
        file.modified_s
    ];
    Ok(c.prepare_cached(query)?.exists(sent)?.then(|| file.clone()))
}

fn was_moved(
    c: &Connection,
    pair: &SyncedNode,
    told: &RemoteNode,
    path: &RemotePath,
) -> Result<Option<(Place<RemoteId>, LocalId)>, StateError> {
    let query = "SELECT 1 FROM sending WHERE path = ?1 AND local = ?2 AND remote = ?3 AND name = ?4
        AND size IS NULL";
    let moved = params![key(path), pair.local, pair.remote, told.place.name];
    if !c.prepare_cached(query)?.exists(moved)? {
        return Ok(None);
    }
    let folder = trees::synced(c, &told.place.parent)?;
    Ok(folder.map(|folder| (told.place.clone(), folder.local)))
}

/// What was to be new there is. Or what was to replace something, or to go into some folder, that had left its place by then:
/// that made something new, too, and the file here goes on as that.
fn was_created(
    c: &Connection,
    told: &RemoteNode,
    path: &RemotePath,
    file: &RemoteFile,
) -> Result<Option<SyncedNode>, StateError> {
    let query = "SELECT local, remote FROM sending WHERE path = ?1
        AND size = ?2 AND hash = ?3 AND modified = ?4 ORDER BY seq DESC LIMIT 1";
    let created =
        params![key(path), file.content.size.cast_signed(), Kept(file.content.hash), file.modified_s];
    let found = c
        .prepare_cached(query)?
        .query_row(created, |row| Ok((row.get::<_, LocalId>(0)?, row.get::<_, Option<RemoteId>>(1)?)))
        .optional()?;
    let Some((local, replaced)) = found else { return Ok(None) };
    let other = trees::synced_local(c, local)?;
    if other.as_ref().is_some_and(|other| Some(&other.remote) != replaced.as_ref()) {
        return Ok(None);
    }
    let folder = trees::synced(c, &told.place.parent)?.map(|folder| folder.local);
    let here = trees::local(c, local)?.map(|node| node.place.parent);
    let Some(local_parent) = folder.or(here).or(other.map(|other| other.local_parent)) else {
        return Ok(None);
    };
    Ok(Some(SyncedNode {
        remote: told.id.clone(),
        local,
        place: told.place.clone(),
        local_parent,
        file: Some(file.clone()),
    }))
}

/// It is written down what came of bringing this here.
pub(super) fn placed(c: &Connection, remote: &RemoteId) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM placing WHERE remote = ?1")?.execute([remote])?;
    Ok(())
}

/// Whether anything is to be recognized here at all.
pub(super) fn is_placing(c: &Connection) -> Result<bool, StateError> {
    Ok(c.prepare_cached("SELECT 1 FROM placing LIMIT 1")?.exists([])?)
}

/// This was seen here, in a place where it was not. If it is what we put there, that is agreed on. (By its bytes it is only known
/// when they are read, as with anything that was seen: numbers of inodes are given again.)
pub(super) fn recognize_here(c: &Connection, id: LocalId, seen: &LocalSeen) -> Result<(), StateError> {
    let (LocalSeen::File { stamp, .. }, Some(node)) = (seen, trees::local(c, id)?) else { return Ok(()) };
    let identity = stamp.identity;
    let query = "SELECT remote, parent, name, rev, size, hash, modified FROM placing
        WHERE inode = ?1 AND device = ?2 AND born_ns IS ?3 AND size = ?4 AND modified_ns = ?5
            AND to_parent = ?6 AND to_name = ?7";
    let placed_there = params![
        identity.inode.cast_signed(),
        identity.device.cast_signed(),
        identity.born_ns,
        stamp.size.cast_signed(),
        stamp.modified_ns,
        node.place.parent,
        node.place.name
    ];
    let mut statement = c.prepare_cached(query)?;
    let found = statement.query_row(placed_there, |row| {
        let place = Place { parent: row.get(1)?, name: row.get(2)? };
        Ok((row.get::<_, RemoteId>(0)?, place, remote_file(row, 3)?))
    });
    let Some((remote, place, file)) = found.optional()? else { return Ok(()) };
    let pair = trees::synced(c, &remote)?;
    let is_elsewhere = match &pair {
        Some(pair) if pair.local != id => trees::local(c, pair.local)?.is_some(),
        Some(_) | None => false,
    };
    let is_another = trees::synced_local(c, id)?.is_some_and(|other| other.remote != remote);
    if is_elsewhere || is_another {
        return Ok(());
    }
    placed(c, &remote)?;
    let (place, local_parent) = match pair {
        Some(pair) => (pair.place, pair.local_parent),
        None => (place, node.place.parent),
    };
    synced::link(c, &SyncedNode { remote, local: id, place, local_parent, file })
}
