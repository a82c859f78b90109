//! What stands for an entry outside of its tree: links for everybody, references for programs.

use super::{AccountId, AppKey, EntryId, NamespaceId, PasswordHash, Seq, Timestamp};
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

/// A name that somebody chose for a link, in place of its key: 4 to 64 characters of `[A-Za-z0-9_-]`, compared without
/// case. Whoever guesses it may try the link as if they had the key.
#[derive(Clone, Debug)]
pub struct Vanity(String);

/// How short and how long a link's chosen name may be, in characters.
pub const VANITY_CHARS: std::ops::RangeInclusive<usize> = 4..=64;

impl Vanity {
    /// The name that this text is, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Vanity> {
        let good = VANITY_CHARS.contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        good.then(|| Vanity(text.to_owned()))
    }

    /// As it was chosen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Vanity {
    fn eq(&self, other: &Vanity) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Vanity {}

/// How somebody names a link whom it is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkAddress {
    /// By its key.
    Key(LinkKey),
    /// By the name that was chosen for it.
    Vanity(Vanity),
}

/// For whom a link is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Everybody who has its address (and its password, if it has one).
    #[default]
    Everybody,
    /// Of those, everybody with an account on this server.
    Members,
    /// Whose it is alone.
    Owner,
}

/// What whoever made a link has laid down about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRules {
    /// For whom it is.
    pub audience: Audience,
    /// Of the password that everybody else than its owner must know. Only a link for everybody has one.
    pub password: Option<PasswordHash>,
    /// When it ends; nothing if it goes on until somebody ends it.
    pub expires: Option<Timestamp>,
    /// Whether files can be had through it, or only looked at as far as the server can show them.
    pub can_download: bool,
    /// What it is called beside its key. No two links have one name.
    pub vanity: Option<Vanity>,
}

impl Default for LinkRules {
    /// Open to everybody, for good.
    fn default() -> LinkRules {
        LinkRules {
            audience: Audience::Everybody,
            password: None,
            expires: None,
            can_download: true,
            vanity: None,
        }
    }
}

/// What is to become of a link's rules; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkChange {
    /// See [`LinkRules::audience`].
    pub audience: Option<Audience>,
    /// See [`LinkRules::password`].
    pub password: Option<Option<PasswordHash>>,
    /// See [`LinkRules::expires`].
    pub expires: Option<Option<Timestamp>>,
    /// See [`LinkRules::can_download`].
    pub can_download: Option<bool>,
    /// See [`LinkRules::vanity`].
    pub vanity: Option<Option<Vanity>>,
}

impl LinkChange {
    /// A new end, or none.
    #[must_use]
    pub fn ending(expires: Option<Timestamp>) -> LinkChange {
        LinkChange { expires: Some(expires), ..LinkChange::default() }
    }
}

/// A password protects what is for everybody: the others prove who they are by signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only a link for everybody has a password")]
pub struct PasswordMisplaced;

impl LinkRules {
    /// The rules after a change. A link that is no longer for everybody loses its password.
    pub fn after(&self, change: &LinkChange) -> Result<LinkRules, PasswordMisplaced> {
        let LinkChange { audience, password, expires, can_download, vanity } = change.clone();
        let audience = audience.unwrap_or(self.audience);
        let kept = if audience == Audience::Everybody { self.password.clone() } else { None };
        let rules = LinkRules {
            audience,
            password: password.unwrap_or(kept),
            expires: expires.unwrap_or(self.expires),
            can_download: can_download.unwrap_or(self.can_download),
            vanity: vanity.unwrap_or_else(|| self.vanity.clone()),
        };
        if rules.password.is_some() && audience != Audience::Everybody {
            return Err(PasswordMisplaced);
        }
        Ok(rules)
    }
}

/// How often something was had through a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// Bytes, from the first on, to be saved.
    pub downloads: u64,
    /// The page of a file.
    pub previews: u64,
}

impl std::ops::AddAssign for Visits {
    fn add_assign(&mut self, more: Visits) {
        self.downloads = self.downloads.saturating_add(more.downloads);
        self.previews = self.previews.saturating_add(more.previews);
    }
}

/// A link by which others may read a file, or a folder with all that is in it.
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
    /// For whom, until when, and what for.
    pub rules: LinkRules,
    /// How often it was used, as far as that is on disk.
    pub visits: Visits,
}

impl Link {
    /// Whether it has ended by `now`.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.rules.expires.is_some_and(|expires| expires <= now)
    }
}

/// A reference to one version of a file, which stays the same when the file is given new bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionReference {
    /// To the file.
    pub file: Reference,
    /// The change that brought the bytes.
    pub version: Seq,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_name_is_short_and_plain() {
        for good in ["abcd", "Summer-2024_photos", &"x".repeat(64), "----", "0123"] {
            assert_eq!(Vanity::parse(good).map(|name| name.as_str().to_owned()).as_deref(), Some(good));
        }
        for bad in [
            "",
            "abc",
            &"x".repeat(65),
            "a/b-c",
            "..",
            "a.bcd",
            "a bcd",
            "a%20bc",
            "abcé",
            "abc\u{0}",
            "abcd?",
            "abc\n",
        ] {
            assert_eq!(Vanity::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Vanity::parse("ABcd"), Vanity::parse("abCD"));
        assert_ne!(Vanity::parse("abcd"), Vanity::parse("abce"));
    }

    #[test]
    fn a_password_is_for_what_is_open_to_everybody() {
        let password = |text: &str| Some(PasswordHash(text.to_owned()));
        let change = |audience, password| LinkChange { audience, password, ..LinkChange::default() };
        let open = LinkRules { password: password("p"), ..LinkRules::default() };
        assert_eq!(open.after(&LinkChange::default()), Ok(open.clone()));
        for audience in [Audience::Members, Audience::Owner] {
            let closed = open.after(&change(Some(audience), None)).unwrap();
            assert_eq!((closed.audience, closed.password.clone()), (audience, None), "it is lost");
            assert_eq!(closed.after(&change(None, Some(password("q")))), Err(PasswordMisplaced));
            assert_eq!(open.after(&change(Some(audience), Some(password("q")))), Err(PasswordMisplaced));
            let both = change(Some(Audience::Everybody), Some(password("q")));
            assert_eq!(closed.after(&both).unwrap().password, password("q"));
            assert_eq!(closed.after(&change(None, Some(None))), Ok(closed));
        }
        assert_eq!(open.after(&change(None, Some(None))).unwrap().password, None);
    }
}
