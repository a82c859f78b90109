//! Passwords of people who are signed in: asked for once more before what matters, and changed.

use super::sessions::throttle_key;
use super::throttle::Subject;
use super::{Hold, PasswordError, Peer, People, password};
use crate::model::{Account, AccountId};
use crate::store::StoreError;
use std::time::Duration;

/// Why it is not known that somebody who is signed in is who they were when they signed in.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// It is not their password, or they are shut out.
    #[error("the password is wrong")]
    Wrong,
    /// Too many attempts went wrong.
    #[error("too many attempts: try again in {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// Too many passwords are waiting to be hashed.
    #[error("the server is busy")]
    Busy,
    /// It could not be found out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Hold> for ConfirmError {
    fn from(hold: Hold) -> ConfirmError {
        match hold {
            Hold::Wait(wait) => ConfirmError::Wait(wait),
            Hold::Busy => ConfirmError::Busy,
        }
    }
}

/// Why somebody's password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new one will not do.
    #[error(transparent)]
    New(#[from] PasswordError),
    /// The current one was not proven.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Asks somebody who is signed in for their password once more. Wrong ones count as they do at signing in: whoever found a
    /// browser open guesses no faster than whoever did not.
    pub async fn confirm_password(
        &self,
        account: AccountId,
        password: &str,
        peer: Peer,
    ) -> Result<(), ConfirmError> {
        self.confirmed(account, password, peer).await.map(|_| ())
    }

    /// Changes somebody's password, for whoever knows the current one, and ends all their sessions but the one with the secret
    /// `here`. The programs that they have linked stay linked, all but the server's own gallery.
    pub async fn change_password(
        &self,
        account: AccountId,
        current: &str,
        new: &str,
        here: &str,
        peer: Peer,
    ) -> Result<(), ChangePasswordError> {
        password::check(new)?;
        let account = self.confirmed(account, current, peer).await?;
        let Some(old) = account.password else { return Err(ConfirmError::Wrong.into()) };
        let turn = self.passwords.turn().await.ok_or(ConfirmError::Busy)?;
        let (hash, _) = self.passwords.hash(turn, new).await?;
        // An administrator who reset it meanwhile meant to shut somebody out: perhaps this very visitor.
        if !self.accounts.replace_password(account.id, &old, hash).await? {
            return Err(ConfirmError::Wrong.into());
        }
        self.end_other_sessions(account.id, here).await?;
        Ok(())
    }

    /// The account as it was when the password was found to be its own.
    async fn confirmed(&self, id: AccountId, password: &str, peer: Peer) -> Result<Account, ConfirmError> {
        let account = self.enabled_account(id).await?.ok_or(ConfirmError::Wrong)?;
        let subject = Subject::Account(throttle_key(&account.email));
        let turn = self.turn_to_guess(peer, &subject).await?;
        match self.is_right_guess(turn, peer, subject, password, account.password.clone()).await? {
            true => Ok(account),
            false => Err(ConfirmError::Wrong),
        }
    }
}
