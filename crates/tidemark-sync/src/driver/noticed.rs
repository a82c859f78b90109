//! Places where something may have changed, until they are quiet.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::ports::LocalPath;

/// How many places are remembered one by one. If there are more, everything is looked through.
const PLACES_MAX: usize = 20_000;

/// Places to be looked at. A program that saves a file touches it many times: it is looked at when it has been left alone for a
/// while, or when that takes too long.
#[derive(Debug)]
pub(super) struct Noticed {
    settle: Duration,
    settle_max: Duration,
    places: BTreeMap<LocalPath, Place>,
    /// Everything is to be looked at.
    all: bool,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    first: Instant,
    due: Instant,
    /// What lies below is to be looked at, too.
    deep: bool,
}

impl Noticed {
    pub(super) fn new(settle: Duration, settle_max: Duration) -> Noticed {
        Noticed { settle, settle_max, places: BTreeMap::new(), all: false }
    }

    /// Something may have changed there just now.
    pub(super) fn add(&mut self, path: LocalPath, deep: bool) {
        self.put(path, deep, self.settle);
    }

    /// It is to be looked at as soon as possible.
    pub(super) fn add_at_once(&mut self, path: LocalPath) {
        self.put(path, false, Duration::ZERO);
    }

    fn put(&mut self, path: LocalPath, deep: bool, settle: Duration) {
        let now = Instant::now();
        let place = self.places.entry(path).or_insert(Place { first: now, due: now, deep });
        place.due = (now + settle).min(place.first + self.settle_max);
        place.deep |= deep;
        if self.places.len() > PLACES_MAX {
            self.add_all();
        }
    }

    /// Something may have changed anywhere.
    pub(super) fn add_all(&mut self) {
        self.all = true;
        self.places.clear();
    }

    /// Whether everything is to be looked through. From here on, what is noticed counts anew.
    pub(super) fn take_all(&mut self) -> bool {
        std::mem::take(&mut self.all)
    }

    /// Whether nothing is to be looked at.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && !self.all
    }

    /// The places that may be looked at now, with whether what lies below is to be, too.
    pub(super) fn take_due(&mut self) -> Vec<(LocalPath, bool)> {
        let now = Instant::now();
        let due: Vec<(LocalPath, bool)> = self
            .places
            .iter()
            .filter(|(_, place)| place.due <= now)
            .map(|(path, place)| (path.clone(), place.deep))
            .collect();
        for (path, _) in &due {
            self.places.remove(path);
        }
        due
    }

    /// When the next place has been quiet long enough, of those that have not.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        self.places.values().map(|place| place.due).filter(|due| *due > now).min()
    }
}
