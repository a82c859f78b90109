//! Authorization codes (RFC 6749 section 4.1, RFC 7636): how a program comes by a person's permission without
//! learning their password, and without a browser ever holding the token.

use super::clients::{ClientError, same};
use super::families::{self, Granted};
use super::{GrantError, Peer, People, Secret, secret};
use crate::model::{
    Account, AccountId, App, AppKey, Challenge, Given, Lifetime, SecretHash, Ticket, TicketKind,
};
use crate::store::{NewFamily, StoreError};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// How long a code for a lasting token is good for. It may be typed from one machine into another, so not just seconds.
pub const CODE_LIFE: Duration = Duration::from_secs(10 * 60);
/// How long a code for a token that is renewed is good for: a browser brings it, as in the service that this is from.
pub const RENEWED_CODE_LIFE: Duration = Duration::from_secs(30);

/// What a program presents to exchange a code for a token.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The code.
    pub code: &'a str,
    /// The program's key.
    pub app: &'a str,
    /// The program's secret, unless it cannot keep one and proves itself by `verifier`.
    pub secret: Option<&'a str>,
    /// Where it says the browser was sent.
    pub redirect_uri: Option<&'a str>,
    /// The proof that it asked for the code.
    pub verifier: Option<&'a str>,
    /// What the code must be for, if it matters to who asks.
    pub only: Option<Lifetime>,
}

