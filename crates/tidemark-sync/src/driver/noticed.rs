//! Places where something may have changed, until they are quiet.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::ports::LocalPath;

/// How many places are remembered one by one. If there are more, everything is looked through.
const PLACES_MAX: usize = 20_000;

/// Places to be looked at. A program that saves a file touches it many times: it is looked at when it has been left alone for a
/// while, or when that takes too long.
///
/// What came to one place often left another just before, and is known again only if both are looked at together. So a place
/// waits for those that were noticed shortly after it, but for none that never comes to rest.
#[derive(Debug)]
pub(super) struct Noticed {
    calm: Duration,
    calm_max: Duration,
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
    /// It was noticed again when it should have been quiet.
    restless: bool,
}

impl Noticed {
    pub(super) fn new(calm: Duration, calm_max: Duration) -> Noticed {
        Noticed { calm, calm_max, places: BTreeMap::new(), all: false }
    }

    /// Something may have changed there just now.
    pub(super) fn add(&mut self, path: LocalPath, deep: bool) {
        let now = Instant::now();
        let place = Place { first: now, due: now, deep, restless: false };
        let place = self.places.entry(path).or_insert(place);
        place.due = (now + self.calm).min(place.first + self.calm_max);
        place.deep |= deep;
        place.restless |= now >= place.first + self.calm;
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
        let is_late = self.places.values().any(|place| place.first + self.calm_max <= now);
        let is_calm = self.places.values().all(|place| place.due <= now || place.restless);
        if !is_late && !is_calm {
            return Vec::new();
        }
        let due = self.places.iter().filter(|(_, place)| place.due <= now);
        let due: Vec<(LocalPath, bool)> = due.map(|(path, place)| (path.clone(), place.deep)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> LocalPath {
        LocalPath::parse(name).expect("a path")
    }

    fn due(noticed: &mut Noticed) -> Vec<String> {
        noticed.take_due().into_iter().map(|(path, _)| path.to_string()).collect()
    }

    async fn after_ms(ms: u64) {
        tokio::time::advance(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn places_rest_before_they_are_looked_at() {
        // Each notice begins the rest anew, up to a limit.
        let mut noticed = Noticed::new(Duration::from_millis(40), Duration::from_millis(100));
        noticed.add(path("a"), false);
        for _ in 0..4 {
            after_ms(24).await;
            assert_eq!(due(&mut noticed), [""; 0]);
            noticed.add(path("a"), false);
        }
        assert_eq!(noticed.next(Instant::now()), Some(Instant::now() + Duration::from_millis(4)));
        after_ms(4).await;
        assert_eq!(due(&mut noticed), ["a"]);
        assert!(noticed.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_noticed_together_is_looked_at_together() {
        // The two ends of a move; a file that never rests delays neither.
        let mut noticed = Noticed::new(Duration::from_millis(40), Duration::from_secs(2));
        noticed.add(path("log"), false);
        for _ in 0..4 {
            after_ms(20).await;
            noticed.add(path("log"), false);
        }
        noticed.add(path("from"), false);
        after_ms(20).await;
        noticed.add(path("to"), false);
        noticed.add(path("log"), false);
        after_ms(20).await;
        noticed.add(path("log"), false);
        assert_eq!(due(&mut noticed), [""; 0]);
        after_ms(20).await;
        noticed.add(path("log"), false);
        assert_eq!(due(&mut noticed), ["from", "to"]);
        after_ms(40).await;
        assert_eq!(due(&mut noticed), ["log"]);
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_places_are_everywhere() {
        // What is remembered has a limit.
        let mut noticed = Noticed::new(Duration::ZERO, Duration::ZERO);
        for number in 0..=PLACES_MAX {
            noticed.add(path(&number.to_string()), false);
        }
        assert!(noticed.take_all() && noticed.is_empty());
    }
}
