//! Links, in a map.

use super::MemoryAccounts;
use crate::model::{AccountId, Link, LinkId, LinkKey, Timestamp};
use crate::store::{AddLink, LinkStore, NewLink, StoreError};
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
        if let Some(there) = links.links.values().find(same).cloned() {
            if there.referent == new.referent && !there.has_expired(new.created) {
                return Ok(AddLink::Is(there));
            }
            links.links.remove(&there.id);
        }
        let own = links.links.values().filter(|link| link.account == new.account);
        // How many must give way for this one.
        let excess = (own.clone().count() as u64 + 1).saturating_sub(at_most);
        let expired = own.filter(|link| link.has_expired(new.created));
        let mut expired: Vec<_> = expired.map(|link| (link.expires, link.id)).collect();
        expired.sort_unstable();
        expired.truncate(usize::try_from(excess).unwrap_or(usize::MAX));
        for (_, id) in &expired {
            links.links.remove(id);
        }
        if (expired.len() as u64) < excess {
            return Ok(AddLink::TooMany);
        }
        links.given += 1;
        let link = new.numbered(LinkId(links.given));
        links.links.insert(link.id, link.clone());
        Ok(AddLink::Is(link))
    }

    async fn link(&self, key: &LinkKey) -> Result<Option<Link>, StoreError> {
        Ok(self.state().links.links.values().find(|link| link.key == *key).cloned())
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

    async fn set_link_expiry(
        &self,
        account: AccountId,
        id: LinkId,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(link) = state.links.of(account, id) else { return Ok(false) };
        link.expires = expires;
        Ok(true)
    }

    async fn remove_link(&self, account: AccountId, id: LinkId) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.links.of(account, id).is_none() {
            return Ok(false);
        }
        Ok(state.links.links.remove(&id).is_some())
    }
}
