//! Which store these accounts belong to. Accounts own trees by number, so people that come together with a store that is
//! not theirs would find each other's files, and programs would be told that everything is gone.

use super::ACCOUNTS_FILE;
use super::LocalAccounts;
use crate::LocalStore;
use crate::error::OpenError;
use crate::folder::DATABASE;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

impl LocalAccounts {
    /// Makes accounts and store a pair for good, or refuses because one of the two belongs to another, or is new beside
    /// one that is not. With `whatever`, they become a pair in any case. Blocking.
    ///
    /// Accounts may be older than their store: admin commands make some before the first server runs.
    pub fn move_in(&self, store: &LocalStore, whatever: bool) -> Result<(), OpenError> {
        let folder = store.path();
        let failed = |source| OpenError::Database { file: folder.join(ACCOUNTS_FILE), source };
        let mut connection = self.0.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let home = home(&transaction).map_err(failed)?;
        let missing = match home {
            Some(Some(home)) if home == store.mark() => return Ok(()),
            Some(Some(_)) => Some(DATABASE),
            None if store.is_used().map_err(failed)? => Some(ACCOUNTS_FILE),
            Some(None) | None => None,
        };
        if let Some(missing) = missing.filter(|_| !whatever) {
            return Err(OpenError::Halved { folder: folder.to_owned(), missing });
        }
        let mark = store.mark();
        transaction
            .execute("INSERT OR REPLACE INTO home (only, store) VALUES (1, ?)", [mark])
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }
}

/// Nothing if no server ever had them open, and nothing inside it if the last one that had knew of no marks.
fn home(transaction: &Transaction<'_>) -> rusqlite::Result<Option<Option<[u8; 32]>>> {
    transaction.query_row("SELECT store FROM home", [], |row| row.get(0)).optional()
}
