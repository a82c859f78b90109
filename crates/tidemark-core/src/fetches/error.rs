//! Why a fetch failed.

use crate::cloud::{IntakeError, PutError};
use crate::store::{EgressError, StoreError};

/// Why a fetch failed. The texts are told to whoever asked for it.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The request brought nothing.
    #[error(transparent)]
    Egress(EgressError),
    /// There is no such host, or not for whoever asks. One text for both: that a name leads to an address within the
    /// operator's network is nobody's business.
    #[error("the URL leads to no address that is public")]
    NowherePublic,
    /// The host does not hand the file out.
    #[error("the host answered with status {0}")]
    Status(u16),
    /// There is more of it than may be.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// It crept, or would not end.
    #[error("the download took too long")]
    TooSlow,
    /// The person, the program, or the permission of one to the other is gone.
    #[error("the app may not store files in the account any more")]
    NotPermitted,
    /// The code that did it panicked.
    #[error("the server could not get the file")]
    BrokeOff,
    /// The file could not be put.
    #[error(transparent)]
    Put(PutError),
    /// The store could not.
    #[error("the server could not keep the file")]
    Store(#[from] StoreError),
}

impl From<EgressError> for FetchError {
    fn from(error: EgressError) -> FetchError {
        match error {
            EgressError::Forbidden | EgressError::Unknown => FetchError::NowherePublic,
            EgressError::Url
            | EgressError::Port
            | EgressError::Unreachable
            | EgressError::Untrusted
            | EgressError::TimedOut
            | EgressError::Redirects
            | EgressError::Downgrade
            | EgressError::Header
            | EgressError::Broken => FetchError::Egress(error),
        }
    }
}

impl From<IntakeError> for FetchError {
    fn from(error: IntakeError) -> FetchError {
        match error {
            IntakeError::TooLarge { limit } => FetchError::TooLarge { limit },
            IntakeError::Store(error) => error.into(),
        }
    }
}

impl From<PutError> for FetchError {
    fn from(error: PutError) -> FetchError {
        match error {
            PutError::Store(error) => error.into(),
            PutError::Conflict
            | PutError::NotFound
            | PutError::Changed
            | PutError::ParentIsFile
            | PutError::UnknownRev
            | PutError::TooDeep
            | PutError::RootNotAllowed
            | PutError::RootGone
            | PutError::OverQuota
            | PutError::UploadClosed => FetchError::Put(error),
        }
    }
}
