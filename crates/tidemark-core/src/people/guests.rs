//! Guests: who is let in by a link, and how somebody who knew its password is known again.

use super::throttle::Subject;
use super::{Hold, PasswordError, Peer, People, Secret, password};
use crate::lanes::Room;
use crate::model::{AccountId, Audience, Link, PasswordHash, Timestamp};
use crate::store::StoreError;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Keeps these keys apart from what else is made of the server's secret. Another number makes all proofs worthless.
const LABEL: &[u8] = b"tidemark link proof 1";
/// How long whoever knew a link's password is let in without it. A new password ends that at once.
pub const LINK_PROOF_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

const EXPIRY_BYTES: usize = 8;
const MAC_BYTES: usize = 32;

/// What is known of somebody who follows a link.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guest<'a> {
    /// Who they are, if they have proven that.
    pub account: Option<AccountId>,
    /// What they keep of having known the link's password.
    pub proof: Option<&'a str>,
}

/// A link for somebody who may open it. Only [`People`] makes one.
#[derive(Clone, Debug)]
pub struct OpenLink(Link);

/// A link for somebody who may open it if they know its password.
#[derive(Clone, Debug)]
pub struct LockedLink(Link);

/// Whether somebody may open a link.
#[derive(Clone, Debug)]
pub enum Admission {
    /// They may.
    Open(OpenLink),
    /// They may with its password.
    Locked(LockedLink),
    /// It is not for them: they are told what they would be if there were none.
    Closed,
}

/// Why a link's password did not open it.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// It is another.
    #[error("the password is wrong")]
    Refused,
    /// Too many attempts went wrong.
    #[error("too many attempts: try again in {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// Too many passwords are waiting to be hashed.
    #[error("the server is busy")]
    Busy,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Hold> for UnlockError {
    fn from(hold: Hold) -> UnlockError {
        match hold {
            Hold::Wait(wait) => UnlockError::Wait(wait),
            Hold::Busy => UnlockError::Busy,
        }
    }
}

/// Why a text did not become a link's password.
#[derive(Debug, thiserror::Error)]
pub enum LinkPasswordError {
    /// It will not do.
    #[error(transparent)]
    Unfit(#[from] PasswordError),
    /// Too many passwords are waiting to be hashed.
    #[error("the server is busy")]
    Busy,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpenLink {
    /// The link.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.0
    }
}

impl LockedLink {
    /// What it needs to be asked for: nothing that it shows.
    #[must_use]
    pub fn key(&self) -> &crate::model::LinkKey {
        &self.0.key
    }
}

/// What proofs are made with.
pub(super) struct GuestKeys([u8; 32]);

impl GuestKeys {
    pub(super) fn new(secret: &[u8; 32]) -> GuestKeys {
        GuestKeys(mac(secret, &[LABEL]))
    }

    /// Says that somebody knew the password of this link, until then. It holds the password's hash: a new password makes
    /// the proofs of the one before worthless, even if it is the same.
    fn proof(&self, link: &Link, hash: &PasswordHash, expires: Timestamp) -> Secret {
        let expires = expires.0.to_be_bytes();
        let mut bytes = expires.to_vec();
        bytes.extend_from_slice(&self.seal(link, hash, expires));
        Secret::derived(BASE64URL_NOPAD.encode(&bytes))
    }

    fn is_proof(&self, text: &str, link: &Link, hash: &PasswordHash, now: Timestamp) -> bool {
        let mut bytes = [0; EXPIRY_BYTES + MAC_BYTES];
        let encoding = BASE64URL_NOPAD;
        if encoding.decode_len(text.len()) != Ok(bytes.len()) {
            return false;
        }
        let Ok(_) = encoding.decode_mut(text.as_bytes(), &mut bytes) else { return false };
        let (Some(expires), sealed) = (bytes.first_chunk(), &bytes[EXPIRY_BYTES..]) else { return false };
        let is_ours: bool = self.seal(link, hash, *expires).as_slice().ct_eq(sealed).into();
        is_ours && now < Timestamp(i64::from_be_bytes(*expires))
    }

    /// What is remembered of a password that was right.
    fn known(&self, link: &Link, hash: &PasswordHash, password: &str) -> [u8; MAC_BYTES] {
        let length = (hash.0.len() as u64).to_be_bytes();
        mac(&self.0, &[b"known", &link.id.0.to_be_bytes(), &length, hash.0.as_bytes(), password.as_bytes()])
    }

