//! What administrators do to accounts over the network. (The commands of the machine's owner go past this: whoever has the data
//! folder needs nobody's leave.)

use super::{AccountError, NewPerson, People};
use crate::model::{Account, AccountId, Timestamp};
use crate::store::{AccountChange, StoreError};
use std::collections::HashMap;

/// The verbs of an administrator, who was one when they asked: each request asks anew.
pub struct Administration<'a> {
    people: &'a People,
    acting: AccountId,
}

/// An account as administrators see it.
#[derive(Clone, Debug)]
pub struct Member {
    /// It.
    pub account: Account,
    /// When it was used last, to some minutes; nothing if it never was since that is noted.
    pub seen: Option<Timestamp>,
}

/// Why an administrator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// There is no account with this number.
    #[error("there is no such account")]
    Unknown,
    /// Nobody shuts themselves out, nor changes their own e-mail or password without the password.
    #[error("nobody does this to their own account")]
    Yourself,
    /// There would be nobody left to administer the server.
    #[error("this is the last account that can administer the server")]
    LastAdmin,
    /// See there.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<StoreError> for AdministrationError {
    fn from(error: StoreError) -> AdministrationError {
        AdministrationError::Account(error.into())
    }
}

impl People {
    /// The verbs of this account, if it administers the server now.
    pub async fn administration(&self, acting: AccountId) -> Result<Option<Administration<'_>>, StoreError> {
        let account = self.enabled_account(acting).await?.filter(|account| account.admin);
        Ok(account.map(|account| Administration { people: self, acting: account.id }))
    }
}

impl Administration<'_> {
    /// All accounts, the oldest first.
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        let seen: HashMap<_, _> = self.people.grants.account_uses().await?.into_iter().collect();
        let accounts = self.people.accounts().await?.into_iter();
        Ok(accounts.map(|account| Member { seen: seen.get(&account.id).copied(), account }).collect())
    }

    /// How many there are.
    pub async fn count(&self) -> Result<u64, StoreError> {
        self.people.accounts.count_accounts().await
    }

    /// One of them.
    pub async fn member(&self, id: AccountId) -> Result<Option<Member>, StoreError> {
        let Some(account) = self.people.account_by_id(id).await? else { return Ok(None) };
        let seen = self.people.grants.account_use(id).await?;
        Ok(Some(Member { account, seen }))
    }

    /// Whether this is the account of who asks.
    #[must_use]
    pub fn is_self(&self, id: AccountId) -> bool {
        id == self.acting
    }

    /// Adds an account, whose password its owner should change.
    pub async fn add(&self, person: NewPerson) -> Result<Account, AdministrationError> {
        let added = self.people.add_account(person).await?;
        tracing::info!(by = self.acting.0, account = added.id.0, admin = added.admin, "an account was added");
        Ok(added)
    }

    /// Shuts an account out, or lets it in again; see [`People::set_disabled`]. Not one's own, and not the last administrator's.
    pub async fn set_disabled(&self, id: AccountId, disabled: bool) -> Result<(), AdministrationError> {
        if disabled && self.is_self(id) {
            return Err(AdministrationError::Yourself);
        }
        let _turn = self.people.administrators.lock().await;
        let account = self.account(id).await?;
        if disabled {
            self.keep_an_administrator(&account).await?;
        }
        self.people.set_disabled(&account.email, disabled).await?;
        tracing::info!(by = self.acting.0, account = id.0, disabled, "an account was shut out, or let in");
        Ok(())
    }

    /// Lets an account administer the server, or no longer. Not the last one that does.
    pub async fn set_admin(&self, id: AccountId, admin: bool) -> Result<(), AdministrationError> {
        let _turn = self.people.administrators.lock().await;
        let account = self.account(id).await?;
        if !admin {
            self.keep_an_administrator(&account).await?;
        }
        self.people.accounts.change_account(id, AccountChange::Admin(admin)).await?;
        tracing::info!(by = self.acting.0, account = id.0, admin, "who administers the server was changed");
        Ok(())
    }

    /// Changes how many bytes an account may keep; nothing for no limit.
    pub async fn set_quota(&self, id: AccountId, quota: Option<u64>) -> Result<(), AdministrationError> {
        let account = self.account(id).await?;
        self.people.set_quota(&account.email, quota).await?;
        tracing::info!(by = self.acting.0, account = id.0, quota, "a quota was changed");
        Ok(())
    }

    /// Gives an account another e-mail; see [`People::set_email`]. Not one's own, for which the password is asked.
    pub async fn set_email(&self, id: AccountId, email: &str) -> Result<(), AdministrationError> {
        if self.is_self(id) {
            return Err(AdministrationError::Yourself);
        }
        let account = self.account(id).await?;
        self.people.give_email(account, email).await?;
        tracing::info!(by = self.acting.0, account = id.0, "an e-mail was changed");
        Ok(())
    }

    /// Gives an account another password; see [`People::set_password`]. Not one's own.
    pub async fn reset_password(&self, id: AccountId, password: &str) -> Result<(), AdministrationError> {
        if self.is_self(id) {
            return Err(AdministrationError::Yourself);
        }
        let account = self.account(id).await?;
        self.people.set_password(&account.email, password).await?;
        tracing::info!(by = self.acting.0, account = id.0, "a password was reset");
        Ok(())
    }

    /// Ends all sessions of an account, wherever they are; answers how many there were, with what was begun in them.
    pub async fn sign_out(&self, id: AccountId) -> Result<usize, AdministrationError> {
        let account = self.account(id).await?;
        let ended = self.people.end_all_sessions(account.id).await?;
        tracing::info!(by = self.acting.0, account = id.0, ended, "somebody was signed out everywhere");
        Ok(ended)
    }

    async fn account(&self, id: AccountId) -> Result<Account, AdministrationError> {
        self.people.accounts.account(id).await?.ok_or(AdministrationError::Unknown)
    }

    /// Refuses what would leave nobody to administer the server. Whoever calls holds the turn: two administrators who remove each
    /// other at once would both find the other.
    async fn keep_an_administrator(&self, but: &Account) -> Result<(), AdministrationError> {
        let others = self.people.accounts.accounts().await?;
        let is_other = |account: &Account| account.id != but.id && account.admin && !account.disabled;
        if but.admin && !but.disabled && !others.iter().any(is_other) {
            return Err(AdministrationError::LastAdmin);
        }
        Ok(())
    }
}
