//! Links, in a map.

use super::MemoryAccounts;
use crate::model::{AccountId, EntryId, Link, LinkAddress, LinkId, LinkRules, NamespaceId, Vanity, Visits};
use crate::store::{AddLink, LinkStore, NewLink, SetRules, StoreError};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// Every link, by its number.
#[derive(Default)]
pub(super) struct Links {
    links: BTreeMap<LinkId, Link>,
    given: u64,
}

impl Links {
    fn of(&mut self, account: AccountId, id: LinkId) -> Option<&mut Link> {
        self.links.get_mut(&id).filter(|link| link.account == account)
    }

    /// Whether a link other than `own` has this name.
    fn is_taken(&self, vanity: Option<&Vanity>, own: Option<LinkId>) -> bool {
        let others = self.links.values().filter(|link| Some(link.id) != own);
        vanity.is_some() && others.into_iter().any(|link| link.rules.vanity.as_ref() == vanity)
    }
}

#[async_trait]
impl LinkStore for MemoryAccounts {
    async fn add_link(&self, new: NewLink, at_most: u64) -> Result<AddLink, StoreError> {
        let links = &mut self.state().links;
        let same = |link: &&Link| {
            link.account == new.account
                && link.referent.namespace == new.referent.namespace
                && link.referent.entry == new.referent.entry
        };
        let there = links.links.values().find(same).cloned();
        if let Some(there) = &there
            && there.referent == new.referent
            && !there.has_expired(new.created)
        {
            return Ok(AddLink::Is(there.clone()));
        }
        let gives_way = there.map(|there| there.id);
        if links.is_taken(new.rules.vanity.as_ref(), gives_way) {
            return Ok(AddLink::VanityTaken);
        }
        let others = links.links.values().filter(|link| Some(link.id) != gives_way);
        let own = others.filter(|link| link.account == new.account);
        // How many must give way for this one.
        let excess = (own.clone().count() as u64 + 1).saturating_sub(at_most);
        let expired = own.filter(|link| link.has_expired(new.created));
        let mut expired: Vec<_> = expired.map(|link| (link.rules.expires, link.id)).collect();
        if (expired.len() as u64) < excess {
            return Ok(AddLink::TooMany);
        }
        expired.sort_unstable();
        expired.truncate(usize::try_from(excess).unwrap_or(usize::MAX));
        for id in expired.into_iter().map(|(_, id)| id).chain(gives_way) {
            links.links.remove(&id);
        }
        links.given += 1;
        let link = new.numbered(LinkId(links.given));
        links.links.insert(link.id, link.clone());
        Ok(AddLink::Made(link))
    }

    async fn link(&self, address: &LinkAddress) -> Result<Option<Link>, StoreError> {
        let is_it = |link: &&Link| match address {
            LinkAddress::Key(key) => link.key == *key,
            LinkAddress::Vanity(vanity) => link.rules.vanity.as_ref() == Some(vanity),
        };
        Ok(self.state().links.links.values().find(is_it).cloned())
    }

    async fn links_to(
        &self,
        account: AccountId,
        namespace: NamespaceId,
        entries: &[EntryId],
    ) -> Result<Vec<Link>, StoreError> {
        let state = self.state();
        let of = state.links.links.values().filter(|link| {
            link.account == account
                && link.referent.namespace == namespace
                && entries.contains(&link.referent.entry)
        });
        Ok(of.cloned().collect())
    }

    async fn links(
        &self,
        account: AccountId,
        before: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<Link>, StoreError> {
        let state = self.state();
        let newest = state.links.links.values().rev();
        let before = newest.filter(|link| before.is_none_or(|before| link.id < before));
        Ok(before.filter(|link| link.account == account).take(limit).cloned().collect())
    }

    async fn set_link_rules(
        &self,
        account: AccountId,
        id: LinkId,
        before: &LinkRules,
        after: &LinkRules,
    ) -> Result<SetRules, StoreError> {
        let links = &mut self.state().links;
        let is_taken = links.is_taken(after.vanity.as_ref(), Some(id));
        Ok(match links.of(account, id).filter(|link| link.rules == *before) {
            None => SetRules::Stale,
            Some(_) if is_taken => SetRules::VanityTaken,
            Some(link) => {
                link.rules = after.clone();
                SetRules::Set(link.clone())
            }
        })
    }

    async fn remove_link(&self, account: AccountId, id: LinkId) -> Result<Option<Link>, StoreError> {
        let mut state = self.state();
        if state.links.of(account, id).is_none() {
            return Ok(None);
        }
        Ok(state.links.links.remove(&id))
    }

    async fn add_visits(&self, visits: &[(LinkId, Visits)]) -> Result<(), StoreError> {
        let links = &mut self.state().links.links;
        for (id, more) in visits {
            if let Some(link) = links.get_mut(id) {
                link.visits += *more;
            }
        }
        Ok(())
    }
}
