//! Names: how they are compared, and which of them the server takes.

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

/// Why the server does not take a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// In characters.
    #[error("it is longer than {NAME_CHARS_MAX} characters")]
    TooLong,
    /// One that is none, or that separates names elsewhere.
    #[error("it has a backslash or a control character")]
    Character,
    /// Some systems drop it.
    #[error("it ends in a space")]
    TrailingSpace,
}

/// The longest name that the server takes, in characters.
const NAME_CHARS_MAX: usize = 255;

/// Why the server would not take this name, if it would not.
pub fn name_fault(name: &str) -> Option<NameFault> {
    let composed = || name.nfc();
    if name.len() > NAME_CHARS_MAX && composed().count() > NAME_CHARS_MAX {
        Some(NameFault::TooLong)
    } else if name.chars().any(|c| c == '\\' || c.is_control()) {
        Some(NameFault::Character)
    } else if composed().last() == Some(' ') {
        Some(NameFault::TrailingSpace)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_why_they_are_not_taken() {
        let long = "\u{e9}".repeat(255);
        // Decomposed it has twice as many characters, and the server composes.
        let decomposed = "e\u{301}".repeat(255);
        for name in ["a", "dot.", " a", "a  b", "CON", "a:b", "\u{1f600}", &long, &decomposed] {
            assert_eq!(name_fault(name), None, "{name}");
        }
        for (name, fault) in [
            ("a\\b", NameFault::Character),
            ("a\nb", NameFault::Character),
            ("a\u{85}", NameFault::Character),
            ("a ", NameFault::TrailingSpace),
            (&format!("{long}x"), NameFault::TooLong),
        ] {
            assert_eq!(name_fault(name), Some(fault), "{name:?}");
        }
    }
}
