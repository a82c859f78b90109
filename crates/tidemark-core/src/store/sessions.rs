//! Browsers in which somebody signed in, and when what was last used.

use super::StoreError;
use crate::model::{AccountId, GrantId, SecretHash, Session, SessionId, Timestamp};
use async_trait::async_trait;

/// A session to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// See [`Session::secret`].
    pub secret: SecretHash,
    /// See [`Session::account`].
    pub account: AccountId,
    /// See [`Session::created`]. It has been seen then, too.
    pub created: Timestamp,
    /// See [`Session::expires`].
    pub expires: Timestamp,
    /// See [`Session::browser`].
    pub browser: String,
    /// See [`Session::address`].
    pub address: String,
}

/// Keeps sessions.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Adds a session under a number that was never used before.
    async fn add_session(&self, new: NewSession) -> Result<Session, StoreError>;

    /// The session that this secret opens, expired or not.
    async fn session(&self, secret: SecretHash) -> Result<Option<Session>, StoreError>;

    /// An account's sessions, expired or not, the newest first.
    async fn sessions(&self, account: AccountId) -> Result<Vec<Session>, StoreError>;

    /// Ends a session of this account; answers it to exactly one of all those who try.
    async fn end_session(&self, account: AccountId, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Ends every session of an account but this one (its password changed, or it was disabled), and what was begun in one and
    /// not finished: its codes, and the request tokens that it allowed. In one step; answers how many there were of all.
    async fn end_sessions(&self, account: AccountId, but: Option<SessionId>) -> Result<usize, StoreError>;

    /// Forgets the sessions that expired at or before `now`; answers how many.
    async fn sweep_sessions(&self, now: Timestamp) -> Result<usize, StoreError>;
}

/// What was used, and when last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastUses {
    /// Browsers.
    pub sessions: Vec<(SessionId, Timestamp)>,
    /// Permissions.
    pub grants: Vec<(GrantId, Timestamp)>,
}

/// Keeps when what was last used.
#[async_trait]
pub trait UseStore: Send + Sync + 'static {
    /// Notes uses: [`Session::seen`], those of grants, and those of the accounts whose they are. An earlier one than was noted
    /// already changes nothing, and what has ended is passed over.
    async fn note_uses(&self, uses: LastUses) -> Result<(), StoreError>;

    /// When those of an account's grants that were ever used were used last, by number.
    async fn grant_uses(&self, account: AccountId) -> Result<Vec<(GrantId, Timestamp)>, StoreError>;

    /// When accounts were used last, by number: when somebody signed in, or what was noted since of a session or a grant, which
    /// may have ended. Those that never were are left out.
    async fn account_uses(&self) -> Result<Vec<(AccountId, Timestamp)>, StoreError>;

    /// The same of one account.
    async fn account_use(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError>;
}
