//! OAuth 1.0a (RFC 5849): programs that sign what they ask with secrets that never travel.
//!
//! A program asks for a request token, sends the person to us with it, and exchanges it for an access token once they
//! have allowed it ([`requests`]). Every one of those calls, and every later one, is [`Signed`]: what was signed and how
//! is the adapter's business, whose secrets count is ours. The secrets of tokens are not kept: [`TokenKeys`] works
//! them out. `docs/decisions/0007-oauth1-without-kept-secrets.md` says why.

mod keys;
mod requests;

pub use keys::IssuedToken;
pub(super) use keys::TokenKeys;
pub use requests::{REQUEST_TOKEN_LIFE, RequestError};

use super::throttle::Subject;
use super::{Caller, Peer, People, secret};
use crate::model::{App, AppKey, Proof, Timestamp};
use crate::store::StoreError;
use std::time::Duration;

/// How far a program's clock may be from ours, in seconds, when it signs the time.
pub const TIMESTAMP_SKEW_MAX: u64 = 300;

/// A request that says who signed it.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// The program's key.
    pub app: &'a str,
    /// The token; none when a program asks for its first.
    pub token: Option<&'a str>,
    /// When and under which word it was signed, for methods whose signatures could be sent a second time. Those that
    /// show the secrets themselves prove nothing about time.
    pub stamp: Option<Stamp<'a>>,
    /// Whether these two secrets made the signature: the program's, and the token's (empty if there is none).
    pub check: &'a (dyn Fn(&str, &str) -> bool + Send + Sync),
}

/// What makes a signature good for one request only.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Seconds since 1970.
    pub seconds: u64,
    /// A word that the program uses once in that second.
    pub nonce: &'a str,
}

impl Stamp<'_> {
    fn is_timely(&self, now: Timestamp) -> bool {
        let now = u64::try_from(now.0.div_euclid(1_000)).unwrap_or(0);
        self.seconds.abs_diff(now) <= TIMESTAMP_SKEW_MAX
    }

    /// The first instant at which a timely stamp is no longer timely.
    fn worthless_from(&self) -> Timestamp {
        let seconds = self.seconds.saturating_add(TIMESTAMP_SKEW_MAX + 1);
        Timestamp(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX))
    }
}

/// Why a signed request proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignedError {
    /// There is no such program, or it is shut out.
    #[error("the consumer key is unknown")]
    App,
    /// Other secrets made it, or other parameters.
    #[error("the signature is wrong")]
    Signature,
    /// Signed too long ago, or in the future.
    #[error("the timestamp is more than {TIMESTAMP_SKEW_MAX} seconds off")]
    Timestamp,
    /// It came before.
    #[error("the nonce was used before")]
    Nonce,
    /// Never was one, is too old, was used up or revoked, is another program's, or nobody has allowed it (yet).
    #[error("the token is not valid")]
    Token,
    /// Too many signatures were wrong.
    #[error("too many attempts: try again in {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Whose permission this request was signed with. On the way of every request, as
    /// [`authenticate`](People::authenticate) is.
    pub async fn authenticate_signed(&self, signed: Signed<'_>, peer: Peer) -> Result<Caller, SignedError> {
        let found = match signed.token.and_then(secret::presented) {
            Some(token) => self.grants.grant(token).await?,
            None => None,
        };
        let of_this_app =
            found.filter(|(grant, _, app)| grant.proof == Proof::OAuth1 && app.key.0 == signed.app);
        let (Some((grant, account, app)), Some(token)) = (of_this_app, signed.token) else {
            // Whoever names no program of ours is told that first, whatever the token.
            self.signing_app(signed.app).await?;
            return Err(SignedError::Token);
        };
        if app.disabled {
            return Err(SignedError::App);
        }
        if account.disabled {
            return Err(SignedError::Token);
        }
        let token_secret = self.token_keys().access_secret(token);
        self.prove(signed, &app, token_secret.reveal(), Subject::Signature(grant.token), peer).await?;
        self.uses.grants.note(grant.id, self.clock.now());
        Ok(Caller { account, app, grant: grant.id, proof: grant.proof })
    }

    async fn signing_app(&self, key: &str) -> Result<App, SignedError> {
        let app = self.accounts.app(&AppKey(key.to_owned())).await?;
        app.filter(|app| !app.disabled).ok_or(SignedError::App)
    }

    /// That the request was signed with these secrets, now, and for the first time.
    async fn prove(
        &self,
        signed: Signed<'_>,
        app: &App,
        token_secret: &str,
        subject: Subject,
        peer: Peer,
    ) -> Result<(), SignedError> {
        let now = self.clock.now();
        if signed.stamp.is_some_and(|stamp| !stamp.is_timely(now)) {
            return Err(SignedError::Timestamp);
        }
        self.throttle.admit(peer, &subject, now).map_err(SignedError::Wait)?;
        if !(signed.check)(&app.secret, token_secret) {
            self.throttle.failed(peer, subject, now);
            return Err(SignedError::Signature);
        }
        self.throttle.succeeded(peer, subject);
        let Some(stamp) = signed.stamp else { return Ok(()) };
        // After the signature, so that only those who could sign make us remember anything.
        self.rates.admit_stamp(&app.key, now).map_err(SignedError::Wait)?;
        let word = self.token_keys().stamp(&app.key, signed.token.unwrap_or_default(), stamp);
        let first = self.grants.remember_once(word, now, stamp.worthless_from()).await?;
        if first { Ok(()) } else { Err(SignedError::Nonce) }
    }
}
