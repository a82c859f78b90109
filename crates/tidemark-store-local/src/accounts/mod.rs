//! People, apps with their webhooks, grants, tickets and links: `accounts.db`, beside the journal's database.
//!
//! A database of its own, because the admin commands open it while a server has it open: every call sees what any
//! process has committed. Writes wait for the disk (WAL, `synchronous=FULL`) on blocking threads.

mod cache;
mod families;
mod grants;
mod home;
mod links;
mod people;
mod rows;
mod schema;
mod sessions;
mod webhooks;

use crate::error::OpenError;
use cache::GrantCache;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tidemark_core::store::StoreError;

/// The database's name in the data folder.
pub const ACCOUNTS_FILE: &str = "accounts.db";

/// Keeps accounts, apps, grants, tickets and links in a data folder.
#[derive(Clone)]
pub struct LocalAccounts(Arc<Inner>);

struct Inner {
    /// For everything but the lookup of grants and links.
    connection: Mutex<Connection>,
    /// A connection that only reads, for what must not wait behind a write.
    looks: Mutex<Connection>,
    /// A connection of its own, so that a lookup never waits behind a write.
    grants: GrantCache,
    /// Set when a write failed in a way after which the disk cannot be trusted.
    read_only: AtomicBool,
}

impl LocalAccounts {
    /// Opens the accounts of a data folder, creating both as needed. Any number of processes may.
    ///
    /// Blocks for as long as the disk takes.
    pub fn open(folder: &Path) -> Result<LocalAccounts, OpenError> {
        let connection = schema::open(folder)?;
        let another = || schema::connect(&folder.join(ACCOUNTS_FILE));
        let (grants, looks) = (GrantCache::new(another()?), Mutex::new(another()?));
        let connection = Mutex::new(connection);
        let inner = Inner { connection, looks, grants, read_only: AtomicBool::new(false) };
        Ok(LocalAccounts(Arc::new(inner)))
    }

    /// Whether they still take changes; if not, why.
    pub fn ready(&self) -> Result<(), StoreError> {
        if self.0.read_only.load(Ordering::Acquire) { Err(StoreError::ReadOnly) } else { Ok(()) }
    }

    async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.off_thread(what, move |inner| work(&inner.connection()).map_err(|error| failure(what, error)))
            .await
    }

    /// The same without waiting for a write that is under way; what was answered is there to be read.
    async fn look<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.off_thread(what, move |inner| work(&lock(&inner.looks)).map_err(|error| failure(what, error)))
            .await
    }

    /// Does its work in one transaction, which is on disk when this answers.
    async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.off_thread(what, move |inner| {
            if inner.read_only.load(Ordering::Acquire) {
                return Err(StoreError::ReadOnly);
            }
            let done = transact(&mut inner.connection(), work);
            inner.grants.expire();
            done.map_err(|error| {
                if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
                    inner.read_only.store(true, Ordering::Release);
                    metrics::gauge!(crate::metrics::READ_ONLY).set(1.0);
                    tracing::error!(%error, "a write to {ACCOUNTS_FILE} failed: it is read-only until a restart");
                }
                failure(what, error)
            })
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.0);
        let task = tokio::task::spawn_blocking(move || work(&inner));
        task.await.map_err(|lost| StoreError::Unavailable { what, source: Some(lost.into()) })?
    }
}

impl Inner {
    fn connection(&self) -> MutexGuard<'_, Connection> {
        lock(&self.connection)
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().expect("nothing panics while it holds the lock")
}

fn transact<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    // Immediate, so that what is read here is still so when it is written.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// A driver's error in the words of the store's traits.
fn failure(what: &'static str, error: rusqlite::Error) -> StoreError {
    use rusqlite::Error as E;
    match (&error, error.sqlite_error_code()) {
        (_, Some(ErrorCode::DiskFull)) => StoreError::Full,
        (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        | (E::FromSqlConversionFailure(..) | E::IntegralValueOutOfRange(..) | E::InvalidColumnType(..), _) => {
            StoreError::Corrupt(format!("{ACCOUNTS_FILE}: {error}"))
        }
        _ => StoreError::Unavailable { what, source: Some(error.into()) },
    }
}
