//! The one thread that writes to the database. It takes all the work that waits, does it in one transaction, and
//! answers when that is durable: what arrives together shares one sync of the disk.

use crate::blocks::{Pending, index};
use crate::db::{Commits, Readers, checkpoint, wal_bytes};
use crate::error::{Failure, Health, Severity};
use crate::journal::{Batch, Heads};
use crate::metrics::{BATCH_JOBS, COMMIT_SECONDS, COMMITS, WAL_BYTES};
use crate::queue::{Queue, Refused};
use crate::search::Progress;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tidemark_core::store::StoreError;
use tokio::sync::oneshot;

/// Blocks that no draft mentions yet wait at most this long for one that would take them along.
const PATIENCE: Duration = Duration::from_millis(250);

/// The log is folded into the database beside the writer whenever it has grown by this fraction of its limit.
const CHECKPOINTS: u64 = 4;

/// How long the writer waits for readers of old snapshots when it folds the log away.
const READERS: Duration = Duration::from_millis(50);

/// Something to be done in a transaction, with whoever waits for it.
pub(crate) trait Work: Send {
    /// Does it. May be called again after a transaction that failed.
    fn perform(&mut self, batch: &mut Batch<'_>) -> Result<(), Failure>;

    /// Answers with what was done, now that it is durable, or with why it was not.
    fn answer(self: Box<Self>, refusal: Option<StoreError>);
}

struct Job<T, F> {
    work: F,
    done: Option<T>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: Send + FnMut(&mut Batch<'_>) -> Result<T, Failure>> Work for Job<T, F> {
    fn perform(&mut self, batch: &mut Batch<'_>) -> Result<(), Failure> {
        self.done = Some((self.work)(batch)?);
        Ok(())
    }

    fn answer(self: Box<Self>, refusal: Option<StoreError>) {
        let answer = match (refusal, self.done) {
            (None, Some(done)) => Ok(done),
            (Some(refusal), _) => Err(refusal),
            (None, None) => Err(gone("answer before the work was done")),
        };
        // Whoever asked may have gone away; what is done is done.
        let _ = self.answer.send(answer);
    }
}

/// What the rest of the store holds of the writer.
pub(crate) struct Writer {
    queue: Arc<Queue<Box<dyn Work>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread works with.
pub(crate) struct Desk {
    pub(crate) db: Connection,
    pub(crate) page_bytes: u64,
    pub(crate) health: Arc<Health>,
    pub(crate) heads: Arc<Heads>,
    pub(crate) commits: Arc<Commits>,
    pub(crate) search: Arc<Progress>,
    /// Whoever may hold on to the log.
    pub(crate) readers: [Arc<Readers>; 2],
    pub(crate) pending: Arc<Pending>,
    pub(crate) checkpoints: Arc<Queue<()>>,
    pub(crate) batch_jobs_max: usize,
    pub(crate) wal_bytes_max: u64,
    /// At which length of the log the next checkpoint is asked for, and at which the writer lends a hand.
    pub(crate) wal_marks: (u64, u64),
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(mut desk: Desk, queue_jobs_max: usize) -> Writer {
        let queue = Arc::new(Queue::new(queue_jobs_max));
        desk.pending.set_alarm({
            let queue = Arc::clone(&queue);
            move || queue.nudge()
        });
        let work = {
            let queue = Arc::clone(&queue);
            move || {
                // Even if a panic ends this thread, nobody may wait for it for ever.
                let _guard = Abandon(Arc::clone(&queue), Arc::clone(&desk.health), Arc::clone(&desk.pending));
                while let Some(jobs) = queue.take(desk.batch_jobs_max, PATIENCE) {
                    desk.serve(jobs);
                }
                desk.serve(Vec::new());
                desk.close();
            }
        };
        let thread = std::thread::Builder::new().name("tidemark-writer".into()).spawn(work);
        let thread = thread.expect("a thread can be started while the store is opened");
        Writer { queue, thread: Mutex::new(Some(thread)) }
    }

