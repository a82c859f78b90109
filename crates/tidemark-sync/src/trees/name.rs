//! Names as they are compared.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// A name as the server compares it: in composed form, without case. Two names with one key cannot stand side by side there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(Box<str>);

impl NameKey {
    /// How this name is compared: decomposed, each character replaced by its simple case folding, and composed (NFC).
    pub fn of(name: &str) -> NameKey {
        if name.is_ascii() {
            return NameKey(name.to_ascii_lowercase().into());
        }
        NameKey(name.nfd().map(fold).nfc().collect())
    }

    /// A key that was kept.
    pub fn from_kept(key: &str) -> NameKey {
        NameKey(key.into())
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fold(c: char) -> char {
    unicode_case_mapping::case_folded(c).and_then(|folded| char::from_u32(folded.get())).unwrap_or(c)
}

/// Whether the server, which keeps names composed, would keep both as the same text.
pub fn same_name(one: &str, other: &str) -> bool {
    one == other || (!(one.is_ascii() && other.is_ascii()) && one.nfc().eq(other.nfc()))
}
