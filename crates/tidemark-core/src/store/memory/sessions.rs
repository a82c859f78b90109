//! Sessions and last uses, in maps.

use super::MemoryAccounts;
use crate::model::{AccountId, GrantId, RequestState, SecretHash, Session, SessionId, TicketKind, Timestamp};
use crate::store::{LastUses, NewSession, SessionStore, StoreError, UseStore};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};

/// The part of the state that is about them.
#[derive(Default)]
pub(super) struct Sessions {
    open: BTreeMap<SessionId, Session>,
    opened: u64,
    grant_uses: HashMap<GrantId, Timestamp>,
    account_uses: BTreeMap<AccountId, Timestamp>,
}

impl Sessions {
    fn used(&mut self, account: AccountId, at: Timestamp) {
        let last = self.account_uses.entry(account).or_insert(at);
        *last = at.max(*last);
    }
}

#[async_trait]
impl SessionStore for MemoryAccounts {
    async fn add_session(&self, new: NewSession) -> Result<Session, StoreError> {
        let mut state = self.state();
        state.sessions.opened += 1;
        let NewSession { secret, account, created, expires, browser, address } = new;
        let id = SessionId(state.sessions.opened);
        let session = Session { id, secret, account, created, expires, seen: created, browser, address };
        state.sessions.open.insert(id, session.clone());
        state.sessions.used(account, created);
        Ok(session)
    }

    async fn session(&self, secret: SecretHash) -> Result<Option<Session>, StoreError> {
        let state = self.state();
        Ok(state.sessions.open.values().find(|session| session.secret == secret).cloned())
    }

    async fn sessions(&self, account: AccountId) -> Result<Vec<Session>, StoreError> {
        let state = self.state();
        let newest_first = state.sessions.open.values().rev();
        Ok(newest_first.filter(|session| session.account == account).cloned().collect())
    }

    async fn end_session(&self, account: AccountId, id: SessionId) -> Result<Option<Session>, StoreError> {
        let mut state = self.state();
        let is_theirs = state.sessions.open.get(&id).is_some_and(|session| session.account == account);
        Ok(if is_theirs { state.sessions.open.remove(&id) } else { None })
    }

    async fn end_sessions(&self, account: AccountId, but: Option<SessionId>) -> Result<usize, StoreError> {
        let ended = {
            let mut state = self.state();
            let before = state.sessions.open.len();
            state.sessions.open.retain(|id, session| session.account != account || Some(*id) == but);
            before - state.sessions.open.len()
        };
        let begun = self.forget(|ticket| match ticket.kind {
            TicketKind::Code { account: of, .. }
            | TicketKind::Request(RequestState::Allowed { account: of, .. }) => of == account,
            TicketKind::Setup
            | TicketKind::SpentCode { .. }
            | TicketKind::Request(RequestState::Denied | RequestState::Spent) => false,
        });
        Ok(ended + begun)
    }

    async fn sweep_sessions(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut state = self.state();
        let before = state.sessions.open.len();
        state.sessions.open.retain(|_, session| session.expires > now);
        Ok(before - state.sessions.open.len())
    }
}

#[async_trait]
impl UseStore for MemoryAccounts {
    async fn note_uses(&self, uses: LastUses) -> Result<(), StoreError> {
        let mut state = self.state();
        for (id, at) in uses.sessions {
            if let Some(session) = state.sessions.open.get_mut(&id) {
                session.seen = at.max(session.seen);
                let account = session.account;
                state.sessions.used(account, at);
            }
        }
        for (id, at) in uses.grants {
            if let Some(account) = state.grants.get(&id).map(|grant| grant.account) {
                let last = state.sessions.grant_uses.entry(id).or_insert(at);
                *last = at.max(*last);
                state.sessions.used(account, at);
            }
        }
        Ok(())
    }

    async fn grant_uses(&self, account: AccountId) -> Result<Vec<(GrantId, Timestamp)>, StoreError> {
        let state = self.state();
        let theirs = state.grants.values().filter(|grant| grant.account == account);
        Ok(theirs.filter_map(|grant| Some((grant.id, *state.sessions.grant_uses.get(&grant.id)?))).collect())
    }

    async fn account_uses(&self) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
        Ok(self.state().sessions.account_uses.iter().map(|(account, at)| (*account, *at)).collect())
    }

    async fn account_use(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state().sessions.account_uses.get(&account).copied())
    }
}
