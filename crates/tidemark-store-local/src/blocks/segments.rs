//! Segments: large files to which small blocks are appended, all that wait at once, with one sync.

use super::index::{Packed, Place};
use super::open_files::OpenFiles;
use super::pending::Pending;
use crate::error::{Health, OpenError, is_full};
use crate::folder::{Folder, cannot, create_file, sync_folder};
use crate::queue::Queue;
use bytes::Bytes;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tidemark_core::model::Digest;
use tidemark_core::store::StoreError;
use tokio::sync::{Semaphore, oneshot};

/// How many puts may wait; more wait for a place.
const PUTS_MAX: usize = 512;

/// The thread that owns the newest segment.
pub(crate) struct Segments {
    queue: Arc<Queue<Put>>,
    places: Semaphore,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Put {
    digest: Digest,
    bytes: Bytes,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

struct Appender {
    folder: Arc<Folder>,
    pending: Arc<Pending>,
    health: Arc<Health>,
    open_files: Arc<OpenFiles>,
    bytes_max: u64,
    /// The newest segment's number, and how far it is in use; 0 before the first one.
    segment: u32,
    end: u64,
}

/// Where a segment lies.
pub(super) fn path(folder: &Folder, segment: u32) -> PathBuf {
    folder.segments().join(format!("{segment:08}"))
}

/// Removes what an earlier process appended and never got into the index.
pub(crate) fn cut_loose_ends(folder: &Folder, last: Option<(u32, u64)>) -> Result<(), OpenError> {
    let (newest, used) = last.unwrap_or((0, 0));
    if newest > 0 {
        let path = path(folder, newest);
        let file = File::options().write(true).open(&path).map_err(cannot("open", &path))?;
        let length = file.metadata().map_err(cannot("look at", &path))?.len();
        if length < used {
            let what = io::Error::other(format!("it has {length} bytes, and {used} are in use"));
            return Err(cannot("use", &path)(what));
        }
        file.set_len(used).map_err(cannot("truncate", &path))?;
    }
    // Segments are numbered without gaps, so the first that is not there is the end.
    for beyond in newest + 1.. {
        let path = path(folder, beyond);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(cannot("remove", &path)(error)),
        }
    }
    Ok(())
}

impl Segments {
    /// Starts the thread, to go on where the index says that the newest segment ends.
    pub(crate) fn start(
        folder: Arc<Folder>,
        pending: Arc<Pending>,
        health: Arc<Health>,
        open_files: Arc<OpenFiles>,
        bytes_max: u64,
        last: Option<(u32, u64)>,
    ) -> Segments {
        let queue = Arc::new(Queue::new(PUTS_MAX));
        let (segment, end) = last.unwrap_or((0, 0));
        let mut appender = Appender { folder, pending, health, open_files, bytes_max, segment, end };
        let work = {
            let queue = Arc::clone(&queue);
            move || {
                let _guard = Abandon(Arc::clone(&queue));
                while let Some(puts) = queue.take(PUTS_MAX, Duration::MAX) {
                    appender.serve(puts);
                }
            }
        };
        let thread = std::thread::Builder::new().name("tidemark-segments".into()).spawn(work);
        let thread = thread.expect("a thread can be started while the store is opened");
        Segments { queue, places: Semaphore::new(PUTS_MAX), thread: Mutex::new(Some(thread)) }
    }

    /// Appends a block and makes it durable.
    pub(super) async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), StoreError> {
        const WHAT: &str = "append a block to a segment";
        let closed = || StoreError::Unavailable { what: WHAT, source: None };
        let _place = self.places.acquire().await.map_err(|_| closed())?;
        let (answer, answered) = oneshot::channel();
        self.queue
            .push(Put { digest, bytes, answer })
            .map_err(|refused| StoreError::Unavailable { what: WHAT, source: Some(refused.into()) })?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Ends the thread when everything that waits is done.
    pub(crate) fn stop(&self) {
        self.queue.close();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

struct Abandon(Arc<Queue<Put>>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Appender {
    fn serve(&mut self, puts: Vec<Put>) {
        let refusal: fn() -> StoreError = match self.append(&puts) {
            Ok(()) => return puts.into_iter().for_each(|put| drop(put.answer.send(Ok(())))),
            Err(error) if is_full(&error) => || StoreError::Full,
            Err(error) => {
                self.health.distrust("append to a segment", &error);
                || StoreError::ReadOnly
            }
        };
        puts.into_iter().for_each(|put| drop(put.answer.send(Err(refusal()))));
    }

    /// Writes all of them, syncs once, and makes them known. After a failure, the next group overwrites what this one
    /// has left.
    fn append(&mut self, puts: &[Put]) -> io::Result<()> {
        if self.health.is_read_only() {
            return Err(io::Error::other("the store is read-only"));
        }
        let file = self.segment()?;
        let mut end = self.end;
        let mut placed = Vec::with_capacity(puts.len());
        for put in puts {
            file.write_all_at(&put.bytes, end)?;
            let size = u32::try_from(put.bytes.len()).map_err(io::Error::other)?;
            placed.push((put.digest, Packed { segment: self.segment, offset: end, size }));
            end += u64::from(size);
        }
        // A failure to make room for the bytes has shown itself by now: this one is about the disk.
        file.sync_data().map_err(|error| io::Error::other(error.to_string()))?;
        metrics::counter!(crate::metrics::BLOCK_BYTES, "place" => "segment").increment(end - self.end);
        self.end = end;
        for (digest, packed) in placed {
            self.pending.add(digest, Place::Packed(packed));
        }
        Ok(())
    }

    /// The segment to append to: a new one when the newest is long enough.
    fn segment(&mut self) -> io::Result<Arc<File>> {
        if self.segment > 0 && self.end < self.bytes_max {
            return self.open_files.segment(&self.folder, self.segment);
        }
        create_file(&path(&self.folder, self.segment + 1))?;
        sync_folder(&self.folder.segments())?;
        (self.segment, self.end) = (self.segment + 1, 0);
        self.open_files.segment(&self.folder, self.segment)
    }
}
