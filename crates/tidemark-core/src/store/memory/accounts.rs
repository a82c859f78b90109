//! People, apps, grants and tickets, in maps.

use super::families::Families;
use super::links::Links;
use super::sessions::Sessions;
use super::webhooks::Webhooks;
use crate::model::{
    Account, AccountId, App, AppKey, EntryId, Given, Grant, GrantId, NamespaceId, PasswordHash, Proof,
    RequestState, SecretHash, Ticket, TicketKind, Timestamp, email_key,
};
use crate::store::{
    AccountChange, AccountStore, AddAccount, AppChange, ChangeEmail, GrantStore, NONCES_MAX, NewAccount,
    NewGrant, StoreError,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

/// Everything about people that a deployment keeps, gone when it is dropped.
#[derive(Default)]
pub struct MemoryAccounts(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    /// In the order in which they were added, without their webhooks.
    pub(super) apps: Vec<App>,
    app_folders: HashMap<(AccountId, AppKey), EntryId>,
    pub(super) grants: BTreeMap<GrantId, Grant>,
    grants_given: u64,
    pub(super) tickets: HashMap<SecretHash, Ticket>,
    pub(super) families: Families,
    pub(super) sessions: Sessions,
    words: HashMap<SecretHash, Timestamp>,
    pub(super) webhooks: Webhooks,
    pub(super) links: Links,
}

impl State {
    fn by_email(&self, email: &str) -> Option<&Account> {
        let key = email_key(email);
        self.accounts.values().find(|account| email_key(&account.email) == key)
    }

    pub(super) fn app(&self, key: &AppKey) -> Option<App> {
        self.apps.iter().find(|app| app.key == *key).map(|app| self.with_webhooks(app))
    }

    fn with_webhooks(&self, app: &App) -> App {
        App { webhook_uris: self.webhooks.uris(&app.key), ..app.clone() }
    }

    pub(super) fn give(&mut self, new: NewGrant) -> Grant {
        let NewGrant { account, app, proof, token, created, expires } = new;
        self.grants_given += 1;
        let id = GrantId(self.grants_given);
        let grant =
            Grant { id, account, app, token, proof, created, expires, family: None, unsettled: false };
        self.grants.insert(id, grant.clone());
        grant
    }

    /// A grant as its family has it now.
    pub(super) fn told(&self, grant: &Grant) -> Grant {
        Grant { unsettled: self.families.unsettles(grant.id), ..grant.clone() }
    }
}

impl MemoryAccounts {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

#[async_trait]
impl AccountStore for MemoryAccounts {
    async fn add_account(&self, new: NewAccount) -> Result<AddAccount, StoreError> {
        let mut state = self.state();
        if new.first_only && !state.accounts.is_empty() {
            return Ok(AddAccount::NotFirst);
        }
        if state.by_email(&new.email).is_some() {
            return Ok(AddAccount::EmailTaken);
        }
        // Accounts are never removed, so counting them numbers them.
        let number =
            u32::try_from(state.accounts.len() + 1).expect("so many accounts do not fit into memory");
        let account = Account {
            id: AccountId(number.into()),
            email: new.email,
            name: new.name,
            password: new.password,
            namespace: NamespaceId(number),
            quota: new.quota,
            admin: new.admin,
            disabled: false,
            created: new.created,
        };
        state.accounts.insert(account.id, account.clone());
        Ok(AddAccount::Added(account))
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.state().accounts.get(&id).cloned())
    }

    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        Ok(self.state().by_email(email).cloned())
    }

    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        Ok(self.state().accounts.values().cloned().collect())
    }

    async fn count_accounts(&self) -> Result<u64, StoreError> {
        Ok(self.state().accounts.len() as u64)
    }

    async fn change_account(&self, id: AccountId, change: AccountChange) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(account) = state.accounts.get_mut(&id) else { return Ok(false) };
        match change {
            AccountChange::Name(name) => account.name = name,
            AccountChange::Password(password) => account.password = password,
            AccountChange::Quota(quota) => account.quota = quota,
            AccountChange::Admin(admin) => account.admin = admin,
            AccountChange::Disabled(disabled) => account.disabled = disabled,
        }
        Ok(true)
    }

    async fn change_email(&self, id: AccountId, email: &str) -> Result<ChangeEmail, StoreError> {
        let mut state = self.state();
        if state.by_email(email).is_some_and(|account| account.id != id) {
            return Ok(ChangeEmail::Taken);
        }
        Ok(match state.accounts.get_mut(&id) {
            Some(account) => {
                email.clone_into(&mut account.email);
                ChangeEmail::Changed
            }
            None => ChangeEmail::NoAccount,
        })
    }

    async fn replace_password(
        &self,
        id: AccountId,
        old: &PasswordHash,
        new: PasswordHash,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let account = state.accounts.get_mut(&id).filter(|account| account.password.as_ref() == Some(old));
        Ok(account.map(|account| account.password = Some(new)).is_some())
    }

    async fn add_app(&self, app: &App) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.apps.iter().any(|known| known.key == app.key) {
            return Ok(false);
        }
        for uri in &app.webhook_uris {
            state.webhooks.add(&app.key, uri, app.created);
        }
        state.apps.push(app.clone());
        Ok(true)
    }

    async fn app(&self, key: &AppKey) -> Result<Option<App>, StoreError> {
        Ok(self.state().app(key))
    }

    async fn apps(&self) -> Result<Vec<App>, StoreError> {
        let state = self.state();
        Ok(state.apps.iter().map(|app| state.with_webhooks(app)).collect())
    }

    async fn apps_of(&self, owner: AccountId) -> Result<Vec<App>, StoreError> {
        let state = self.state();
        let theirs = state.apps.iter().filter(|app| app.owner == Some(owner));
        Ok(theirs.map(|app| state.with_webhooks(app)).collect())
    }

    async fn change_app(&self, key: &AppKey, change: AppChange) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(app) = state.apps.iter_mut().find(|app| app.key == *key) else { return Ok(false) };
        change.apply(app);
        Ok(true)
    }

    async fn delete_app(&self, key: &AppKey) -> Result<bool, StoreError> {
        let mut state = self.state();
        let before = state.apps.len();
        state.apps.retain(|app| app.key != *key);
        state.grants.retain(|_, grant| grant.app != *key);
        state.families.delete_app(key);
        state.tickets.retain(|_, ticket| match &ticket.kind {
            TicketKind::Code { app, .. }
            | TicketKind::SpentCode { app, .. }
            | TicketKind::Request(RequestState::Allowed { app, .. }) => app != key,
            TicketKind::Setup | TicketKind::Request(RequestState::Denied | RequestState::Spent) => true,
        });
        state.webhooks.delete_app(key);
        state.app_folders.retain(|(_, app), _| app != key);
        Ok(state.apps.len() < before)
    }

    async fn app_folder(&self, account: AccountId, app: &AppKey) -> Result<Option<EntryId>, StoreError> {
        Ok(self.state().app_folders.get(&(account, app.clone())).copied())
    }

    async fn set_app_folder(
        &self,
        account: AccountId,
        app: &AppKey,
        old: Option<EntryId>,
        new: EntryId,
    ) -> Result<bool, StoreError> {
        let (mut state, key) = (self.state(), (account, app.clone()));
        let still = state.app_folders.get(&key).copied() == old;
        if still {
            state.app_folders.insert(key, new);
        }
        Ok(still)
    }
}

