//! Request tokens: asked for by a program, decided about by a person, exchanged once.
//!
//! There is no verifier, as there was none in the old service: whoever brings a person to allow a request token and knows
//! its secret can exchange it. So a person is told which program it is and where they go next.

use super::{IssuedToken, Signed, SignedError};
use crate::model::{Account, App, Grant, RequestState, Ticket, TicketKind};
use crate::people::throttle::Subject;
use crate::people::{Peer, People, Secret, secret};
use crate::store::StoreError;
use std::time::Duration;

/// How long a person may take to decide, and how long the program then may take to fetch its access token.
pub const REQUEST_TOKEN_LIFE: Duration = Duration::from_secs(10 * 60);

/// Why a person's decision does not count.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// There is no such request token (any more), or it was decided about before.
    #[error("the request token is not valid")]
    Unknown,
    /// The account is shut out.
    #[error("the account is disabled")]
    AccountDisabled,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Gives a program a token with which it can ask a person.
    pub async fn request_token(&self, signed: Signed<'_>, peer: Peer) -> Result<IssuedToken, SignedError> {
        let app = self.signing_app(signed.app).await?;
        self.prove(signed, &app, "", Subject::App(app.key.0.clone()), peer).await?;
        self.rates.admit_app(&app.key, self.clock.now()).map_err(SignedError::Wait)?;
        let expires = self.clock.now().plus(REQUEST_TOKEN_LIFE);
        Ok(self.token_keys().request_token(&app.key, expires, &*self.entropy))
    }

    /// The program that asks with this request token, as long as nobody has decided.
    pub async fn requesting_app(&self, token: &str) -> Result<Option<App>, StoreError> {
        let Some(request) = self.token_keys().open_request(token) else { return Ok(None) };
        if request.expires <= self.clock.now() || self.ticket(token).await?.is_some() {
            return Ok(None);
        }
        let app = self.accounts.app(&request.app).await?;
        Ok(app.filter(|app| !app.disabled))
    }

    /// Notes what a person decided; answers whom they decided about. Saying the same again is no mistake: a button may
    /// be pressed twice.
    pub async fn decide(&self, token: &str, account: &Account, allow: bool) -> Result<App, RequestError> {
        let unknown = || RequestError::Unknown;
        let request = self.token_keys().open_request(token).ok_or_else(unknown)?;
        let app = self.accounts.app(&request.app).await?;
        let app = app.filter(|app| !app.disabled).ok_or_else(unknown)?;
        if self.enabled_account(account.id).await?.is_none() {
            return Err(RequestError::AccountDisabled);
        }
        let now = self.clock.now();
        let state = match allow {
            true => RequestState::Allowed { account: account.id, app: app.key.clone() },
            false => RequestState::Denied,
        };
        let secret = secret::presented(token).ok_or_else(unknown)?;
        let kind = TicketKind::Request(state);
        if let Some(before) = self.ticket(token).await? {
            return if before.kind == kind { Ok(app) } else { Err(RequestError::Unknown) };
        }
        if request.expires <= now {
            return Err(RequestError::Unknown);
        }
        // No shorter than the token by itself, even if the clock was set back: or it could be decided about again.
        let expires = now.plus(REQUEST_TOKEN_LIFE).max(request.expires);
        let ticket = Ticket { secret, expires, kind };
        if self.grants.add_ticket(&ticket).await? {
            return Ok(app);
        }
        let first = self.grants.ticket(secret).await?.is_some_and(|first| first.kind == ticket.kind);
        if first { Ok(app) } else { Err(RequestError::Unknown) }
    }

    /// Exchanges a request token that a person has allowed for an access token, once.
    ///
    /// Using it a second time is refused, and that is all. (A code that comes twice revokes what it gave, since it may
    /// have leaked. But a request token is exchanged with a secret that only its program has: it is the program itself,
    /// whose person reloaded a page.)
    pub async fn access_token(
        &self,
        signed: Signed<'_>,
        peer: Peer,
    ) -> Result<(IssuedToken, Grant), SignedError> {
        let app = self.signing_app(signed.app).await?;
        let token = signed.token.ok_or(SignedError::Token)?;
        let request = self.token_keys().open_request(token).filter(|request| request.app == app.key);
        let hash = request.and(secret::presented(token)).ok_or(SignedError::Token)?;
        let token_secret = self.token_keys().request_secret(token);
        self.prove(signed, &app, token_secret.reveal(), Subject::Signature(hash), peer).await?;
        // Before the request token is used up.
        self.rates.admit_app(&app.key, self.clock.now()).map_err(SignedError::Wait)?;
        let kind = self.ticket(token).await?.map(|ticket| ticket.kind);
        let Some(TicketKind::Request(RequestState::Allowed { account: allowed, .. })) = kind else {
            return Err(SignedError::Token);
        };
        if self.enabled_account(allowed).await?.is_none() {
            return Err(SignedError::Token);
        }
        let token = Secret::alphanumeric(&*self.entropy);
        let now = self.clock.now();
        let grant = self.grants.spend_request(hash, allowed, &app.key, token.hash(), now).await?;
        let secret = self.token_keys().access_secret(token.reveal());
        Ok((IssuedToken { token, secret }, grant.ok_or(SignedError::Token)?))
    }
}
