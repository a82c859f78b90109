//! Upload sessions: what has been received and not yet committed. They outlive a restart.

use super::StoreError;
use crate::model::{
    AccountId, HashedParts, Seq, Timestamp, UploadId, UploadPart, UploadPiece, UploadSession,
};
use async_trait::async_trait;

/// Keeps upload sessions. A session ends by [`crate::model::Draft::closes`], by being
/// closed, or by expiry, whether or not it has been swept by then. What a commit closed remembers which one it was
/// ([`UploadSession::committed`]).
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

    /// Adds a part to a session with a plan, durably and counted in it, if the session is open, has not expired before
    /// `now` and has no part with this index; takes over `hashed` in the same instant if it has come further.
    async fn add_part(
        &self,
        id: UploadId,
        part: UploadPart,
        hashed: Option<HashedParts>,
        now: Timestamp,
    ) -> Result<PartAdded, StoreError>;

    /// Up to `limit` parts of an open session, ascending by index, from `from` on.
    async fn parts(&self, id: UploadId, from: u32, limit: usize) -> Result<Vec<UploadPart>, StoreError>;

    /// Keeps how far the SHA-1 has come, if that is further than it had, and the session is open.
    async fn note_hashed(&self, id: UploadId, hashed: HashedParts) -> Result<(), StoreError>;

    /// Ends a session without a draft that closes it, because it is given up or because `committed` had put its bytes
    /// there before; nothing happens if it is closed or unknown. Either way of ending forgets the parts.
    async fn close_upload(&self, id: UploadId, committed: Option<Seq>) -> Result<(), StoreError>;

    /// How many of an account's sessions are open, and what they were declared to become.
    async fn open_uploads(&self, account: AccountId) -> Result<OpenUploads, StoreError>;

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

/// What became of a part of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartAdded {
    /// It is part of the session now.
    Done,
    /// This one has its index; nothing was changed.
    Taken(UploadPart),
    /// There is no such open session that takes parts.
    Closed,
}

/// An account's open sessions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenUploads {
    /// How many there are.
    pub count: usize,
    /// How many bytes the plans of those that have one declare.
    pub declared: u64,
}
