//! What was noticed and not asked for yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::ports::{LocalPath, Noticed};

/// More places than this are told as "anywhere".
const PLACES_MAX: usize = 4096;

/// Filled by the thread that watches, emptied by whoever asks.
#[derive(Default)]
pub(super) struct Told {
    pending: Mutex<Pending>,
    /// One asks at a time, so a kept permit is enough for none to be missed.
    more: Notify,
}

#[derive(Default)]
struct Pending {
    /// With whether something may have changed anywhere below.
    places: BTreeMap<LocalPath, bool>,
    overflow: bool,
    ended: bool,
}

impl Told {
    /// Adds something, or lets it be if it says nothing new.
    pub(super) fn tell(&self, noticed: Noticed) {
        let mut pending = self.pending();
        match noticed {
            Noticed::Changed(path) => pending.add(path, false),
            Noticed::ChangedBelow(path) => pending.add(path, true),
            Noticed::Overflow => pending.overflow(),
            Noticed::Ended => pending.ended = true,
        }
        drop(pending);
        self.more.notify_one();
    }

    pub(super) async fn next(&self) -> Noticed {
        loop {
            if let Some(noticed) = self.pending().take() {
                return noticed;
            }
            self.more.notified().await;
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        // Nothing in here can be left half done.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn add(&mut self, path: LocalPath, below: bool) {
        if self.overflow {
            return;
        }
        *self.places.entry(path).or_default() |= below;
        if self.places.len() > PLACES_MAX {
            self.overflow();
        }
    }

    fn overflow(&mut self) {
        self.overflow = true;
        self.places.clear();
    }

    fn take(&mut self) -> Option<Noticed> {
        if std::mem::take(&mut self.overflow) {
            return Some(Noticed::Overflow);
        }
        match self.places.pop_first() {
            Some((path, false)) => Some(Noticed::Changed(path)),
            Some((path, true)) => Some(Noticed::ChangedBelow(path)),
            None => self.ended.then_some(Noticed::Ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> LocalPath {
        LocalPath::parse(text).expect("a path")
    }

    #[tokio::test]
    async fn the_same_is_told_once_and_the_vaguer_wins() {
        let told = Told::default();
        for noticed in [
            Noticed::Changed(path("a")),
            Noticed::ChangedBelow(path("a")),
            Noticed::Changed(path("a")),
            Noticed::Changed(path("b")),
            Noticed::Ended,
        ] {
            told.tell(noticed);
        }
        assert_eq!(told.next().await, Noticed::ChangedBelow(path("a")));
        assert_eq!(told.next().await, Noticed::Changed(path("b")));
        assert_eq!(told.next().await, Noticed::Ended);
        assert_eq!(told.next().await, Noticed::Ended, "it stays so");
    }

    #[tokio::test]
    async fn too_many_places_are_told_as_one() {
        let told = Told::default();
        for number in 0..=PLACES_MAX {
            told.tell(Noticed::Changed(path(&number.to_string())));
        }
        told.tell(Noticed::Changed(path("later")));
        assert_eq!(told.next().await, Noticed::Overflow);
        told.tell(Noticed::Changed(path("after")));
        assert_eq!(told.next().await, Noticed::Changed(path("after")));
    }
}
