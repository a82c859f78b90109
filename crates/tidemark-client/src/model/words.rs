//! Words that a server gives and takes back, and that mean nothing to anybody else.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest such word.
const LENGTH_MAX: usize = 8192;

/// Why a text is none of the server's words: it is empty, too long, or has something else than visible ASCII in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a word of the server's should be of 1 to {LENGTH_MAX} visible ASCII characters")]
pub struct WordError;

fn check(text: &str) -> Result<(), WordError> {
    let good = (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(()) } else { Err(WordError) }
}

macro_rules! word {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes a word that a server gave.
            ///
            /// # Errors
            /// [`WordError`].
            pub fn new(text: impl Into<Box<str>>) -> Result<$name, WordError> {
                let text = text.into();
                check(&text)?;
                Ok($name(text))
            }

            /// As the server gave it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = WordError;

            fn try_from(text: String) -> Result<$name, WordError> {
                $name::new(text)
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> String {
                word.0.into()
            }
        }
    };
}

/// Words that may be shown.
macro_rules! shown {
    ($($name:ident)*) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{}({})", stringify!($name), self.0)
                }
            }
        )*
    };
}

/// Words that open something, and that a log has no business with.
macro_rules! hidden {
    ($($name:ident)*) => {
        $(
            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{}(..)", stringify!($name))
                }
            }
        )*
    };
}

word! {
    /// An immutable version of a file. (Folders have one, too: of their last change.)
    Rev
}
word! {
    /// What makes an entry the same one, wherever it is moved and however it is edited.
    EntryId
}
word! {
    /// What a server is known by, wherever it is reached: the same for the life of its store. It is no secret, and proves
    /// nothing.
    ServerId
}
word! {
    /// What a folder's direct content is known by.
    FolderHash
}
word! {
    /// Received, not yet committed bytes on the server.
    UploadId
}
word! {
    /// A download by the server itself.
    JobId
}
word! {
    /// How far a reader of changes has come. Whoever has it can see that something changed, without a token.
    Cursor
}
word! {
    /// Stands for an entry, for any person's token of the same app.
    CopyRef
}

shown!(Rev EntryId ServerId FolderHash UploadId JobId);
hidden!(Cursor CopyRef);