#[async_trait]
impl GrantStore for MemoryAccounts {
    async fn add_grant(&self, new: NewGrant) -> Result<Grant, StoreError> {
        Ok(self.state().give(new))
    }

    async fn add_grant_beside(
        &self,
        beside: GrantId,
        proof: Proof,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let mut state = self.state();
        let Some(Grant { account, app, .. }) = state.grants.get(&beside).cloned() else { return Ok(None) };
        Ok(Some(state.give(NewGrant::lasting(account, &app, proof, token, created))))
    }

    async fn grant(&self, token: SecretHash) -> Result<Option<(Grant, Account, App)>, StoreError> {
        let state = self.state();
        let Some(grant) = state.grants.values().find(|grant| grant.token == token) else { return Ok(None) };
        let grant = state.told(grant);
        let account = state.accounts.get(&grant.account).cloned();
        let app = state.app(&grant.app);
        let broken = || StoreError::Corrupt(format!("grant {} is of nobody or of no app", grant.id.0));
        let (account, app) = account.zip(app).ok_or_else(broken)?;
        Ok(Some((grant, account, app)))
    }

    async fn spend_code(
        &self,
        code: SecretHash,
        account: AccountId,
        app: &AppKey,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let mut state = self.state();
        let Some(Ticket { kind: TicketKind::Code { app: owner, challenge, .. }, .. }) =
            state.tickets.get(&code).cloned()
        else {
            return Ok(None);
        };
        let grant = state.give(NewGrant::lasting(account, app, Proof::Bearer, token, created));
        if let Some(ticket) = state.tickets.get_mut(&code) {
            ticket.kind = TicketKind::SpentCode { gave: Given::Grant(grant.id), app: owner, challenge };
        }
        Ok(Some(grant))
    }

    async fn spend_request(
        &self,
        request: SecretHash,
        account: AccountId,
        app: &AppKey,
        token: SecretHash,
        created: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let mut state = self.state();
        let Some(ticket) = state.tickets.get_mut(&request) else { return Ok(None) };
        if !matches!(ticket.kind, TicketKind::Request(RequestState::Allowed { .. })) {
            return Ok(None);
        }
        ticket.kind = TicketKind::Request(RequestState::Spent);
        Ok(Some(state.give(NewGrant::lasting(account, app, Proof::OAuth1, token, created))))
    }

