//! People, the programs they use, and the permission of one to the other: who may do what, and how it is proven.
//!
//! Start reading at [`Caller`], which is what all of this is for. Everything that is kept as a secret is kept as a hash,
//! or is worked out anew from the server's secret; every refusal is an enum of its family. How a proof travels (headers, cookies, forms) is the adapters' business.

mod accounts;
mod administration;
mod apps;
mod caller;
mod clients;
mod codes;
mod families;
mod gallery;
mod grants;
mod guests;
mod linked;
pub mod oauth1;
mod own_password;
mod own_profile;
mod pages;
mod password;
mod rates;
mod reserved;
mod secret;
mod sessions;
mod stewards;
mod throttle;
mod uses;

#[cfg(test)]
mod tests;

pub use accounts::{AccountError, DISPLAY_NAME_MAX, EMAIL_MAX, NewPerson, SETUP_LINK_LIFE};
pub use administration::{Administration, AdministrationError, Member};
pub(crate) use apps::check_webhook_uri;
pub use apps::{AppError, NewApp, URIS_MAX, callback_host, returns_to};
pub use caller::Caller;
pub use clients::ClientError;
pub use codes::{CODE_LIFE, Exchange, ExchangeError, RENEWED_CODE_LIFE};
pub use families::{ACCESS_LIFE, Granted, REFRESH_LIFE, Refresh, RefreshError};
pub use grants::{BearerError, GrantError};
pub use guests::{Admission, Guest, LINK_PROOF_LIFE, LinkPasswordError, LockedLink, OpenLink, UnlockError};
pub use linked::LinkedApp;
pub use own_password::{ChangePasswordError, ConfirmError};
pub use own_profile::ChangeEmailError;
pub use password::{PASSWORD_MAX, PASSWORD_MIN, PasswordError};
pub use rates::RateLimits;
pub use secret::Secret;
pub(crate) use secret::random_word;
pub use sessions::{OwnSession, SESSION_LIFE, SignInError};
pub use stewards::{DeleteAppError, OWNED_APPS_MAX, Steward, TRIAL_TOKENS_MAX, TrialTokenError};
pub use throttle::Peer;

use crate::lanes::Lanes;
use crate::model::{AccountId, AppKey, PasswordHash};
use crate::store::{AccountStore, Clock, Entropy, GrantStore, StoreError};
use guests::{GuestKeys, KnownPasswords};
use oauth1::TokenKeys;
use pages::PageKey;
use password::{Passwords, Turn};
use rates::Rates;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use throttle::{Subject, Throttle};
use uses::Uses;

/// The rules about people and programs, over the stores that keep them.
pub struct People {
    accounts: Arc<dyn AccountStore>,
    grants: Arc<dyn GrantStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    passwords: Passwords,
    throttle: Throttle,
    rates: Rates,
    token_keys: OnceLock<TokenKeys>,
    guest_keys: OnceLock<GuestKeys>,
    page_key: OnceLock<PageKey>,
    /// Held while one is made.
    page_tokens: tokio::sync::Mutex<()>,
    /// The same of what people have a limited number of: apps, and tokens of these.
    owned_apps: tokio::sync::Mutex<()>,
    known_passwords: KnownPasswords,
    link_passwords: Lanes,
    set_up: AtomicBool,
    uses: Uses,
    /// Held while it is decided whether somebody is the last of them.
    administrators: tokio::sync::Mutex<()>,
}

/// Why somebody may not guess now.
enum Hold {
    /// Too many attempts went wrong.
    Wait(Duration),
    /// Too many passwords are waiting to be hashed.
    Busy,
}

