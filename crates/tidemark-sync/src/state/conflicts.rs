//! Copies that were made because both sides had something for one name.

use rusqlite::{Connection, params};

use super::rows::capped;
use super::{Durable, State, StateError, paths};
use crate::ports::LocalPath;
use crate::trees::LocalId;

/// A copy that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The copy.
    pub local: LocalId,
    /// Where it is now.
    pub copy: LocalPath,
    /// The name that it had, and that something else has now.
    pub name: String,
    /// When it was made, in seconds since 1970.
    pub since_s: i64,
}

impl State {
    /// This node has another name now because something else has this one. That is forgotten when the node is gone, or gets yet
    /// another name: somebody has looked at it.
    pub fn set_conflict(&mut self, local: LocalId, name: &str, since_s: i64) -> Result<(), StateError> {
        self.write(Durable::Later, |c| {
            let add = "INSERT INTO conflicts (local, name, copy, since) SELECT id, ?2, name, ?3 FROM local WHERE id = ?1
                ON CONFLICT (local) DO UPDATE SET name = excluded.name, copy = excluded.copy";
            c.prepare_cached(add)?.execute(params![local, name, since_s])?;
            Ok(())
        })
    }

    /// The copies that are still there, at most so many, the oldest first.
    pub fn conflicts(&self, limit: usize) -> Result<Vec<Conflict>, StateError> {
        let query = "SELECT local, name, since FROM conflicts ORDER BY since, local LIMIT ?1";
        let mut statement = self.connection.prepare_cached(query)?;
        let mut rows = statement.query([capped(limit)])?;
        let mut conflicts = Vec::new();
        while let Some(row) = rows.next()? {
            let local = row.get(0)?;
            if let Some(copy) = paths::local_path(&self.connection, local)? {
                conflicts.push(Conflict { local, copy, name: row.get(1)?, since_s: row.get(2)? });
            }
        }
        Ok(conflicts)
    }
}

/// A node has this name now: if it is a copy, and that is not the name that it was given, it is a file like any other.
pub(super) fn settle(c: &Connection, local: LocalId, name: &str) -> Result<(), StateError> {
    c.prepare_cached("DELETE FROM conflicts WHERE local = ?1 AND copy <> ?2")?
        .execute(params![local, name])?;
    Ok(())
}