    /// Has something done in the next transaction, and waits until it is durable. It will be done even if nobody waits.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnMut(&mut Batch<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .push(Box::new(Job { work, done: None, answer }))
            .map_err(|refused: Refused| StoreError::Unavailable { what, source: Some(refused.into()) })?;
        answered.await.unwrap_or_else(|_| Err(gone(what)))
    }

    /// Ends the thread when everything that waits is done.
    pub(crate) fn stop(&self) {
        self.queue.close();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

fn gone(what: &'static str) -> StoreError {
    StoreError::Unavailable { what, source: None }
}

struct Abandon(Arc<Queue<Box<dyn Work>>>, Arc<Health>, Arc<Pending>);

impl Drop for Abandon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.1.distrust("the writer panicked", &"see the message above");
        }
        self.0.abandon();
        self.2.give_up();
    }
}

impl Desk {
    /// Does a batch of work, and answers it.
    fn serve(&mut self, mut jobs: Vec<Box<dyn Work>>) {
        if self.health.is_read_only() {
            self.pending.give_up();
            return jobs.into_iter().for_each(|job| job.answer(Some(StoreError::ReadOnly)));
        }
        // After the jobs were taken: whatever block they mention was put before, so it is among these.
        let rows = self.pending.take();
        if rows.is_empty() && jobs.is_empty() {
            return;
        }
        match self.commit(&rows, &mut jobs) {
            Ok(()) => {
                self.pending.settle(&rows);
                jobs.into_iter().for_each(|job| job.answer(None));
            }
            Err(failure) => {
                if failure.severity() == Severity::Fatal {
                    self.health.distrust("commit a transaction", &failure);
                }
                self.pending.put_back(rows);
                self.refuse(failure, jobs);
            }
        }
        self.tend_wal();
    }

    /// One transaction: all of it or, after an error, nothing.
    fn commit(&mut self, rows: &index::NewRows, jobs: &mut [Box<dyn Work>]) -> Result<(), Failure> {
        let begun = Instant::now();
        self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let written = write(&self.db, rows, jobs);
        let ended = written.and_then(|heads| {
            self.db.prepare_cached("COMMIT")?.execute([])?;
            Ok(heads)
        });
        match ended {
            Ok(heads) => {
                self.commits.count();
                self.search.grew(&heads);
                self.heads.advance(heads);
                metrics::counter!(COMMITS).increment(1);
                metrics::histogram!(BATCH_JOBS).record(jobs.len() as f64);
                metrics::histogram!(COMMIT_SECONDS).record(begun.elapsed());
                Ok(())
            }
            Err(failure) => {
                // After some errors SQLite has rolled back already.
                if !self.db.is_autocommit()
                    && let Err(error) = self.db.execute_batch("ROLLBACK")
                {
                    self.health.distrust("roll back a failed transaction", &error);
                }
                Err(failure)
            }
        }
    }

    /// A transaction failed: finds out whom that concerns.
    fn refuse(&mut self, failure: Failure, jobs: Vec<Box<dyn Work>>) {
        let refuse_all = |jobs: Vec<Box<dyn Work>>, refusal: fn() -> StoreError| {
            jobs.into_iter().for_each(|job| job.answer(Some(refusal())));
        };
        match failure.severity() {
            Severity::Full => {
                tracing::warn!("the database cannot grow: the device is full");
                refuse_all(jobs, || StoreError::Full);
            }
            Severity::Fatal => {
                refuse_all(jobs, || StoreError::ReadOnly);
            }
            Severity::Passing if jobs.len() <= 1 => {
                tracing::error!(?failure, "a write was refused");
                jobs.into_iter()
                    .zip([failure])
                    .for_each(|(job, failure)| job.answer(Some(failure.during("write"))));
            }
            Severity::Passing => {
                // One of them met something unexpected; the others must not suffer for it.
                jobs.into_iter().for_each(|job| self.serve(vec![job]));
            }
        }
    }

