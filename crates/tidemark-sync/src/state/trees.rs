//! The trees, to be looked into.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{capped, local_node, local_query, remote_node, remote_query, synced_node, synced_query};
use super::{State, StateError};
use crate::trees::{LocalId, LocalNode, NameKey, Place, RemoteId, RemoteNode, SyncedNode, Trees};

/// The roots are in all trees, linked for ever: each is its own parent, with an empty name, and nobody's child.
impl Trees for State {
    type Error = StateError;

    fn remote(&self, id: &RemoteId) -> Result<Option<RemoteNode>, StateError> {
        remote(&self.connection, id)
    }

    fn remote_at(&self, parent: &RemoteId, key: &NameKey) -> Result<Option<RemoteNode>, StateError> {
        let Some(number) = remote_number(&self.connection, parent)? else { return Ok(None) };
        let query = remote_query!("r.parent = ?1 AND r.key = ?2 AND r.id IS NOT NULL");
        let mut statement = self.connection.prepare_cached(query)?;
        Ok(statement.query_row(params![number, key.as_str()], remote_node).optional()?)
    }

    fn remote_children(
        &self,
        parent: &RemoteId,
        after: Option<&NameKey>,
        limit: usize,
    ) -> Result<Vec<RemoteNode>, StateError> {
        let Some(number) = remote_number(&self.connection, parent)? else { return Ok(Vec::new()) };
        let query =
            remote_query!("r.parent = ?1 AND r.key > ?2 AND r.id IS NOT NULL ORDER BY r.key LIMIT ?3");
        let mut statement = self.connection.prepare_cached(query)?;
        // No key is empty.
        let after = after.map_or("", NameKey::as_str);
        let rows = statement.query_map(params![number, after, capped(limit)], remote_node)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn local(&self, id: LocalId) -> Result<Option<LocalNode>, StateError> {
        local(&self.connection, id)
    }

    fn local_at(&self, parent: LocalId, key: &NameKey) -> Result<Vec<LocalNode>, StateError> {
        let query = local_query!("parent = ?1 AND key = ?2 ORDER BY name");
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map(params![parent, key.as_str()], local_node)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn local_children(
        &self,
        parent: LocalId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<LocalNode>, StateError> {
        let query = local_query!("parent = ?1 AND name > ?2 ORDER BY name LIMIT ?3");
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map(params![parent, after.unwrap_or(""), capped(limit)], local_node)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn synced(&self, id: &RemoteId) -> Result<Option<SyncedNode>, StateError> {
        synced(&self.connection, id)
    }

    fn synced_local(&self, id: LocalId) -> Result<Option<SyncedNode>, StateError> {
        synced_local(&self.connection, id)
    }

    fn synced_children(
        &self,
        parent: &RemoteId,
        after: Option<&RemoteId>,
        limit: usize,
    ) -> Result<Vec<SyncedNode>, StateError> {
        let query = synced_query!("parent = ?1 AND remote > ?2 ORDER BY remote LIMIT ?3");
        let mut statement = self.connection.prepare_cached(query)?;
        let after = after.map_or("", RemoteId::as_str);
        let rows = statement.query_map(params![parent, after, capped(limit)], synced_node)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

pub(super) fn remote(c: &Connection, id: &RemoteId) -> Result<Option<RemoteNode>, StateError> {
    if id.is_root() {
        let place = Place { parent: RemoteId::root(), name: "".into() };
        return Ok(Some(RemoteNode { id: RemoteId::root(), place, file: None }));
    }
    let mut statement = c.prepare_cached(remote_query!("r.id = ?1"))?;
    Ok(statement.query_row([id], remote_node).optional()?)
}

/// By which the rows in this folder name it.
pub(super) fn remote_number(c: &Connection, id: &RemoteId) -> Result<Option<i64>, StateError> {
    if id.is_root() {
        return Ok(Some(0));
    }
    let mut statement = c.prepare_cached("SELECT n FROM remote WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

pub(super) fn local(c: &Connection, id: LocalId) -> Result<Option<LocalNode>, StateError> {
    if id.is_root() {
        let place = Place { parent: LocalId::ROOT, name: "".into() };
        return Ok(Some(LocalNode { id: LocalId::ROOT, place, file: None }));
    }
    let mut statement = c.prepare_cached(local_query!("id = ?1"))?;
    Ok(statement.query_row([id], local_node).optional()?)
}

pub(super) fn synced(c: &Connection, id: &RemoteId) -> Result<Option<SyncedNode>, StateError> {
    if id.is_root() {
        return Ok(Some(roots()));
    }
    let mut statement = c.prepare_cached(synced_query!("remote = ?1"))?;
    Ok(statement.query_row([id], synced_node).optional()?)
}

pub(super) fn synced_local(c: &Connection, id: LocalId) -> Result<Option<SyncedNode>, StateError> {
    if id.is_root() {
        return Ok(Some(roots()));
    }
    let mut statement = c.prepare_cached(synced_query!("local = ?1"))?;
    Ok(statement.query_row([id], synced_node).optional()?)
}

fn roots() -> SyncedNode {
    SyncedNode {
        remote: RemoteId::root(),
        local: LocalId::ROOT,
        place: Place { parent: RemoteId::root(), name: "".into() },
        local_parent: LocalId::ROOT,
        file: None,
    }
}
