//! The gallery's own key, and what is made with it: what is signed, and what is sealed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use tidemark_client::Entropy;

const FILE: &str = "key";
const NONCE: usize = 24;

/// What every secret of this gallery is made from. It is in a file beside the database that only its owner can read: whoever
/// has the database alone can open nobody's files with it.
pub(crate) struct Keys {
    signing: [u8; 32],
    sealing: XChaCha20Poly1305,
}

impl Keys {
    /// Reads the key of a data folder, or makes one.
    pub(crate) fn open(folder: &Path, entropy: &dyn Entropy) -> io::Result<Keys> {
        let file = folder.join(FILE);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; 32];
                entropy.fill(&mut bytes);
                let mut options = OpenOptions::new();
                // It must be new: a key that somebody else makes at this moment is as good as lost otherwise.
                let mut created = options.write(true).create_new(true).mode(0o600).open(&file)?;
                created.write_all(&bytes)?;
                created.sync_all()?;
                bytes.to_vec()
            }
            Err(error) => return Err(error),
        };
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "the key has another length than 32 bytes")
        })?;
        Ok(Keys::from_bytes(&bytes))
    }

    fn from_bytes(bytes: &[u8; 32]) -> Keys {
        let sealing = XChaCha20Poly1305::new(&mac(bytes, &[b"seal"]).into());
        Keys { signing: mac(bytes, &[b"sign"]), sealing }
    }

    /// The signature of a text, for one purpose only.
    pub(crate) fn signature(&self, purpose: &str, text: &[u8]) -> String {
        BASE64URL_NOPAD.encode(&mac(&self.signing, &[purpose.as_bytes(), b"\0", text]))
    }

    /// Whether it is that. It is compared in one time, whatever it is.
    pub(crate) fn is_signature(&self, purpose: &str, text: &[u8], signature: &str) -> bool {
        let expected = self.signature(purpose, text);
        subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), signature.as_bytes()).into()
    }

    /// Seals a secret, for one place.
    pub(crate) fn seal(&self, place: &[u8], secret: &str, entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let payload = Payload { msg: secret.as_bytes(), aad: place };
        let sealed = self.sealing.encrypt(&nonce.into(), payload);
        [&nonce[..], &sealed.expect("a token is far shorter than what can be sealed")].concat()
    }

    /// What was sealed for this place; nothing if it was not, or under another key.
    pub(crate) fn open_sealed(&self, place: &[u8], sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let secret = self.sealing.decrypt(&(*nonce).into(), Payload { msg: sealed, aad: place }).ok()?;
        String::from_utf8(secret).ok()
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Dice;

    impl Entropy for Dice {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0x5a);
        }
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let (ours, theirs) = (Keys::from_bytes(&[1; 32]), Keys::from_bytes(&[2; 32]));
        let sealed = ours.seal(b"a", "secret", &Dice);
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(ours.open_sealed(b"a", &sealed).as_deref(), Some("secret"));
        assert_eq!(ours.open_sealed(b"b", &sealed), None);
        assert_eq!(theirs.open_sealed(b"a", &sealed), None);
        assert_eq!(ours.open_sealed(b"a", &sealed[..20]), None);
    }

    #[test]
    fn a_signature_is_for_one_purpose_and_text() {
        let (ours, theirs) = (Keys::from_bytes(&[1; 32]), Keys::from_bytes(&[2; 32]));
        let signature = ours.signature("cookie", b"abc");
        assert!(ours.is_signature("cookie", b"abc", &signature));
        assert!(
            !ours.is_signature("form", b"abc", &signature)
                && !ours.is_signature("cookie", b"abd", &signature)
        );
        assert!(
            !theirs.is_signature("cookie", b"abc", &signature) && !ours.is_signature("cookie", b"abc", "")
        );
    }

    #[test]
    fn the_key_is_kept_and_nobody_elses() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path(), &Dice).unwrap().signature("a", b"b");
        assert_eq!(Keys::open(folder.path(), &Dice).unwrap().signature("a", b"b"), first);
        let file = folder.path().join(FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "short").unwrap();
        assert!(Keys::open(folder.path(), &Dice).is_err());
    }
}
