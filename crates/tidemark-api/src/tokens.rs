//! What clients keep for us: cursors and references, as opaque strings.
//!
//! A cursor travels through query strings, forms and other people's databases, and a long poll needs no other
//! credential. So it is sealed with XChaCha20-Poly1305: nobody can read what it says, forge one, or change one. Each
//! kind of token has a label of its own that goes into the seal, so that one can't be passed off as another.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use data_encoding::BASE64URL_NOPAD;
use tidemark_core::model::{
    AccountId, AppKey, Cursor, DEPTH_MAX, EntryId, Epoch, Expansion, NameKey, NamespaceId, PathKey, Position,
    Reference, Referent, Seq, Timestamp, VersionReference, digest_of,
};
use tidemark_core::store::Entropy;

/// What is sealed together with a cursor. A change of the layout below needs a new number here.
const CURSOR_LABEL: &[u8] = b"tidemark cursor 1";

/// What is sealed together with a reference that can be copied, and with one whose bytes can be seen.
const COPY_LABEL: &[u8] = b"tidemark copy reference 1";
const VIEW_LABEL: &[u8] = b"tidemark direct link 1";

/// What is sealed together with a reference to one version of a file.
const VERSION_LABEL: &[u8] = b"tidemark version reference 1";

/// What goes before the key to make the server's id.
const SERVER_LABEL: &[u8] = b"tidemark server id 1: ";

const NONCE_BYTES: usize = 24;

/// Longer texts are no cursors of ours: its two places, each [`DEPTH_MAX`] names of 255 characters of 4 bytes, fit.
const CURSOR_CHARS_MAX: usize = 512 << 10;

/// Longer texts are no references of ours: they hold numbers, and an app's key.
const REFERENCE_CHARS_MAX: usize = 512;

/// What a reference is good for. One kind can't be passed off as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// Being copied by a program of the same app.
    Copy,
    /// Being looked at by everybody who has it.
    View,
}

impl ReferenceKind {
    fn label(self) -> &'static [u8] {
        match self {
            ReferenceKind::Copy => COPY_LABEL,
            ReferenceKind::View => VIEW_LABEL,
        }
    }
}

/// The text is no token of this kind that this server has given out: forged, cut, damaged, or another server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token is not one that this server has given out")]
pub struct TokenError;

/// Seals and opens tokens with the server's key.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    server_id: [u8; 16],
    entropy: Arc<dyn Entropy>,
}

impl Sealer {
    /// A sealer with this key, which must stay the same for as long as clients keep tokens: for ever.
    pub fn new(key: &[u8; 32], entropy: Arc<dyn Entropy>) -> Sealer {
        let digest = digest_of(&[SERVER_LABEL, key].concat());
        let server_id = *digest.0.first_chunk().expect("a digest has 32 bytes");
        Sealer { cipher: XChaCha20Poly1305::new(key.into()), server_id, entropy }
    }

    /// What this server is known by to those whose tokens it opens: the same for as long as it has its key, in copies and
    /// after a backup was put back, and nothing of the key can be told from it.
    #[must_use]
    pub fn server_id(&self) -> [u8; 16] {
        self.server_id
    }

    /// A cursor as its reader keeps it: URL-safe ASCII.
    pub fn seal_cursor(&self, cursor: &Cursor) -> String {
        self.seal(CURSOR_LABEL, &write_cursor(cursor))
    }

    /// Reads a cursor back.
    ///
    /// # Errors
    /// [`TokenError`], which doesn't say what is wrong: that would help forgers only.
    pub fn open_cursor(&self, text: &str) -> Result<Cursor, TokenError> {
        if text.len() > CURSOR_CHARS_MAX {
            return Err(TokenError);
        }
        read_cursor(&self.open(CURSOR_LABEL, text)?).ok_or(TokenError)
    }

    /// A reference as programs keep it: URL-safe ASCII.
    pub fn seal_reference(&self, kind: ReferenceKind, reference: &Reference) -> String {
        self.seal(kind.label(), &write_reference(reference))
    }

    /// Reads a reference of this kind back. Whether it has expired is not looked at.
    ///
    /// # Errors
    /// As [`Sealer::open_cursor`].
    pub fn open_reference(&self, kind: ReferenceKind, text: &str) -> Result<Reference, TokenError> {
        if text.len() > REFERENCE_CHARS_MAX {
            return Err(TokenError);
        }
        read_reference(&self.open(kind.label(), text)?).ok_or(TokenError)
    }

    /// A reference to one version of a file, likewise.
    pub fn seal_version(&self, reference: &VersionReference) -> String {
        let mut plain = write_reference(&reference.file);
        write_number(&mut plain, reference.version.0);
        self.seal(VERSION_LABEL, &plain)
    }