    /// Keeps the log from growing beyond its limit.
    fn tend_wal(&mut self) {
        let (wish, help) = &mut self.wal_marks;
        let Ok(mut length) = wal_bytes(&self.db, self.page_bytes) else { return };
        if length >= *help {
            // Nobody appends meanwhile, so this reaches the end, unless a reader holds on to an old snapshot.
            let _let_go = self.readers.each_ref().map(|readers| readers.let_go());
            match checkpoint(&self.db, "restart", READERS) {
                Ok(true) => length = 0,
                Ok(false) => tracing::debug!(length, "a reader keeps the write-ahead log from being folded"),
                Err(error) => self.health.blame_checkpoint(error),
            }
            // After a vain attempt the next one comes when the log has grown some more.
            *help = self.wal_bytes_max.max(length + self.wal_bytes_max / CHECKPOINTS);
            *wish = 0;
        }
        if length < *wish {
            *wish = 0;
        }
        if length >= *wish + self.wal_bytes_max / CHECKPOINTS {
            *wish = length;
            // One that waits already will do.
            let _ = self.checkpoints.push(());
        }
        metrics::gauge!(WAL_BYTES).set(length as f64);
    }

    /// Leaves an empty log behind, so that the next start has nothing to read.
    fn close(&self) {
        let _let_go = self.readers.each_ref().map(|readers| readers.let_go());
        if !self.health.is_read_only()
            && let Err(error) = checkpoint(&self.db, "truncate", READERS)
        {
            // It stays, and the next start reads it.
            self.health.blame_checkpoint(error);
        }
    }
}

/// The transaction's inside.
fn write(
    db: &Connection,
    rows: &index::NewRows,
    jobs: &mut [Box<dyn Work>],
) -> Result<std::collections::HashMap<tidemark_core::model::NamespaceId, tidemark_core::store::Head>, Failure>
{
    index::insert(db, rows)?;
    let mut batch = Batch::new(db);
    for job in jobs {
        job.perform(&mut batch)?;
    }
    batch.flush()?;
    Ok(batch.into_heads())
}

#[cfg(test)]
mod tests {
    use crate::{LocalStore, Options};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;
    use tidemark_core::model::Digest;
    use tidemark_core::store::memory::SeededEntropy;
    use tidemark_core::store::{BlockStore as _, StoreError};

    /// Should the thread ever panic, whoever waits for it is answered: with a draft, and with a block.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_leaves_nobody_waiting() {
        let folder = tempfile::TempDir::new().unwrap();
        let options = Options { pending_bytes_max: 1, wal_bytes_max: 1 << 20, ..Options::default() };
        let store = Arc::new(LocalStore::open(folder.path(), &SeededEntropy::new(1), options).unwrap());
        let ((begun, begins), (go, goes)) = (mpsc::channel(), mpsc::channel());
        let draft = store.write("panic", move |_| {
            begun.send(()).unwrap();
            goes.recv().unwrap();
            panic!("the test wants it")
        });
        let block = async {
            tokio::task::block_in_place(|| begins.recv().unwrap());
            store.put(Digest([1; 32]), vec![1; 9].into()).await.unwrap();
            let second = tokio::spawn({
                let store = Arc::clone(&store);
                async move { store.put(Digest([2; 32]), vec![2; 9].into()).await }
            });
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert!(!second.is_finished(), "there is room for one");
            go.send(()).unwrap();
            second.await.unwrap()
        };
        let both = async { tokio::join!(draft, block) };
        let answered = tokio::time::timeout(Duration::from_secs(20), both).await;
        let (draft, block): (Result<(), _>, _) = answered.expect("everybody is answered");
        assert!(matches!(draft, Err(StoreError::Unavailable { .. })), "{draft:?}");
        assert!(matches!(block, Err(StoreError::ReadOnly)), "{block:?}");
    }
}
