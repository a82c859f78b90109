//! Opening the database.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use rustix::fs::OFlags;

use super::lock::Lock;
use super::{Setting, State, StateError, settings};

/// The statement at index `n` leads from version `n` to `n + 1`.
const MIGRATIONS: &[&str] = &[include_str!("schema/1.sql")];

/// How long one waits for a lock that another process holds for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many prepared statements are kept: more than there are.
const STATEMENTS: usize = 128;

/// How much of the database is kept in memory, in KiB.
const CACHE_KIB: i64 = 16 << 10;

/// To what the log shrinks again after a large change, in bytes.
const LOG_BYTES: i64 = 64 << 20;

/// Where a change collects rows before it changes them.
const SCRATCH: &str = "
    CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE leaving (n INTEGER PRIMARY KEY, id TEXT);
    CREATE TEMP TABLE cut (remote TEXT PRIMARY KEY, local INTEGER NOT NULL);";

impl State {
    /// Opens the database in this file for the engine, which is alone in doing so; makes it if it is not there.
    pub fn open(path: &Path) -> Result<State, StateError> {
        let lock = Lock::take(path)?;
        create_private(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        // First, so that opening beside somebody who looks waits instead of failing.
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        State::ready(connection, path, Some(lock))
    }

    /// A database that is gone when it is dropped. It is otherwise the same.
    pub fn in_memory() -> Result<State, StateError> {
        State::ready(Connection::open_in_memory()?, Path::new(":memory:"), None)
    }

    /// Opens the database to look into it, whoever else uses it. Whatever would change something fails.
    pub fn open_read_only(path: &Path) -> Result<State, StateError> {
        let connection = beside(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(State { connection, depth: 0, durable: None, _lock: None })
    }

    /// Says what people want of the engine, which may be running ([`State::generation`] tells it). An engine goes by it when it has
    /// written down the number that is returned ([`Settings::heeded`](super::Settings::heeded)), or a later one.
    pub fn set_from_outside(path: &Path, setting: &Setting) -> Result<u64, StateError> {
        let mut connection = beside(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let wish = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let number = settings::wish(&wish, setting)?;
        wish.commit()?;
        Ok(number)
    }

    /// Puts a damaged database out of the way (beside itself, in the place of one that was put there earlier), so that
    /// another one can be begun. Nobody may have it open.
    pub fn set_aside(path: &Path) -> Result<(), StateError> {
        let _lock = Lock::take(path)?;
        // The log first: a new database must never meet the old one's.
        for part in ["-wal", "-shm", ""] {
            let from = with(path, part);
            match std::fs::rename(&from, with(path, &format!(".damaged{part}"))) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(StateError::File { attempted: "set aside", file: from, source }),
            }
        }
        Ok(())
    }

    /// A number that changes when another process has changed something, such as a setting. Our own changes leave it.
    pub fn generation(&self) -> Result<u64, StateError> {
        let version: i64 =
            self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        Ok(version.cast_unsigned())
    }

    /// Whether an engine works on the database now.
    pub fn is_in_use(path: &Path) -> bool {
        Lock::is_held(path)
    }

    fn ready(mut connection: Connection, path: &Path, lock: Option<Lock>) -> Result<State, StateError> {
        tune(&connection)?;
        migrate(&mut connection, path)?;
        connection.execute_batch(SCRATCH)?;
        Ok(State { connection, depth: 0, durable: None, _lock: lock })
    }
}

/// A connection beside the engine's.
fn beside(path: &Path, access: OpenFlags) -> Result<Connection, StateError> {
    let not_ready = || StateError::NotReady { file: path.to_owned() };
    if !path.exists() {
        return Err(not_ready());
    }
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "full")?;
    tune(&connection)?;
    let found = version(&connection, path)?;
    if found < known() { Err(not_ready()) } else { Ok(connection) }
}

fn tune(connection: &Connection) -> Result<(), StateError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A statement keeps its plan, whatever is bound to it; otherwise SQLite compiles some anew each time they run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Negative: in KiB rather than pages.
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // No memory map: an I/O error under one is a signal that ends the process, and not an error that can be answered.
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(())
}

/// Brings the database to our version, step by step, each in a transaction of its own.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StateError> {
    loop {
        let found = version(connection, path)?;
        let next = usize::try_from(found).ok().and_then(|version| MIGRATIONS.get(version));
        let Some(migration) = next else { return Ok(()) };
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(migration)?;
        step.pragma_update(None, "user_version", found + 1)?;
        step.commit()?;
    }
}

fn version(connection: &Connection, path: &Path) -> Result<i64, StateError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if (0..=known()).contains(&found) {
        Ok(found)
    } else {
        Err(StateError::TooNew { file: path.to_owned(), found, known: known() })
    }
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("a list in the program's text is short")
}

/// Makes the file if it is not there: SQLite would do so for the whole world to read. Its companions take after it. A link that
/// somebody put in its place is not followed.
fn create_private(path: &Path) -> Result<(), StateError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    match options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(StateError::File { attempted: "create", file: path.to_owned(), source }),
    }
}

/// A file beside the database.
pub(super) fn with(path: &Path, ending: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(ending);
    text.into()
}
