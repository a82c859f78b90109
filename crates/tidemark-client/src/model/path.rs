//! Where an entry is on the server.

use std::fmt;
use std::sync::Arc;

/// The longest path, in bytes.
const LENGTH_MAX: usize = 128 * 1024;
/// How many folders may lie one inside another.
const DEPTH_MAX: usize = 256;

/// A place on the server: `/Photos/venice.jpg`, or `/`, which is the root. Cheap to clone.
///
/// Whoever made it, each of its names is one that is a name in a folder and leads nowhere else: none is empty, `.` or
/// `..`, or has a slash, a backslash or a control character in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemotePath {
    /// Every name behind a slash: empty for the root.
    text: Arc<str>,
}

/// Why a text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with a slash.
    #[error("a path on the server begins with a slash")]
    Relative,
    /// A name in it is empty.
    #[error("a name in the path is empty")]
    Empty,
    /// A name in it is `.` or `..`.
    #[error("'.' and '..' are not names")]
    Dots,
    /// A name in it has a slash, a backslash or a control character.
    #[error("a name in the path has a character that is not allowed")]
    Character,
    /// It is too long, or too deep.
    #[error("the path is too long")]
    TooLong,
}

impl RemotePath {
    /// Reads a path. `/` and the empty text are the root; a slash at the end of another means nothing.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn new(text: &str) -> Result<RemotePath, PathError> {
        if text.is_empty() || text == "/" {
            return Ok(RemotePath::root());
        }
        let names = text.strip_prefix('/').ok_or(PathError::Relative)?;
        let names = names.strip_suffix('/').unwrap_or(names);
        if text.len() > LENGTH_MAX {
            return Err(PathError::TooLong);
        }
        for (depth, name) in names.split('/').enumerate() {
            if depth == DEPTH_MAX {
                return Err(PathError::TooLong);
            }
            check(name)?;
        }
        Ok(RemotePath { text: text[..=names.len()].into() })
    }

    /// The root.
    #[must_use]
    pub fn root() -> RemotePath {
        RemotePath { text: "".into() }
    }

    /// As it is written: beginning with a slash, the root being `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if self.text.is_empty() { "/" } else { &self.text }
    }

    /// Whether it is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.text.is_empty()
    }

    /// The names, outermost first.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.text.split('/').filter(|name| !name.is_empty())
    }

    /// The last name; none for the root.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text.rsplit_once('/').map(|(_, name)| name)
    }

    /// The folder that it is in; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<RemotePath> {
        self.text.rsplit_once('/').map(|(parent, _)| RemotePath { text: parent.into() })
    }

    /// The path of a name in this folder.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn join(&self, name: &str) -> Result<RemotePath, PathError> {
        check(name)?;
        if self.text.len() + 1 + name.len() > LENGTH_MAX || self.names().count() == DEPTH_MAX {
            return Err(PathError::TooLong);
        }
        Ok(RemotePath { text: format!("{}/{name}", self.text).into() })
    }

    /// Whether it is `folder`, or somewhere in it, as both are written.
    #[must_use]
    pub fn is_within(&self, folder: &RemotePath) -> bool {
        self.text.strip_prefix(&*folder.text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn check(name: &str) -> Result<(), PathError> {
    match name {
        "" => Err(PathError::Empty),
        "." | ".." => Err(PathError::Dots),
        _ if name.chars().any(|c| matches!(c, '/' | '\\') || c.is_control()) => Err(PathError::Character),
        _ => Ok(()),
    }
}

impl std::str::FromStr for RemotePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<RemotePath, PathError> {
        RemotePath::new(text)
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
