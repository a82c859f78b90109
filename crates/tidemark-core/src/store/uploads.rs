//! Upload sessions: what has been received and not yet committed. They outlive a restart.

use super::StoreError;
use crate::model::{AccountId, Timestamp, UploadId, UploadPiece, UploadSession};
use async_trait::async_trait;

/// Keeps upload sessions. A session ends by [`crate::model::Draft::closes`], by being
/// closed, or by expiry, whether or not it has been swept by then.
#[async_trait]
pub trait UploadStore: Send + Sync + 'static {
    /// Keeps a new session durably. Its name is random, so it is not there yet.
    async fn open(&self, session: UploadSession) -> Result<(), StoreError>;

    /// The session with this name, closed or not, if it has not been swept.
    async fn upload(&self, id: UploadId) -> Result<Option<UploadSession>, StoreError>;

    /// Adds the piece's full blocks, and replaces tail and SHA-1, durably, if the session is open, has not expired before
    /// `now` and still ends where the piece begins.
    async fn advance(&self, id: UploadId, piece: UploadPiece, now: Timestamp)
    -> Result<Advanced, StoreError>;

    /// Ends a session without a commit; nothing happens if it is closed or unknown.
    async fn close_upload(&self, id: UploadId) -> Result<(), StoreError>;

    /// How many of an account's sessions are open.
    async fn open_uploads(&self, account: AccountId) -> Result<usize, StoreError>;

    /// Forgets the sessions that expired before `now`, and says how many they were.
    async fn sweep_uploads(&self, now: Timestamp) -> Result<usize, StoreError>;
}

/// What became of a piece of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advanced {
    /// It is part of the session now.
    Done,
    /// The session ends elsewhere (another request was faster); nothing was changed.
    Moved,
    /// There is no such open session.
    Closed,
}