    /// Reads a reference to a version back. Whether it has expired is not looked at.
    ///
    /// # Errors
    /// As [`Sealer::open_cursor`].
    pub fn open_version(&self, text: &str) -> Result<VersionReference, TokenError> {
        if text.len() > REFERENCE_CHARS_MAX {
            return Err(TokenError);
        }
        read_version(&self.open(VERSION_LABEL, text)?).ok_or(TokenError)
    }

    /// Seals what some part of a protocol hands out, under that kind's own label.
    pub(crate) fn seal(&self, label: &[u8], plain: &[u8]) -> String {
        // 24 random bytes never repeat, so no counter has to survive a restart.
        let mut sealed = vec![0; NONCE_BYTES];
        self.entropy.fill(&mut sealed);
        let nonce = nonce_of(&sealed).expect("the nonce was just put there");
        let payload = Payload { msg: plain, aad: label };
        let body =
            self.cipher.encrypt(&nonce.into(), payload).expect("a token is far below the cipher's limit");
        sealed.extend_from_slice(&body);
        BASE64URL_NOPAD.encode(&sealed)
    }

    /// Opens what was sealed under this label.
    pub(crate) fn open(&self, label: &[u8], text: &str) -> Result<Vec<u8>, TokenError> {
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| TokenError)?;
        let nonce = nonce_of(&sealed).ok_or(TokenError)?;
        let payload = Payload { msg: &sealed[NONCE_BYTES..], aad: label };
        self.cipher.decrypt(&nonce.into(), payload).map_err(|_| TokenError)
    }
}

fn nonce_of(sealed: &[u8]) -> Option<[u8; NONCE_BYTES]> {
    sealed.first_chunk().copied()
}

const MEDIA: u8 = 1;
const POSITION: u8 = 2;
const EXPANSION: u8 = 4;
const APP: u8 = 8;

/// What a seal holds of a cursor: numbers as LEB128, texts behind their length. Public for the fuzzer alone.
#[doc(hidden)]
#[must_use]
pub fn write_cursor(cursor: &Cursor) -> Vec<u8> {
    let position = cursor.position.as_ref();
    let expansion = position.and_then(|position| position.expansion.as_ref());
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    let mut out = Vec::with_capacity(64);
    out.push(
        flag(cursor.media, MEDIA)
            | flag(position.is_some(), POSITION)
            | flag(expansion.is_some(), EXPANSION)
            | flag(cursor.app.is_some(), APP),
    );
    out.extend_from_slice(&cursor.epoch.0.to_le_bytes());
    write_number(&mut out, cursor.account.0);
    if let Some(app) = &cursor.app {
        write_text(&mut out, &app.0);
    }
    write_number(&mut out, cursor.namespace.0.into());
    write_number(&mut out, cursor.root.0);
    write_keys(&mut out, cursor.prefix.keys());
    if let Some(position) = position {
        write_number(&mut out, position.seq.0);
    }
    if let Some(expansion) = expansion {
        write_number(&mut out, expansion.folder.0);
        write_number(&mut out, expansion.appeared.0);
        write_keys(&mut out, expansion.after.iter().cloned());
    }
    out
}

