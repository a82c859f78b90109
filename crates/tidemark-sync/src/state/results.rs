//! What steps led to.

use rusqlite::{Connection, params};

use super::dirty::{BY_LOCAL, BY_OTHER, mark_local, mark_remote};
use super::local::{self, LocalSeen};
use super::{Durable, State, StateError, intents, synced, trees};
use crate::ports::Stamp;
use crate::trees::{LocalId, Place, RemoteFile, RemoteId, SyncedNode};

/// A file that was brought here, or a folder that was made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// For which entry.
    pub remote: RemoteId,
    /// Where the server had it when that was decided.
    pub from: Place<RemoteId>,
    /// The folder and name that it has here.
    pub to: Place<LocalId>,
    /// The file whose bytes were replaced, which goes on as this one.
    pub replaces: Option<LocalId>,
    /// What is there now.
    pub seen: LocalSeen,
    /// What was brought; none for a folder.
    pub file: Option<RemoteFile>,
}

/// What the server answered that it has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What was sent, made or moved.
    pub local: LocalId,
    /// What it is for the server.
    pub remote: RemoteId,
    /// The folder and name that it has there.
    pub to: Place<RemoteId>,
    /// What the server said about the file; none for a folder.
    pub file: Option<RemoteFile>,
    /// What the bytes were read from, if bytes were sent.
    pub stamp: Option<Stamp>,
}

impl State {
    /// Something was brought here: it is in the disk's tree, and agreed on.
    pub fn placed(&mut self, done: &Placed) -> Result<LocalId, StateError> {
        self.write(Durable::Now, |c| {
            intents::placed(c, &done.remote)?;
            let hash = done.file.as_ref().map(|file| file.content.hash);
            let replaced = match done.replaces {
                Some(id) if !id.is_root() => trees::local(c, id)?,
                _ => None,
            };
            let id = match replaced {
                Some(node) => local::set(c, &node, &done.seen, hash)?,
                None => local::add(c, &done.to, &done.seen, hash)?,
            };
            let agreed = trees::synced(c, &done.remote)?.filter(|pair| pair.local == id);
            let pair = match agreed {
                // Where it is may have changed on either side meanwhile; nothing was agreed on about that.
                Some(pair) => SyncedNode { file: done.file.clone(), ..pair },
                None => {
                    // If nothing is agreed on about its folder any more, it is what the server had there all the same, and
                    // nobody's new file.
                    let folder = trees::synced_local(c, done.to.parent)?;
                    let place = match folder {
                        Some(folder) => Place { parent: folder.remote, name: done.to.name.clone() },
                        None => done.from.clone(),
                    };
                    SyncedNode {
                        remote: done.remote.clone(),
                        local: id,
                        place,
                        local_parent: done.to.parent,
                        file: done.file.clone(),
                    }
                }
            };
            synced::link(c, &pair)?;
            Ok(id)
        })
    }

    /// Something was moved here by us: it is elsewhere in the disk's tree, with the bytes that it had. (If it is no longer
    /// known, or where it went is not, then that was seen before this was told, and there is nothing to add.)
    ///
    /// If it follows the server, its place is agreed on from now on: whatever the server tells of it next is news about
    /// something that nobody here has moved. A file that was looked for where it had been, and was taken for gone before this
    /// was told, is agreed on again.
    pub fn moved_local(
        &mut self,
        id: LocalId,
        to: &Place<LocalId>,
        stamp: Option<&Stamp>,
        follows: bool,
    ) -> Result<(), StateError> {
        self.write(Durable::Now, |c| {
            if id.is_root() || trees::local(c, to.parent)?.is_none() {
                return Ok(());
            }
            if trees::local(c, id)?.is_none() {
                return match stamp.filter(|_| follows) {
                    Some(stamp) => found_again(c, id, to, stamp),
                    None => Ok(()),
                };
            }
            local::put_at(c, id, to)?;
            if let Some(stamp) = stamp {
                let update =
                    "UPDATE local SET device = ?2, inode = ?3, born_ns = ?4, size = ?5, modified_ns = ?6,
                    changed_ns = ?7 WHERE id = ?1 AND size IS NOT NULL";
                c.prepare_cached(update)?.execute(params![
                    id,
                    stamp.identity.device.cast_signed(),
                    stamp.identity.inode.cast_signed(),
                    stamp.identity.born_ns,
                    stamp.size.cast_signed(),
                    stamp.modified_ns,
                    stamp.changed_ns,
                ])?;
            }
            local::reaches_root(c, id)?;
            if follows
                && let Some(pair) = trees::synced_local(c, id)?
                && let Some(folder) = trees::synced_local(c, to.parent)?
            {
                let place = Place { parent: folder.remote, name: to.name.clone() };
                synced::link(c, &SyncedNode { place, local_parent: to.parent, ..pair })?;
            }
            Ok(())
        })
    }

