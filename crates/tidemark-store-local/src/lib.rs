//! The store of a single machine: one data folder, SQLite for trees, journals, upload sessions and the block index, and
//! files for the larger blocks.
//!
//! It knows no HTTP and decides nothing: the traits of `tidemark_core::store` are its contract, and their conformance
//! suites its tests. Start reading at `writer`, the one thread that every change goes through; then `journal::judge`
//! (what a draft does), `blocks` (where bytes go) and `journal::snapshot` (how readers see it).
//!
//! | In the data folder | |
//! | --- | --- |
//! | `lock` | locked by the one process that serves it, whose number stands in it |
//! | `tidemark.db`, `-wal`, `-shm` | the database |
//! | `accounts.db`, `-wal`, `-shm` | people and programs, see [`accounts`] |
//! | `search.db`, `-wal`, `-shm` | an index of names, which is made again when it is lost |
//! | `segments/00000001` ... | blocks of medium size, one after another |
//! | `blocks/ab/cdef...` | a large block, named by its digest |
//! | `cache/` | what can be made again at any time, see [`LocalRenditions`] |
//! | `tmp/` | files that are not whole yet; emptied at every start |

pub mod accounts;
mod blocks;
mod db;
mod error;
mod fetches;
mod folder;
mod journal;
mod metrics;
mod options;
mod queue;
mod renditions;
mod schema;
mod search;
mod uploads;
mod writer;

pub use error::OpenError;
pub use options::Options;
pub use renditions::LocalRenditions;

use blocks::{OpenFiles, Pending, Segments};
use db::{Checkpointer, Commits, Readers};
use error::{Failure, Health};
use folder::Folder;
use journal::{Batch, Heads};
use rusqlite::{Connection, OpenFlags, Row};
use search::Search;
use std::path::Path;
use std::sync::Arc;
use tidemark_core::model::{Epoch, digest_of};
use tidemark_core::store::{Entropy, StoreError};
use tokio::sync::Semaphore;
use writer::{Desk, Writer};

/// How much of the database the writing connection remembers.
const WRITER_CACHE_BYTES: u32 = 64 << 20;

/// How many connections answer single questions. They take microseconds, so a few serve every core.
const LOOKUPS_MAX: usize = 4;

/// An open data folder. Dropping it ends its threads, after they have done what waits.
pub struct LocalStore {
    epoch: Epoch,
    secret: [u8; 32],
    options: Options,
    health: Arc<Health>,
    heads: Arc<Heads>,
    pending: Arc<Pending>,
    /// For snapshots, which are held for as long as somebody reads.
    readers: Arc<Readers>,
    /// For single questions, which never wait while they hold a connection: so whoever holds a snapshot may ask them.
    lookups: Arc<Readers>,
    open_files: Arc<OpenFiles>,
    file_writers: Arc<Semaphore>,
    segments: Segments,
    writer: Writer,
    checkpointer: Checkpointer,
    search: Search,
    folder: Arc<Folder>,
}

impl LocalStore {
    /// Opens a data folder for this process alone, creating what is not there, and brings it to this program's version.
    /// Takes the same time however much is in it. Blocking.
    pub fn open(path: &Path, entropy: &dyn Entropy, options: Options) -> Result<LocalStore, OpenError> {
        metrics::describe();
        let folder = Folder::open(path)?;
        let file = folder.database();
        let failed = |source| OpenError::Database { file: file.clone(), source };
        let mut db = db::open_writer(&file, WRITER_CACHE_BYTES).map_err(failed)?;
        db::sync_log(&file).map_err(folder::cannot("sync the log of", &file))?;
        db::migrate(&mut db, &file, schema::MIGRATIONS)?;
        let page_bytes = page_bytes(&db).map_err(failed)?;
        if let Some(bytes_max) = options.database_bytes_max {
            let pages = i64::try_from(bytes_max / page_bytes).unwrap_or(i64::MAX);
            db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).map_err(failed)?;
        }
        let corrupt = |failure| match failure {
            Failure::Sql(source) => OpenError::Database { file: file.clone(), source },
            Failure::Corrupt(what) => OpenError::Corrupt { file: file.clone(), what },
        };
        let (epoch, secret) = identity(&db, entropy).map_err(failed)?;
        if folder.bytes_free().is_ok_and(|free| free / 2 > options.reserve_bytes.max(options.wal_bytes_max)) {
            db::lay_out_log(&db, &file, options.wal_bytes_max, WRITER_CACHE_BYTES);
        }
        let last = blocks::last_segment(&db).map_err(corrupt)?;
        blocks::cut_loose_ends(&folder, last)?;

