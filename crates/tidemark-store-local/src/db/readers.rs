//! A few connections, lent to whoever reads.

use super::open_reader;
use crate::error::Failure;
use rusqlite::Connection;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_core::store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of the database a reading connection remembers.
const CACHE_BYTES: u32 = 8 << 20;

/// The connections; opened when they are first needed, then kept.
pub(crate) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

/// A connection on loan; dropping it gives it back, whatever was under way on it.
pub(crate) struct Lent {
    // Always there, until it is dropped.
    connection: Option<Connection>,
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    /// Lends at most `len_max` connections to this database at a time.
    pub(crate) fn new(file: PathBuf, len_max: usize) -> Readers {
        Readers { file, idle: Mutex::default(), free: Arc::new(Semaphore::new(len_max)) }
    }

    /// Lends a connection, waiting until one is free.
    pub(crate) async fn lend(self: &Arc<Readers>) -> Result<Lent, StoreError> {
        let closed = |_| StoreError::Unavailable { what: "read from a closed store", source: None };
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let opened = open_reader(&self.file, CACHE_BYTES);
                opened.map_err(|error| Failure::from(error).during("open the database for reading"))?
            }
        };
        Ok(Lent { connection: Some(connection), readers: Arc::clone(self), _permit: permit })
    }

    /// Lends nothing any more, and closes what is not lent.
    pub(crate) fn close(&self) {
        self.free.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("a lent connection is there until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if !connection.is_autocommit() {
            let ended = connection.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
            if let Err(error) = ended {
                // The next reader opens another one.
                tracing::warn!(?error, "a snapshot could not be ended");
                return;
            }
        }
        if !self.readers.free.is_closed() {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