    async fn grants(&self, account: AccountId) -> Result<Vec<Grant>, StoreError> {
        let state = self.state();
        let of_account = state.grants.values().rev().filter(|grant| grant.account == account);
        Ok(of_account.map(|grant| state.told(grant)).collect())
    }

    async fn has_grant(&self, account: AccountId, app: &AppKey) -> Result<bool, StoreError> {
        let state = self.state();
        Ok(state.grants.values().any(|grant| grant.account == account && grant.app == *app))
    }

    async fn revoke_grant(&self, id: GrantId) -> Result<bool, StoreError> {
        let mut state = self.state();
        let ended = state.grants.remove(&id);
        if let Some(family) = ended.as_ref().and_then(|grant| grant.family) {
            state.end_family(family);
        }
        Ok(ended.is_some())
    }

    async fn save_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        self.state().tickets.insert(ticket.secret, ticket.clone());
        Ok(())
    }

    async fn add_ticket(&self, ticket: &Ticket) -> Result<bool, StoreError> {
        let mut state = self.state();
        let free = !state.tickets.contains_key(&ticket.secret);
        if free {
            state.tickets.insert(ticket.secret, ticket.clone());
        }
        Ok(free)
    }

    async fn ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, StoreError> {
        Ok(self.state().tickets.get(&secret).cloned())
    }

    async fn take_ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, StoreError> {
        Ok(self.state().tickets.remove(&secret))
    }

    async fn unlink(&self, account: AccountId, app: &AppKey) -> Result<usize, StoreError> {
        let mut state = self.state();
        let before = state.grants.len();
        state.grants.retain(|_, grant| grant.account != account || grant.app != *app);
        state.families.unlink(account, app);
        state.tickets.retain(|_, ticket| match &ticket.kind {
            TicketKind::Code { account: of, app: to, .. }
            | TicketKind::Request(RequestState::Allowed { account: of, app: to }) => {
                *of != account || to != app
            }
            TicketKind::Setup
            | TicketKind::SpentCode { .. }
            | TicketKind::Request(RequestState::Denied | RequestState::Spent) => true,
        });
        Ok(before - state.grants.len())
    }

    async fn remember_once(
        &self,
        word: SecretHash,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.words.contains_key(&word) {
            return Ok(false);
        }
        if state.words.len() >= NONCES_MAX as usize {
            state.words.retain(|_, expires| *expires > now);
        }
        if state.words.len() >= NONCES_MAX as usize {
            return Err(StoreError::Unavailable { what: "remember another nonce", source: None });
        }
        state.words.insert(word, expires);
        Ok(true)
    }

    async fn sweep_tickets(&self, now: Timestamp) -> Result<usize, StoreError> {
        let words = {
            let mut state = self.state();
            let before = state.words.len();
            state.words.retain(|_, expires| *expires > now);
            before - state.words.len()
        };
        Ok(words + self.forget(|ticket| ticket.expires <= now))
    }
}

impl MemoryAccounts {
    pub(super) fn forget(&self, which: impl Fn(&Ticket) -> bool) -> usize {
        let mut state = self.state();
        let before = state.tickets.len();
        state.tickets.retain(|_, ticket| !which(ticket));
        before - state.tickets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[tokio::test]
    async fn keeps_the_promises() {
        conformance::accounts::suite(|| async { MemoryAccounts::default() }).await;
    }

    #[tokio::test]
    async fn keeps_the_promises_about_sessions() {
        conformance::sessions::suite(|| async { MemoryAccounts::default() }).await;
    }

    #[tokio::test]
    async fn keeps_the_promises_about_families() {
        conformance::families::suite(|| async { MemoryAccounts::default() }).await;
    }

    #[tokio::test]
    async fn remembers_so_many_words_and_no_more() {
        let store = MemoryAccounts::default();
        let word = |n: u32| {
            let mut word = [0; 32];
            word[..4].copy_from_slice(&n.to_le_bytes());
            SecretHash(word)
        };
        let (now, later) = (Timestamp(0), Timestamp(9));
        for n in 1..=NONCES_MAX {
            assert!(store.remember_once(word(n), now, Timestamp(n.into())).await.unwrap());
        }
        let refused = store.remember_once(word(0), now, later).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })));
        assert!(!store.remember_once(word(7), now, later).await.unwrap(), "what is known is known");
        assert!(store.remember_once(word(0), Timestamp(1), later).await.unwrap(), "what expired makes room");
    }

    #[tokio::test]
    async fn keeps_the_promises_about_webhooks() {
        conformance::webhooks::suite(|| async { MemoryAccounts::default() }).await;
    }

    #[tokio::test]
    async fn keeps_the_promises_about_links() {
        conformance::links::suite(|| async { MemoryAccounts::default() }).await;
    }
}
