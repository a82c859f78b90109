//! Which places somebody wants on this machine.

use std::collections::BTreeSet;

use tidemark_client::RemotePath;

use crate::plan::{Selection, Wanted};
use crate::ports::LocalPath;
use crate::rules::IgnoreRules;
use crate::trees::{Kind, NameKey};

/// What somebody does not want.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Folders of the server, each as the keys of its names.
    excluded: BTreeSet<Vec<NameKey>>,
}

impl Chosen {
    /// What is excluded from now on. Answers what is excluded that was not, or the other way round.
    pub(super) fn choose(&mut self, excluded: &[RemotePath]) -> Vec<RemotePath> {
        let keys = |path: &RemotePath| path.names().map(NameKey::of).collect::<Vec<_>>();
        let chosen: BTreeSet<Vec<NameKey>> =
            excluded.iter().map(keys).filter(|path| !path.is_empty()).collect();
        let different = chosen.symmetric_difference(&self.excluded).map(|path| {
            path.iter().fold(RemotePath::root(), |folder, name| folder.join(name.as_str()).unwrap_or(folder))
        });
        let different = different.collect();
        self.excluded = chosen;
        different
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
