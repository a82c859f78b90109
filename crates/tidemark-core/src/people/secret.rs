//! Random secrets: access tokens, codes, sessions, links. Their hashes are kept, they themselves are told once.

use crate::model::SecretHash;
use crate::store::Entropy;
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// How much chance goes into a secret, in bytes: 256 bits, so that its plain SHA-256 can be kept without salt.
const SECRET_SIZE: usize = 32;

/// The same for the beginning that all refresh tokens of a family share.
const HANDLE_SIZE: usize = 16;
/// Its length as text.
const HANDLE_CHARS: usize = 22;
/// The length of a refresh token.
const REFRESH_CHARS: usize = HANDLE_CHARS + 43;

/// Longer texts are no secrets of ours, and are not worth hashing. In bytes.
const SECRET_TEXT_MAX: usize = 512;

/// A secret, mostly of 43 characters of `[A-Za-z0-9_-]`. It does not show itself when it is printed for debugging.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub fn random(entropy: &dyn Entropy) -> Secret {
        let mut bytes = [0; SECRET_SIZE];
        entropy.fill(&mut bytes);
        Secret(BASE64URL_NOPAD.encode(&bytes))
    }

    /// A new one of 52 characters of `[A-Z2-7]`, for programs that put tokens into URLs as they are.
    pub(super) fn alphanumeric(entropy: &dyn Entropy) -> Secret {
        let mut bytes = [0; SECRET_SIZE];
        entropy.fill(&mut bytes);
        Secret(BASE32_NOPAD.encode(&bytes))
    }

    /// A new one for a family of refresh tokens: the family's handle, and a word of its own.
    pub(super) fn first_in_family(entropy: &dyn Entropy) -> Secret {
        let mut bytes = [0; HANDLE_SIZE];
        entropy.fill(&mut bytes);
        Secret(BASE64URL_NOPAD.encode(&bytes) + Secret::random(entropy).reveal())
    }

    /// One that is worked out of something.
    pub(super) fn derived(text: String) -> Secret {
        Secret(text)
    }

    /// The text, to be told to whom it belongs and to nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        hash_of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What would have been kept of this text, if it is a secret of ours; nothing if it cannot be one.
pub(super) fn presented(text: &str) -> Option<SecretHash> {
    (!text.is_empty() && text.len() <= SECRET_TEXT_MAX).then(|| hash_of(text))
}

/// What would have been kept of this refresh token: of its family's handle, and of itself; nothing if it cannot be one.
pub(super) fn family_of(text: &str) -> Option<(SecretHash, SecretHash)> {
    let (handle, _) = text.split_at_checked(HANDLE_CHARS).filter(|_| text.len() == REFRESH_CHARS)?;
    Some((hash_of(handle), hash_of(text)))
}

/// The refresh token that comes after this one.
pub(super) fn next_in_family(text: &str, entropy: &dyn Entropy) -> Secret {
    let (handle, _) = text.split_at(HANDLE_CHARS);
    Secret(handle.to_owned() + Secret::random(entropy).reveal())
}

fn hash_of(text: &str) -> SecretHash {
    SecretHash(Sha256::digest(text.as_bytes()).into())
}

/// A text of `length` characters of `[a-z0-9]`, as the old service's app keys, secrets and links look: some programs put them
/// into URLs unescaped.
pub(crate) fn random_word(entropy: &dyn Entropy, length: usize) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // Bytes from 252 on are thrown away, so that every letter is equally likely.
    const FAIR: u8 = 252;
    let mut word = String::with_capacity(length);
    while word.len() < length {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        let letters =
            bytes.iter().filter(|byte| **byte < FAIR).map(|byte| LETTERS[usize::from(byte % 36)] as char);
        word.extend(letters.take(length - word.len()));
    }
    word
}
