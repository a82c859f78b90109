//! The cache: `cache/renditions.db`, beside what people keep.
//!
//! A database, because most of what is in it is tiny (what cameras noted takes some thirty bytes), because it must never
//! grow beyond its bound, and because a crash must not leave halves behind. It holds nothing that cannot be made again:
//! the folder may be deleted whenever no server runs, and is begun anew when it cannot be read.
//!
//! The reserve of the device is not for it: when nothing else is left, nothing more is kept.

use crate::db;
use crate::error::{Failure, OpenError};
use crate::folder::{bytes_free, cannot, create_private};
use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_core::model::{RenditionKey, Timestamp};
use tidemark_core::store::{Kept, RenditionStore, StoreError};

/// Raised when the table changes; a cache of another version is thrown away.
const VERSION: i64 = 1;

const TABLE: &str = "
    CREATE TABLE rendition (
        key BLOB PRIMARY KEY NOT NULL,
        -- When it was found, in milliseconds; and the place in the order of questions of the last one for it.
        at INTEGER NOT NULL,
        asked INTEGER NOT NULL,
        -- What it counts for against the bound.
        bytes INTEGER NOT NULL,
        -- NULL if there was nothing to be made.
        body BLOB
    ) STRICT;
    CREATE INDEX rendition_by_asked ON rendition (asked, bytes);
    PRAGMA user_version = 1;
";

const FILE: &str = "renditions.db";

/// What a row costs besides its body.
const ROW_BYTES: i64 = 200;

/// How much of the database the connection remembers.
const CACHE_BYTES: u32 = 4 << 20;

/// Renditions of one machine, in a bounded part of its disk.
#[derive(Clone)]
pub struct LocalRenditions(Arc<Mutex<Cache>>);

struct Cache {
    folder: PathBuf,
    db: Connection,
    reserve_bytes: u64,
    bytes_max: i64,
    bytes: i64,
    rows: i64,
    /// How many questions there were so far.
    asked: i64,
}

impl LocalRenditions {
    /// Opens the cache of a data folder, or begins a new one; so many bytes of the device are to stay free. One process at
    /// a time may, the one that serves the folder.
    ///
    /// Blocks for as long as the disk takes.
    pub fn open(folder: &Path, bytes_max: u64, reserve_bytes: u64) -> Result<LocalRenditions, OpenError> {
        let folder = folder.join("cache");
        create_private(&folder)?;
        let cache = Cache::open(&folder, bytes_max, reserve_bytes).or_else(|error| {
            tracing::warn!(%error, "the cache of renditions cannot be used: it is begun anew");
            Cache::anew(&folder, bytes_max, reserve_bytes)
        })?;
        Ok(LocalRenditions(Arc::new(Mutex::new(cache))))
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Cache) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let cache = Arc::clone(&self.0);
        // What is counted is counted after it is committed, so a panic in between leaves nothing wrong.
        let task = tokio::task::spawn_blocking(move || {
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut cache).map_err(|error| {
                let error = Failure::from(error).during(what);
                if matches!(error, StoreError::Corrupt(_)) {
                    cache.begin_anew();
                }
                error
            })
        });
        task.await.map_err(|lost| StoreError::Unavailable { what, source: Some(lost.into()) })?
    }
}

