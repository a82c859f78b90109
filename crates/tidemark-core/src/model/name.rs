//! One component of a path: as its user spelled it, and as we compare it.

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 255;

/// A file's or folder's name, kept as it was written (in Unicode's composed form, NFC).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(Box<str>);

/// A name as it is compared: names that differ only in case or in Unicode form have one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameKey(Box<str>);

/// Why a text cannot name an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left to call it.
    #[error("a name is empty")]
    Empty,
    /// More than [`NAME_CHARS_MAX`].
    #[error("a name is longer than {NAME_CHARS_MAX} characters")]
    TooLong,
    /// `.` or `..`: these mean places, not entries.
    #[error("'.' and '..' are not names")]
    Dots,
    /// A slash, a backslash, NUL or another control character.
    #[error("a name contains a character that is not allowed")]
    Character,
    /// Windows drops it, so such an entry could not be synchronised.
    #[error("a name ends in a space")]
    TrailingSpace,
    /// Operating systems and sync clients litter folders with these.
    #[error("the file '{0}' is on the ignored file list, so it was not saved")]
    Ignored(String),
}

/// Names the old service refused to store, by key.
const IGNORED: [&str; 7] =
    ["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr", ".dropbox.cache"];

impl Name {
    /// A name for a new entry.
    pub fn new(text: &str) -> Result<Name, NameError> {
        let name = Name::parse(text)?;
        if IGNORED.contains(&&*name.key().0) { Err(NameError::Ignored(name.0.into())) } else { Ok(name) }
    }

    /// A name to look up: everything that could ever have been stored, and nothing dangerous.
    pub fn parse(text: &str) -> Result<Name, NameError> {
        let name: String = text.nfc().collect();
        match name.as_str() {
            "" => return Err(NameError::Empty),
            "." | ".." => return Err(NameError::Dots),
            // Finder's `Icon\r` has a control character, but it is refused for what it is.
            ascii if ascii.eq_ignore_ascii_case("icon\r") => return Ok(Name(name.into())),
            _ => {}
        }
        if name.chars().count() > NAME_CHARS_MAX {
            Err(NameError::TooLong)
        } else if name.chars().any(|c| c == '/' || c == '\\' || c.is_control()) {
            Err(NameError::Character)
        } else if name.ends_with(' ') {
            Err(NameError::TrailingSpace)
        } else {
            Ok(Name(name.into()))
        }
    }

    /// A name that a store kept; it was checked when it came in.
    #[must_use]
    pub fn trusted(text: impl Into<Box<str>>) -> Name {
        Name(text.into())
    }

    /// What this name is compared by.
    #[must_use]
    pub fn key(&self) -> NameKey {
        NameKey::of(&self.0)
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the last dot and the part from it on; a leading dot begins no extension.
    #[must_use]
    pub fn stem_and_extension(&self) -> (&str, &str) {
        match self.0.rfind('.') {
            Some(at) if at > 0 => self.0.split_at(at),
            _ => (&self.0, ""),
        }
    }

    /// The name with `tag` put before its extension (`todo.txt`, ` (1)` -> `todo (1).txt`), its stem shortened so that
    /// the whole stays within [`NAME_CHARS_MAX`].
    #[must_use]
    pub fn tagged(&self, tag: &str) -> Name {
        let (stem, extension) = self.stem_and_extension();
        let taken = tag.chars().count();
        // An absurdly long extension gives way too.
        let extension: String = extension.chars().take(NAME_CHARS_MAX / 2).collect();
        // Where it is cut, there may be a space.
        let extension = extension.trim_end_matches(' ');
        let room = NAME_CHARS_MAX.saturating_sub(taken + extension.chars().count());
        let stem: String = stem.chars().take(room).collect();
        Name(format!("{stem}{tag}{extension}").nfc().collect::<String>().into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl NameKey {
    /// Simple case folding (one character to one character, so that keys never grow) of the NFC form.
    #[must_use]
    pub fn of(name: &str) -> NameKey {
        if name.is_ascii() {
            return NameKey(name.to_ascii_lowercase().into());
        }
        // Folding can break composition and composition can reveal a letter to fold, so fold the decomposed form.
        NameKey(name.nfd().map(fold).nfc().collect::<String>().into())
    }

    /// A key that a store or a cursor kept.
    #[must_use]
    pub fn trusted(text: impl Into<Box<str>>) -> NameKey {
        NameKey(text.into())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn fold(c: char) -> char {
    unicode_case_mapping::case_folded(c).and_then(|folded| char::from_u32(folded.get())).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> String {
        Name::parse(text).expect("a good name").key().as_str().to_owned()
    }

    #[test]
    fn keys_ignore_case_and_unicode_form() {
        assert_eq!(key("README.md"), key("readme.MD"));
        assert_eq!(key("\u{e9}t\u{e9}"), key("E\u{301}TE\u{301}"), "composed and decomposed");
        assert_eq!(key("ΣΊΣΥΦΟΣ"), key("σίσυφος"), "final sigma folds");
        assert_ne!(key("strasse"), key("straße"), "simple folding keeps the length");
    }

    #[test]
    fn bad_names_say_why() {
        for (text, why) in [
            ("", NameError::Empty),
            (".", NameError::Dots),
            ("..", NameError::Dots),
            ("a/b", NameError::Character),
            ("a\\b", NameError::Character),
            ("a\0", NameError::Character),
            ("a\u{85}b", NameError::Character),
            ("a ", NameError::TrailingSpace),
            ("Thumbs.DB", NameError::Ignored("Thumbs.DB".into())),
            ("Icon\r", NameError::Ignored("Icon\r".into())),
        ] {
            assert_eq!(Name::new(text), Err(why), "{text:?}");
        }
        assert_eq!(Name::new(&"é".repeat(256)), Err(NameError::TooLong));
        assert!(Name::new(&"é".repeat(255)).is_ok());
        assert!(Name::new("dot at the end.").is_ok());
        assert!(Name::parse("thumbs.db").is_ok(), "may be looked up");
    }

    #[test]
    fn tags_go_before_the_extension() {
        for (name, tagged) in [
            ("todo.txt", "todo (1).txt"),
            ("archive.tar.gz", "archive.tar (1).gz"),
            (".profile", ".profile (1)"),
            ("Makefile", "Makefile (1)"),
        ] {
            assert_eq!(Name::new(name).expect("good").tagged(" (1)").as_str(), tagged);
        }
        let long = Name::new(&format!("{}.txt", "x".repeat(251))).expect("good").tagged(" (12)");
        assert_eq!(long.as_str().chars().count(), NAME_CHARS_MAX);
        assert!(long.as_str().ends_with("x (12).txt"));
        let odd =
            Name::new(&format!("x.{} {}", "y".repeat(125), "z".repeat(9))).expect("good").tagged(" (1)");
        assert_eq!(Name::parse(odd.as_str()), Ok(odd), "what is stored can be found");
    }

    proptest! {
        /// A key is its own key: whatever is folded once stays as it is.
        #[test]
        fn keys_are_stable(text in "\\PC{1,20}") {
            let once = NameKey::of(&text);
            prop_assert_eq!(NameKey::of(once.as_str()), once);
        }

        #[test]
        fn every_accepted_name_survives_tagging(text in "[^/\\\\\\p{Cc}]{1,300}") {
            if let Ok(name) = Name::new(&text) {
                prop_assert!(Name::parse(name.tagged(" (conflicted copy 99)").as_str()).is_ok());
            }
        }
    }
}