fn write_reference(reference: &Reference) -> Vec<u8> {
    let Reference { account, app, referent, root, expires } = reference;
    let mut out = Vec::with_capacity(64);
    write_number(&mut out, account.0);
    write_text(&mut out, &app.0);
    write_number(&mut out, referent.namespace.0.into());
    write_number(&mut out, referent.entry.0);
    out.extend_from_slice(&referent.born.0.to_le_bytes());
    write_number(&mut out, root.0);
    out.extend_from_slice(&expires.0.to_le_bytes());
    out
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn write_keys(out: &mut Vec<u8>, keys: impl Iterator<Item = NameKey>) {
    for key in keys {
        write_text(out, key.as_str());
    }
    // No name is empty, so an empty one ends the list.
    write_number(out, 0);
}

/// Reads what [`write_cursor`] has written. Public for the fuzzer alone.
#[doc(hidden)]
#[must_use]
pub fn read_cursor(plain: &[u8]) -> Option<Cursor> {
    let mut reader = Reader { rest: plain };
    let flags = reader.byte()?;
    let mut cursor = Cursor {
        epoch: Epoch(u64::from_le_bytes(*reader.chunk()?)),
        account: AccountId(reader.number()?),
        app: if flags & APP != 0 { Some(AppKey(reader.text()?.to_owned())) } else { None },
        namespace: NamespaceId(reader.number()?.try_into().ok()?),
        root: EntryId(reader.number()?),
        prefix: reader.keys()?.into_iter().collect::<PathKey>(),
        media: flags & MEDIA != 0,
        position: None,
    };
    if flags & POSITION != 0 {
        let seq = Seq(reader.number()?);
        let expansion = if flags & EXPANSION != 0 {
            let (folder, appeared) = (EntryId(reader.number()?), Seq(reader.number()?));
            Some(Expansion { folder, appeared, after: reader.keys()? })
        } else {
            None
        };
        cursor.position = Some(Position { seq, expansion });
    }
    reader.rest.is_empty().then_some(cursor)
}

fn read_reference(plain: &[u8]) -> Option<Reference> {
    let mut reader = Reader { rest: plain };
    let reference = reader.reference()?;
    reader.rest.is_empty().then_some(reference)
}

fn read_version(plain: &[u8]) -> Option<VersionReference> {
    let mut reader = Reader { rest: plain };
    let reference = VersionReference { file: reader.reference()?, version: Seq(reader.number()?) };
    reader.rest.is_empty().then_some(reference)
}

/// Takes values from the front. Nothing is believed, although the seal was whole: an older server may have made it.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.take(N)?.first_chunk()
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.chunk::<1>()?[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp(i64::from_le_bytes(*self.chunk()?)))
    }

    fn reference(&mut self) -> Option<Reference> {
        Some(Reference {
            account: AccountId(self.number()?),
            app: AppKey(self.text()?.to_owned()),
            referent: Referent {
                namespace: NamespaceId(self.number()?.try_into().ok()?),
                entry: EntryId(self.number()?),
                born: self.time()?,
            },
            root: EntryId(self.number()?),
            expires: self.time()?,
        })
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn keys(&mut self) -> Option<Vec<NameKey>> {
        let mut keys = Vec::new();
        loop {
            let text = self.text()?;
            if text.is_empty() {
                return Some(keys);
            }
            if keys.len() == DEPTH_MAX || text.contains('/') {
                return None;
            }
            keys.push(NameKey::trusted(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Counts, so that no two nonces are equal and every run is.
    #[derive(Default)]
    struct Counting(AtomicU64);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed) as u8;
            }
        }
    }

    fn sealer(key: u8) -> Sealer {
        Sealer::new(&[key; 32], Arc::new(Counting::default()))
    }

    fn keys(count: usize) -> impl Strategy<Value = Vec<NameKey>> {
        vec("[^/\\p{Cc}]{1,20}".prop_map(|text| NameKey::of(&text)), 0..count)
    }

    fn cursors() -> impl Strategy<Value = Cursor> {
        let expansion = (any::<u64>(), any::<u64>(), keys(6)).prop_map(|(folder, appeared, after)| {
            Expansion { folder: EntryId(folder), appeared: Seq(appeared), after }
        });
        let position = (any::<u64>(), proptest::option::of(expansion))
            .prop_map(|(seq, expansion)| Position { seq: Seq(seq), expansion });
        let app = proptest::option::of("[a-z0-9]{0,15}".prop_map(AppKey));
        let ids = (any::<u64>(), any::<u64>(), app, any::<u32>(), any::<u64>());
        (ids, keys(6), any::<bool>(), proptest::option::of(position)).prop_map(
            |((epoch, account, app, namespace, root), prefix, media, position)| Cursor {
                epoch: Epoch(epoch),
                account: AccountId(account),
                app,
                namespace: NamespaceId(namespace),
                root: EntryId(root),
                prefix: prefix.into_iter().collect(),
                media,
                position,
            },
        )
    }

    fn references() -> impl Strategy<Value = Reference> {
        let referent = (any::<u32>(), any::<u64>(), any::<i64>()).prop_map(|(namespace, entry, born)| {
            Referent { namespace: NamespaceId(namespace), entry: EntryId(entry), born: Timestamp(born) }
        });
        (any::<u64>(), "[a-z0-9]{0,15}", referent, any::<u64>(), any::<i64>()).prop_map(
            |(account, app, referent, root, expires)| Reference {
                account: AccountId(account),
                app: AppKey(app),
                referent,
                root: EntryId(root),
                expires: Timestamp(expires),
            },
        )
    }

    fn longest() -> Cursor {
        let name = NameKey::of(&"\u{1f30a}".repeat(255));
        Cursor {
            epoch: Epoch(u64::MAX),
            account: AccountId(u64::MAX),
            app: Some(AppKey("a".repeat(15))),
            namespace: NamespaceId(u32::MAX),
            root: EntryId(u64::MAX),
            prefix: std::iter::repeat_n(name.clone(), DEPTH_MAX).collect(),
            media: true,
            position: Some(Position {
                seq: Seq::MAX,
                expansion: Some(Expansion {
                    folder: EntryId(u64::MAX),
                    appeared: Seq::MAX,
                    after: vec![name; DEPTH_MAX],
                }),
            }),
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_unchanged(cursor in cursors()) {
            let sealer = sealer(7);
            let text = sealer.seal_cursor(&cursor);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(sealer.open_cursor(&text), Ok(cursor));
        }

        #[test]
        fn one_flipped_bit_anywhere_is_noticed(cursor in cursors(), at in any::<prop::sample::Index>(), bit in 0..8) {
            let sealer = sealer(7);
            let mut sealed = BASE64URL_NOPAD.decode(sealer.seal_cursor(&cursor).as_bytes()).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1u8 << bit;
            prop_assert_eq!(sealer.open_cursor(&BASE64URL_NOPAD.encode(&sealed)), Err(TokenError));
        }

        #[test]
        fn a_cut_or_lengthened_text_is_refused(cursor in cursors(), at in any::<prop::sample::Index>()) {
            let sealer = sealer(7);
            let text = sealer.seal_cursor(&cursor);
            prop_assert_eq!(sealer.open_cursor(&text[..at.index(text.len())]), Err(TokenError));
            prop_assert_eq!(sealer.open_cursor(&format!("{text}A")), Err(TokenError));
        }

        #[test]
        fn any_other_text_is_refused(text in "\\PC{0,200}") {
            prop_assert_eq!(sealer(7).open_cursor(&text), Err(TokenError));
        }

        /// Even behind the seal, no bytes make it panic, and what it reads is what it would write.
        #[test]
        fn reading_is_total_and_exact(plain in vec(any::<u8>(), 0..80)) {
            if let Some(cursor) = read_cursor(&plain) {
                prop_assert_eq!(read_cursor(&write_cursor(&cursor)), Some(cursor));
            }
        }
    }

    proptest! {
        #[test]
        fn references_open_unchanged_and_as_their_kind_only(reference in references()) {
            let sealer = sealer(7);
            for (kind, other) in [(ReferenceKind::Copy, ReferenceKind::View), (ReferenceKind::View, ReferenceKind::Copy)] {
                let text = sealer.seal_reference(kind, &reference);
                prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
                prop_assert!(text.len() <= REFERENCE_CHARS_MAX);
                prop_assert_eq!(sealer.open_reference(kind, &text), Ok(reference.clone()));
                prop_assert_eq!(sealer.open_reference(other, &text), Err(TokenError));
                prop_assert_eq!(sealer.open_cursor(&text), Err(TokenError));
            }
        }

        #[test]
        fn references_to_versions_open_unchanged_and_as_nothing_else(file in references(), version in any::<u64>()) {
            let (sealer, reference) = (sealer(7), VersionReference { file, version: Seq(version) });
            let text = sealer.seal_version(&reference);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert!(text.len() <= REFERENCE_CHARS_MAX);
            for kind in [ReferenceKind::Copy, ReferenceKind::View] {
                prop_assert_eq!(sealer.open_reference(kind, &text), Err(TokenError));
                prop_assert_eq!(sealer.open_version(&sealer.seal_reference(kind, &reference.file)), Err(TokenError));
            }
            prop_assert_eq!(sealer.open_version(&text), Ok(reference));
        }

        #[test]
        fn reading_a_reference_is_total_and_exact(plain in vec(any::<u8>(), 0..60)) {
            if let Some(reference) = read_reference(&plain) {
                prop_assert_eq!(read_reference(&write_reference(&reference)), Some(reference));
            }
        }
    }

    #[test]
    fn another_servers_cursor_is_refused() {
        let text = sealer(7).seal_cursor(&longest());
        assert_eq!(sealer(8).open_cursor(&text), Err(TokenError));
    }

    #[test]
    fn a_server_is_known_by_its_key() {
        assert_eq!(sealer(7).server_id(), sealer(7).server_id());
        assert_ne!(sealer(7).server_id(), sealer(8).server_id());
        assert!(!sealer(7).server_id().contains(&7), "it tells nothing of the key");
    }

    #[test]
    fn another_kind_of_token_is_refused() {
        let sealer = sealer(7);
        let text = sealer.seal(b"tidemark link 1", &write_cursor(&longest()));
        assert_eq!(sealer.open_cursor(&text), Err(TokenError));
    }

    #[test]
    fn the_longest_cursor_fits() {
        let sealer = sealer(7);
        let text = sealer.seal_cursor(&longest());
        assert!(text.len() <= CURSOR_CHARS_MAX, "{} characters", text.len());
        assert_eq!(sealer.open_cursor(&text), Ok(longest()));
        assert_eq!(sealer.open_cursor(&"A".repeat(CURSOR_CHARS_MAX + 1)), Err(TokenError));
    }

    #[test]
    fn equal_cursors_are_sealed_differently() {
        let sealer = sealer(7);
        assert_ne!(sealer.seal_cursor(&longest()), sealer.seal_cursor(&longest()));
    }
}
