//! What the disk was seen to be, for who looks at it again.

use rusqlite::{OptionalExtension as _, Row, params};

use super::rows::{capped, local_query, seen};
use super::{LocalSeen, State, StateError};
use crate::ports::Identity;
use crate::trees::{LocalId, Place};

/// A node of the disk, with all that it is known again by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Our number for it.
    pub id: LocalId,
    /// Where it was seen.
    pub place: Place<LocalId>,
    /// As what.
    pub seen: LocalSeen,
}

/// The root is not among these.
impl State {
    /// A node by its number.
    pub fn known(&self, id: LocalId) -> Result<Option<Known>, StateError> {
        let mut statement = self.connection.prepare_cached(local_query!("id = ?1"))?;
        Ok(statement.query_row([id], known).optional()?)
    }

    /// What has exactly this name in this folder.
    pub fn known_child(&self, folder: LocalId, name: &str) -> Result<Option<Known>, StateError> {
        let mut statement = self.connection.prepare_cached(local_query!("parent = ?1 AND name = ?2"))?;
        Ok(statement.query_row(params![folder, name], known).optional()?)
    }

    /// What is in this folder behind this name, in the order of the names' bytes, at most so many.
    pub fn known_children(
        &self,
        folder: LocalId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Known>, StateError> {
        let query = local_query!("parent = ?1 AND name > ?2 ORDER BY name LIMIT ?3");
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map(params![folder, after.unwrap_or(""), capped(limit)], known)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All that the file system knew as this: one node, unless a file has several names.
    pub fn known_by_identity(&self, identity: &Identity) -> Result<Vec<Known>, StateError> {
        let query = local_query!("inode = ?1 AND device = ?2 AND born_ns IS ?3 ORDER BY id");
        let mut statement = self.connection.prepare_cached(query)?;
        let key = params![identity.inode.cast_signed(), identity.device.cast_signed(), identity.born_ns];
        let rows = statement.query_map(key, known)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    let place = Place { parent: row.get(1)?, name: row.get(2)? };
    Ok(Known { id: row.get(0)?, place, seen: seen(row)? })
}
