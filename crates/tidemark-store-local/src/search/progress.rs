//! What searches, the writer and the indexer tell each other.

use super::file;
use crate::error::Failure;
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidemark_core::model::{NamespaceId, Seq};
use tidemark_core::store::Head;
use tokio::sync::Notify;

/// The indexer rests for so long between two rounds, unless somebody waits or ...
const REST: Duration = Duration::from_secs(1);

/// ... a namespace is so many changes behind: fewer than a search reads from the journal itself.
const BEHIND: u64 = 1500;

/// How many connections are kept for searches.
const IDLE_MAX: usize = 4;

/// The state of the index.
pub(crate) struct Progress {
    pub(super) file: PathBuf,
    state: Mutex<State>,
    /// Rings for the indexer.
    bell: Condvar,
    /// Rings for whoever waits for a position.
    reached: Notify,
}

#[derive(Default)]
struct State {
    /// Namespaces that may have grown.
    grown: HashSet<NamespaceId>,
    /// How far each namespace that was looked at has come.
    positions: HashMap<NamespaceId, Seq>,
    /// Those of them that somebody waits for, or in which much has happened.
    wanted: HashSet<NamespaceId>,
    /// A round left something undone.
    more: bool,
    /// The indexer waits for something to do, rather than resting.
    idle: bool,
    /// What a search found wrong.
    broken: bool,
    closed: bool,
    /// Which life of the file this is: connections of an earlier one are of no use.
    life: u64,
    connections: Vec<Connection>,
}

impl State {
    /// Whether this is the file's life, and it may be read.
    fn is_alive(&self, life: u64) -> bool {
        self.life == life && !self.broken && !self.closed
    }
}

/// What the indexer is to do.
pub(super) enum Task {
    /// Look at these; whether to hurry.
    Follow(HashSet<NamespaceId>, bool),
    /// Make the file again.
    Mend,
}

impl Progress {
    pub(super) fn new(file: PathBuf) -> Progress {
        Progress { file, state: Mutex::default(), bell: Condvar::new(), reached: Notify::new() }
    }

    // No code that can panic, and nothing that waits for the disk, runs while the lock is held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of commits. Called by the writer: it costs a lookup for each namespace, and rings only if the indexer sleeps.
    pub(crate) fn grew(&self, heads: &HashMap<NamespaceId, Head>) {
        let mut state = self.state();
        for (ns, head) in heads {
            state.grown.insert(*ns);
            let at = state.positions.get(ns).copied();
            if at.is_some_and(|at| head.seq.0.saturating_sub(at.0) >= BEHIND) && state.wanted.insert(*ns) {
                self.bell.notify_one();
            }
        }
        if state.idle && !state.grown.is_empty() {
            state.idle = false;
            self.bell.notify_one();
        }
    }

    /// Has the indexer look at namespaces without resting first, but after those that somebody waits for.
    pub(super) fn add(&self, namespaces: impl IntoIterator<Item = NamespaceId>) {
        let mut state = self.state();
        state.grown.extend(namespaces);
        state.more = true;
    }

    /// Whether somebody waits for another namespace.
    pub(super) fn is_wanted(&self) -> bool {
        !self.state().wanted.is_empty()
    }

    /// The next task, at the latest when the indexer has rested and there is something to do; nothing when it is to end.
    pub(super) fn next(&self) -> Option<Task> {
        let resting =
            |state: &mut State| !state.more && state.wanted.is_empty() && !state.closed && !state.broken;
        let waited = self.bell.wait_timeout_while(self.state(), REST, resting);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        while state.grown.is_empty() && state.wanted.is_empty() && !state.closed && !state.broken {
            state.idle = true;
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        (state.idle, state.more) = (false, false);
        if state.closed {
            return None;
        }
        if state.broken {
            return Some(Task::Mend);
        }
        let wanted = std::mem::take(&mut state.wanted);
        if wanted.is_empty() {
            return Some(Task::Follow(std::mem::take(&mut state.grown), false));
        }
        state.more = !state.grown.is_empty();
        state.grown.retain(|ns| !wanted.contains(ns));
        Some(Task::Follow(wanted, true))
    }

    /// Waits before trying again what failed; answers whether to go on at all.
    pub(super) fn pause(&self, span: Duration) -> bool {
        let open = |state: &mut State| !state.closed;
        let waited = self.bell.wait_timeout_while(self.state(), span, open);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }

    /// Whether the indexer should leave what it does.
    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.closed || state.broken
    }

