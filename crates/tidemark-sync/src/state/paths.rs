//! From nodes to paths, and back.

use rusqlite::{Connection, OptionalExtension as _, params};

use tidemark_client::RemotePath;

use super::rows::{local_node, local_query};
use super::{State, StateError, trees};
use crate::ports::{Identity, LocalPath};
use crate::trees::{LocalId, LocalNode, RemoteId};

/// How many folders may lie one inside another, on either side. (The SDK's paths and the disk's have narrower limits.)
pub(super) const DEPTH_MAX: usize = 4096;

impl State {
    /// Where this is on the disk; none if it, or a folder on the way, is not known.
    pub fn local_path(&self, id: LocalId) -> Result<Option<LocalPath>, StateError> {
        local_path(&self.connection, id)
    }

    /// Where this is on the server; none if it, or a folder on the way, is not known.
    pub fn remote_path(&self, id: &RemoteId) -> Result<Option<RemotePath>, StateError> {
        let Some(mut number) = trees::remote_number(&self.connection, id)? else { return Ok(None) };
        let mut statement = self.connection.prepare_cached("SELECT parent, name FROM remote WHERE n = ?1")?;
        let mut names: Vec<Box<str>> = Vec::new();
        while number != 0 {
            let row = statement.query_row([number], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some((parent, name)) = row else { return Ok(None) };
            number = parent;
            names.push(name);
            check_depth(names.len())?;
        }
        let mut path = RemotePath::root();
        for name in names.iter().rev() {
            let Ok(next) = path.join(name) else { return Ok(None) };
            path = next;
        }
        Ok(Some(path))
    }

    /// What is in this place of the disk, by exactly these names.
    pub fn local_by_path(&self, path: &LocalPath) -> Result<Option<LocalNode>, StateError> {
        let mut statement = self.connection.prepare_cached(local_query!("parent = ?1 AND name = ?2"))?;
        let mut found = trees::local(&self.connection, LocalId::ROOT)?;
        for name in path.names() {
            let Some(folder) = found else { break };
            found = statement.query_row(params![folder.id, name], local_node).optional()?;
        }
        Ok(found)
    }

    /// What the disk is known to have under this identity: one node, unless a file has several names.
    pub fn local_by_identity(&self, identity: &Identity) -> Result<Vec<LocalNode>, StateError> {
        let query = local_query!("inode = ?1 AND device = ?2 AND born_ns IS ?3 ORDER BY id");
        let mut statement = self.connection.prepare_cached(query)?;
        let key = params![identity.inode.cast_signed(), identity.device.cast_signed(), identity.born_ns];
        let rows = statement.query_map(key, local_node)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

pub(super) fn local_path(c: &Connection, mut id: LocalId) -> Result<Option<LocalPath>, StateError> {
    let mut statement = c.prepare_cached("SELECT parent, name FROM local WHERE id = ?1")?;
    let mut names: Vec<Box<str>> = Vec::new();
    while !id.is_root() {
        let row = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((parent, name)) = row else { return Ok(None) };
        id = parent;
        names.push(name);
        check_depth(names.len())?;
    }
    let mut path = LocalPath::root();
    for name in names.iter().rev() {
        let Some(next) = path.join(name) else {
            return Err(StateError::damaged("a name that leads elsewhere"));
        };
        path = next;
    }
    Ok(Some(path))
}

/// Whoever walks up further than this walks in a circle.
pub(super) fn check_depth(steps: usize) -> Result<(), StateError> {
    if steps > DEPTH_MAX { Err(StateError::damaged("a folder is inside itself")) } else { Ok(()) }
}
