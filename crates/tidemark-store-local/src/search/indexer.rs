//! The thread that follows the journals.

use super::chunk::Filling;
use super::file::{self, Extent};
use super::progress::{Progress, Task};
use crate::Options;
use crate::db;
use crate::error::{Failure, Severity};
use crate::folder::Folder;
use crate::journal::{read_changes, read_namespaces};
use crate::metrics::{NAMES_INDEXED, NAMES_REBUILT};
use rusqlite::Connection;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidemark_core::model::{Change, Epoch, NamespaceId, Seq};

/// How many changes are read at once; each namespace gets its turn after as many.
const BATCH: usize = 4096;

/// How much of the journal's database the thread remembers: it reads everything once.
const CACHE_BYTES: u32 = 1 << 20;

/// How long to wait before something is tried again that could not be done.
const LATER: Duration = Duration::from_secs(10);

/// The file is not made anew more often than this, after the first time.
const ANEW: Duration = Duration::from_secs(60);

pub(super) struct Indexer {
    progress: Arc<Progress>,
    folder: Arc<Folder>,
    epoch: Epoch,
    names_max: usize,
    reserve_bytes: u64,
    journal: Option<Connection>,
    index: Option<Connection>,
    /// When the file was last thrown away.
    discarded: Option<Instant>,
}

/// Why a namespace was not followed.
enum Trouble {
    /// The journal could not be read; the index is as good as it was.
    Journal(Failure),
    /// There is no room for it.
    Full,
    /// The index cannot be used.
    Index(Failure),
}

/// What writing to the index says, in the words of [`Trouble`].
fn index(failure: Failure) -> Trouble {
    if failure.severity() == Severity::Full { Trouble::Full } else { Trouble::Index(failure) }
}

impl Indexer {
    pub(super) fn new(
        progress: Arc<Progress>,
        folder: Arc<Folder>,
        epoch: Epoch,
        options: &Options,
    ) -> Indexer {
        let (names_max, reserve_bytes) = (options.index_names_max, options.reserve_bytes);
        let (journal, index, discarded) = (None, None, None);
        Indexer { progress, folder, epoch, names_max, reserve_bytes, journal, index, discarded }
    }

    /// Follows until the store is closed.
    pub(super) fn run(mut self) {
        self.begin();
        while let Some(task) = self.progress.next() {
            match task {
                Task::Follow(namespaces, hurry) => self.follow_all(namespaces, hurry),
                Task::Mend => self.discard(),
            }
        }
    }

    /// Has every namespace looked at: what it may lack is found out one after another.
    fn begin(&mut self) {
        loop {
            match self.journal().and_then(read_namespaces) {
                Ok(namespaces) => return self.progress.add(namespaces),
                Err(failure) => tracing::warn!(?failure, "the index of names cannot read the journals"),
            }
            if !self.progress.pause(LATER) {
                return;
            }
        }
    }

    fn journal(&mut self) -> Result<&Connection, Failure> {
        let journal = match self.journal.take() {
            Some(open) => open,
            None => db::open_reader(&self.folder.database(), CACHE_BYTES)?,
        };
        Ok(self.journal.insert(journal))
    }

    fn index(&mut self) -> Result<&Connection, Failure> {
        let index = match self.index.take() {
            Some(open) => open,
            None => match file::open(&self.progress.file, self.epoch)? {
                Some(open) => open,
                None => return Err(Failure::Corrupt("it is of another store, or of another version".into())),
            },
        };
        Ok(self.index.insert(index))
    }

    /// Gives each namespace its turn; those that somebody waits for go first.
    fn follow_all(&mut self, namespaces: HashSet<NamespaceId>, hurry: bool) {
        let mut namespaces = namespaces.into_iter();
        while let Some(ns) = namespaces.next() {
            let begun = Instant::now();
            let more = match self.follow(ns) {
                Ok(more) => more,
                Err(trouble) => {
                    self.progress.add(namespaces.chain([ns]));
                    return self.cope(trouble);
                }
            };
            if more {
                self.progress.add([ns]);
                // Whoever has files to put or to get comes first: half of a processor is enough.
                if !hurry {
                    self.progress.pause(begun.elapsed());
                }
            }
            if self.progress.is_over() || (!hurry && self.progress.is_wanted()) {
                return self.progress.add(namespaces);
            }
        }
    }

