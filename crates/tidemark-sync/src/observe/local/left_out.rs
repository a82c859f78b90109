//! What is on the disk and not kept in sync, and why.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::ports::{DiskFault, LocalPath};

/// Something that is not kept in sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// In which folder.
    pub folder: LocalPath,
    /// Its name, or what can be shown of it; none: the folder itself.
    pub name: Option<Box<str>>,
    /// Why it is not.
    pub why: WhyLeftOut,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.folder.is_root() || self.name.is_none() { "" } else { "/" };
        write!(f, "{}{slash}{}: {}", self.folder, self.name.as_deref().unwrap_or_default(), self.why)
    }
}

/// Why something is not kept in sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyLeftOut {
    /// It leads elsewhere.
    #[error("symbolic links are not synced")]
    Symlink,
    /// It has no bytes of its own.
    #[error("sockets, pipes and devices are not synced")]
    Special,
    /// It cannot be looked at or into.
    #[error("it could not be read")]
    Unreadable(DiskFault),
    /// Its name is none.
    #[error("its name is not valid Unicode (UTF-8)")]
    NotText,
    /// The server does not take its name.
    #[error("the server does not take such a name: {0}")]
    Name(NameFault),
    /// Another file system begins here.
    #[error("it is on another file system")]
    OtherFileSystem,
    /// It is a file of rules that is not followed.
    #[error("these rules are not followed: {0}")]
    Rules(crate::rules::RulesFault),
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
