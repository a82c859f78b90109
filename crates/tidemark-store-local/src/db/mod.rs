//! SQLite: connections, versions, readers and checkpoints. It knows nothing of what is in the tables.

mod checkpoint;
mod migrate;
mod readers;

pub(crate) use checkpoint::{Checkpointer, checkpoint, wal_bytes};
pub(crate) use migrate::migrate;
pub(crate) use readers::{Commits, Lent, Readers};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection waits for a lock that another one holds for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many prepared statements a connection keeps: more than there are.
const STATEMENTS: usize = 64;

/// The connection that writes, or may: it creates the database if it is not there.
pub(crate) fn open_writer(file: &Path, cache_bytes: u32) -> rusqlite::Result<Connection> {
    create_private(file);
    let connection = connect(file)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // FULL: a commit has answered only when the log is on the disk.
    connection.pragma_update(None, "synchronous", "full")?;
    // Checkpoints are somebody else's work, off the path of writes.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    tune(&connection, cache_bytes)?;
    Ok(connection)
}

/// Creates the file if it is not there: SQLite would do so for the whole world to read. Its companions take after it.
pub(crate) fn create_private(file: &Path) {
    if let Err(error) = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file) {
        tracing::debug!(?error, "the database file cannot be created; opening it will say the same");
    }
}

/// A connection as it comes, to a file that must be there.
pub(crate) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    // First, so that opening beside another connection waits instead of failing.
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Makes durable what the write-ahead log holds. After a process was killed it may end in a commit whose sync never came:
/// it is there again when the database is opened, and readers that were told of it must not lose it with the power.
pub(crate) fn sync_log(file: &Path) -> std::io::Result<()> {
    match File::open(log_of(file)) {
        Ok(log) => log.sync_all(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Makes room for a write-ahead log of this size before it is needed, if it is shorter: overwriting a file costs half of
/// what extending it does, since a sync need not record a new length. What does not work harms nothing.
pub(crate) fn lay_out_log(connection: &Connection, file: &Path, bytes: u64, cache_bytes: u32) {
    let spill = || -> rusqlite::Result<()> {
        // A transaction that does not fit into memory spills into the log; when it is rolled back, the length stays.
        connection.pragma_update(None, "cache_size", 16)?;
        connection.execute_batch("BEGIN IMMEDIATE; CREATE TABLE ballast (bytes BLOB)")?;
        connection
            .execute("INSERT INTO ballast VALUES (zeroblob(?))", [i64::try_from(bytes).unwrap_or(0)])?;
        Ok(())
    };
    if std::fs::metadata(log_of(file)).is_ok_and(|log| log.len() >= bytes) {
        return;
    }
    let spilled = spill();
    let ended = if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("ROLLBACK") };
    let restored = connection.pragma_update(None, "cache_size", -i64::from(cache_bytes >> 10));
    if let Err(error) = spilled.and(ended).and(restored) {
        tracing::debug!(?error, "the write-ahead log could not be laid out");
    } else if let Err(error) = sync_log(file) {
        tracing::debug!(?error, "the write-ahead log could not be synced");
    }
}

/// A connection that only reads.
pub(crate) fn open_reader(file: &Path, cache_bytes: u32) -> rusqlite::Result<Connection> {
    let connection = connect(file)?;
    connection.pragma_update(None, "query_only", true)?;
    tune(&connection, cache_bytes)?;
    Ok(connection)
}

fn tune(connection: &Connection, cache_bytes: u32) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Closing the last connection folds the log away only if the store says so: after a failed sync it must stay.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A statement keeps its plan, whatever is bound to it; otherwise SQLite compiles some anew each time they run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // Negative: in KiB rather than pages.
    connection.pragma_update(None, "cache_size", -i64::from(cache_bytes >> 10))?;
    // No memory map: an I/O error under one is a signal that ends the process, and not an error that can be answered.
    connection.pragma_update(None, "mmap_size", 0)
}
