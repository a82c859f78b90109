//! Where an entry stands, seen from some root.

use super::{Name, NameError, NameKey};
use std::fmt;

/// How many folders may lie one inside another. Bounds every walk up the tree, every path and every cursor.
pub const DEPTH_MAX: usize = 128;

/// A place below a root, as the user spelled it. The root itself is the empty path, written `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Name>);

/// A path as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathKey(Vec<NameKey>);

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
        Path::from_names(text, Name::parse)
    }

    /// Reads a path at which something is to be created: its last name must be one that may be stored.
    pub fn parse_new(text: &str) -> Result<Path, PathError> {
        let path = Path::parse(text)?;
        path.0.iter().try_for_each(|name| Name::new(name.as_str()).map(drop))?;
        Ok(path)
    }

    fn from_names(text: &str, read: impl Fn(&str) -> Result<Name, NameError>) -> Result<Path, PathError> {
        let names = text.split('/').filter(|name| !name.is_empty());
        let names = names.take(DEPTH_MAX + 1).map(read).collect::<Result<Vec<_>, _>>()?;
        if names.len() > DEPTH_MAX { Err(PathError::TooDeep) } else { Ok(Path(names)) }
    }

    /// The path with these names, outermost first.
    #[must_use]
    pub fn of(names: Vec<Name>) -> Path {
        Path(names)
    }

    /// The names, outermost first.
    #[must_use]
    pub fn names(&self) -> &[Name] {
        &self.0
    }

    /// Whether this is the root itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The folder it stands in and its name there; nothing for the root.
    #[must_use]
    pub fn split_last(&self) -> Option<(Path, &Name)> {
        self.0.split_last().map(|(name, parents)| (Path(parents.to_vec()), name))
    }

    /// The path of `name` in this folder.
    #[must_use]
    pub fn join(&self, name: Name) -> Path {
        let mut names = self.0.clone();
        names.push(name);
        Path(names)
    }

    /// What this path is compared by.
    #[must_use]
    pub fn key(&self) -> PathKey {
        PathKey(self.0.iter().map(Name::key).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("/");
        }
        self.0.iter().try_for_each(|name| write!(f, "/{name}"))
    }
}

impl PathKey {
    /// The key with these components, outermost first.
    #[must_use]
    pub fn of(keys: Vec<NameKey>) -> PathKey {
        PathKey(keys)
    }

    /// The components, outermost first.
    #[must_use]
    pub fn keys(&self) -> &[NameKey] {
        &self.0
    }

    /// Whether this place is `other` or lies below it.
    #[must_use]
    pub fn is_at_or_under(&self, other: &PathKey) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for PathKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("/");
        }
        self.0.iter().try_for_each(|key| write!(f, "/{}", key.as_str()))
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
