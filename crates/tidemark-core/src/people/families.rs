//! Access tokens that expire, and the refresh tokens that give the next ones (RFC 6749 section 6).
//!
//! Each refresh gives a new pair, and the refresh token that was presented is good again only until somebody uses the
//! new access token: if the answer was lost, the program asks again with what it has. From then on, whoever presents an
//! old refresh token shows that two have had the same one, and nobody can tell which of them is the program: the whole
//! family ends (RFC 9700 section 4.14.2).
//!
//! Nothing is kept of old refresh tokens. All of a family begin with the same secret, its handle; so one that has the handle
//! and is not a good one is an old one.

use super::clients::ClientError;
use super::{Peer, People, Secret, secret};
use crate::model::{Family, Grant, Pair, SecretHash, Timestamp};
use crate::store::{NewPair, StoreError};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long an access token of a family is good for.
pub const ACCESS_LIFE: Duration = Duration::from_secs(60 * 60);
/// How long a refresh token is good for.
pub const REFRESH_LIFE: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// How often a refresh is tried again because another one of the same family came in between.
const RENEWALS_MAX: usize = 16;

/// What a program gets for a code or a refresh token.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The access token.
    pub token: Secret,
    /// What it carries.
    pub grant: Grant,
    /// The refresh token, if the access token expires.
    pub refresh: Option<Secret>,
}

/// What a program presents to get the next pair.
#[derive(Clone, Copy)]
pub struct Refresh<'a> {
    /// The refresh token.
    pub token: &'a str,
    /// The program's key.
    pub app: &'a str,
    /// The program's secret.
    pub secret: &'a str,
}

/// Why there is no next pair.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// See there.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Never was one, was used, has ended, belongs to another program, or the person is shut out.
    #[error("the refresh token doesn't exist, or was used or revoked")]
    Token,
    /// It is too old.
    #[error("the refresh token has expired")]
    Expired,
    /// The program asks too often.
    #[error("too many requests: try again in {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Exchanges a refresh token for the next pair.
    ///
    /// A refused refresh leaves the refresh token as it is, but for one by the program itself with an old token, which ends
    /// the family.
    pub async fn refresh(&self, refresh: Refresh<'_>, peer: Peer) -> Result<Granted, RefreshError> {
        let app = self.proven_app(refresh.app, Some(refresh.secret), peer).await?;
        let (handle, presented) = secret::family_of(refresh.token).ok_or(RefreshError::Token)?;
        for _ in 0..RENEWALS_MAX {
            let family = self.grants.family(handle).await?.filter(|family| family.app == app);
            let family = family.ok_or(RefreshError::Token)?;
            let Some(former) = good_pair(&family, presented) else {
                self.grants.end_family(family.id).await?;
                tracing::warn!(
                    account = family.account.0,
                    %app,
                    "an old refresh token was presented: all of its family's tokens were revoked"
                );
                return Err(RefreshError::Token);
            };
            let now = self.clock.now();
            if former.expires <= now {
                return Err(RefreshError::Expired);
            }
            if self.enabled_account(family.account).await?.is_none() {
                return Err(RefreshError::Token);
            }
            self.admit_for(family.account, Some(&app)).map_err(RefreshError::Wait)?;
            let (token, refresh) =
                (Secret::random(&*self.entropy), secret::next_in_family(refresh.token, &*self.entropy));
            let next = pair(&token, &refresh, now);
            if let Some(grant) = self.grants.renew_family(&family, &former, next).await? {
                return Ok(Granted { token, grant, refresh: Some(refresh) });
            }
        }
        Err(StoreError::Unavailable { what: "renew a family that many renew at once", source: None }.into())
    }

    /// Ends what a token carries, for the program that it was given to: with an access token of a family or any of its
    /// refresh tokens, the whole family. Answers whether there was anything; of what others were given, there is nothing.
    pub async fn revoke_own(
        &self,
        token: &str,
        app: &str,
        secret: &str,
        peer: Peer,
    ) -> Result<bool, ClientError> {
        let app = self.proven_app(app, Some(secret), peer).await?;
        if let Some(hash) = secret::presented(token)
            && let Some((grant, ..)) = self.grants.grant(hash).await?
        {
            return Ok(grant.app == app && self.grants.revoke_grant(grant.id).await?);
        }
        match self.family_of(token).await? {
            Some(family) => Ok(family.app == app && self.grants.end_family(family.id).await?),
            None => Ok(false),
        }
    }

    /// The family that a refresh token is of, or was.
    pub(super) async fn family_of(&self, token: &str) -> Result<Option<Family>, StoreError> {
        match secret::family_of(token) {
            Some((handle, _)) => self.grants.family(handle).await,
            None => Ok(None),
        }
    }
}

/// A pair to be kept.
pub(super) fn pair(token: &Secret, refresh: &Secret, now: Timestamp) -> NewPair {
    NewPair {
        token: token.hash(),
        token_expires: now.plus(ACCESS_LIFE),
        refresh: refresh.hash(),
        refresh_expires: now.plus(REFRESH_LIFE),
    }
}

/// Which of a family's pairs this refresh token is of; nothing if it is an old one.
fn good_pair(family: &Family, presented: SecretHash) -> Option<Pair> {
    let is = |pair: &Pair| bool::from(pair.refresh.0.ct_eq(&presented.0));
    [Some(family.current), family.former].into_iter().flatten().find(is)
}
