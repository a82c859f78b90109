//! Passwords: how they are checked, hashed and compared, at a cost that the machine can bear.

use crate::model::PasswordHash;
use crate::store::{Entropy, StoreError};
use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// What nobody hashes in at present. Never more than [`HASHES_AT_ONCE`].
    spare: Arc<Mutex<Vec<Workspace>>>,
    /// How many were hashed or compared.
    #[cfg(test)]
    pub(super) hashes: std::sync::atomic::AtomicUsize,
}

/// Where a password is hashed. Kept from one hash to the next: what is given back to the allocator stays with the thread
/// that gave it, and as each hash may run on another thread, strangers who guess would make the server ever larger.
type Workspace = Vec<Block>;

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
            spare: Arc::default(),
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
        let hash = move |workspace: &mut Workspace| hash_in(workspace, password.as_bytes(), &salt);
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
        let compare = move |workspace: &mut Workspace| is_of(workspace, password.as_bytes(), &hash);
        let (compared, turn) = self.off_thread(turn, compare).await?;
        match compared {
            Ok(is_same) => Ok((is_same, turn)),
            Err(error) => Err(StoreError::Corrupt(format!("a password's hash cannot be read: {error}"))),
        }
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&mut Workspace) -> T + Send + 'static,
    ) -> Result<(T, Turn), StoreError> {
        #[cfg(test)]
        self.hashes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let spare = Arc::clone(&self.spare);
        let task = tokio::task::spawn_blocking(move || {
            let workspaces = || spare.lock().unwrap_or_else(PoisonError::into_inner);
            let mut workspace = workspaces().pop().unwrap_or_default();
            let done = work(&mut workspace);
            // Before the turn ends: whoever is next finds it.
            workspaces().push(workspace);
            (done, turn)
        });
        task.await
            .map_err(|lost| StoreError::Unavailable { what: "hash a password", source: Some(lost.into()) })
    }
}

/// The hash of a password, as a text that says how it was made.
fn hash_in(
    workspace: &mut Workspace,
    password: &[u8],
    salt: &[u8],
) -> argon2::password_hash::Result<phc::PasswordHash> {
    let params = Params::default();
    let output = output_of(workspace, &Argon2::default(), password, salt, Params::DEFAULT_OUTPUT_LEN)?;
    Ok(phc::PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(output),
    })
}

/// Whether a password is the one that was hashed, at whatever cost that was.
fn is_of(workspace: &mut Workspace, password: &[u8], hash: &str) -> argon2::password_hash::Result<bool> {
    let hash = phc::PasswordHash::new(hash)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from)?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash)?);
    // Outputs are compared in a time that says nothing of them.
    Ok(output_of(workspace, &argon2, password, salt, expected.len())? == *expected)
}

fn output_of(
    workspace: &mut Workspace,
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
) -> argon2::password_hash::Result<Output> {
    let count = argon2.params().block_count();
    if workspace.len() < count {
        workspace.resize(count, Block::new());
    }
    let mut bytes = [0; Output::MAX_LENGTH];
    let output = bytes.get_mut(..length).ok_or(argon2::password_hash::Error::OutputSize)?;
    argon2.hash_password_into_with_memory(password, salt, output, workspace.as_mut_slice())?;
    Ok(Output::new(output)?)
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
