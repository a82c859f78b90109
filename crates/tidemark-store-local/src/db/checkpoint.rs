//! Folding the write-ahead log into the database, beside the writer.

use super::{Readers, open_writer};
use crate::error::Health;
use crate::queue::Queue;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The log is looked at this often even if nobody asked for it.
const INTERVAL: Duration = Duration::from_secs(5);

/// A checkpoint reads the log and writes the database, so its connection needs hardly any memory.
const CACHE_BYTES: u32 = 1 << 20;

/// The thread that folds the log into the database without ever keeping the writer waiting. While the writer goes on
/// appending, such a checkpoint never reaches the log's end, so the writer finishes the work when the log gets long.
pub(crate) struct Checkpointer {
    // Holds nothing: what waits is only the wish.
    wishes: Arc<Queue<()>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpointer {
    /// Starts the thread.
    pub(crate) fn start(
        file: &Path,
        health: Arc<Health>,
        readers: [Arc<Readers>; 2],
    ) -> rusqlite::Result<Checkpointer> {
        let connection = open_writer(file, CACHE_BYTES)?;
        let wishes = Arc::new(Queue::new(1));
        let work = {
            let wishes = Arc::clone(&wishes);
            move || {
                while wishes.take(1, INTERVAL).is_some() {
                    let _let_go = readers.each_ref().map(|readers| readers.let_go());
                    if !health.is_read_only()
                        && let Err(error) = checkpoint(&connection, "passive", Duration::ZERO)
                    {
                        health.blame_checkpoint(error);
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("tidemark-checkpoint".into()).spawn(work);
        let thread = thread.expect("a thread can be started while the store is opened");
        Ok(Checkpointer { wishes, thread: Mutex::new(Some(thread)) })
    }

    /// What the writer holds to ask for a checkpoint.
    pub(crate) fn wishes(&self) -> Arc<Queue<()>> {
        Arc::clone(&self.wishes)
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.wishes.close();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

/// Folds as much as the mode allows; answers whether it was all. Waits for readers of old snapshots no longer than this.
pub(crate) fn checkpoint(connection: &Connection, mode: &str, patience: Duration) -> rusqlite::Result<bool> {
    connection.busy_timeout(patience)?;
    let folded = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        let (busy, log, folded): (bool, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(!busy && log == folded)
    });
    connection.busy_timeout(super::PATIENCE)?;
    folded
}

/// How far the log extends.
pub(crate) fn wal_bytes(connection: &Connection, page_bytes: u64) -> rusqlite::Result<u64> {
    let mut look = connection.prepare_cached("PRAGMA wal_checkpoint(noop)")?;
    let frames: i64 = look.query_row([], |row| row.get(1))?;
    // Each frame is a page with a header of 24 bytes.
    Ok(u64::try_from(frames).unwrap_or(0) * (page_bytes + 24))
}
