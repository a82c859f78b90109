//! How `accounts.db` is laid out, and how older layouts become the present one.

use super::ACCOUNTS_FILE;
use crate::db;
use crate::error::OpenError;
use crate::folder::{cannot, check_ours, check_parts};
use rusqlite::{Connection, ErrorCode};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long to wait for another process's write. Writes here take milliseconds; a backup or a slow disk may hold one up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What each version adds to the one before: version 1 is the first. Never edited once released, only appended to.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
];

/// Opens the database in its present layout, creating it as needed.
pub(super) fn open(folder: &Path) -> Result<Connection, OpenError> {
    let file = folder.join(ACCOUNTS_FILE);
    check_ours(folder)?;
    check_parts(folder)?;
    create_private(folder, &file).map_err(cannot("create", &file))?;
    let mut connection = connect(&file)?;
    db::migrate(&mut connection, &file, MIGRATIONS)?;
    Ok(connection)
}

/// Another connection to it.
pub(super) fn connect(file: &Path) -> Result<Connection, OpenError> {
    let connect = || {
        let connection = Connection::open(file)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        write_ahead(&connection)?;
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        Ok(connection)
    };
    connect().map_err(|source| OpenError::Database { file: file.to_owned(), source })
}

/// Switches to write-ahead logging. Two processes that create the database at once may meet here, where SQLite does not
/// wait by itself.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

/// Creates an empty file that only its owner can read (the secrets of apps stand in it), in a folder of the same kind,
/// unless they are there. SQLite's companion files take over its mode.
fn create_private(folder: &Path, file: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.recursive(true).create(folder)?;
    match options.write(true).create_new(true).open(file) {
        Ok(created) => {
            created.sync_all()?;
            File::open(folder)?.sync_all()
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
