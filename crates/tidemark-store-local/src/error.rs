//! What can go wrong with the disk, and what the store makes of it.

use rusqlite::ErrorCode;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tidemark_core::store::StoreError;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process serves this folder.
    #[error("{} is in use by {}", .folder.display(), holder(*.process))]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// Who uses it, if that is known.
        process: Option<u32>,
    },
    /// A newer Tidemark wrote it.
    #[error("{} has schema version {found}, and this program knows versions up to {known} only", .file.display())]
    TooNew {
        /// The database.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It holds something that is not Tidemark's, and nothing that is.
    #[error("{} is not empty, and no data folder of Tidemark: name a folder that is nothing else", .0.display())]
    Foreign(PathBuf),
    /// A part of it is a symbolic link, and what it leads to may be somebody else's.
    #[error("{} is a symbolic link, which no part of a data folder may be", .0.display())]
    Link(PathBuf),
    /// Something of it is missing, and going on would give people's files to others, or tell their programs that all
    /// were deleted.
    #[error("{} is not whole: {missing} is missing, or not the one that belongs to the rest; put it back", .folder.display())]
    Halved {
        /// The data folder.
        folder: PathBuf,
        /// The file.
        missing: &'static str,
    },
    /// The file system refused something.
    #[error("cannot {what} {}", .path.display())]
    File {
        /// What was attempted.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The database could not be used.
    #[error("cannot open {}", .file.display())]
    Database {
        /// Which.
        file: PathBuf,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
    /// What is stored contradicts itself.
    #[error("{} is corrupt: {what}", .file.display())]
    Corrupt {
        /// The database.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
}

fn holder(process: Option<u32>) -> String {
    process.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"))
}

/// Why a statement failed, or what it found cannot be.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database said so.
    Sql(rusqlite::Error),
    /// A row contradicts the schema's rules.
    Corrupt(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Failure {
        use rusqlite::Error as E;
        match error {
            E::FromSqlConversionFailure(..) | E::IntegralValueOutOfRange(..) | E::InvalidColumnType(..) => {
                Failure::Corrupt(error.to_string())
            }
            _ => Failure::Sql(error),
        }
    }
}

/// What a failure means for the rest of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// This piece of work alone is refused.
    Passing,
    /// There is no room for it.
    Full,
    /// The disk can no longer be trusted.
    Fatal,
}

impl Failure {
    /// How much of the store this failure, met while writing, takes with it.
    pub(crate) fn severity(&self) -> Severity {
        let Failure::Sql(error) = self else { return Severity::Passing };
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Severity::Full,
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ReadOnly
                | ErrorCode::FileLockingProtocolFailed,
            ) => Severity::Fatal,
            _ => Severity::Passing,
        }
    }

    /// The same in the words of the store's traits.
    pub(crate) fn during(self, what: &'static str) -> StoreError {
        match self {
            Failure::Corrupt(found) => StoreError::Corrupt(found),
            Failure::Sql(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => StoreError::Full,
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    StoreError::Corrupt(error.to_string())
                }
                _ => StoreError::Unavailable { what, source: Some(Box::new(error)) },
            },
        }
    }
}

/// Whether a file could not be written for want of room, which harms nothing that is there.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The store's trust in its disk. Once lost, it comes back only by opening the store again.
#[derive(Default)]
pub(crate) struct Health {
    read_only: AtomicBool,
}

impl Health {
    /// Refuses if nothing may be written any more.
    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        if self.is_read_only() { Err(StoreError::ReadOnly) } else { Ok(()) }
    }

    /// Whether nothing may be written any more.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Acquire)
    }

    /// The write-ahead log could not be folded into the database. It keeps what the database lacks, unless it was a sync
    /// that failed: the next one might report success, and the log be thrown away.
    pub(crate) fn blame_checkpoint(&self, error: rusqlite::Error) {
        let failure = Failure::from(error);
        if failure.severity() == Severity::Fatal {
            self.distrust("fold the write-ahead log into the database", &failure);
        } else {
            tracing::warn!(?failure, "the write-ahead log could not be folded into the database");
        }
    }

    /// From now on nothing is written any more: after a failed sync, nobody knows what the disk holds, and trying again
    /// may report success for data that the kernel has thrown away.
    pub(crate) fn distrust(&self, what: &str, error: &dyn std::fmt::Debug) {
        if !self.read_only.swap(true, Ordering::AcqRel) {
            tracing::error!(what, ?error, "a write failed: the store is read-only until it is opened again");
            metrics::gauge!(crate::metrics::READ_ONLY).set(1.0);
        }
    }
}
