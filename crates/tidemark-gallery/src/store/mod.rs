//! What the gallery keeps, in two SQLite databases: who is signed in and what their folders hold; and thumbnails, which are a
//! cache and may be deleted whenever nothing runs.
//!
//! Every method of a database blocks for as long as the disk takes, or until another process is done with it; so nobody has one
//! but who is on a thread for that, and nobody comes to more threads than there is something for them to do: [`Store::blocking`],
//! [`Store::writing`] and [`Store::caching`] lead there, each through a gate of its own.

mod albums;
mod folders;
mod gate;
mod people;
mod pictures;
mod revs;
mod thumbnails;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

pub(crate) use albums::Album;
pub(crate) use folders::{Due, Refreshed};
use gate::Gate;
pub(crate) use people::{Person, Session};
pub(crate) use pictures::{Month, Spot, Tile, Whose};
use revs::Revs;
pub(crate) use thumbnails::Thumbnails;

const FILE: &str = "gallery.db";
const SCHEMA: &str = include_str!("schema.sql");
/// Of the schema: a later one is a later program's.
const VERSION: i64 = 2;
/// From the first version, which looked for a picture's details in its folder's document.
const FROM_1: &str = include_str!("from_1.sql");
/// How many read at once.
const READERS: usize = 4;
/// How long one process waits for another, such as a backup; and how long somebody waits for a turn.
const BUSY: Duration = Duration::from_secs(10);

/// Somebody whose pictures are here: a number of this gallery's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PersonId(pub(crate) i64);

/// Why something could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database failed.
    #[error("the gallery's database failed")]
    Database(#[from] rusqlite::Error),
    /// It was made by a later version of this program.
    #[error(
        "the gallery's database is of version {0}, which this program does not know: use the one that made it"
    )]
    Version(i64),
    /// Too many wait for it already, or it took too long.
    #[error("the gallery's database has too much to do")]
    Busy,
    /// The program is being stopped.
    #[error("the gallery is being stopped")]
    Stopped,
}

impl StoreError {
    /// Whether the same may be done a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            StoreError::Busy => true,
            StoreError::Database(error) => error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy),
            StoreError::Version(_) | StoreError::Stopped => false,
        }
    }
}

/// The way to the databases, from wherever nothing may block.
pub(crate) struct Store {
    database: Arc<Database>,
    /// Whoever waits for another process holds up those of their kind only.
    readers: Gate,
    writer: Gate,
    cache: Gate,
}

/// The database of people, folders and pictures, and that of thumbnails.
pub(crate) struct Database {
    writer: Mutex<Connection>,
    readers: Vec<Mutex<Connection>>,
    next: AtomicUsize,
    revs: Revs,
    thumbnails: Thumbnails,
}

impl Store {
    /// Opens the databases of a data folder, or makes them, for pictures on this server: nothing that was kept for another is ever
    /// shown to it. Blocks for as long as the disk takes.
    pub(crate) fn open(folder: &Path, server: &str, thumbnails_max: u64) -> Result<Store, StoreError> {
        let database = Database::open(folder, thumbnails_max)?;
        database.belong_to(server)?;
        let [readers, writer, cache] = [READERS, 1, 1].map(Gate::new);
        Ok(Store { database: Arc::new(database), readers, writer, cache })
    }

    /// Looks something up, where it holds nobody up.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.behind(&self.readers, look).await
    }

    /// Which version a picture of somebody's is: looked up once, and again after any change.
    pub(crate) async fn rev(&self, person: PersonId, picture: i64) -> Result<Option<Arc<str>>, StoreError> {
        if let Some(rev) = self.database.revs.get(person, picture) {
            return Ok(Some(rev));
        }
        self.blocking(move |database| {
            let since = database.revs.changes();
            let rev: Option<Arc<str>> = database.rev(person, picture)?.map(Into::into);
            if let Some(rev) = &rev {
                database.revs.keep(person, picture, rev.clone(), since);
            }
            Ok(rev)
        })
        .await
    }

    /// Changes something, after whoever came before.
    pub(crate) async fn writing<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.behind(&self.writer, change).await
    }

    /// Does something with the thumbnails, after whoever came before.
    pub(crate) async fn caching<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Thumbnails) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.behind(&self.cache, |database: &Database| work(&database.thumbnails)).await
    }

    async fn behind<T: Send + 'static>(
        &self,
        gate: &Gate,
        work: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = gate.pass().await?;
        let database = self.database.clone();
        let work = move || {
            // Whoever hangs up leaves their work here, and it is still under way.
            let _turn = turn;
            work(&database)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(lost) => match lost.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The program is being stopped, and nobody waits for the answer any more.
                Err(_) => Err(StoreError::Stopped),
            },
        }
    }
}

impl Database {
    fn open(folder: &Path, thumbnails_max: u64) -> Result<Database, StoreError> {
        let file = folder.join(FILE);
        let writer = connect(&file, OpenFlags::default())?;
        let version: i64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match version {
            0 => {
                writer.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"))?;
            }
            1 => {
                writer.execute_batch(&format!("BEGIN; {FROM_1} PRAGMA user_version = {VERSION}; COMMIT;"))?;
            }
            VERSION => {}
            other => return Err(StoreError::Version(other)),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let readers =
            (0..READERS).map(|_| connect(&file, flags).map(Mutex::new)).collect::<Result<_, _>>()?;
        let thumbnails = Thumbnails::open(folder, thumbnails_max)?;
        let (writer, next, revs) = (Mutex::new(writer), AtomicUsize::new(0), Revs::default());
        Ok(Database { writer, readers, next, revs, thumbnails })
    }

    /// One change, which is there wholly or not at all.
    fn write<T>(&self, change: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let done = change(&transaction)?;
        let committed = transaction.commit();
        // Whoever fails to be sure of a change has perhaps made it.
        self.revs.forget();
        committed?;
        Ok(done)
    }

    /// A connection that sees what is there.
    fn read(&self) -> MutexGuard<'_, Connection> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for at in 0..READERS {
            match self.readers[(first + at) % READERS].try_lock() {
                Ok(reader) => return reader,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.readers[first % READERS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(file: &Path, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        connection.pragma_update(None, "journal_mode", "wal")?;
        // A power cut may take back the last changes, never damage what is there: all of it can be had again.
        connection.pragma_update(None, "synchronous", "normal")?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
