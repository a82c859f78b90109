//! Links: what a person shows to everybody who knows a key.

use super::refer::{born, known, standing};
use super::{Cloud, Item, Scope, Spot, find};
use crate::model::{
    Account, AccountId, AppKey, Entry, LINK_KEY_CHARS, Link, LinkId, LinkKey, Name, Path, Referent, Timestamp,
};
use crate::people::random_word;
use crate::store::{AddLink, NewLink, StoreError};

/// How many links an account may have. Those that have expired are kept, for their owner could revive them, until there is
/// need of their place.
pub const LINKS_MAX: u64 = 10_000;

/// Why something was not shared.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// Nothing is at the path.
    #[error("there is nothing at the path")]
    NotFound,
    /// A link shows a part of a tree, never the whole.
    #[error("the root cannot be shared")]
    RootNotAllowed,
    /// See [`LINKS_MAX`].
    #[error("the account has {LINKS_MAX} links, and may not have more")]
    TooMany,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What whoever opens a link gets to see.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Whose it is, and in whose turn things are made of it. Nothing that is told of a link may tell this.
    pub account: AccountId,
    /// What the link's own entry is called now.
    pub name: Name,
    /// What was asked for: the link's entry itself (whose path is the root here), or something below it.
    pub item: Item,
    /// If that is a folder: some of what it holds, by name key.
    pub children: Vec<Entry>,
    /// Whether it holds more after those.
    pub more: bool,
}

/// A link as whose it is sees it.
#[derive(Clone, Debug)]
pub struct OwnLink {
    /// The link.
    pub link: Link,
    /// What it shows, seen from the tree's root; nothing while that is deleted.
    pub item: Option<Item>,
    /// What that is called, or was when it was deleted; nothing if it was lost with the life of the store.
    pub name: Option<Name>,
    /// Whether it has ended by itself.
    pub has_expired: bool,
}

impl Cloud {
    /// A link to what is at a spot, with what that is: the same one again if the account has one that is good.
    pub async fn share(
        &self,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        app: &AppKey,
    ) -> Result<(Link, Item), ShareError> {
        let at = at.into();
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let site = find::site(&mut *tree, scope.root, &at).await?.ok_or(ShareError::NotFound)?;
        if site.is_root() {
            return Err(ShareError::RootNotAllowed);
        }
        let item = site.item().ok_or(ShareError::NotFound)?;
        let born = born(&mut *tree, item.entry.id).await?;
        drop(tree);
        let link = NewLink {
            key: LinkKey(random_word(&*self.entropy, LINK_KEY_CHARS)),
            account: scope.account,
            referent: Referent { namespace: scope.namespace, entry: item.entry.id, born },
            app: app.clone(),
            created: self.clock.now(),
        };
        match self.links.add_link(link, LINKS_MAX).await? {
            AddLink::Is(link) => Ok((link, item)),
            AddLink::TooMany => Err(ShareError::TooMany),
        }
    }

    /// What a link shows at a path below its entry, with up to `limit` children after `after` if that is a folder;
    /// nothing if the link never was, has ended, is of somebody who is shut out, or nothing is there (any more). None of
    /// these is told from the others. History is not looked at, so that strangers cannot make that expensive.
    pub async fn shared(
        &self,
        key: &LinkKey,
        path: &Path,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<Option<Shared>, StoreError> {
        let link = self.links.link(key).await?;
        let Some(link) = link.filter(|link| !link.has_expired(self.clock.now())) else { return Ok(None) };
        if !self.is_let_in(link.account).await? {
            return Ok(None);
        }
        let mut tree = self.journal.store().read(link.referent.namespace).await?;
        let chain = standing(&mut *tree, &link.referent).await?;
        let Some(top) = chain.and_then(|mut chain| chain.pop()) else { return Ok(None) };
        let name = top.name.clone();
        let item = if path.is_root() {
            Item { path: Path::root(), entry: top, gone: None }
        } else {
            let site = match top.is_folder() {
                true => find::site_at(&mut *tree, top.id, path).await?,
                false => None,
            };
            let Some(item) = site.and_then(|site| site.item()) else { return Ok(None) };
            item
        };
        let mut children = Vec::new();
        if item.entry.is_folder() && limit > 0 {
            let after = after.map(Name::key);
            children = tree.children(item.entry.id, after.as_ref(), limit.saturating_add(1)).await?;
        }
        let more = children.len() > limit;
        children.truncate(limit);
        Ok(Some(Shared { account: link.account, name, item, children, more }))
    }

    /// Up to `limit` of an account's links, the newest first, beginning before the number `before`.
    pub async fn links(
        &self,
        account: &Account,
        before: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<OwnLink>, StoreError> {
        let (links, now) = (self.links.links(account.id, before, limit).await?, self.clock.now());
        let mut tree = self.journal.store().read(account.namespace).await?;
        let mut own = Vec::with_capacity(links.len());
        for link in links {
            let here = link.referent.namespace == account.namespace;
            let entry = if here { known(&mut *tree, &link.referent).await? } else { None };
            let chain =
                if entry.is_some() { find::chain(&mut *tree, link.referent.entry).await? } else { None };
            let item = chain.and_then(|mut chain| {
                let path = chain.iter().skip(1).map(|entry| entry.name.clone()).collect();
                chain.pop().map(|entry| Item { path, entry, gone: None })
            });
            let has_expired = link.has_expired(now);
            own.push(OwnLink { link, item, name: entry.map(|entry| entry.name), has_expired });
        }
        Ok(own)
    }

    /// Changes when a link ends; nothing for never. Answers whether the account has such a link.
    pub async fn set_link_expiry(
        &self,
        account: AccountId,
        link: LinkId,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.links.set_link_expiry(account, link, expires).await
    }

    /// Ends a link for good; answers whether the account had such a link.
    pub async fn revoke_link(&self, account: AccountId, link: LinkId) -> Result<bool, StoreError> {
        self.links.remove_link(account, link).await
    }
}