impl People {
    /// The rules over these stores.
    pub fn new(
        accounts: Arc<dyn AccountStore>,
        grants: Arc<dyn GrantStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> People {
        let passwords = Passwords::new(Arc::clone(&entropy));
        let (throttle, set_up) = (Throttle::default(), AtomicBool::new(false));
        let rates = Rates::new(RateLimits::default());
        let (token_keys, guest_keys, page_key) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let known_passwords = KnownPasswords::default();
        let link_passwords = Lanes::new(guests::LINK_PASSWORDS);
        People {
            accounts,
            grants,
            clock,
            entropy,
            passwords,
            throttle,
            rates,
            token_keys,
            guest_keys,
            page_key,
            page_tokens: tokio::sync::Mutex::new(()),
            owned_apps: tokio::sync::Mutex::new(()),
            known_passwords,
            link_passwords,
            set_up,
            uses: Uses::default(),
            administrators: tokio::sync::Mutex::new(()),
        }
    }

    /// With limits on how often each of them may ask.
    #[must_use]
    pub fn rate_limits(self, limits: RateLimits) -> People {
        People { rates: Rates::new(limits), ..self }
    }

    /// Lets a request of this caller through, or says how long it should wait.
    pub fn admit(&self, caller: &Caller) -> Result<(), Duration> {
        self.rates.admit(&caller.account.id, Some(&caller.app.key), self.clock.now())
    }

    /// The same for a request of which it is known only whose it is, and perhaps by which program.
    pub fn admit_for(&self, account: AccountId, app: Option<&AppKey>) -> Result<(), Duration> {
        self.rates.admit(&account, app, self.clock.now())
    }

    /// With the server's secret, of which the secrets of OAuth 1 tokens and the proofs of guests are worked out. It must
    /// stay the same for as long as those are used. Whoever serves no requests (an admin command) needs none: without it,
    /// a secret is made up that nobody else knows, and no OAuth 1 token from before is good for anything.
    #[must_use]
    pub fn with_secret(self, secret: &[u8; 32]) -> People {
        let (token_keys, guest_keys) = (TokenKeys::new(secret).into(), GuestKeys::new(secret).into());
        People { token_keys, guest_keys, page_key: PageKey::new(secret).into(), ..self }
    }

    fn token_keys(&self) -> &TokenKeys {
        self.token_keys.get_or_init(|| TokenKeys::new(&self.made_up_secret()))
    }

    fn made_up_secret(&self) -> [u8; 32] {
        let mut made_up = [0; 32];
        self.entropy.fill(&mut made_up);
        made_up
    }

    /// Lets somebody guess at a password, when it is their turn.
    async fn turn_to_guess(&self, peer: Peer, subject: &Subject) -> Result<Turn, Hold> {
        self.throttle.admit(peer, subject, self.clock.now()).map_err(Hold::Wait)?;
        let turn = self.passwords.turn().await.ok_or(Hold::Busy)?;
        // Those who were let in together must not all guess: only so many as there are turns slip through.
        self.throttle.admit(peer, subject, self.clock.now()).map_err(Hold::Wait)?;
        Ok(turn)
    }

    /// Whether a guess that somebody has the turn for is right; the throttle is told. Where there is no hash no guess is, and finding
    /// that out takes as long. The turn ends when the throttle knows.
    async fn is_right_guess(
        &self,
        turn: Turn,
        peer: Peer,
        subject: Subject,
        password: &str,
        hash: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        let (is_right, _turn) = match password::is_possible(password) {
            true => self.passwords.verify(turn, password, hash).await?,
            false => (false, turn),
        };
        match is_right {
            true => self.throttle.succeeded(peer, subject),
            false => self.throttle.failed(peer, subject, self.clock.now()),
        }
        Ok(is_right)
    }

    /// A new secret that stands for nothing yet.
    #[must_use]
    pub fn fresh_secret(&self) -> Secret {
        Secret::random(&*self.entropy)
    }

    /// Forgets what has expired; to be called now and then. Answers how much it was.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let sessions = self.grants.sweep_sessions(now).await?;
        Ok(sessions + self.grants.sweep_tickets(now).await? + self.grants.sweep_grants(now).await?)
    }
}