    fn seal(&self, link: &Link, hash: &PasswordHash, expires: [u8; EXPIRY_BYTES]) -> [u8; MAC_BYTES] {
        // The number and the expiry have fixed lengths, and the hash is the last.
        mac(&self.0, &[&link.id.0.to_be_bytes(), &expires, hash.0.as_bytes()])
    }
}

/// Passwords that were right, each as a seal of the link, what is kept of its password, and the password: whoever changes that
/// makes another.
#[derive(Default)]
pub(super) struct KnownPasswords(Mutex<HashSet<[u8; MAC_BYTES]>>);

/// How many are remembered, some 50 bytes each. Beyond this, all are forgotten and the busy ones come back.
const KNOWN_MAX: usize = 4_096;

impl KnownPasswords {
    /// What is looked for is made with a key that nobody has, so that the time it takes tells nothing.
    fn has(&self, known: &[u8; MAC_BYTES]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(known)
    }

    fn add(&self, known: Option<[u8; MAC_BYTES]>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KNOWN_MAX {
            all.clear();
        }
        all.extend(known);
    }
}

/// How many passwords of links are made at once, and for one account.
pub(super) const LINK_PASSWORDS: Room = Room { at_once: 1, at_once_per_account: 1, waiting_per_account: 16 };

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; MAC_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl People {
    /// Whether somebody may open a link. Its owner always may.
    #[must_use]
    pub fn admit_guest(&self, link: Link, guest: Guest<'_>) -> Admission {
        if guest.account == Some(link.account) {
            return Admission::Open(OpenLink(link));
        }
        match (link.rules.audience, &link.rules.password) {
            (Audience::Everybody, Some(hash)) => {
                let knows = |proof| self.guest_keys().is_proof(proof, &link, hash, self.clock.now());
                if guest.proof.is_some_and(knows) {
                    Admission::Open(OpenLink(link))
                } else {
                    Admission::Locked(LockedLink(link))
                }
            }
            (Audience::Everybody, None) => Admission::Open(OpenLink(link)),
            (Audience::Members, _) if guest.account.is_some() => Admission::Open(OpenLink(link)),
            (Audience::Members | Audience::Owner, _) => Admission::Closed,
        }
    }

    /// Opens a link for whoever knows its password; answers what they can show in its place, too, for
    /// [`LINK_PROOF_LIFE`]. Programs say the password with each request: what was right is remembered, so that it is hashed
    /// once and not a thousand times.
    pub async fn unlock(
        &self,
        locked: &LockedLink,
        password: &str,
        peer: Peer,
    ) -> Result<(Secret, OpenLink), UnlockError> {
        let LockedLink(link) = locked;
        let subject = Subject::Link(link.id);
        let hash = link.rules.password.clone();
        let keys = self.guest_keys();
        let known = hash.as_ref().map(|hash| keys.known(link, hash, password));
        if let (Some(hash), Some(known)) = (&hash, &known)
            && self.known_passwords.has(known)
        {
            // Who has to wait is not told sooner which guess was right.
            self.throttle.admit(peer, &subject, self.clock.now()).map_err(UnlockError::Wait)?;
            let proof = keys.proof(link, hash, self.clock.now().plus(LINK_PROOF_LIFE));
            return Ok((proof, OpenLink(link.clone())));
        }
        let turn = self.turn_to_guess(peer, &subject).await?;
        let is_right = self.is_right_guess(turn, peer, subject, password, hash.clone()).await?;
        let hash = hash.filter(|_| is_right).ok_or(UnlockError::Refused)?;
        self.known_passwords.add(known);
        let proof = keys.proof(link, &hash, self.clock.now().plus(LINK_PROOF_LIFE));
        Ok((proof, OpenLink(link.clone())))
    }

    /// What is kept of a password that this account's link is to have.
    pub async fn link_password(
        &self,
        account: AccountId,
        password: &str,
    ) -> Result<PasswordHash, LinkPasswordError> {
        password::check(password)?;
        // One of them at a time: whoever signs in waits in the same line, which is short.
        let _waiting = self.link_passwords.wait(account).ok_or(LinkPasswordError::Busy)?;
        let _turn = self.link_passwords.turn(account).await;
        let turn = self.passwords.turn().await.ok_or(LinkPasswordError::Busy)?;
        Ok(self.passwords.hash(turn, password).await?.0)
    }

    fn guest_keys(&self) -> &GuestKeys {
        self.guest_keys.get_or_init(|| GuestKeys::new(&self.made_up_secret()))
    }
}