    /// How far a namespace has come, if that is known.
    pub(super) fn position(&self, ns: NamespaceId) -> Option<Seq> {
        self.state().positions.get(&ns).copied()
    }

    /// A namespace has come so far: unless a search found meanwhile that the file cannot be used, so that it has come
    /// nowhere.
    pub(super) fn reached(&self, ns: NamespaceId, seq: Seq) {
        {
            let mut state = self.state();
            if state.broken {
                return;
            }
            state.positions.insert(ns, seq);
        }
        self.reached.notify_waiters();
    }

    /// Waits until a namespace has come so far.
    pub(super) async fn wait(&self, ns: NamespaceId, seq: Seq) {
        loop {
            // Registered before looking, so that nothing is missed between the two.
            let reached = self.reached.notified();
            tokio::pin!(reached);
            reached.as_mut().enable();
            {
                let mut state = self.state();
                if state.positions.get(&ns).is_some_and(|at| *at >= seq) {
                    return;
                }
                state.wanted.insert(ns);
            }
            self.bell.notify_one();
            reached.await;
        }
    }

    /// A search found that the file is not what it should be.
    pub(super) fn blame(&self, life: u64) {
        let mut state = self.state();
        if state.life != life {
            return;
        }
        state.broken = true;
        state.positions.clear();
        state.connections.clear();
        self.bell.notify_one();
    }

    /// The file is another one now, about which nothing is known yet.
    pub(super) fn begin_anew(&self) {
        let mut state = self.state();
        state.broken = false;
        state.life += 1;
        state.positions.clear();
        state.connections.clear();
    }

    /// How far a namespace has come, and in which life of the file.
    pub(super) fn begin(&self, ns: NamespaceId) -> (u64, Seq) {
        let state = self.state();
        (state.life, state.positions.get(&ns).copied().unwrap_or(Seq::ZERO))
    }

    /// A connection that another search has done with, or makes one; nothing if the file's life is over.
    pub(super) fn connection(&self, life: u64) -> Option<Result<Connection, Failure>> {
        {
            let mut state = self.state();
            if !state.is_alive(life) {
                return None;
            }
            if let Some(idle) = state.connections.pop() {
                return Some(Ok(idle));
            }
        }
        // Opening reads the file, and may have to wait for it; the writer needs the lock with every commit.
        let made = file::connect(&self.file);
        // By now, it may have been another file's.
        self.state().is_alive(life).then_some(made)
    }

    /// Keeps a connection for the next search.
    pub(super) fn give_back(&self, life: u64, connection: Connection) {
        let mut state = self.state();
        if state.is_alive(life) && state.connections.len() < IDLE_MAX {
            state.connections.push(connection);
        }
    }

    /// Ends the indexer.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.connections.clear();
        self.bell.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;
    use std::time::Instant;

    /// Otherwise a search that has just found it broken would wait for nothing, and find it broken, again and again.
    #[test]
    fn what_is_broken_has_come_nowhere() {
        let progress = Progress::new(PathBuf::new());
        progress.reached(NamespaceId(1), Seq(5));
        progress.blame(0);
        progress.reached(NamespaceId(1), Seq(6));
        assert_eq!(progress.position(NamespaceId(1)), None);
        progress.begin_anew();
        progress.reached(NamespaceId(1), Seq(7));
        assert_eq!(progress.position(NamespaceId(1)), Some(Seq(7)));
    }

    /// The writer tells of its commits at once, however long it takes to open the file for a search.
    #[test]
    fn no_commit_waits_for_a_file_that_is_being_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("search.db");
        let other = Connection::open(&file).unwrap();
        other.execute_batch("CREATE TABLE t (a); BEGIN EXCLUSIVE").unwrap();
        let progress = Arc::new(Progress::new(file));
        let opening = {
            let progress = Arc::clone(&progress);
            thread::spawn(move || progress.connection(0).unwrap().unwrap())
        };
        thread::sleep(Duration::from_millis(100));
        let begun = Instant::now();
        progress.grew(&HashMap::new());
        assert!(begun.elapsed() < Duration::from_secs(1), "it waited for {:?}", begun.elapsed());
        assert!(!opening.is_finished(), "the file was not in use");
        other.execute_batch("ROLLBACK").unwrap();
        opening.join().unwrap();
    }
}
