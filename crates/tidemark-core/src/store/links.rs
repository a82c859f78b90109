//! Links: what people show to others.

use super::StoreError;
use crate::model::{
    AccountId, AppKey, EntryId, Link, LinkAddress, LinkId, LinkKey, LinkRules, NamespaceId, Referent,
    Timestamp, Visits,
};
use async_trait::async_trait;

/// Keeps the links by which people show files to others. What a link shows is not the store's business (an entry may be
/// gone, and come back), nor is for whom it is.
#[async_trait]
pub trait LinkStore: Send + Sync + 'static {
    /// Adds a link under a number that was never used before, unless its account has one already to the same referent
    /// that has not expired when the new one is made: of all those who try at once, all get the same. One that has
    /// expired, or that stands for an entry that had the number before, gives way. If the account would
    /// have more than `at_most` links, those give way that expired first; refused if there are not enough of them, or if
    /// another link has the name that was chosen for it, expired or not; then nothing gives way.
    async fn add_link(&self, link: NewLink, at_most: u64) -> Result<AddLink, StoreError>;

    /// The link with this address, expired or not.
    async fn link(&self, address: &LinkAddress) -> Result<Option<Link>, StoreError>;

    /// An account's links to any of these entries, expired or not, in any order: one look for all of them, which waits for
    /// no write.
    async fn links_to(
        &self,
        account: AccountId,
        namespace: NamespaceId,
        entries: &[EntryId],
    ) -> Result<Vec<Link>, StoreError>;

    /// Up to `limit` of an account's links, expired ones too, the newest first, beginning before the number `before`.
    async fn links(
        &self,
        account: AccountId,
        before: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<Link>, StoreError>;

    /// Puts other rules in the place of those that a link of this account had, if it (still) has them.
    async fn set_link_rules(
        &self,
        account: AccountId,
        id: LinkId,
        before: &LinkRules,
        after: &LinkRules,
    ) -> Result<SetRules, StoreError>;

    /// Ends a link of this account for good; answers what it was, if there was one.
    async fn remove_link(&self, account: AccountId, id: LinkId) -> Result<Option<Link>, StoreError>;

    /// Adds to how often links were used. Those that have ended are left out.
    async fn add_visits(&self, visits: &[(LinkId, Visits)]) -> Result<(), StoreError>;
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
    /// See [`Link::rules`].
    pub rules: LinkRules,
}

impl NewLink {
    /// The link, under its number.
    #[must_use]
    pub fn numbered(self, id: LinkId) -> Link {
        let NewLink { key, account, referent, app, created, rules } = self;
        Link { id, key, account, referent, app, created, rules, visits: Visits::default() }
    }
}

/// What became of a new link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddLink {
    /// It is there.
    Made(Link),
    /// There is one already, under whatever rules.
    Is(Link),
    /// The account has as many as it may.
    TooMany,
    /// Another link has the name.
    VanityTaken,
}

/// What became of a link's new rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetRules {
    /// They hold. This is the link now.
    Set(Link),
    /// The account has no such link (any more), or it has other rules than was thought.
    Stale,
    /// Another link has the name.
    VanityTaken,
}
