//! Links: what a person shows to others. For whom a link is, is judged where people are known
//! ([`People::admit_guest`](crate::people::People::admit_guest)); what is shown here is shown to whoever was admitted.

use super::refer::{born, known, standing};
use super::trash::reaches;
use super::{Cloud, Item, Scope, Spot, Walk, find};
use crate::model::{
    Account, AccountId, AppKey, Entry, EntryId, LINK_KEY_CHARS, Link, LinkAddress, LinkChange, LinkId,
    LinkKey, LinkRules, Name, Note, PasswordMisplaced, Path, Referent, Timestamp,
};
use crate::people::{OpenLink, random_word};
use crate::store::{AddLink, NewLink, SetRules, Snapshot, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// How many links an account may have. Those that have expired are kept, for their owner could revive them, until there is
/// need of their place.
pub const LINKS_MAX: u64 = 10_000;

/// How many entries on each side are read at first to find what is beside something.
const NEIGHBOURS_AT_FIRST: usize = 8;

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
    /// The rules that it was to have will not do.
    #[error(transparent)]
    Rules(#[from] LinkRulesError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a link did not get the rules that it was to have.
#[derive(Debug, thiserror::Error)]
pub enum LinkRulesError {
    /// It would end before they hold.
    #[error("the link would have ended already")]
    Past,
    /// See there.
    #[error(transparent)]
    Password(#[from] PasswordMisplaced),
    /// Another link, perhaps of somebody else, has the name that was chosen.
    #[error("another link has the name")]
    VanityTaken,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What whoever has opened a link gets to see.
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

/// What lies on both sides of something in its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The nearest before it.
    pub before: Option<Entry>,
    /// The nearest behind it.
    pub after: Option<Entry>,
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
    /// The link to what is at a spot, with what that is, after this change of its rules: the same one again if the account
    /// has one that is good; otherwise a new one, which is open to everybody but for the change.
    pub async fn share(
        self: &Arc<Cloud>,
        scope: &Scope,
        at: impl Into<Spot> + Send,
        app: &AppKey,
        change: &LinkChange,
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
        loop {
            let created = self.clock.now();
            let new = NewLink {
                key: LinkKey(random_word(&*self.entropy, LINK_KEY_CHARS)),
                account: scope.account,
                referent: Referent { namespace: scope.namespace, entry: item.entry.id, born },
                app: app.clone(),
                created,
                rules: decide(&LinkRules::default(), change, created)?,
            };
            match self.add_link(new).await? {
                AddLink::Made(link) => return Ok((link, item)),
                AddLink::Is(link) => {
                    if let Some(link) = self.rule(link, change).await? {
                        return Ok((link, item));
                    }
                    // Somebody ended it meanwhile, or laid down something else: their doing came first.
                }
                AddLink::TooMany => return Err(ShareError::TooMany),
                AddLink::VanityTaken => return Err(LinkRulesError::VanityTaken.into()),
            }
        }
    }

    /// Ends the link to what is at a spot, for good; answers what is there, and the link that it had.
    pub async fn unshare(
        self: &Arc<Cloud>,
        scope: &Scope,
        at: impl Into<Spot> + Send,
    ) -> Result<(Option<Link>, Item), ShareError> {
        let item = self.stat(scope, at).await?.filter(|item| item.gone.is_none());
        let item = item.ok_or(ShareError::NotFound)?;
        let there = self.links.links_to(scope.account, scope.namespace, &[item.entry.id]).await?.pop();
        let Some(there) = there else { return Ok((None, item)) };
        Ok((self.end(there.account, there.id).await?, item))
    }

    /// The links to those of these entries that have a good one and are in reach, with one look for all of them. (Some may
    /// be gone, or elsewhere now: a link shows an entry wherever that is.)
    pub async fn links_to(
        &self,
        scope: &Scope,
        entries: &[EntryId],
    ) -> Result<HashMap<EntryId, Link>, StoreError> {
        let mut links = self.links.links_to(scope.account, scope.namespace, entries).await?;
        let now = self.clock.now();
        links.retain(|link| !link.has_expired(now));
        let mut found = HashMap::with_capacity(links.len());
        if links.is_empty() {
            return Ok(found);
        }
        let mut tree = self.journal.store().read(scope.namespace).await?;
        for link in links {
            // An entry of another life of the store may have had the number.
            if let Some(entry) = known(&mut *tree, &link.referent).await?
                && reaches(&mut *tree, scope.root, &entry).await?
            {
                found.insert(link.referent.entry, self.visits.counted(link));
            }
        }
        Ok(found)
    }

    /// The link with this address, while it is good: it has not ended, and is not of somebody who is shut out. Whoever
    /// asked is not admitted by that.
    pub async fn link(&self, address: &LinkAddress) -> Result<Option<Link>, StoreError> {
        let link = self.links.link(address).await?;
        let Some(link) = link.filter(|link| !link.has_expired(self.clock.now())) else { return Ok(None) };
        Ok(self.is_let_in(link.account).await?.then_some(link))
    }

    /// What a link shows at a spot below its entry, with up to `limit` children after `after` if that is a folder; nothing
    /// if nothing is there (any more). History is not looked at, so that strangers cannot make that expensive.
    pub async fn shared(
        &self,
        open: &OpenLink,
        at: impl Into<Spot> + Send,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<Option<Shared>, StoreError> {
        let link = open.link();
        let mut tree = self.journal.store().read(link.referent.namespace).await?;
        let Some((name, item)) = shown(&mut *tree, link, &at.into()).await? else { return Ok(None) };
        let mut children = Vec::new();
        if item.entry.is_folder() && limit > 0 {
            let after = after.map(Name::key);
            children = tree.children(item.entry.id, after.as_ref(), limit.saturating_add(1)).await?;
        }
        let more = children.len() > limit;
        children.truncate(limit);
        Ok(Some(Shared { account: link.account, name, item, children, more }))
    }

    /// The neighbours of something that a link shows: the nearest on both sides, among what lies in the same folder, in the
    /// order in which [`Cloud::shared`] lists that; `is_one` chooses, of up to `within` entries on each side. The link's own
    /// entry has none: what lies around that is not shown.
    pub async fn neighbours(
        &self,
        open: &OpenLink,
        at: impl Into<Spot> + Send,
        within: usize,
        is_one: impl Fn(&Entry) -> bool + Send,
    ) -> Result<Neighbours, StoreError> {
        let link = open.link();
        let mut tree = self.journal.store().read(link.referent.namespace).await?;
        let here = shown(&mut *tree, link, &at.into()).await?.map(|(_, item)| item);
        let here = here.filter(|item| !item.path.is_root()).map(|item| item.entry);
        let Some((folder, key)) = here.and_then(|entry| Some((entry.parent?, entry.name.key()))) else {
            return Ok(Neighbours::default());
        };
        let (mut before, mut after) = (None, None);
        // Mostly the very next is one.
        for limit in [within.min(NEIGHBOURS_AT_FIRST), within] {
            if before.is_none() {
                let back = tree.children_before(folder, &key, limit).await?;
                before = back.into_iter().find(&is_one);
            }
            if after.is_none() {
                let on = tree.children(folder, Some(&key), limit).await?;
                after = on.into_iter().find(&is_one);
            }
        }
        Ok(Neighbours { before, after })
    }

    /// A walk through what a link shows, and all that is below it: what leaves the link's own entry meanwhile is not told.
    #[must_use]
    pub fn walk_shared(open: &OpenLink, shared: &Shared) -> Walk {
        let link = open.link();
        let scope = Scope {
            account: link.account,
            quota: None,
            namespace: link.referent.namespace,
            root: link.referent.entry,
            app: None,
        };
        let name = shared.item.entry.name.as_str().to_owned();
        Walk::through(scope, name, shared.item.entry.clone())
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
            let (has_expired, link) = (link.has_expired(now), self.visits.counted(link));
            own.push(OwnLink { link, item, name: entry.map(|entry| entry.name), has_expired });
        }
        Ok(own)
    }

    /// Changes the rules of a link, whether or not it has expired; answers it as it is now, if the account has such a link.
    pub async fn change_link(
        &self,
        account: AccountId,
        id: LinkId,
        change: &LinkChange,
    ) -> Result<Option<Link>, LinkRulesError> {
        let after = LinkId(id.0.saturating_add(1));
        loop {
            let mut found = self.links.links(account, Some(after), 1).await?;
            let Some(link) = found.pop().filter(|link| link.id == id) else { return Ok(None) };
            if let Some(link) = self.rule(link, change).await? {
                return Ok(Some(link));
            }
        }
    }

    /// Ends a link for good; answers whether the account had such a link.
    pub async fn revoke_link(
        self: &Arc<Cloud>,
        account: AccountId,
        link: LinkId,
    ) -> Result<bool, StoreError> {
        Ok(self.end(account, link).await?.is_some())
    }

    /// Lays down other rules for a link; nothing if it is not (any more) as it was found.
    async fn rule(&self, link: Link, change: &LinkChange) -> Result<Option<Link>, LinkRulesError> {
        let after = decide(&link.rules, change, self.clock.now())?;
        // (Names are compared without case, and kept with it.)
        if *change == LinkChange::default() {
            return Ok(Some(self.visits.counted(link)));
        }
        match self.links.set_link_rules(link.account, link.id, &link.rules, &after).await? {
            SetRules::Set(link) => Ok(Some(self.visits.counted(link))),
            SetRules::Stale => Ok(None),
            SetRules::VanityTaken => Err(LinkRulesError::VanityTaken),
        }
    }

    /// Makes a link, and notes it in the journal of what it shows. In a task of its own: a client that hangs up leaves no
    /// link behind that nobody was told of. (A crash between the two can, before anything was answered.)
    async fn add_link(self: &Arc<Cloud>, new: NewLink) -> Result<AddLink, StoreError> {
        let cloud = Arc::clone(self);
        let task = tokio::spawn(async move {
            let added = cloud.links.add_link(new, LINKS_MAX).await?;
            if let AddLink::Made(link) = &added {
                cloud.note_link(link, Note::Shared).await?;
            }
            Ok(added)
        });
        task.await
            .map_err(|lost| StoreError::Unavailable { what: "make a link", source: Some(lost.into()) })?
    }

    /// Ends a link, and notes it in the same way. One that expires ends by itself, and is not noted.
    async fn end(self: &Arc<Cloud>, account: AccountId, link: LinkId) -> Result<Option<Link>, StoreError> {
        let cloud = Arc::clone(self);
        let task = tokio::spawn(async move {
            let ended = cloud.links.remove_link(account, link).await?;
            if let Some(link) = &ended {
                cloud.note_link(link, Note::Unshared).await?;
            }
            Ok(ended)
        });
        task.await
            .map_err(|lost| StoreError::Unavailable { what: "end a link", source: Some(lost.into()) })?
    }

    async fn note_link(&self, link: &Link, note: Note) -> Result<(), StoreError> {
        let Referent { namespace, entry, .. } = link.referent;
        let mut tree = self.journal.store().read(namespace).await?;
        // An entry of another life of the store may have had the number.
        let is_known = known(&mut *tree, &link.referent).await?.is_some();
        drop(tree);
        match is_known {
            true => self.note(namespace, link.account, entry, note).await,
            false => Ok(()),
        }
    }
}

/// What a link shows at a spot below its entry, with what that entry is called now; nothing if nothing is there (any more).
async fn shown(tree: &mut dyn Snapshot, link: &Link, at: &Spot) -> Result<Option<(Name, Item)>, StoreError> {
    let chain = standing(tree, &link.referent).await?;
    let Some(top) = chain.and_then(|mut chain| chain.pop()) else { return Ok(None) };
    let name = top.name.clone();
    let is_top = match at {
        Spot::Path(path) => path.is_root(),
        Spot::Entry(entry) => *entry == top.id,
        Spot::In { .. } => false,
    };
    if is_top {
        return Ok(Some((name, Item { path: Path::root(), entry: top, gone: None })));
    }
    if !top.is_folder() {
        return Ok(None);
    }
    let site = find::site(tree, top.id, at).await?;
    Ok(site.and_then(|site| site.item()).map(|item| (name, item)))
}

/// The rules after a change, which holds from `now` on.
fn decide(rules: &LinkRules, change: &LinkChange, now: Timestamp) -> Result<LinkRules, LinkRulesError> {
    match change.expires {
        Some(Some(expires)) if expires <= now => Err(LinkRulesError::Past),
        _ => Ok(rules.after(change)?),
    }
}
