//! Which places somebody wants on this machine.

use std::collections::BTreeSet;

use tidemark_client::RemotePath;

use crate::plan::{Selection, Wanted};
use crate::ports::LocalPath;
use crate::rules::IgnoreRules;
use crate::trees::{Kind, NameKey};

/// What somebody does not want.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Folders of the server, each as the keys of its names.
    excluded: BTreeSet<Vec<NameKey>>,
}

impl Chosen {
    pub(super) fn new(excluded: &[RemotePath]) -> Chosen {
        let paths = excluded.iter().map(|path| path.names().map(NameKey::of).collect::<Vec<_>>());
        Chosen { excluded: paths.filter(|path| !path.is_empty()).collect() }
    }

    /// What is excluded in one and not in the other.
    pub(super) fn differences<'a>(&'a self, other: &'a Chosen) -> impl Iterator<Item = &'a [NameKey]> {
        self.excluded.symmetric_difference(&other.excluded).map(Vec::as_slice)
    }
}

/// What is wanted, and what the rules in the folder ignore.
pub(super) struct Wants<'a> {
    pub(super) chosen: &'a Chosen,
    pub(super) rules: &'a IgnoreRules,
}

impl Selection for Wants<'_> {
    fn has_rules(&self) -> bool {
        true
    }

    fn wanted(&self, path: &str, kind: Kind) -> Wanted {
        if !self.chosen.excluded.is_empty() {
            let keys: Vec<NameKey> = path.split('/').map(NameKey::of).collect();
            if self.chosen.excluded.contains(&keys) {
                return Wanted::Excluded;
            }
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_ignored =
            LocalPath::parse(folder).is_none_or(|folder| self.rules.ignore_in(&folder, name, kind));
        if is_ignored { Wanted::Ignored } else { Wanted::Yes }
    }
}
