//! Passwords: how they are checked, hashed and compared, at a cost that the machine can bear.

use crate::model::PasswordHash;
use crate::store::{Entropy, StoreError};
use argon2::password_hash::Error as HashError;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};
use unicode_normalization::UnicodeNormalization;

/// The shortest password, in bytes.
pub const PASSWORD_MIN: usize = 8;
/// The longest, in bytes.
pub const PASSWORD_MAX: usize = 1024;

/// How many passwords are hashed at a time. Each hash takes 19 MiB and a core for some tens of milliseconds.
const HASHES_AT_ONCE: usize = 2;
/// How many may wait for their turn: at 30 ms a hash, the last one waits about half a second.
const HASHES_WAITING_MAX: usize = 32;

/// The length of a password's salt, in bytes.
const SALT_SIZE: usize = 16;

/// A new password will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Easily guessed.
    #[error("a password has at least {PASSWORD_MIN} bytes")]
    TooShort,
    /// Costly to hash, and no safer.
    #[error("a password has at most {PASSWORD_MAX} bytes")]
    TooLong,
}

/// Argon2id with the crate's default cost (19 MiB, 2 passes, 1 lane: the minimum that OWASP recommends), off the
/// threads that serve requests, a few at a time.
pub(super) struct Passwords {
    entropy: Arc<dyn Entropy>,
    turns: Semaphore,
    queue: Semaphore,
}

/// The right to hash one password now.
pub(super) struct Turn<'a> {
    _turn: SemaphorePermit<'a>,
    _place: SemaphorePermit<'a>,
}

impl Passwords {
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Passwords {
        Passwords {
            entropy,
            turns: Semaphore::new(HASHES_AT_ONCE),
            queue: Semaphore::new(HASHES_AT_ONCE + HASHES_WAITING_MAX),
        }
    }

    /// Waits for a turn; nothing if too many are waiting already.
    pub(super) async fn turn(&self) -> Option<Turn<'_>> {
        let place = self.queue.try_acquire().ok()?;
        let turn = self.turns.acquire().await.expect("the semaphore is never closed");
        Some(Turn { _turn: turn, _place: place })
    }

    /// The hash of a new password.
    pub(super) async fn hash(&self, _turn: &Turn<'_>, password: &str) -> Result<PasswordHash, StoreError> {
        let password = normal(password);
        let mut salt = [0; SALT_SIZE];
        self.entropy.fill(&mut salt);
        off_thread(move || {
            let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
            PasswordHash(
                hash.expect("the default cost, a salt of 16 bytes and a bounded password suit argon2")
                    .to_string(),
            )
        })
        .await
    }

    /// Whether `password` is the one that was hashed. Where there is no hash, it takes as long and answers no, so that
    /// the time tells nobody who has an account.
    pub(super) async fn verify(
        &self,
        turn: &Turn<'_>,
        password: &str,
        hash: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        let Some(PasswordHash(hash)) = hash else {
            self.hash(turn, password).await?;
            return Ok(false);
        };
        let password = normal(password);
        match off_thread(move || Argon2::default().verify_password(password.as_bytes(), hash.as_str()))
            .await?
        {
            Ok(()) => Ok(true),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(error) => Err(StoreError::Corrupt(format!("a password's hash cannot be read: {error}"))),
        }
    }
}

/// Whether this may become a password.
pub(super) fn check(password: &str) -> Result<(), PasswordError> {
    match normal(password).len() {
        ..PASSWORD_MIN => Err(PasswordError::TooShort),
        PASSWORD_MIN..=PASSWORD_MAX => Ok(()),
        _ => Err(PasswordError::TooLong),
    }
}

/// Whether this could ever have become a password; nothing else is worth hashing.
pub(super) fn is_possible(password: &str) -> bool {
    check(password).is_ok()
}

/// Keyboards differ in how they compose accents; RFC 8265 settles it.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let lost = |lost: tokio::task::JoinError| StoreError::Unavailable {
        what: "hash a password",
        source: Some(lost.into()),
    };
    tokio::task::spawn_blocking(work).await.map_err(lost)
}
