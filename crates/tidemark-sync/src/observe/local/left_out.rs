//! What a scan finds that is not kept in sync, beside what is known of it from before.

use std::collections::BTreeMap;

use crate::ports::LocalPath;
use crate::state::{AllLeftOut, LEFT_OUT_MAX, LeftOut, WhyLeftOut};

/// In which folder, and by which name; none: the folder itself.
type Spot = (LocalPath, Option<Box<str>>);

/// What is left out. It is as much as is told, whatever there is.
pub(super) struct Gathered {
    /// As it is kept.
    kept: AllLeftOut,
    /// Whether everything is looked through, so that it can be counted.
    is_whole: bool,
    /// What is known from before, where it was not looked yet.
    before: BTreeMap<Spot, WhyLeftOut>,
    found: BTreeMap<Spot, WhyLeftOut>,
    /// How much more was found.
    more: u64,
}

impl Gathered {
    pub(super) fn new(kept: AllLeftOut, is_whole: bool) -> Gathered {
        let before = kept.first.iter().cloned().map(|one| ((one.folder, one.name), one.why)).collect();
        Gathered { kept, is_whole, before, found: BTreeMap::new(), more: 0 }
    }

    pub(super) fn add(&mut self, folder: &LocalPath, name: Option<&str>, why: WhyLeftOut) {
        let spot = (folder.clone(), name.map(Into::into));
        self.before.remove(&spot);
        if self.found.len() < LEFT_OUT_MAX || self.found.contains_key(&spot) {
            self.found.insert(spot, why);
        } else {
            self.more += 1;
        }
    }

    /// A folder is looked at (again): what was directly in it does not count any more.
    pub(super) fn forget_in(&mut self, folder: &LocalPath) {
        for known in [&mut self.before, &mut self.found] {
            let gone: Vec<Spot> = known
                .range((folder.clone(), None)..)
                .map(|(spot, _)| spot)
                .take_while(|(other, _)| other == folder)
                .cloned()
                .collect();
            for spot in gone {
                known.remove(&spot);
            }
        }
    }

    /// The same for one place.
    pub(super) fn forget_at(&mut self, folder: &LocalPath, name: &str) {
        let spot = (folder.clone(), Some(name.into()));
        for known in [&mut self.before, &mut self.found] {
            known.remove(&spot);
        }
    }

    /// A folder is not there any more, with all below it.
    pub(super) fn forget_below(&mut self, folder: &LocalPath) {
        self.forget_before_below(folder);
        self.found.retain(|(other, _), _| !other.is_within(folder));
    }

    /// The folder that was here before this scan is elsewhere; what was found since may be another's.
    pub(super) fn forget_before_below(&mut self, folder: &LocalPath) {
        self.before.retain(|(other, _), _| !other.is_within(folder));
    }

    /// What is to be kept, if it is different from what is; it is kept then.
    pub(super) fn news(&mut self) -> Option<AllLeftOut> {
        let all: BTreeMap<&Spot, &WhyLeftOut> = self.before.iter().chain(&self.found).collect();
        let cut = all.len().saturating_sub(LEFT_OUT_MAX) as u64;
        let first = all.into_iter().take(LEFT_OUT_MAX);
        let first = first.map(|((folder, name), why)| LeftOut {
            folder: folder.clone(),
            name: name.clone(),
            why: *why,
        });
        let first = first.collect();
        let more = self.more + cut;
        let all = AllLeftOut { first, more: if self.is_whole { more } else { more.max(self.kept.more) } };
        (all != self.kept).then(|| {
            self.kept = all.clone();
            all
        })
    }
}