    /// Something was put into the local trash: it is gone from the disk's tree, with all below it, and what was agreed on about
    /// it is forgotten.
    pub fn trashed(&mut self, id: LocalId) -> Result<(), StateError> {
        self.write(Durable::Now, |c| {
            if id.is_root() {
                return Err(StateError::Unknown("root to remove".to_owned()));
            }
            let pair = trees::synced_local(c, id)?;
            local::remove(c, id)?;
            pair.map_or(Ok(()), |pair| synced::forget(c, &pair.remote))
        })
    }

    /// The server answered what it has now: that is agreed on. The remote tree waits until it is told of it.
    ///
    /// Bytes that were sent are agreed on as the server has them. A move agrees on nothing about bytes: if the server told of
    /// others than those that were agreed on before, they are still to be brought here.
    pub fn sent(&mut self, done: &Sent) -> Result<(), StateError> {
        self.write(Durable::Now, |c| {
            intents::answered(c, done.local)?;
            if let (Some(stamp), Some(file)) = (&done.stamp, &done.file) {
                read_while_sent(c, done.local, stamp, file)?;
            }
            let agreed = trees::synced(c, &done.remote)?.filter(|pair| pair.local == done.local);
            // Other bytes for what is agreed on: where it is does not matter.
            if let Some(pair) = &agreed
                && done.stamp.is_some()
            {
                return synced::link(c, &SyncedNode { file: done.file.clone(), ..pair.clone() });
            }
            let Some(folder) = trees::synced(c, &done.to.parent)? else {
                // Whatever it was put into is not agreed on any more: both sides are new to each other.
                mark_local(c, done.local, BY_OTHER)?;
                return mark_remote(c, &done.remote, BY_OTHER);
            };
            let local_parent = folder.local;
            let pair = match agreed {
                Some(pair) => {
                    let same = |file: &&RemoteFile| {
                        pair.file.as_ref().is_some_and(|old| old.content == file.content)
                    };
                    let file = done.file.as_ref().filter(same).or(pair.file.as_ref()).cloned();
                    SyncedNode { place: done.to.clone(), local_parent, file, ..pair }
                }
                None => SyncedNode {
                    remote: done.remote.clone(),
                    local: done.local,
                    place: done.to.clone(),
                    local_parent,
                    file: done.file.clone(),
                },
            };
            synced::link(c, &pair)
        })
    }

    /// Something was deleted on the server, with all below it: what was agreed on about that is forgotten. The remote tree
    /// waits until it is told of it.
    pub fn deleted_remote(&mut self, id: &RemoteId) -> Result<(), StateError> {
        self.write(Durable::Now, |c| synced::forget_below(c, id))
    }

    /// How much is agreed on about this entry and what is agreed to be below it.
    pub fn agreed_below(&self, id: &RemoteId) -> Result<u64, StateError> {
        synced::count_below(&self.connection, id)
    }
}

/// What was read to be sent is known by its digest, if it is still what was read.
fn read_while_sent(c: &Connection, id: LocalId, stamp: &Stamp, file: &RemoteFile) -> Result<(), StateError> {
    let now = trees::local(c, id)?.and_then(|node| node.file);
    if now.is_some_and(|now| now.stamp == *stamp && stamp.size == file.content.size) {
        local::keep_hash(c, id, file.content.hash)?;
        mark_local(c, id, BY_LOCAL)?;
    }
    Ok(())
}

/// A file that was taken for gone is here, if nothing else was seen here.
fn found_again(c: &Connection, lost: LocalId, to: &Place<LocalId>, stamp: &Stamp) -> Result<(), StateError> {
    let Some(pair) = trees::synced_local(c, lost)? else { return Ok(()) };
    let Some(folder) = trees::synced_local(c, to.parent)? else { return Ok(()) };
    let id = match local::at(c, to)? {
        Some(there) => {
            let is_it = there.file.as_ref().is_some_and(|file| file.stamp == *stamp);
            if !is_it || trees::synced_local(c, there.id)?.is_some() {
                return Ok(());
            }
            there.id
        }
        // What bytes it has is not known any more: it may have been edited before it was moved.
        None => local::add(c, to, &LocalSeen::File { stamp: *stamp, executable: false }, None)?,
    };
    let place = Place { parent: folder.remote, name: to.name.clone() };
    synced::link(c, &SyncedNode { local: id, place, local_parent: to.parent, ..pair })
}