    fn cope(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Journal(failure) => {
                tracing::warn!(?failure, "the index of names cannot read a journal");
                self.journal = None;
                self.progress.pause(LATER);
            }
            Trouble::Full => {
                tracing::warn!("the index of names cannot grow: the device is full");
                self.progress.pause(LATER);
            }
            Trouble::Index(failure) => {
                tracing::warn!(?failure, "the index of names is broken and is made again");
                self.discard();
            }
        }
    }

    /// Throws the file away and begins anew.
    fn discard(&mut self) {
        if self.discarded.is_some_and(|last| last.elapsed() < ANEW) && !self.progress.pause(ANEW) {
            return;
        }
        self.discarded = Some(Instant::now());
        metrics::counter!(NAMES_REBUILT).increment(1);
        self.index = None;
        if let Err(error) = file::remove(&self.progress.file) {
            tracing::warn!(?error, "the index of names cannot be removed");
        }
        self.progress.begin_anew();
        self.begin();
    }

    /// Takes in some changes of a namespace; answers whether there are more.
    fn follow(&mut self, ns: NamespaceId) -> Result<bool, Trouble> {
        let at = match self.progress.position(ns) {
            Some(at) => at,
            None => self.find_position(ns)?,
        };
        let changes = self.journal().and_then(|journal| read_changes(journal, ns, at, BATCH));
        let changes = changes.map_err(Trouble::Journal)?;
        let Some(last) = changes.last() else {
            self.progress.reached(ns, at);
            return Ok(false);
        };
        if last.seq.0 - at.0 != changes.len() as u64 {
            return Err(Trouble::Journal(Failure::Corrupt("a journal has a hole".into())));
        }
        if self.folder.bytes_free().is_ok_and(|free| free < self.reserve_bytes) {
            return Err(Trouble::Full);
        }
        let names_max = self.names_max;
        self.index().and_then(|db| extend(db, ns, at, &changes, names_max)).map_err(index)?;
        metrics::counter!(NAMES_INDEXED).increment(changes.len() as u64);
        self.progress.reached(ns, last.seq);
        Ok(changes.len() == BATCH)
    }

    /// How far the file has a namespace. If the journal does not go on from there, it is one that was put back: what the
    /// file has of it is forgotten.
    fn find_position(&mut self, ns: NamespaceId) -> Result<Seq, Trouble> {
        let Some((extent, mark)) = self.index().and_then(|db| file::end(db, ns)).map_err(index)? else {
            return Ok(Seq::ZERO);
        };
        let before = Seq(extent.last.0.saturating_sub(1));
        let there = self.journal().and_then(|journal| read_changes(journal, ns, before, 1));
        let there = there.map_err(Trouble::Journal)?;
        if there.first().is_some_and(|change| change.seq == extent.last && file::mark(change) == mark) {
            return Ok(extent.last);
        }
        tracing::info!(namespace = ns.0, "the index has names of another history and forgets them");
        self.index().and_then(|db| file::forget(db, ns)).map_err(index)?;
        Ok(Seq::ZERO)
    }
}

/// Adds changes, which follow those up to `at`, to the last chunk and to new ones, in one transaction.
fn extend(
    db: &Connection,
    ns: NamespaceId,
    at: Seq,
    changes: &[Change],
    names_max: usize,
) -> Result<(), Failure> {
    let transaction = db.unchecked_transaction()?;
    let last = file::chunk_below(db, ns, file::end_id(ns), |extent, bytes| (extent, Filling::of(bytes)))?;
    let (mut extent, mut filling) = match last {
        Some((extent, Some(filling))) if extent.last == at => (extent, filling),
        None if at == Seq::ZERO => {
            (Extent { id: file::first_id(ns), first: Seq(1), last: at }, Filling::default())
        }
        _ => return Err(Failure::Corrupt("the index does not end where it did".into())),
    };
    let mut latest: Option<&Change> = None;
    for change in changes {
        if filling.is_full(names_max) {
            if let Some(change) = latest.take() {
                file::keep(db, extent, file::mark(change), &filling.to_bytes())?;
            }
            extent = Extent { id: extent.id + 1, first: extent.last.next(), last: extent.last };
            filling = Filling::default();
        }
        filling.push(change);
        extent.last = change.seq;
        latest = Some(change);
    }
    if let Some(change) = latest {
        file::keep(db, extent, file::mark(change), &filling.to_bytes())?;
    }
    transaction.commit()?;
    Ok(())
}
