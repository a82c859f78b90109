//! Families of grants, in a map.

use super::MemoryAccounts;
use super::accounts::State;
use crate::model::{
    AccountId, AppKey, Family, FamilyId, Given, Grant, GrantId, Pair, Proof, SecretHash, TicketKind,
    Timestamp,
};
use crate::store::{FamilyStore, NewFamily, NewGrant, NewPair, StoreError};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// Every family, by its number, with what its refresh tokens begin with.
#[derive(Default)]
pub(super) struct Families {
    families: BTreeMap<FamilyId, (SecretHash, Family)>,
    given: u64,
}

impl Families {
    /// Whether the first use of this grant's token ends its family's former pair.
    pub(super) fn unsettles(&self, grant: GrantId) -> bool {
        self.families.values().any(|(_, family)| family.current.grant == grant && family.former.is_some())
    }

    pub(super) fn delete_app(&mut self, app: &AppKey) {
        self.families.retain(|_, (_, family)| family.app != *app);
    }

    pub(super) fn unlink(&mut self, account: AccountId, app: &AppKey) {
        self.families.retain(|_, (_, family)| family.account != account || family.app != *app);
    }
}

impl State {
    pub(super) fn end_family(&mut self, id: FamilyId) -> bool {
        self.grants.retain(|_, grant| grant.family != Some(id));
        self.families.families.remove(&id).is_some()
    }

    fn give_pair(
        &mut self,
        family: (FamilyId, AccountId, AppKey, Timestamp),
        next: NewPair,
    ) -> (Grant, Pair) {
        let (id, account, app, created) = family;
        let NewPair { token, token_expires, refresh, refresh_expires } = next;
        let expires = Some(token_expires);
        let grant = self.give(NewGrant { account, app, proof: Proof::Bearer, token, created, expires });
        let grant = Grant { family: Some(id), ..grant };
        self.grants.insert(grant.id, grant.clone());
        let pair = Pair { grant: grant.id, refresh, expires: refresh_expires };
        (grant, pair)
    }
}

#[async_trait]
impl FamilyStore for MemoryAccounts {
    async fn begin_family(&self, code: SecretHash, new: NewFamily) -> Result<Option<Grant>, StoreError> {
        let mut state = self.state();
        let Some(TicketKind::Code { app: owner, challenge, .. }) =
            state.tickets.get(&code).map(|ticket| ticket.kind.clone())
        else {
            return Ok(None);
        };
        let NewFamily { handle, account, app, created, first } = new;
        state.families.given += 1;
        let id = FamilyId(state.families.given);
        let (grant, current) = state.give_pair((id, account, app.clone(), created), first);
        let family = Family { id, account, app, created, current, former: None };
        state.families.families.insert(id, (handle, family));
        if let Some(ticket) = state.tickets.get_mut(&code) {
            ticket.kind = TicketKind::SpentCode { gave: Given::Family(id), app: owner, challenge };
        }
        Ok(Some(grant))
    }

    async fn family(&self, handle: SecretHash) -> Result<Option<Family>, StoreError> {
        let state = self.state();
        let found = state.families.families.values().find(|(of, _)| *of == handle);
        Ok(found.map(|(_, family)| family.clone()))
    }

    async fn renew_family(
        &self,
        family: &Family,
        former: &Pair,
        next: NewPair,
    ) -> Result<Option<Grant>, StoreError> {
        let mut state = self.state();
        let there = state.families.families.get(&family.id).map(|(_, there)| there);
        if !there.is_some_and(|there| there.current == family.current && there.former == family.former) {
            return Ok(None);
        }
        state.grants.retain(|id, grant| grant.family != Some(family.id) || *id == former.grant);
        let of = (family.id, family.account, family.app.clone(), family.created);
        let (grant, current) = state.give_pair(of, next);
        if let Some((_, there)) = state.families.families.get_mut(&family.id) {
            (there.current, there.former) = (current, Some(*former));
        }
        Ok(Some(state.told(&grant)))
    }

    async fn settle(&self, grant: GrantId) -> Result<bool, StoreError> {
        let mut state = self.state();
        for (_, family) in state.families.families.values_mut() {
            if family.current.grant == grant {
                family.former = None;
            }
        }
        Ok(state.grants.contains_key(&grant))
    }

    async fn end_family(&self, id: FamilyId) -> Result<bool, StoreError> {
        Ok(self.state().end_family(id))
    }

    async fn sweep_grants(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut state = self.state();
        let before = state.grants.len();
        let families = state.families.families.values();
        let expired = families.filter(|(_, family)| family.current.expires <= now);
        for id in expired.map(|(_, family)| family.id).collect::<Vec<_>>() {
            state.end_family(id);
        }
        state
            .grants
            .retain(|_, grant| grant.family.is_some() || grant.expires.is_none_or(|expires| expires > now));
        Ok(before - state.grants.len())
    }
}
