//! Where to look.

use std::collections::BTreeMap;

use crate::ports::{LocalPath, Noticed};

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// At what is in a place, and, if it is a folder, at what is directly in it.
    Directly,
    /// At everything below, too.
    Everything,
}

/// Places to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    places: BTreeMap<LocalPath, Depth>,
}

impl Looks {
    /// Nowhere.
    pub fn new() -> Looks {
        Looks::default()
    }

    /// Everywhere.
    pub fn everywhere() -> Looks {
        Looks { places: BTreeMap::from([(LocalPath::root(), Depth::Everything)]) }
    }

    /// One place more.
    pub fn add(&mut self, place: LocalPath, depth: Depth) {
        let known = self.places.entry(place).or_insert(depth);
        *known = depth.max(*known);
    }

    /// All of these, too.
    pub fn merge(&mut self, others: Looks) {
        others.places.into_iter().for_each(|(place, depth)| self.add(place, depth));
    }

    /// Where something was noticed; the end of a watch says nothing about any place.
    pub fn notice(&mut self, noticed: Noticed) {
        match noticed {
            Noticed::Changed(path) => self.add(path, Depth::Directly),
            Noticed::ChangedBelow(path) => self.add(path, Depth::Everything),
            Noticed::Overflow => *self = Looks::everywhere(),
            Noticed::Ended => {}
        }
    }

    /// Whether there is nowhere to look.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether a look at these is one at this place, too.
    pub fn covers(&self, place: &LocalPath) -> bool {
        let directly = |path: &LocalPath| self.places.contains_key(path);
        directly(place)
            || place.split().is_some_and(|(folder, _)| directly(&folder))
            || self.places.iter().any(|(path, depth)| *depth == Depth::Everything && place.is_within(path))
    }

    /// Each place once, and none that another covers wholly.
    pub(crate) fn into_places(self) -> Vec<(LocalPath, Depth)> {
        let mut whole: Option<LocalPath> = None;
        let mut places = Vec::new();
        for (path, depth) in self.places {
            if whole.as_ref().is_some_and(|whole| path.is_within(whole)) {
                continue;
            }
            // What lies below a path does not always follow it at once (`a`, `a b`, `a/b`), so some may be looked at twice.
            if depth == Depth::Everything {
                whole = Some(path.clone());
            }
            places.push((path, depth));
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> LocalPath {
        LocalPath::parse(text).expect("a path")
    }

    #[test]
    fn what_is_covered_is_not_looked_at_again() {
        let mut looks = Looks::new();
        assert!(looks.is_empty());
        looks.notice(Noticed::Changed(path("a/b")));
        looks.notice(Noticed::ChangedBelow(path("a")));
        looks.notice(Noticed::Changed(path("a")));
        looks.notice(Noticed::Changed(path("c")));
        looks.notice(Noticed::Ended);
        for (place, covered) in [("a/x/y", true), ("c", true), ("c/d", true), ("c/d/e", false), ("d", false)]
        {
            assert_eq!(looks.covers(&path(place)), covered, "{place}");
        }
        let places = looks.clone().into_places();
        assert_eq!(places, [(path("a"), Depth::Everything), (path("c"), Depth::Directly)]);
        looks.notice(Noticed::Overflow);
        assert_eq!(looks, Looks::everywhere());
    }
}