        let health = Arc::new(Health::default());
        let heads = Arc::new(Heads::default());
        let pending = Arc::new(Pending::new(Arc::clone(&health), options.pending_bytes_max));
        let open_files = Arc::new(OpenFiles::default());
        let segments = Segments::start(
            Arc::clone(&folder),
            Arc::clone(&pending),
            Arc::clone(&health),
            Arc::clone(&open_files),
            options.segment_bytes_max,
            last,
        );
        let commits = Arc::new(Commits::default());
        let lending = |len_max| Arc::new(Readers::new(file.clone(), Arc::clone(&commits), len_max));
        let (readers, lookups) = (lending(options.readers_max), lending(LOOKUPS_MAX));
        let both = [Arc::clone(&readers), Arc::clone(&lookups)];
        let checkpointer = Checkpointer::start(&file, Arc::clone(&health), both.clone()).map_err(failed)?;
        let search = Search::start(&folder, epoch, &options);
        let desk = Desk {
            db,
            page_bytes,
            health: Arc::clone(&health),
            heads: Arc::clone(&heads),
            commits,
            search: search.progress(),
            readers: both,
            pending: Arc::clone(&pending),
            checkpoints: checkpointer.wishes(),
            batch_jobs_max: options.batch_jobs_max,
            wal_bytes_max: options.wal_bytes_max,
            wal_marks: (0, options.wal_bytes_max),
        };
        let writer = Writer::start(desk, options.queue_jobs_max);
        let file_writers = Arc::new(Semaphore::new(options.file_writers_max));
        Ok(LocalStore {
            epoch,
            secret,
            options,
            health,
            heads,
            pending,
            readers,
            lookups,
            open_files,
            file_writers,
            segments,
            writer,
            checkpointer,
            search,
            folder,
        })
    }

    /// A secret that stays the same for the life of the store: what clients keep is sealed with it.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        self.secret
    }

    /// Whether a data folder has a store: one that has, and no accounts, has lost them.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder::has_store(folder)
    }

    /// Where it is.
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What this store is known by, for its whole life, to those who may not know its secret.
    fn mark(&self) -> [u8; 32] {
        let marked = [b"the mark of a store: ".as_slice(), &self.secret].concat();
        digest_of(&marked).0
    }

    /// Whether anything was ever changed in it.
    fn is_used(&self) -> rusqlite::Result<bool> {
        let db = Connection::open_with_flags(self.folder.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.query_row("SELECT EXISTS (SELECT 1 FROM namespaces)", [], |row| row.get(0))
    }

    /// How many bytes its device can still take; nothing if the device does not say.
    pub fn bytes_free(&self) -> Option<u64> {
        self.folder.bytes_free().ok()
    }

    /// Whether it still takes changes; if not, why.
    pub fn ready(&self) -> Result<(), StoreError> {
        self.health.check_writable()
    }

    /// Finishes what waits, folds the write-ahead log away and takes nothing in any more. The folder stays locked until
    /// the store is dropped.
    pub async fn close(self: Arc<LocalStore>) {
        let stop = tokio::task::spawn_blocking(move || self.stop());
        if let Err(error) = stop.await {
            tracing::error!(?error, "the store could not be closed in order");
        }
    }

    fn stop(&self) {
        self.search.stop();
        self.checkpointer.stop();
        self.segments.stop();
        self.readers.close();
        self.lookups.close();
        self.writer.stop();
    }

    /// Has something done in the writer's next transaction.
    async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnMut(&mut Batch<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(what, work).await
    }

    /// Refuses what would add to the disk if nothing may be written, or if only the reserve is left.
    fn check_room(&self) -> Result<(), StoreError> {
        self.health.check_writable()?;
        match self.folder.bytes_free() {
            Ok(free) if free < self.options.reserve_bytes => Err(StoreError::Full),
            // A device that does not tell is no reason to refuse.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        self.stop();
    }
}

fn page_bytes(db: &Connection) -> rusqlite::Result<u64> {
    let bytes: i64 = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(u64::try_from(bytes).unwrap_or(4096))
}

/// Which life of the store this is, and its secret; chosen once, when it is created.
fn identity(db: &Connection, entropy: &dyn Entropy) -> rusqlite::Result<(Epoch, [u8; 32])> {
    let (mut epoch, mut secret) = ([0; 8], [0; 32]);
    entropy.fill(&mut epoch);
    entropy.fill(&mut secret);
    db.execute(
        "INSERT INTO store (epoch, secret) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM store)",
        (i64::from_le_bytes(epoch), secret),
    )?;
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get(1)?));
    let (epoch, secret) = db.query_row("SELECT epoch, secret FROM store", [], read)?;
    Ok((Epoch(epoch.cast_unsigned()), secret))
}
