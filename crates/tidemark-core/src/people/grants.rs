//! Permissions of people to programs, and the access tokens that carry them.

use super::{Caller, People, Secret, secret};
use crate::model::{Account, AccountId, App, AppKey, Grant, GrantId, Proof};
use crate::store::{NewGrant, StoreError};
use std::collections::HashSet;
use std::time::Duration;

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

/// Why a token lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// Never was one, was revoked, or is of another kind.
    #[error("the access token doesn't exist, or was revoked")]
    Unknown,
    /// It is too old.
    #[error("the access token has expired")]
    Expired,
    /// The person or the program is shut out.
    #[error("the access token's account or app is disabled")]
    Disabled,
    /// It could not be found out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Gives a program a person's permission, until somebody ends it; answers the access token, which is told this once.
    pub async fn issue_token(&self, account: &Account, app: &App) -> Result<(Secret, Grant), GrantError> {
        self.issue(account, app, None).await
    }

    /// The same for so long. Nothing renews it.
    pub async fn issue_token_for(
        &self,
        account: &Account,
        app: &App,
        life: Duration,
    ) -> Result<(Secret, Grant), GrantError> {
        self.issue(account, app, Some(life)).await
    }

    async fn issue(
        &self,
        account: &Account,
        app: &App,
        life: Option<Duration>,
    ) -> Result<(Secret, Grant), GrantError> {
        if account.disabled {
            return Err(GrantError::AccountDisabled);
        }
        if app.disabled {
            return Err(GrantError::AppDisabled);
        }
        let (token, now) = (Secret::random(&*self.entropy), self.clock.now());
        let lasting = NewGrant::lasting(account.id, &app.key, Proof::Bearer, token.hash(), now);
        let expires = life.map(|life| now.plus(life));
        let grant = self.grants.add_grant(NewGrant { expires, ..lasting }).await?;
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

    /// Whose permission this bearer token carries. On the way of every request.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, BearerError> {
        let token = secret::presented(token).ok_or(BearerError::Unknown)?;
        // A token that signs is told to others in URLs: it must not open anything by itself.
        let found = self.grants.grant(token).await?.filter(|(grant, ..)| grant.proof == Proof::Bearer);
        let (grant, account, app) = found.ok_or(BearerError::Unknown)?;
        if grant.expires.is_some_and(|expires| expires <= self.clock.now()) {
            return Err(BearerError::Expired);
        }
        if account.disabled || app.disabled {
            return Err(BearerError::Disabled);
        }
        if grant.unsettled && !self.settle(&grant).await {
            return Err(BearerError::Unknown);
        }
        self.uses.grants.note(grant.id, self.clock.now());
        Ok(Caller { account, app, grant: grant.id, proof: grant.proof })
    }

    /// Notes that a renewed token arrived, so that the refresh token before it is worth nothing from now on. Once for each
    /// such token. Answers whether the token is good: somebody may have refreshed again this very moment.
    async fn settle(&self, grant: &Grant) -> bool {
        match self.grants.settle(grant.id).await {
            Ok(there) => there,
            Err(error) => {
                // A full disk must not keep people from reading. It will be noted when it can be.
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the first use of a token could not be noted");
                true
            }
        }
    }

    /// What an account has permitted, with the programs, the newest first. Of a family the newest grant stands for all,
    /// expired or not, since it can be renewed; what else has expired is left out.
    pub async fn grants(&self, account: AccountId) -> Result<Vec<(Grant, App)>, StoreError> {
        let (mut grants, now) = (self.grants.grants(account).await?, self.clock.now());
        let mut families = HashSet::new();
        grants.retain(|grant| match grant.family {
            Some(family) => families.insert(family),
            None => grant.expires.is_none_or(|expires| expires > now),
        });
        let mut found = Vec::with_capacity(grants.len());
        let apps = if grants.is_empty() { Vec::new() } else { self.accounts.apps().await? };
        for grant in grants {
            let app = apps.iter().find(|app| app.key == grant.app).cloned();
            let app = app.ok_or_else(|| StoreError::Corrupt(format!("grant {} is of no app", grant.id.0)))?;
            found.push((grant, app));
        }
        Ok(found)
    }

    /// Ends a permission, with all of its family; answers whether there was one.
    pub async fn revoke(&self, grant: GrantId) -> Result<bool, StoreError> {
        self.grants.revoke_grant(grant).await
    }

    /// Ends the permission that this token carries or renews, whoever was shut out and however the token is used; answers
    /// whether there was one. For tokens that became known to others.
    pub async fn revoke_token(&self, text: &str) -> Result<bool, StoreError> {
        let Some(token) = secret::presented(text) else { return Ok(false) };
        match self.grants.grant(token).await? {
            Some((grant, ..)) => self.grants.revoke_grant(grant.id).await,
            None => match self.family_of(text).await? {
                Some(family) => self.grants.end_family(family.id).await,
                None => Ok(false),
            },
        }
    }

    /// Ends everything that an account has permitted to a program, codes that it has not exchanged yet included; answers
    /// how many grants there were.
    pub async fn unlink(&self, account: AccountId, app: &AppKey) -> Result<usize, StoreError> {
        self.grants.unlink(account, app).await
    }
}
