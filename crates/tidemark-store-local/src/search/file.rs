//! `search.db`: the index as it is kept. Made of what the journal says, and made again whenever there is doubt.

use crate::db;
use crate::error::Failure;
use crate::journal::{int, natural};
use rusqlite::{Connection, OptionalExtension as _, Row};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tidemark_core::model::{Change, Epoch, NamespaceId, Seq, digest_of};

/// Chunks of another version are not read: the file is made again.
const VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE store (epoch INTEGER NOT NULL) STRICT;
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,     -- the namespace, then the chunk's number in it
    first INTEGER NOT NULL,     -- the changes that were looked at for it: each chunk begins
    last INTEGER NOT NULL,      -- where the one before it ends, the first one at 1
    mark INTEGER NOT NULL,      -- of the last change: another history does not go on from it
    bytes BLOB NOT NULL
) STRICT;
";

/// Large pages, because chunks are read as a whole.
const PAGE_BYTES: u32 = 16 << 10;

/// How many bits of a chunk's id are its number.
const NUMBER_BITS: u32 = 31;

/// How much of the file a connection remembers: chunks are read one after another, not again and again.
const CACHE_BYTES: u32 = 2 << 20;

/// After so many pages the log is folded into the file, with the only syncs that there are.
const LOG_PAGES: u32 = 512;

/// A chunk's place and extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) id: i64,
    pub(super) first: Seq,
    pub(super) last: Seq,
}

/// The id of a namespace's chunk with the number 0.
pub(super) fn first_id(ns: NamespaceId) -> i64 {
    i64::from(ns.0) << NUMBER_BITS
}

/// The file and its companions.
fn parts(file: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut part = file.as_os_str().to_owned();
        part.push(suffix);
        part.into()
    })
}

/// Removes the file.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    for part in parts(file) {
        match fs::remove_file(part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Opens the file for writing, creating it if it is not there. Nothing if it is of another store or version: it had better
/// be removed.
pub(super) fn open(file: &Path, epoch: Epoch) -> Result<Option<Connection>, Failure> {
    let is_new = !file.exists();
    db::create_private(file);
    let mut made = connect(file)?;
    made.pragma_update(None, "page_size", PAGE_BYTES)?;
    made.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // The log is synced before it is folded into the file, and otherwise never: after a power cut the index may be
    // behind, and is not broken.
    made.pragma_update(None, "synchronous", "normal")?;
    made.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    if is_new {
        let create = made.transaction()?;
        create.execute_batch(SCHEMA)?;
        create.execute("INSERT INTO store VALUES (?)", [epoch.0.cast_signed()])?;
        create.pragma_update(None, "user_version", VERSION)?;
        create.commit()?;
    }
    let version: i64 = made.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        return Ok(None);
    }
    let found: Option<i64> = made.query_row("SELECT epoch FROM store", [], |row| row.get(0)).optional()?;
    Ok((found == Some(epoch.0.cast_signed())).then_some(made))
}

/// A connection; the file must be there.
pub(super) fn connect(file: &Path) -> Result<Connection, Failure> {
    let connection = db::connect(file)?;
    connection.pragma_update(None, "cache_size", -i64::from(CACHE_BYTES >> 10))?;
    Ok(connection)
}

/// What recognises a change of this very history.
pub(super) fn mark(change: &Change) -> i64 {
    let mut text = Vec::with_capacity(24);
    for number in [change.seq.0, change.entry.0, change.time.0.cast_unsigned()] {
        text.extend_from_slice(&number.to_le_bytes());
    }
    let mark = digest_of(&text).0.first_chunk::<8>().copied().unwrap_or_default();
    i64::from_le_bytes(mark)
}

fn extent_of(row: &Row<'_>) -> Result<Extent, Failure> {
    Ok(Extent { id: row.get(0)?, first: Seq(natural(row, 1)?), last: Seq(natural(row, 2)?) })
}

/// The chunk with the greatest id of a namespace below this one, given to `look`.
pub(super) fn chunk_below<T>(
    db: &Connection,
    ns: NamespaceId,
    below: i64,
    look: impl FnOnce(Extent, &[u8]) -> T,
) -> Result<Option<T>, Failure> {
    let mut query = db.prepare_cached(
        "SELECT id, first, last, bytes FROM chunks WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1",
    )?;
    let mut rows = query.query((first_id(ns), below))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let bytes = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(Some(look(extent_of(row)?, bytes)))
}

/// How far a namespace has come: its last chunk, with its mark.
pub(super) fn end(db: &Connection, ns: NamespaceId) -> Result<Option<(Extent, i64)>, Failure> {
    let mut query = db.prepare_cached(
        "SELECT id, first, last, mark FROM chunks WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1",
    )?;
    let mut rows = query.query((first_id(ns), end_id(ns)))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((extent_of(row)?, row.get(3)?)))
}

/// The id behind a namespace's last possible chunk.
pub(super) fn end_id(ns: NamespaceId) -> i64 {
    first_id(ns).saturating_add(1 << NUMBER_BITS)
}

/// Keeps a chunk, in place of the one with its id if there is one.
pub(super) fn keep(db: &Connection, extent: Extent, mark: i64, bytes: &[u8]) -> Result<(), Failure> {
    let mut insert = db.prepare_cached(
        "INSERT OR REPLACE INTO chunks (id, first, last, mark, bytes) VALUES (?, ?, ?, ?, ?)",
    )?;
    insert.execute((extent.id, int(extent.first.0)?, int(extent.last.0)?, mark, bytes))?;
    Ok(())
}

/// Forgets a namespace.
pub(super) fn forget(db: &Connection, ns: NamespaceId) -> Result<(), Failure> {
    db.prepare_cached("DELETE FROM chunks WHERE id >= ? AND id < ?")?.execute((first_id(ns), end_id(ns)))?;
    Ok(())
}
