//! What people change about themselves: how others see them, and what they sign in with.

use super::accounts::is_display_name;
use super::{AccountError, ConfirmError, Peer, People};
use crate::model::AccountId;
use crate::store::{AccountChange, StoreError};

/// Why somebody does not sign in with another e-mail.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// They do not administer the server.
    #[error("only administrators change e-mails")]
    NotYours,
    /// It cannot be delivered to, or somebody else has it.
    #[error(transparent)]
    Email(AccountError),
    /// Their password was not proven.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Calls somebody something else.
    ///
    /// # Errors
    /// [`AccountError::Name`] if it cannot be shown, [`AccountError::Store`] if it could not be done.
    pub async fn change_own_name(&self, account: AccountId, name: &str) -> Result<(), AccountError> {
        let name = name.trim();
        if !is_display_name(name) {
            return Err(AccountError::Name);
        }
        // (Accounts are never removed.)
        self.accounts.change_account(account, AccountChange::Name(name.to_owned())).await?;
        Ok(())
    }

    /// Lets an administrator sign in with another e-mail, if they know their password: a browser that was left open must not be
    /// enough to take an account over. They stay signed in, and whatever they have linked stays linked.
    ///
    /// Everybody else's is an administrator's to change (see [`Administration::set_email`](super::Administration::set_email)).
    /// E-mails are how people are told apart: by whoever is asked to allow somebody's app, and by the commands, which name accounts
    /// so. Nobody proves that they receive what is sent there, so that only an administrator's word stands for it.
    pub async fn change_own_email(
        &self,
        account: AccountId,
        email: &str,
        password: &str,
        peer: Peer,
    ) -> Result<(), ChangeEmailError> {
        let own = self.enabled_account(account).await?.filter(|account| account.admin);
        // Before anything else, so that nobody learns who has an account here.
        let own = own.ok_or(ChangeEmailError::NotYours)?;
        self.confirm_password(account, password, peer).await?;
        self.give_email(own, email).await.map(|_| ()).map_err(ChangeEmailError::Email)
    }
}
