//! What one sync folder's engine knows, in one SQLite database: the three trees, what must be looked at, and what is kept for
//! people and restarts.
//!
//! It decides nothing. Each method that changes something is one transaction: a crash leaves it done or not begun. Nothing
//! here loads a whole tree: what concerns many rows at once is done by the database.
//!
//! [`State`] is used from the engine's control task only. Other processes look with [`State::open_read_only`], and say what
//! people want with [`State::set_from_outside`].

mod conflicts;
mod connection;
mod counts;
mod dirty;
mod error;
mod intents;
mod known;
mod left_out;
mod local;
mod lock;
mod log;
mod paths;
mod problems;
mod remote;
mod results;
mod rows;
mod sessions;
mod settings;
mod synced;
mod trees;

use rusqlite::Connection;

use lock::Lock;

pub use conflicts::Conflict;
pub use counts::{Counts, MassCounts, Totals};
pub use error::StateError;
pub use intents::{Intent, Placing, Sending};
pub use known::Known;
pub use left_out::{AllLeftOut, LEFT_OUT_MAX, LeftOut, WhyLeftOut};
pub use local::{LocalChange, LocalSeen};
pub use lock::Holder;
pub use log::{Did, LogEntry, Logged};
pub use problems::{Problem, ProblemKind, Side};
pub use remote::Applied;
pub use results::{Placed, Sent};
pub use settings::{Held, Release, Setting, Settings};

/// One sync folder's database.
pub struct State {
    connection: Connection,
    /// How many transactions one is inside.
    depth: u32,
    /// How durable transactions are at present, if that was said.
    durable: Option<Durable>,
    /// Keeps other engines away as long as it is open.
    _lock: Option<Lock>,
}

/// How much a power cut may take back. (The end of a process takes back nothing.)
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// Nothing: it is on the disk when the call answers.
    Now,
    /// This, and what followed it: it is on the disk with the next that is durable now.
    Later,
}

impl State {
    /// Several changes as one transaction: all of them are there after a crash, or none, and only one wait for the disk is
    /// paid for.
    pub fn together<R>(
        &mut self,
        changes: impl FnOnce(&mut State) -> Result<R, StateError>,
    ) -> Result<R, StateError> {
        self.begin(Durable::Now)?;
        let done = changes(self);
        self.end(done)
    }

    /// Several questions, of which none costs locks of its own: otherwise SQLite takes them for each anew.
    pub fn reading<R, E: From<StateError>>(&self, look: impl FnOnce(&State) -> Result<R, E>) -> Result<R, E> {
        // Within a change they are held already.
        if !self.connection.is_autocommit() {
            return look(self);
        }
        self.run("BEGIN DEFERRED")?;
        let seen = look(self);
        // (Some errors have ended it already.)
        let ended = if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") };
        let seen = seen?;
        ended?;
        Ok(seen)
    }

    /// One change, which is there wholly or not at all.
    fn write<R>(
        &mut self,
        durable: Durable,
        change: impl FnOnce(&Connection) -> Result<R, StateError>,
    ) -> Result<R, StateError> {
        self.begin(durable)?;
        let done = change(&self.connection);
        self.end(done)
    }

    fn begin(&mut self, durable: Durable) -> Result<(), StateError> {
        if self.depth == 0 {
            if self.durable != Some(durable) {
                let level = if durable == Durable::Now { "full" } else { "normal" };
                // Never from a statement that is kept: it takes effect when it is prepared, and only then.
                self.connection.pragma_update(None, "synchronous", level)?;
                self.durable = Some(durable);
            }
            self.run("BEGIN IMMEDIATE")?;
        } else if self.connection.is_autocommit() {
            // What failed before has ended the whole, which only a disk that is full or fails does: nothing more may be done
            // as a part of it.
            return Err(StateError::Full);
        } else {
            self.run("SAVEPOINT inner")?;
        }
        self.depth += 1;
        Ok(())
    }

    fn end<R>(&mut self, done: Result<R, StateError>) -> Result<R, StateError> {
        self.depth -= 1;
        let ended = match (&done, self.depth) {
            (Ok(_), 0) => self.run("COMMIT"),
            (Ok(_), _) => self.run("RELEASE inner"),
            (Err(_), _) => Ok(()),
        };
        let done = done.and_then(|value| ended.map(|()| value));
        // Some errors (a full disk, for one) have ended the transaction already.
        if done.is_err() && !self.connection.is_autocommit() {
            if self.depth == 0 {
                self.run("ROLLBACK")?;
            } else {
                self.run("ROLLBACK TO inner")?;
                self.run("RELEASE inner")?;
            }
        }
        done
    }

    fn run(&self, statement: &str) -> Result<(), StateError> {
        let mut statement = self.connection.prepare_cached(statement)?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}
