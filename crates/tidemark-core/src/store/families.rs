//! Permissions that programs renew.

use super::StoreError;
use crate::model::{AccountId, AppKey, Family, FamilyId, Grant, GrantId, Pair, SecretHash, Timestamp};
use async_trait::async_trait;

/// A family to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFamily {
    /// What all its refresh tokens begin with.
    pub handle: SecretHash,
    /// See [`Family::account`].
    pub account: AccountId,
    /// See [`Family::app`].
    pub app: AppKey,
    /// See [`Family::created`].
    pub created: Timestamp,
    /// The first of its pairs.
    pub first: NewPair,
}

/// An access token (of a bearer) and a refresh token to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPair {
    /// Of the access token.
    pub token: SecretHash,
    /// When it becomes worthless.
    pub token_expires: Timestamp,
    /// Of the refresh token.
    pub refresh: SecretHash,
    /// When that becomes worthless.
    pub refresh_expires: Timestamp,
}

/// Keeps families: which refresh tokens are good for the next pair. Their grants are those of
/// [`GrantStore`](super::GrantStore).
#[async_trait]
pub trait FamilyStore: Send + Sync + 'static {
    /// Exchanges an authorization code for a family under a number that was never used before, as
    /// [`GrantStore::spend_code`](super::GrantStore::spend_code) does for a single grant: of all those who try, exactly
    /// one gets it, and the others find what it gave. Answers the first pair's grant.
    async fn begin_family(&self, code: SecretHash, new: NewFamily) -> Result<Option<Grant>, StoreError>;

    /// The family whose refresh tokens begin with this, expired or not.
    async fn family(&self, handle: SecretHash) -> Result<Option<Family>, StoreError>;

    /// Gives a family its next pair, if its pairs are (still) those of `family`: `next` becomes the current one, and
    /// `former`, which is one of them, the former. The grants of all other pairs end. In one step; otherwise does nothing
    /// and answers nothing. Answers the new pair's grant.
    async fn renew_family(
        &self,
        family: &Family,
        former: &Pair,
        next: NewPair,
    ) -> Result<Option<Grant>, StoreError>;

    /// Notes that the token of a grant was used: if it is of its family's current pair, there is no former pair from then
    /// on (whose grant stays until the next renewal). Answers whether the grant is (still) there. Noting it again writes
    /// nothing.
    async fn settle(&self, grant: GrantId) -> Result<bool, StoreError>;

    /// Ends a family and its grants; answers whether there was one.
    async fn end_family(&self, id: FamilyId) -> Result<bool, StoreError>;

    /// Forgets the families whose current refresh token expired at or before `now`, with their grants, and the grants of no
    /// family that did; answers how many grants it were.
    async fn sweep_grants(&self, now: Timestamp) -> Result<usize, StoreError>;
}
