//! What is worked out of the server's secret instead of being kept: the secrets of tokens, and request tokens
//! themselves.
//!
//! A signature can be checked only by who knows the token's secret, so a hash of it would not do. Whoever copies the
//! database gets no secret with it: they would need the server's, which lies elsewhere. Tokens and secrets consist of
//! `[A-Za-z0-9]`, because some programs take them out of an answer without decoding it.

use super::Stamp;
use crate::model::{AppKey, SecretHash, Timestamp};
use crate::people::Secret;
use crate::store::Entropy;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Keeps these keys apart from what else is made of the server's secret. Another number makes all tokens worthless.
const LABEL: &[u8] = b"tidemark oauth1 1";

const CHANCE_BYTES: usize = 16;
const EXPIRY_BYTES: usize = 8;
const SEAL_BYTES: usize = 16;
/// How long a request token is before the key of its app: 40 bytes, five of which make eight characters.
const SEALED_CHARS: usize = (CHANCE_BYTES + EXPIRY_BYTES + SEAL_BYTES) / 5 * 8;
/// The longest key of an app that is looked at. Ours have 15 characters.
const APP_KEY_MAX: usize = 64;

/// A token with its secret, as a program gets them: once.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token, which travels with every request.
    pub token: Secret,
    /// What requests are signed with.
    pub secret: Secret,
}

/// A request token that this server has made, whatever has become of it.
pub(super) struct RequestToken {
    pub(super) app: AppKey,
    /// When it becomes worthless, unless somebody has allowed it before.
    pub(super) expires: Timestamp,
}

/// See the module.
pub(in crate::people) struct TokenKeys([u8; 32]);

impl TokenKeys {
    pub(in crate::people) fn new(secret: &[u8; 32]) -> TokenKeys {
        TokenKeys(mac(secret, LABEL, &[]))
    }

    /// A request token for this app: chance, an expiry, and a seal over both and the app, which is named behind them. So
    /// nothing must be kept of those that nobody ever decides about, however many are asked for.
    pub(super) fn request_token(
        &self,
        app: &AppKey,
        expires: Timestamp,
        entropy: &dyn Entropy,
    ) -> IssuedToken {
        let mut chance = [0; CHANCE_BYTES];
        entropy.fill(&mut chance);
        let mut sealed = chance.to_vec();
        sealed.extend_from_slice(&expires.0.to_be_bytes());
        let seal = self.seal(&sealed, app);
        sealed.extend_from_slice(&seal);
        let token = format!("{}{app}", BASE32_NOPAD.encode(&sealed));
        let secret = self.request_secret(&token);
        IssuedToken { token: Secret::derived(token), secret }
    }

    /// What a text says, if it is a request token that was made with these keys.
    pub(super) fn open_request(&self, text: &str) -> Option<RequestToken> {
        let (sealed, app) = text.split_at_checked(SEALED_CHARS)?;
        if app.is_empty() || app.len() > APP_KEY_MAX {
            return None;
        }
        let app = AppKey(app.to_owned());
        let bytes = BASE32_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (said, seal) = bytes.split_at_checked(CHANCE_BYTES + EXPIRY_BYTES)?;
        let ours: bool = self.seal(said, &app).as_slice().ct_eq(seal).into();
        let expires = i64::from_be_bytes(*said.last_chunk()?);
        ours.then_some(RequestToken { app, expires: Timestamp(expires) })
    }

    pub(in crate::people) fn request_secret(&self, token: &str) -> Secret {
        self.secret(b"request token secret", token)
    }

    pub(in crate::people) fn access_secret(&self, token: &str) -> Secret {
        self.secret(b"access token secret", token)
    }

    /// What is remembered of a stamp.
    pub(super) fn stamp(&self, app: &AppKey, token: &str, stamp: Stamp<'_>) -> SecretHash {
        let seconds = stamp.seconds.to_be_bytes();
        let parts = [app.0.as_bytes(), token.as_bytes(), &seconds, stamp.nonce.as_bytes()];
        SecretHash(mac(&self.0, b"stamp", &parts))
    }

    fn secret(&self, label: &[u8], token: &str) -> Secret {
        Secret::derived(BASE32_NOPAD.encode(&mac(&self.0, label, &[token.as_bytes()])))
    }

    fn seal(&self, said: &[u8], app: &AppKey) -> [u8; SEAL_BYTES] {
        let whole = mac(&self.0, b"request token", &[said, app.0.as_bytes()]);
        *whole.first_chunk().expect("a MAC is longer than a seal")
    }
}

/// HMAC-SHA256 over a label and parts, each behind its length, so that no two lists of parts are the same bytes.
fn mac(key: &[u8; 32], label: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in std::iter::once(&label).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::SeededEntropy;

    fn issue(keys: &TokenKeys, app: &str) -> String {
        let app = AppKey(app.into());
        keys.request_token(&app, Timestamp(1_700_000_000_123), &SeededEntropy::new(1))
            .token
            .reveal()
            .to_owned()
    }

    #[test]
    fn a_request_token_says_what_it_was_made_with() {
        let keys = TokenKeys::new(&[1; 32]);
        let opened = keys.open_request(&issue(&keys, "abc123")).expect("it is ours");
        assert_eq!((opened.app.0.as_str(), opened.expires), ("abc123", Timestamp(1_700_000_000_123)));
    }

    #[test]
    fn a_forged_request_token_is_none() {
        let keys = TokenKeys::new(&[1; 32]);
        let good = issue(&keys, "abc123");
        assert!(TokenKeys::new(&[2; 32]).open_request(&good).is_none(), "another server's");
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("it is still ASCII");
            assert!(keys.open_request(&changed).is_none(), "{changed}");
        }
        let long = format!("{}{}", &good[..SEALED_CHARS], "a".repeat(APP_KEY_MAX + 1));
        for bad in
            ["", "x", &good[1..], &good[..good.len() - 1], &good[..SEALED_CHARS], &long, &good.to_lowercase()]
        {
            assert!(keys.open_request(bad).is_none(), "{bad}");
        }
        assert!(keys.open_request(&"é".repeat(SEALED_CHARS)).is_none());
    }

    #[test]
    fn secrets_are_plain_words_and_hang_on_key_kind_and_token() {
        let (keys, others) = (TokenKeys::new(&[1; 32]), TokenKeys::new(&[2; 32]));
        let secrets = [
            keys.access_secret("t"),
            keys.access_secret("u"),
            keys.request_secret("t"),
            others.access_secret("t"),
        ];
        let distinct: std::collections::HashSet<_> = secrets.iter().map(Secret::reveal).collect();
        assert_eq!(distinct.len(), 4);
        assert!(distinct.iter().all(|s| s.len() == 52 && s.bytes().all(|b| b.is_ascii_alphanumeric())));
        assert_eq!(keys.access_secret("t").reveal(), secrets[0].reveal());
    }

    #[test]
    fn parts_cannot_be_shifted_into_one_another() {
        let keys = TokenKeys::new(&[1; 32]);
        let word = |app: &str, token, seconds, nonce| {
            keys.stamp(&AppKey(app.into()), token, Stamp { seconds, nonce })
        };
        let words = [
            word("ab", "c", 1, "d"),
            word("a", "bc", 1, "d"),
            word("ab", "", 1, "cd"),
            word("ab", "c", 2, "d"),
            word("ab", "c", 1, "e"),
        ];
        assert_eq!(std::collections::HashSet::from(words).len(), 5);
    }
}
