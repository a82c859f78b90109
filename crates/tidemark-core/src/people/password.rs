//! Passwords: how they are checked, hashed and compared, at a cost that the machine can bear.

use crate::model::PasswordHash;
use crate::store::{Entropy, StoreError};
use argon2::password_hash::Error as HashError;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

/// The shortest password, in characters.
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
    #[error("a password has at least {PASSWORD_MIN} characters")]
    TooShort,
    /// Costly to hash, and no safer.
    #[error("a password has at most {PASSWORD_MAX} bytes")]
    TooLong,
}

/// Argon2id with the crate's default cost (19 MiB, 2 passes, 1 lane: the minimum that OWASP recommends), off the
/// threads that serve requests, a few at a time.
pub(super) struct Passwords {
    entropy: Arc<dyn Entropy>,
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// How many were hashed or compared.
    #[cfg(test)]
    pub(super) hashes: std::sync::atomic::AtomicUsize,
}

/// The right to hash one password now. It goes with the work: whoever hangs up meanwhile does not free it sooner.
pub(super) struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Passwords {
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Passwords {
        Passwords {
            entropy,
            turns: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            queue: Arc::new(Semaphore::new(HASHES_AT_ONCE + HASHES_WAITING_MAX)),
            #[cfg(test)]
            hashes: Default::default(),
        }
    }

    /// Waits for a turn; nothing if too many are waiting already.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let place = Arc::clone(&self.queue).try_acquire_owned().ok()?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.expect("the semaphore is never closed");
        Some(Turn { _turn: turn, _place: place })
    }

    /// The hash of a new password.
    pub(super) async fn hash(&self, turn: Turn, password: &str) -> Result<(PasswordHash, Turn), StoreError> {
        let password = normal(password);
        let mut salt = [0; SALT_SIZE];
        self.entropy.fill(&mut salt);
        let hash = move || Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
        let (hash, turn) = self.off_thread(turn, hash).await?;
        let hash = hash.expect("the default cost, a salt of 16 bytes and a bounded password suit argon2");
        Ok((PasswordHash(hash.to_string()), turn))
    }

    /// Whether `password` is the one that was hashed. Where there is no hash, it takes as long and answers no, so that
    /// the time tells nobody who has an account. Gives the turn back, so that the next attempt can wait until it is
    /// known what became of this one.
    pub(super) async fn verify(
        &self,
        turn: Turn,
        password: &str,
        hash: Option<PasswordHash>,
    ) -> Result<(bool, Turn), StoreError> {
        let Some(PasswordHash(hash)) = hash else {
            let (_, turn) = self.hash(turn, password).await?;
            return Ok((false, turn));
        };
        let password = normal(password);
        let compare = move || Argon2::default().verify_password(password.as_bytes(), hash.as_str());
        let (compared, turn) = self.off_thread(turn, compare).await?;
        match compared {
            Ok(()) => Ok((true, turn)),
            Err(HashError::PasswordInvalid) => Ok((false, turn)),
            Err(error) => Err(StoreError::Corrupt(format!("a password's hash cannot be read: {error}"))),
        }
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, Turn), StoreError> {
        #[cfg(test)]
        self.hashes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let task = tokio::task::spawn_blocking(move || (work(), turn));
        task.await
            .map_err(|lost| StoreError::Unavailable { what: "hash a password", source: Some(lost.into()) })
    }
}

/// Whether this may become a password.
pub(super) fn check(password: &str) -> Result<(), PasswordError> {
    let password = normal(password);
    if password.len() > PASSWORD_MAX {
        Err(PasswordError::TooLong)
    } else if password.chars().count() < PASSWORD_MIN {
        Err(PasswordError::TooShort)
    } else {
        Ok(())
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
