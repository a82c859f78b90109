//! What people change about themselves: how others see them, and what they sign in with.

use super::accounts::{check_email, is_display_name};
use super::{AccountError, ConfirmError, Peer, People};
use crate::model::AccountId;
use crate::store::{AccountChange, ChangeEmail, StoreError};

/// Why somebody does not sign in with another e-mail.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
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

    /// Lets somebody sign in with another e-mail, if they know their password: a browser that was left open must not be enough to
    /// take an account over. They stay signed in, and whatever they have linked stays linked.
    pub async fn change_own_email(
        &self,
        account: AccountId,
        email: &str,
        password: &str,
        peer: Peer,
    ) -> Result<(), ChangeEmailError> {
        let email = check_email(email).map_err(ChangeEmailError::Email)?;
        self.confirm_password(account, password, peer).await?;
        match self.accounts.change_email(account, &email).await? {
            ChangeEmail::Changed => Ok(()),
            ChangeEmail::Taken => Err(ChangeEmailError::Email(AccountError::EmailTaken(email))),
            ChangeEmail::NoAccount => Err(ConfirmError::Wrong.into()),
        }
    }
}
