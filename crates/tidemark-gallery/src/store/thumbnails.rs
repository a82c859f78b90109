//! Thumbnails, by version: a cache of a limited size, that gives up first what was looked at least lately.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::{PersonId, StoreError, connect};

const FILE: &str = "thumbnails.db";
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS thumbnail (
        person INTEGER NOT NULL,
        rev TEXT NOT NULL,
        size TEXT NOT NULL,
        used INTEGER NOT NULL,
        length INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        UNIQUE (person, rev, size)
    );
    CREATE INDEX IF NOT EXISTS thumbnail_used ON thumbnail (used, length);";
/// That one was looked at is written down if it was not for so long, in seconds: looking must not be writing.
const USED_STEP: i64 = 60 * 60;

/// The cache.
pub(crate) struct Thumbnails(Mutex<Kept>);

struct Kept {
    db: Connection,
    /// How many bytes there are, and may be.
    bytes: u64,
    bytes_max: u64,
}

impl Thumbnails {
    /// Opens the cache of a data folder, or makes it.
    pub(crate) fn open(folder: &Path, bytes_max: u64) -> Result<Thumbnails, StoreError> {
        let db = connect(&folder.join(FILE), OpenFlags::default())?;
        db.pragma_update(None, "synchronous", "off")?;
        db.execute_batch(SCHEMA)?;
        let bytes: i64 =
            db.query_row("SELECT coalesce(sum(length), 0) FROM thumbnail", [], |row| row.get(0))?;
        Ok(Thumbnails(Mutex::new(Kept { db, bytes: bytes.cast_unsigned(), bytes_max })))
    }

    /// A thumbnail of somebody's picture.
    pub(crate) fn get(
        &self,
        person: PersonId,
        rev: &str,
        size: &str,
        now: i64,
    ) -> Result<Option<Bytes>, StoreError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut query = kept.db.prepare_cached(
            "SELECT rowid, used, bytes FROM thumbnail WHERE person = ? AND rev = ? AND size = ?",
        )?;
        let found: Option<(i64, i64, Vec<u8>)> = query
            .query_row(params![person.0, rev, size], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((row, used, bytes)) = found else { return Ok(None) };
        if now - used > USED_STEP {
            kept.db
                .prepare_cached("UPDATE thumbnail SET used = ? WHERE rowid = ?")?
                .execute(params![now, row])?;
        }
        Ok(Some(bytes.into()))
    }

    /// Keeps one, and gives up others if it becomes too much.
    pub(crate) fn put(
        &self,
        person: PersonId,
        rev: &str,
        size: &str,
        bytes: &[u8],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let length = bytes.len() as u64;
        if length > kept.bytes_max {
            return Ok(());
        }
        let added = kept
            .db
            .prepare_cached(
                "INSERT OR IGNORE INTO thumbnail (person, rev, size, used, length, bytes) VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![person.0, rev, size, now, length.cast_signed(), bytes])?;
        if added > 0 {
            kept.bytes += length;
        }
        while kept.bytes > kept.bytes_max {
            let given_up: Option<i64> = kept
                .db
                .prepare_cached(
                    "DELETE FROM thumbnail WHERE rowid = (SELECT rowid FROM thumbnail ORDER BY used, rowid LIMIT 1)
                     RETURNING length",
                )?
                .query_row([], |row| row.get(0))
                .optional()?;
            let Some(length) = given_up else { break };
            kept.bytes = kept.bytes.saturating_sub(length.cast_unsigned());
        }
        Ok(())
    }

    /// Forgets all that is somebody's.
    pub(crate) fn forget(&self, person: PersonId) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.db.execute("DELETE FROM thumbnail WHERE person = ?", [person.0])?;
        let bytes: i64 =
            kept.db.query_row("SELECT coalesce(sum(length), 0) FROM thumbnail", [], |row| row.get(0))?;
        kept.bytes = bytes.cast_unsigned();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_at_least_lately_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Thumbnails::open(folder.path(), 25).unwrap();
        let (ada, bob) = (PersonId(1), PersonId(2));
        cache.put(ada, "1", "grid", &[1; 10], 0).unwrap();
        cache.put(bob, "1", "grid", &[2; 10], 1).unwrap();
        assert_eq!(cache.get(ada, "1", "grid", 10_000).unwrap().unwrap(), vec![1; 10]);
        cache.put(ada, "2", "grid", &[3; 10], 10_001).unwrap();
        assert_eq!(cache.get(bob, "1", "grid", 10_002).unwrap(), None);
        assert!(cache.get(ada, "1", "grid", 10_002).unwrap().is_some());
        assert_eq!(cache.get(ada, "1", "screen", 0).unwrap(), None);
        cache.put(ada, "3", "grid", &[4; 26], 10_003).unwrap();
        assert!(cache.get(ada, "3", "grid", 0).unwrap().is_none(), "larger than all that there may be");
        drop(cache);
        let cache = Thumbnails::open(folder.path(), 25).unwrap();
        assert!(cache.get(ada, "2", "grid", 0).unwrap().is_some(), "it is kept");
        cache.forget(ada).unwrap();
        assert!(cache.get(ada, "2", "grid", 0).unwrap().is_none());
        assert_eq!(cache.0.lock().unwrap().bytes, 0);
    }
}
