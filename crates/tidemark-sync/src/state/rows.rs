//! Values as they are kept, and back.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Result, Row};

use super::LocalSeen;
use crate::ports::{Identity, Stamp};
use crate::trees::{
    Content, ContentHash, LocalFile, LocalId, LocalNode, Place, RemoteFile, RemoteId, RemoteNode, Rev,
    SyncedNode,
};

impl ToSql for RemoteId {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

impl FromSql for RemoteId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<RemoteId> {
        value.as_str().map(RemoteId::new)
    }
}

impl ToSql for LocalId {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for LocalId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<LocalId> {
        value.as_i64().map(LocalId)
    }
}

/// A digest as it is kept.
pub(super) struct Kept(pub(super) ContentHash);

impl ToSql for Kept {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        self.0.0.as_slice().to_sql()
    }
}

impl FromSql for Kept {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Kept> {
        let bytes: [u8; 32] = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
        Ok(Kept(ContentHash(bytes)))
    }
}

/// A number of something, as it can be asked for.
pub(super) fn capped(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The columns `rev, size, hash, modified`, from the given one on; none for a folder.
pub(super) fn remote_file(row: &Row<'_>, first: usize) -> Result<Option<RemoteFile>> {
    let Some(size) = row.get::<_, Option<i64>>(first + 1)? else { return Ok(None) };
    let rev: String = row.get(first)?;
    let rev = Rev::new(rev).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(first, rusqlite::types::Type::Text, Box::new(error))
    })?;
    let content = Content { size: size.cast_unsigned(), hash: row.get::<_, Kept>(first + 2)?.0 };
    Ok(Some(RemoteFile { rev, content, modified_s: row.get(first + 3)? }))
}

/// Selects what [`remote_node`] reads, from `remote r` and its parent `p`, where the given holds. A parent that was not told
/// itself is named by something that no server can say.
macro_rules! remote_query {
    ($where:literal) => {
        concat!(
            "SELECT r.id, CASE r.parent WHEN 0 THEN '' ELSE ifnull(p.id, ' ' || p.n) END, r.name, r.rev, r.size, \
             r.hash, r.modified FROM remote r LEFT JOIN remote p ON p.n = r.parent WHERE ",
            $where
        )
    };
}
pub(super) use remote_query;

pub(super) fn remote_node(row: &Row<'_>) -> Result<RemoteNode> {
    let place = Place { parent: row.get(1)?, name: row.get(2)? };
    Ok(RemoteNode { id: row.get(0)?, place, file: remote_file(row, 3)? })
}

/// Selects what [`local_node`] and [`seen`] read, where the given holds.
macro_rules! local_query {
    ($where:literal) => {
        concat!(
            "SELECT id, parent, name, device, inode, born_ns, size, modified_ns, changed_ns, hash, executable \
             FROM local WHERE ",
            $where
        )
    };
}
pub(super) use local_query;

pub(super) fn local_node(row: &Row<'_>) -> Result<LocalNode> {
    let place = Place { parent: row.get(1)?, name: row.get(2)? };
    let file = match stamp(row)? {
        Some(stamp) => Some(LocalFile { stamp, hash: row.get::<_, Option<Kept>>(9)?.map(|kept| kept.0) }),
        None => None,
    };
    Ok(LocalNode { id: row.get(0)?, place, file })
}

/// What was seen.
pub(super) fn seen(row: &Row<'_>) -> Result<LocalSeen> {
    Ok(match stamp(row)? {
        Some(stamp) => LocalSeen::File { stamp, executable: row.get::<_, Option<bool>>(10)? == Some(true) },
        None => LocalSeen::Folder { identity: identity(row)? },
    })
}

fn identity(row: &Row<'_>) -> Result<Identity> {
    Ok(Identity {
        device: row.get::<_, i64>(3)?.cast_unsigned(),
        inode: row.get::<_, i64>(4)?.cast_unsigned(),
        born_ns: row.get(5)?,
    })
}

/// None for a folder.
fn stamp(row: &Row<'_>) -> Result<Option<Stamp>> {
    let Some(size) = row.get::<_, Option<i64>>(6)? else { return Ok(None) };
    let (modified_ns, changed_ns) = (row.get(7)?, row.get(8)?);
    Ok(Some(Stamp { identity: identity(row)?, size: size.cast_unsigned(), modified_ns, changed_ns }))
}

/// Selects what [`synced_node`] reads, where the given holds.
macro_rules! synced_query {
    ($where:literal) => {
        concat!(
            "SELECT remote, local, parent, local_parent, name, rev, size, hash, modified FROM synced WHERE ",
            $where
        )
    };
}
pub(super) use synced_query;

pub(super) fn synced_node(row: &Row<'_>) -> Result<SyncedNode> {
    Ok(SyncedNode {
        remote: row.get(0)?,
        local: row.get(1)?,
        place: Place { parent: row.get(2)?, name: row.get(4)? },
        local_parent: row.get(3)?,
        file: remote_file(row, 5)?,
    })
}