impl Cache {
    fn open(folder: &Path, bytes_max: u64, reserve_bytes: u64) -> rusqlite::Result<Cache> {
        let db = db::open_writer(&folder.join(FILE), CACHE_BYTES)?;
        // It need not survive the power, only be whole: so no commit waits for the disk.
        db.pragma_update(None, "synchronous", "normal")?;
        db.pragma_update(None, "wal_autocheckpoint", 1000)?;
        match db.query_row("PRAGMA user_version", [], |row| row.get(0))? {
            VERSION => {}
            0 => db.execute_batch(TABLE)?,
            // Is begun anew by whoever opens it.
            _ => return Err(rusqlite::Error::InvalidQuery),
        }
        let sums = "SELECT ifnull(sum(bytes), 0), count(*), ifnull(max(asked), 0) FROM rendition";
        let (bytes, rows, asked) =
            db.query_row(sums, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let bytes_max = i64::try_from(bytes_max).unwrap_or(i64::MAX);
        let folder = folder.to_owned();
        let mut cache = Cache { folder, db, reserve_bytes, bytes_max, bytes, rows, asked };
        cache.change(|_, _| Ok(()))?;
        Ok(cache)
    }

    /// An empty one, whatever is there.
    fn anew(folder: &Path, bytes_max: u64, reserve_bytes: u64) -> Result<Cache, OpenError> {
        for suffix in ["", "-wal", "-shm"] {
            let file = folder.join(format!("{FILE}{suffix}"));
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(cannot("remove", &file)(error));
                }
                _ => {}
            }
        }
        Cache::open(folder, bytes_max, reserve_bytes)
            .map_err(|source| OpenError::Database { file: folder.join(FILE), source })
    }

    /// Throws away what turned out to be unreadable. If that cannot be done, all fails until the server is started again.
    fn begin_anew(&mut self) {
        tracing::warn!("the cache of renditions is corrupt: it is begun anew");
        // Its file had better be closed when it is removed.
        if let Ok(nothing) = Connection::open_in_memory() {
            self.db = nothing;
        }
        match Cache::anew(&self.folder, self.bytes_max.cast_unsigned(), self.reserve_bytes) {
            Ok(cache) => *self = cache,
            Err(error) => tracing::warn!(%error, "the cache of renditions cannot be begun anew"),
        }
    }

    fn kept(&mut self, keys: &[Vec<u8>]) -> rusqlite::Result<Vec<Option<Kept>>> {
        let mut kept = Vec::with_capacity(keys.len());
        let mut again = Vec::new();
        {
            let mut find = self.db.prepare_cached("SELECT at, asked, body FROM rendition WHERE key = ?")?;
            // Among the quarter that was asked for last, the order matters to nobody yet; it is not worth writing.
            let eldest = self.asked - self.rows / 4;
            for key in keys {
                let found = find.query_row([key], |row| {
                    let (at, asked, body): (i64, i64, Option<Vec<u8>>) =
                        (row.get(0)?, row.get(1)?, row.get(2)?);
                    Ok((Kept { body: body.map(Bytes::from), at: Timestamp(at) }, asked))
                });
                let found = found.optional()?;
                if found.as_ref().is_some_and(|(_, asked)| *asked < eldest) {
                    again.push(key);
                }
                kept.push(found.map(|(kept, _)| kept));
            }
        }
        if !again.is_empty() {
            self.change(|transaction, sums| {
                let mut touch = transaction.prepare_cached("UPDATE rendition SET asked = ? WHERE key = ?")?;
                for key in again {
                    sums.asked += 1;
                    touch.execute(params![sums.asked, key])?;
                }
                Ok(())
            })?;
        }
        Ok(kept)
    }

    fn keep(&mut self, key: &[u8], kept: &Kept) -> rusqlite::Result<()> {
        // A device that does not tell is no reason not to.
        if bytes_free(&self.folder).is_ok_and(|free| free < self.reserve_bytes) {
            return Ok(());
        }
        let size = kept.body.as_ref().map_or(0, Bytes::len) as i64 + ROW_BYTES;
        self.change(|transaction, sums| {
            sums.remove(transaction, "DELETE FROM rendition WHERE key = ? RETURNING bytes", params![key])?;
            sums.asked += 1;
            sums.bytes += size;
            sums.rows += 1;
            let put = "INSERT INTO rendition (key, at, asked, bytes, body) VALUES (?, ?, ?, ?, ?)";
            let row = params![key, kept.at.0, sums.asked, size, kept.body.as_deref()];
            transaction.prepare_cached(put)?.execute(row)?;
            Ok(())
        })
    }

    /// Changes something in one transaction, and forgets the eldest as long as there is too much.
    fn change(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut Sums) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut sums = Sums { bytes: self.bytes, rows: self.rows, asked: self.asked };
        let transaction = self.db.transaction()?;
        work(&transaction, &mut sums)?;
        while sums.bytes > self.bytes_max && sums.rows > 0 {
            let eldest = "DELETE FROM rendition WHERE asked =
                (SELECT asked FROM rendition ORDER BY asked LIMIT 1) RETURNING bytes";
            sums.remove(&transaction, eldest, params![])?;
        }
        transaction.commit()?;
        let Sums { bytes, rows, asked } = sums;
        (self.bytes, self.rows, self.asked) = (bytes, rows, asked);
        Ok(())
    }
}

/// What is in the table, as a transaction leaves it.
struct Sums {
    bytes: i64,
    rows: i64,
    asked: i64,
}

impl Sums {
    fn remove(
        &mut self,
        transaction: &Transaction<'_>,
        statement: &str,
        params: &[&dyn rusqlite::ToSql],
    ) -> rusqlite::Result<()> {
        let mut statement = transaction.prepare_cached(statement)?;
        for bytes in statement.query_map(params, |row| row.get::<_, i64>(0))? {
            self.bytes -= bytes?;
            self.rows -= 1;
        }
        Ok(())
    }
}

#[async_trait]
impl RenditionStore for LocalRenditions {
    async fn kept(&self, keys: &[RenditionKey]) -> Result<Vec<Option<Kept>>, StoreError> {
        let keys: Vec<_> = keys.iter().map(RenditionKey::to_bytes).collect();
        self.off_thread("look for renditions", move |cache| cache.kept(&keys)).await
    }

    async fn keep(&self, key: RenditionKey, kept: Kept) -> Result<(), StoreError> {
        let key = key.to_bytes();
        self.off_thread("keep a rendition", move |cache| cache.keep(&key, &kept)).await
    }
}
