//! Where an entry stands, seen from some root.

use super::{Name, NameError, NameKey};
use std::fmt;

/// How many folders may lie one inside another. Bounds every walk up the tree, every path and every cursor.
pub const DEPTH_MAX: usize = 128;

/// A place below a root, as the user spelled it. The root itself is the empty path, written `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path {
    /// Every name behind a slash: empty for the root.
    text: String,
}

/// A path as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathKey {
    /// Every key behind a slash: empty for the root.
    text: String,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// One of its names is not good.
    #[error(transparent)]
    Name(#[from] NameError),
    /// More than [`DEPTH_MAX`] names.
    #[error("a path has more than {DEPTH_MAX} components")]
    TooDeep,
}

impl Path {
    /// The root.
    #[must_use]
    pub fn root() -> Path {
        Path::default()
    }

    /// Reads a path to look up. Leading, trailing and doubled slashes mean nothing.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        Path::read(text, Name::parse)
    }

    /// Reads a path at which something is to be created: all its names must be ones that may be stored.
    pub fn parse_new(text: &str) -> Result<Path, PathError> {
        Path::read(text, Name::new)
    }

    fn read(text: &str, name: impl Fn(&str) -> Result<Name, NameError>) -> Result<Path, PathError> {
        let mut path = Path { text: String::with_capacity(text.len() + 1) };
        for (depth, part) in text.split('/').filter(|part| !part.is_empty()).enumerate() {
            if depth == DEPTH_MAX {
                return Err(PathError::TooDeep);
            }
            path.push(&name(part)?);
        }
        Ok(path)
    }

    /// Goes one level down.
    pub fn push(&mut self, name: &Name) {
        self.text.push('/');
        self.text.push_str(name.as_str());
    }

    /// The names, outermost first.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = Name> {
        self.text.split('/').filter(|name| !name.is_empty()).map(Name::trusted)
    }

    /// How many names it has.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.text.bytes().filter(|byte| *byte == b'/').count()
    }

    /// Whether this is the root itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.text.is_empty()
    }

    /// The last name; nothing for the root.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        self.names().next_back()
    }

    /// The path of `name` in this folder.
    #[must_use]
    pub fn join(&self, name: &Name) -> Path {
        let mut text = String::with_capacity(self.text.len() + 1 + name.as_str().len());
        text.push_str(&self.text);
        let mut path = Path { text };
        path.push(name);
        path
    }

    /// What this path is compared by.
    #[must_use]
    pub fn key(&self) -> PathKey {
        if self.text.is_ascii() {
            return PathKey { text: self.text.to_ascii_lowercase() };
        }
        let mut key = PathKey::default();
        self.names().for_each(|name| key.push(&name.key()));
        key
    }

    /// As it is written: beginning with a slash, the root being `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if self.text.is_empty() { "/" } else { &self.text }
    }
}

impl FromIterator<Name> for Path {
    fn from_iter<T: IntoIterator<Item = Name>>(names: T) -> Path {
        let mut path = Path::root();
        names.into_iter().for_each(|name| path.push(&name));
        path
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PathKey {
    /// Goes one level down.
    pub fn push(&mut self, key: &NameKey) {
        self.text.push('/');
        self.text.push_str(key.as_str());
    }

    /// The key of `key` in this folder.
    #[must_use]
    pub fn join(&self, key: &NameKey) -> PathKey {
        let mut text = String::with_capacity(self.text.len() + 1 + key.as_str().len());
        text.push_str(&self.text);
        let mut path = PathKey { text };
        path.push(key);
        path
    }

    /// The components, outermost first.
    pub fn keys(&self) -> impl Iterator<Item = NameKey> {
        self.text.split('/').filter(|key| !key.is_empty()).map(NameKey::trusted)
    }

    /// Whether this is the root itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether this place is `other` or lies below it.
    #[must_use]
    pub fn is_at_or_under(&self, other: &PathKey) -> bool {
        self.text
            .strip_prefix(other.text.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The components of this place below `other`, if it is at or under it.
    pub fn below(&self, other: &PathKey) -> Option<impl Iterator<Item = NameKey>> {
        let rest = self
            .text
            .strip_prefix(other.text.as_str())
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        Some(rest.split('/').filter(|key| !key.is_empty()).map(NameKey::trusted))
    }

    /// As it is written: beginning with a slash, the root being `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if self.text.is_empty() { "/" } else { &self.text }
    }
}

impl FromIterator<NameKey> for PathKey {
    fn from_iter<T: IntoIterator<Item = NameKey>>(keys: T) -> PathKey {
        let mut path = PathKey::default();
        keys.into_iter().for_each(|key| path.push(&key));
        path
    }
}

impl fmt::Display for PathKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_only_separators() {
        for text in ["/a/b", "a/b", "a/b/", "//a///b//"] {
            assert_eq!(Path::parse(text).expect("good").to_string(), "/a/b");
        }
        for text in ["", "/", "//"] {
            assert!(Path::parse(text).expect("good").is_root());
        }
    }

    #[test]
    fn nothing_climbs_out() {
        for text in ["..", "/a/../b", "./a", "/a/./b"] {
            assert_eq!(Path::parse(text), Err(PathError::Name(NameError::Dots)));
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(Path::parse(&"/a".repeat(DEPTH_MAX)).is_ok());
        assert_eq!(Path::parse(&"/a".repeat(DEPTH_MAX + 1)), Err(PathError::TooDeep));
    }

    #[test]
    fn being_under_is_by_whole_names() {
        let key = |text| Path::parse(text).expect("good").key();
        assert!(key("/A/b").is_at_or_under(&key("/a")));
        assert!(key("/a").is_at_or_under(&key("/a")));
        assert!(key("/a").is_at_or_under(&key("/")));
        assert!(!key("/ab").is_at_or_under(&key("/a")));
    }
}
