//! A few connections, lent to whoever reads.
//!
//! Beginning a read transaction costs several system calls, and most requests read a state that others have read just
//! before. So a connection comes back with its transaction still open, and whoever borrows it next goes on in it if
//! nothing was committed since it began. An open transaction holds on to the write-ahead log; whoever folds that away
//! asks the idle connections to let go first.

use super::open_reader;
use crate::error::Failure;
use rusqlite::Connection;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_core::store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of the database a reading connection remembers.
const CACHE_BYTES: u32 = 8 << 20;

/// How many transactions have been committed. The writer counts each before it answers anybody, so a snapshot that was
/// begun at the present count has everything that was answered.
#[derive(Default)]
pub(crate) struct Commits(AtomicU64);

impl Commits {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    fn counted(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The connections; opened when they are first needed, then kept.
pub(crate) struct Readers {
    file: PathBuf,
    commits: Arc<Commits>,
    idle: Mutex<Idle>,
    free: Arc<Semaphore>,
}

#[derive(Default)]
struct Idle {
    readers: Vec<Reader>,
    /// How many are folding the log away. Meanwhile no transaction stays open when its reader is done.
    folding: usize,
}

/// For as long as this lives, connections that nobody uses hold on to nothing.
pub(crate) struct LetGo<'a>(&'a Readers);

impl Drop for LetGo<'_> {
    fn drop(&mut self) {
        self.0.idle().folding -= 1;
    }
}

struct Reader {
    connection: Connection,
    /// How many commits there were when its transaction began, if one is open.
    begun: Option<u64>,
}

/// A connection on loan, inside a read transaction; dropping it gives it back.
pub(crate) struct Lent {
    // Always there, until it is dropped.
    reader: Option<Reader>,
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    /// Lends at most `len_max` connections to this database at a time.
    pub(crate) fn new(file: PathBuf, commits: Arc<Commits>, len_max: usize) -> Readers {
        Readers { file, commits, idle: Mutex::default(), free: Arc::new(Semaphore::new(len_max)) }
    }

    /// Lends a connection, waiting until one is free. All that is read through it is of one instant, at which
    /// everything is there whose commit was answered before this call.
    pub(crate) async fn lend(self: &Arc<Readers>) -> Result<Lent, StoreError> {
        let closed = |_| StoreError::Unavailable { what: "read from a closed store", source: None };
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(closed)?;
        let idle = self.idle().readers.pop();
        let ready = match idle {
            Some(reader) => Ok(reader),
            None => open_reader(&self.file, CACHE_BYTES).map(|connection| Reader { connection, begun: None }),
        };
        let ready = ready.and_then(|mut reader| {
            reader.begin(self.commits.counted())?;
            Ok(reader)
        });
        let reader = ready.map_err(|error| Failure::from(error).during("open the database for reading"))?;
        Ok(Lent { reader: Some(reader), readers: Arc::clone(self), _permit: permit })
    }

    /// Ends the transactions of the connections that nobody uses, and of each that comes back.
    #[must_use]
    pub(crate) fn let_go(&self) -> LetGo<'_> {
        let mut idle = self.idle();
        idle.folding += 1;
        idle.readers.retain_mut(Reader::is_ended);
        LetGo(self)
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends nothing any more, and closes what is not lent.
    pub(crate) fn close(&self) {
        self.free.close();
        self.idle().readers.clear();
    }
}

impl Reader {
    /// Sees to it that a transaction is open in which all these commits can be seen.
    fn begin(&mut self, commits: u64) -> rusqlite::Result<()> {
        if self.begun == Some(commits) {
            return Ok(());
        }
        self.end()?;
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        self.begun = Some(commits);
        Ok(())
    }

    /// Ends its transaction; false if that cannot be done, so that the next borrower had better open another connection.
    fn is_ended(&mut self) -> bool {
        self.end().inspect_err(|error| tracing::warn!(?error, "a snapshot could not be ended")).is_ok()
    }

    fn end(&mut self) -> rusqlite::Result<()> {
        self.begun = None;
        if !self.connection.is_autocommit() {
            self.connection.prepare_cached("ROLLBACK")?.execute([])?;
        }
        Ok(())
    }
}

impl Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.reader.as_ref().expect("a lent connection is there until it is dropped").connection
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut reader) = self.reader.take() else { return };
        if reader.connection.is_autocommit() {
            // An error has ended it.
            reader.begun = None;
        }
        if self.readers.free.is_closed() {
            return;
        }
        let mut idle = self.readers.idle();
        if idle.folding == 0 || reader.is_ended() {
            idle.readers.push(reader);
        }
    }
}
