//! Permissions of people to programs, and the access tokens that carry them.

use super::{Caller, People, Secret, secret};
use crate::model::{Account, AccountId, App, AppKey, Grant, GrantId, Proof};
use crate::store::StoreError;

/// Why a permission was not given.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The account is shut out.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The program is shut out.
    #[error("the app is disabled")]
    AppDisabled,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Gives a program a person's permission; answers the access token, which is told this once.
    pub async fn issue_token(&self, account: &Account, app: &App) -> Result<(Secret, Grant), GrantError> {
        if account.disabled {
            return Err(GrantError::AccountDisabled);
        }
        if app.disabled {
            return Err(GrantError::AppDisabled);
        }
        let token = Secret::random(&*self.entropy);
        let grant = self
            .grants
            .add_grant(account.id, &app.key, Proof::Bearer, token.hash(), self.clock.now())
            .await?;
        Ok((token, grant))
    }

    /// Gives a caller a bearer token with the permission that it has shown, which stays as it is; nothing if that has been
    /// taken back meanwhile, since what ended all of the program's tokens must not miss this one.
    pub async fn token_beside(&self, caller: &Caller) -> Result<Option<Secret>, StoreError> {
        let token = Secret::random(&*self.entropy);
        let now = self.clock.now();
        let grant = self.grants.add_grant_beside(caller.grant, Proof::Bearer, token.hash(), now).await?;
        Ok(grant.map(|_| token))
    }

    /// Whose permission this bearer token carries; nothing if it carries none (any more), or is of another kind. On the
    /// way of every request.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        let Some(token) = secret::presented(token) else { return Ok(None) };
        let found = self.grants.grant(token).await?;
        // A token that signs is told to others in URLs: it must not open anything by itself.
        let caller = found.filter(|(grant, account, app)| {
            grant.proof == Proof::Bearer && !account.disabled && !app.disabled
        });
        Ok(caller.map(|(grant, account, app)| Caller { account, app, grant: grant.id, proof: grant.proof }))
    }

    /// What an account has permitted, with the programs, the newest first.
    pub async fn grants(&self, account: AccountId) -> Result<Vec<(Grant, App)>, StoreError> {
        let grants = self.grants.grants(account).await?;
        let mut found = Vec::with_capacity(grants.len());
        let apps = if grants.is_empty() { Vec::new() } else { self.accounts.apps().await? };
        for grant in grants {
            let app = apps.iter().find(|app| app.key == grant.app).cloned();
            let app = app.ok_or_else(|| StoreError::Corrupt(format!("grant {} is of no app", grant.id.0)))?;
            found.push((grant, app));
        }
        Ok(found)
    }

    /// Ends a permission; answers whether there was one.
    pub async fn revoke(&self, grant: GrantId) -> Result<bool, StoreError> {
        self.grants.revoke_grant(grant).await
    }

    /// Ends the permission that this token carries, whoever was shut out and however the token is used; answers whether
    /// there was one. For tokens that became known to others.
    pub async fn revoke_token(&self, token: &str) -> Result<bool, StoreError> {
        let Some(token) = secret::presented(token) else { return Ok(false) };
        match self.grants.grant(token).await? {
            Some((grant, ..)) => self.grants.revoke_grant(grant.id).await,
            None => Ok(false),
        }
    }

    /// Ends everything that an account has permitted to a program, codes that it has not exchanged yet included; answers
    /// how many grants there were.
    pub async fn unlink(&self, account: AccountId, app: &AppKey) -> Result<usize, StoreError> {
        self.grants.unlink(account, app).await
    }
}
