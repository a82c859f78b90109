//! Grants at the price of a look into shared memory: every request asks for one.

use super::rows::{self, ACCOUNT, APP, GRANT};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use tidemark_core::model::{Account, App, Grant, SecretHash};

type Linked = (Grant, Account, App);

/// How many grants are kept; some 500 bytes each. Beyond this, all are forgotten and the busy ones come back.
const GRANTS_MAX: usize = 16_384;

/// The grants that were looked up since anybody last changed the database.
///
/// `PRAGMA data_version` tells, without touching the disk, whether any other connection has committed: another
/// process's, or this process's writing one. Nothing is ever written through this connection, so a version that is
/// still the same means that what was read is still so. A revocation takes hold with the next request.
pub(super) struct GrantCache(Mutex<State>);

struct State {
    connection: Connection,
    version: i64,
    grants: HashMap<SecretHash, Linked>,
}

impl GrantCache {
    pub(super) fn new(connection: Connection) -> GrantCache {
        GrantCache(Mutex::new(State { connection, version: 0, grants: HashMap::new() }))
    }

    /// The grant that this token carries. A hit takes some microseconds, so this is called without leaving the thread;
    /// a miss is one lookup by index in a small database.
    pub(super) fn look_up(&self, token: SecretHash) -> rusqlite::Result<Option<Linked>> {
        let mut state = self.state();
        let version = state.version()?;
        if version != state.version {
            state.grants.clear();
            state.version = version;
        }
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl State {
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