/// Why a code was not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Neither a secret nor a verifier.
    #[error("no auth method found: send the client's secret, or a code_verifier")]
    NoProof,
    /// See there.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Never was one, was used, is too old, or belongs to another program.
    #[error("code doesn't exist or has expired")]
    Code,
    /// Not where the browser was sent.
    #[error("redirect_uri is not the one that the code was given to")]
    RedirectUri,
    /// Missing, wrong, or not called for.
    #[error("code_verifier does not match the code_challenge")]
    Verifier,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Makes a code with which a program can fetch a person's permission.
    ///
    /// The caller has shown the person what it means, and found `redirect_uri` among the app's.
    pub async fn authorize(
        &self,
        account: &Account,
        app: &App,
        redirect_uri: Option<String>,
        challenge: Option<Challenge>,
        lifetime: Lifetime,
    ) -> Result<Secret, GrantError> {
        if account.disabled {
            return Err(GrantError::AccountDisabled);
        }
        if app.disabled || app.key.0 == App::PAGES {
            return Err(GrantError::AppDisabled);
        }
        let code = Secret::random(&*self.entropy);
        let expires = self.clock.now().plus(match lifetime {
            Lifetime::Lasting => CODE_LIFE,
            Lifetime::Renewed => RENEWED_CODE_LIFE,
        });
        let (account, app) = (account.id, app.key.clone());
        let kind = TicketKind::Code { account, app, redirect_uri, challenge, lifetime };
        self.grants.save_ticket(&Ticket { secret: code.hash(), expires, kind }).await?;
        Ok(code)
    }

    /// Exchanges a code for an access token, once. A code that comes a second time has leaked: what it gave is revoked.
    ///
    /// A refused exchange leaves the code as it is, and what it gave: whoever intercepted a code without the program's
    /// secret or verifier gains nothing by presenting it, and spoils nothing either.
    pub async fn exchange(&self, exchange: Exchange<'_>, peer: Peer) -> Result<Granted, ExchangeError> {
        if exchange.secret.is_none() && exchange.verifier.is_none() {
            return Err(ExchangeError::NoProof);
        }
        let app = self.proven_app(exchange.app, exchange.secret, peer).await?;
        let Some(code) = secret::presented(exchange.code) else { return Err(ExchangeError::Code) };
        let (account, lifetime) = match self.ticket(exchange.code).await?.map(|ticket| ticket.kind) {
            Some(TicketKind::Code { account, app: owner, redirect_uri, challenge, lifetime }) => {
                if owner != app || exchange.only.is_some_and(|only| only != lifetime) {
                    return Err(ExchangeError::Code);
                }
                check_redirect(redirect_uri.as_deref(), exchange.redirect_uri, lifetime)?;
                verify(challenge.as_ref(), exchange)?;
                if lifetime == Lifetime::Renewed && exchange.secret.is_none() {
                    // It could not renew what it got.
                    return Err(ClientError::Unproven.into());
                }
                (account, lifetime)
            }
            Some(TicketKind::SpentCode { gave, app: owner, challenge }) => {
                // Whoever only knows the code must not end what others have.
                if owner == app {
                    verify(challenge.as_ref(), exchange)?;
                    self.take_back(gave).await?;
                }
                return Err(ExchangeError::Code);
            }
            Some(TicketKind::Setup | TicketKind::Request(_)) | None => {
                return Err(ExchangeError::Code);
            }
        };
        if self.enabled_account(account).await?.is_none() {
            return Err(ExchangeError::Code);
        }
        let given = match lifetime {
            Lifetime::Lasting => self.give_token(code, account, &app).await?,
            Lifetime::Renewed => self.give_family(code, account, app).await?,
        };
        match given {
            Some(granted) => Ok(granted),
            None => self.replayed(code).await,
        }
    }

    async fn give_token(
        &self,
        code: SecretHash,
        account: AccountId,
        app: &AppKey,
    ) -> Result<Option<Granted>, StoreError> {
        let token = Secret::random(&*self.entropy);
        let given = self.grants.spend_code(code, account, app, token.hash(), self.clock.now()).await?;
        Ok(given.map(|grant| Granted { token, grant, refresh: None }))
    }

    async fn give_family(
        &self,
        code: SecretHash,
        account: AccountId,
        app: AppKey,
    ) -> Result<Option<Granted>, StoreError> {
        let (token, refresh) = (Secret::random(&*self.entropy), Secret::first_in_family(&*self.entropy));
        let (handle, _) = secret::family_of(refresh.reveal()).expect("it was made as one");
        let created = self.clock.now();
        let first = families::pair(&token, &refresh, created);
        let given =
            self.grants.begin_family(code, NewFamily { handle, account, app, created, first }).await?;
        Ok(given.map(|grant| Granted { token, grant, refresh: Some(refresh) }))
    }

    /// Somebody was faster, between two looks. The one who is too late has proved itself by then.
    async fn replayed<T>(&self, code: SecretHash) -> Result<T, ExchangeError> {
        if let Some(Ticket { kind: TicketKind::SpentCode { gave, .. }, .. }) =
            self.grants.ticket(code).await?
        {
            self.take_back(gave).await?;
        }
        Err(ExchangeError::Code)
    }

    async fn take_back(&self, given: Given) -> Result<bool, StoreError> {
        match given {
            Given::Grant(id) => self.grants.revoke_grant(id).await,
            Given::Family(id) => self.grants.end_family(id).await,
        }
    }
}

/// RFC 6749 section 4.1.3: the same where the browser was sent, if it was sent anywhere. Programs whose tokens are renewed
/// mostly do not say it, as their service does not insist (and knows them by their secret in any case).
fn check_redirect(
    sent_to: Option<&str>,
    said: Option<&str>,
    lifetime: Lifetime,
) -> Result<(), ExchangeError> {
    let may_be_left_out = match lifetime {
        Lifetime::Lasting => false,
        Lifetime::Renewed => said.is_none(),
    };
    if sent_to.is_none() || sent_to == said || may_be_left_out {
        Ok(())
    } else {
        Err(ExchangeError::RedirectUri)
    }
}

fn verify(challenge: Option<&Challenge>, exchange: Exchange<'_>) -> Result<(), ExchangeError> {
    let proven = match (challenge, exchange.verifier) {
        (Some(Challenge::Plain(expected)), Some(verifier)) => same(verifier, expected),
        (Some(Challenge::S256(expected)), Some(verifier)) => {
            same(&BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes())), expected)
        }
        (Some(_), None) => false,
        // A verifier for a code that was asked for without a challenge: the request was tampered with (RFC 9700
        // section 4.8.2).
        (None, Some(_)) => false,
        (None, None) => exchange.secret.is_some(),
    };
    if proven { Ok(()) } else { Err(ExchangeError::Verifier) }
}
