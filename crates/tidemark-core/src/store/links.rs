//! Links for everybody.

use super::StoreError;
use crate::model::{AccountId, AppKey, Link, LinkId, LinkKey, Referent, Timestamp};
use async_trait::async_trait;

/// Keeps the links by which people show files to everybody. What a link shows is not the store's business: an entry may
/// be gone, and come back.
#[async_trait]
pub trait LinkStore: Send + Sync + 'static {
    /// Adds a link under a number that was never used before, unless its account has one already to the same referent
    /// that has not expired when the new one is made: of all those who try at once, all get the same. One that has
    /// expired, or that stands for an entry that had the number before, gives way. If the account would
    /// have more than `at_most` links, those give way that expired first; refused if there are not enough of them.
    async fn add_link(&self, link: NewLink, at_most: u64) -> Result<AddLink, StoreError>;

    /// The link with this key, expired or not.
    async fn link(&self, key: &LinkKey) -> Result<Option<Link>, StoreError>;

    /// Up to `limit` of an account's links, expired ones too, the newest first, beginning before the number `before`.
    async fn links(
        &self,
        account: AccountId,
        before: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<Link>, StoreError>;

    /// Changes when a link of this account ends; answers whether there is such a link.
    async fn set_link_expiry(
        &self,
        account: AccountId,
        id: LinkId,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// Ends a link of this account for good; answers whether there was one.
    async fn remove_link(&self, account: AccountId, id: LinkId) -> Result<bool, StoreError>;
}

/// A link to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// See [`Link::key`]; random, so nobody has it.
    pub key: LinkKey,
    /// See [`Link::account`].
    pub account: AccountId,
    /// See [`Link::referent`].
    pub referent: Referent,
    /// See [`Link::app`].
    pub app: AppKey,
    /// See [`Link::created`].
    pub created: Timestamp,
}

impl NewLink {
    /// The link, under its number.
    #[must_use]
    pub fn numbered(self, id: LinkId) -> Link {
        let NewLink { key, account, referent, app, created } = self;
        Link { id, key, account, referent, app, created, expires: None }
    }
}

/// What became of a new link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddLink {
    /// There is a link: this one, or the one that was there.
    Is(Link),
    /// The account has as many as it may.
    TooMany,
}
