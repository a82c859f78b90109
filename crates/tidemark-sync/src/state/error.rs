//! What can go wrong with the database, by what can be done about it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::Holder;

/// Why something could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A newer Tidemark wrote it: nothing was touched.
    #[error("{} has schema version {found}, and this program knows versions up to {known} only", .file.display())]
    TooNew {
        /// The database.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// There is nothing to be read yet, or an older Tidemark wrote it: the engine must run first.
    #[error("{} cannot be read before sync has run", .file.display())]
    NotReady {
        /// The database.
        file: PathBuf,
    },
    /// Another process syncs this folder.
    #[error("{} is in use by {holder}", .file.display())]
    InUse {
        /// The database.
        file: PathBuf,
        /// Which process.
        holder: Holder,
    },
    /// What is kept contradicts itself, or is no database at all. What was observed can be observed again: the database is
    /// to be [set aside](super::State::set_aside) and begun anew, which deletes nothing on either side.
    #[error("the sync folder's database is damaged: {what}")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// There is no room on the disk. Nothing was changed.
    #[error("no room for the sync folder's database")]
    Full,
    /// The database could not be used, for now.
    #[error("could not use the sync folder's database")]
    Database(#[source] rusqlite::Error),
    /// The file system refused something.
    #[error("could not {attempted} {}", .file.display())]
    File {
        /// What was attempted, as a verb.
        attempted: &'static str,
        /// On what.
        file: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The server does not tell what entries are, or what files hold: without that, nothing can be kept the same safely.
    #[error("the server does not tell the {what} of {path:?}: it is too old to sync with")]
    OldServer {
        /// What it does not tell.
        what: &'static str,
        /// Of what.
        path: String,
    },
    /// A node that the caller counts on is not there. Nothing was changed.
    #[error("the sync folder's database knows no {0}")]
    Unknown(String),
    /// A folder would be inside itself. Nothing was changed.
    #[error("a folder cannot be inside itself")]
    Cycle,
}

impl StateError {
    pub(super) fn damaged(what: impl Into<String>) -> StateError {
        StateError::Damaged { what: what.into() }
    }
}

impl From<rusqlite::Error> for StateError {
    fn from(error: rusqlite::Error) -> StateError {
        use rusqlite::Error as E;
        // (Where a row may be missing, that is no error.)
        let is_contradiction = matches!(
            error,
            E::FromSqlConversionFailure(..)
                | E::IntegralValueOutOfRange(..)
                | E::InvalidColumnType(..)
                | E::QueryReturnedNoRows
        );
        if is_contradiction {
            return StateError::damaged(error.to_string());
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StateError::damaged(error.to_string())
            }
            Some(ErrorCode::DiskFull) => StateError::Full,
            _ => StateError::Database(error),
        }
    }
}
