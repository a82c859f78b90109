//! What stands for an entry outside of its tree: links for everybody, references for programs.

use super::{AccountId, AppKey, EntryId, NamespaceId, Timestamp};
use std::fmt;

/// The entry that a link or a reference stands for, by identity: wherever it is moved, and whatever is put in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Referent {
    /// The tree.
    pub namespace: NamespaceId,
    /// The entry.
    pub entry: EntryId,
    /// When it was created. A store that was put back from a copy uses numbers of entries again: what was made for the
    /// one before must never show the other.
    pub born: Timestamp,
}

/// A link's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// What opens a link: whoever knows it may read. 15 random characters of `[a-z0-9]`. Kept as it is, because the same
/// link is told again to whoever made it. It does not show itself when it is printed for debugging.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LinkKey(pub String);

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

/// How long a link's key is, in characters: 77 bits.
pub const LINK_KEY_CHARS: usize = 15;

impl LinkKey {
    /// The key that this text is, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<LinkKey> {
        let good = text.len() == LINK_KEY_CHARS
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        good.then(|| LinkKey(text.to_owned()))
    }
}

/// A link by which everybody who knows its key may read a file, or a folder with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Never used twice.
    pub id: LinkId,
    /// What opens it.
    pub key: LinkKey,
    /// Whose it is.
    pub account: AccountId,
    /// What it shows.
    pub referent: Referent,
    /// The program that asked for it.
    pub app: AppKey,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; nothing if it goes on until somebody ends it.
    pub expires: Option<Timestamp>,
}

impl Link {
    /// Whether it has ended by `now`.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// A program's reference to an entry that it could see. Clients keep it as an opaque, sealed string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// For whom the program acted.
    pub account: AccountId,
    /// The program.
    pub app: AppKey,
    /// What it stands for.
    pub referent: Referent,
    /// The folder that the program's paths began at: what has been moved out of it is out of the reference's reach.
    pub root: EntryId,
    /// When it ends.
    pub expires: Timestamp,
}
