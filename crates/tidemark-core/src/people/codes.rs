//! Authorization codes (RFC 6749 section 4.1, RFC 7636): how a program comes by a person's permission without
//! learning their password, and without a browser ever holding the token.

use super::throttle::Subject;
use super::{GrantError, Peer, People, Secret, secret};
use crate::model::{Account, App, AppKey, Challenge, Grant, SecretHash, Ticket, TicketKind};
use crate::store::StoreError;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long a code is good for. It may be typed from one machine into another, so not just seconds.
pub const CODE_LIFE: Duration = Duration::from_secs(10 * 60);

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
}

/// Why a code was not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Neither a secret nor a verifier.
    #[error("no auth method found: send the client's secret, or a code_verifier")]
    NoProof,
    /// The program is unknown or shut out, or its secret is wrong.
    #[error("the client is unknown, or its secret is wrong")]
    Client,
    /// Never was one, was used, is too old, or belongs to another program.
    #[error("code doesn't exist or has expired")]
    Code,
    /// Not where the browser was sent.
    #[error("redirect_uri is not the one that the code was given to")]
    RedirectUri,
    /// Missing, wrong, or not called for.
    #[error("code_verifier does not match the code_challenge")]
    Verifier,
    /// Too many attempts went wrong.
    #[error("too many attempts: try again in {} s", .0.as_secs() + 1)]
    Wait(Duration),
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
    ) -> Result<Secret, GrantError> {
        if account.disabled {
            return Err(GrantError::AccountDisabled);
        }
        if app.disabled {
            return Err(GrantError::AppDisabled);
        }
        let code = Secret::random(&*self.entropy);
        let expires = self.clock.now().plus(CODE_LIFE);
        let kind = TicketKind::Code { account: account.id, app: app.key.clone(), redirect_uri, challenge };
        self.grants.save_ticket(&Ticket { secret: code.hash(), expires, kind }).await?;
        Ok(code)
    }

    /// Exchanges a code for an access token, once. A code that comes a second time has leaked: what it gave is revoked.
    ///
    /// A refused exchange leaves the code as it is, and what it gave: whoever intercepted a code without the program's
    /// secret or verifier gains nothing by presenting it, and spoils nothing either.
    pub async fn exchange(
        &self,
        exchange: Exchange<'_>,
        peer: Peer,
    ) -> Result<(Secret, Grant), ExchangeError> {
        let app = self.proven_app(exchange, peer).await?;
        let Some(code) = secret::presented(exchange.code) else { return Err(ExchangeError::Code) };
        let account = match self.ticket(exchange.code).await?.map(|ticket| ticket.kind) {
            Some(TicketKind::Code { account, app: owner, redirect_uri, challenge }) => {
                if owner != app {
                    return Err(ExchangeError::Code);
                }
                // RFC 6749 section 4.1.3: the same, if one was given. If none was, there is nothing to compare.
                if redirect_uri.is_some() && redirect_uri.as_deref() != exchange.redirect_uri {
                    return Err(ExchangeError::RedirectUri);
                }
                verify(challenge.as_ref(), exchange)?;
                account
            }
            Some(TicketKind::SpentCode { grant, app: owner, challenge }) => {
                // Whoever only knows the code must not end what others have.
                if owner == app {
                    verify(challenge.as_ref(), exchange)?;
                    self.grants.revoke_grant(grant).await?;
                }
                return Err(ExchangeError::Code);
            }
            Some(TicketKind::Setup | TicketKind::Session { .. } | TicketKind::Request(_)) | None => {
                return Err(ExchangeError::Code);
            }
        };
        if self.enabled_account(account).await?.is_none() {
            return Err(ExchangeError::Code);
        }
        let token = Secret::random(&*self.entropy);
        match self.grants.spend_code(code, account, &app, token.hash(), self.clock.now()).await? {
            Some(grant) => Ok((token, grant)),
            None => self.replayed(code).await,
        }
    }

    /// Somebody was faster, between two looks. The one who is too late has proved itself by then.
    async fn replayed<T>(&self, code: SecretHash) -> Result<T, ExchangeError> {
        if let Some(Ticket { kind: TicketKind::SpentCode { grant, .. }, .. }) =
            self.grants.ticket(code).await?
        {
            self.grants.revoke_grant(grant).await?;
        }
        Err(ExchangeError::Code)
    }

    /// The program that presents the code, if it is what it says. Without a secret it only says so: the verifier, which
    /// is looked at later, must prove the rest.
    async fn proven_app(&self, exchange: Exchange<'_>, peer: Peer) -> Result<AppKey, ExchangeError> {
        if exchange.secret.is_none() && exchange.verifier.is_none() {
            return Err(ExchangeError::NoProof);
        }
        let subject = Subject::App(exchange.app.chars().take(64).collect());
        self.throttle.admit(peer, &subject, self.clock.now()).map_err(ExchangeError::Wait)?;
        let app = self.accounts.app(&AppKey(exchange.app.to_owned())).await?;
        let expected = app.as_ref().map_or("", |app| &app.secret);
        let right = exchange.secret.is_none_or(|secret| same(secret, expected));
        match app {
            Some(app) if right && !app.disabled => {
                if exchange.secret.is_some() {
                    self.throttle.succeeded(peer, subject);
                }
                Ok(app.key)
            }
            _ => {
                self.throttle.failed(peer, subject, self.clock.now());
                Err(ExchangeError::Client)
            }
        }
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

/// Whether two secrets are the same, in a time that depends on their lengths only.
fn same(presented: &str, expected: &str) -> bool {
    presented.as_bytes().ct_eq(expected.as_bytes()).into()
}
