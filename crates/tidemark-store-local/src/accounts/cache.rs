//! Grants at the price of a look into shared memory: every request asks for one.

use super::rows::{self, ACCOUNT, APP, GRANT};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tidemark_core::model::{Account, App, Grant, SecretHash};

type Linked = (Grant, Account, App);

/// How many grants are kept; some 500 bytes each. Beyond this, all are forgotten and the busy ones come back.
const GRANTS_MAX: usize = 16_384;

/// The grants that were looked up since anybody last changed the database.
///
/// `PRAGMA data_version` tells, without touching the disk, whether any other connection has committed: another
/// process's, or this process's writing one. Nothing is ever written through this connection, so a version that is
/// still the same means that what was read is still so. It costs some system calls, so it is asked once in
/// [`FRESH`]; what this process itself changed takes hold at once.
pub(super) struct GrantCache(Mutex<State>);

/// How long what was read may be taken for what is: the contract allows a tenth of a second.
const FRESH: Duration = Duration::from_millis(50);

struct State {
    connection: Connection,
    version: i64,
    /// When the version was looked at; nothing if it must be looked at again.
    looked: Option<Instant>,
    grants: HashMap<SecretHash, Linked>,
}

impl GrantCache {
    pub(super) fn new(connection: Connection) -> GrantCache {
        GrantCache(Mutex::new(State { connection, version: 0, looked: None, grants: HashMap::new() }))
    }

    /// The grant that this token carries. A hit takes some microseconds, so this is called without leaving the thread;
    /// a miss is one lookup by index in a small database.
    pub(super) fn look_up(&self, token: SecretHash) -> rusqlite::Result<Option<Linked>> {
        let mut state = self.state();
        state.refresh()?;
        if let Some(found) = state.grants.get(&token) {
            return Ok(Some(found.clone()));
        }
        // A change between the two looks is found by the next call, as a new version.
        let found = state.read(token)?;
        if let Some(found) = &found {
            if state.grants.len() >= GRANTS_MAX {
                state.grants.clear();
            }
            state.grants.insert(token, found.clone());
        }
        Ok(found)
    }

    /// This process has changed the database.
    pub(super) fn expire(&self) {
        self.state().looked = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl State {
    /// Forgets everything if anybody may have changed anything.
    fn refresh(&mut self) -> rusqlite::Result<()> {
        if self.looked.is_some_and(|looked| looked.elapsed() < FRESH) {
            return Ok(());
        }
        let now = Instant::now();
        let version = self.version()?;
        if version != self.version {
            self.grants.clear();
            self.version = version;
        }
        self.looked = Some(now);
        Ok(())
    }

    fn version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
    }

    fn read(&self, token: SecretHash) -> rusqlite::Result<Option<Linked>> {
        let sql = format!(
            "SELECT {ACCOUNT}, {APP}, {GRANT} FROM permission
             JOIN account ON account.id = permission.account
             JOIN app ON app.key = permission.app WHERE permission.token = ?1"
        );
        self.connection.prepare_cached(&sql)?.query_row([token.0], rows::linked).optional()
    }
}
