//! What is told to the pages that somebody has open, and who was there lately.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::store::PersonId;

/// Something that a page wants to know. One that is lost costs nothing but a look: the page asks for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// There are other pictures than before: so many came, so many left.
    Changed { came: usize, left: usize },
    /// Folders are being read, or no longer.
    Working(bool),
}

/// How many events may wait for a page that does not take them.
const WAITING_MAX: usize = 64;

/// Everybody who was there lately.
#[derive(Default)]
pub(crate) struct Presence(Mutex<Everybody>);

#[derive(Default)]
struct Everybody {
    present: HashMap<PersonId, Present>,
    /// How many were ever watched for.
    watchers: u64,
}

/// Which of all that ever watched for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watcher(u64);

struct Present {
    watcher: Watcher,
    pages: broadcast::Sender<Event>,
    seen: Instant,
    is_working: bool,
}

impl Presence {
    /// Somebody asks for something. If nobody watches for them yet, the caller does from now on, until it forgets them.
    pub(crate) fn greet(&self, person: PersonId) -> Option<Watcher> {
        let mut all = self.lock();
        if let Some(present) = all.present.get_mut(&person) {
            present.seen = Instant::now();
            return None;
        }
        all.watchers += 1;
        let watcher = Watcher(all.watchers);
        let pages = broadcast::channel(WAITING_MAX).0;
        all.present.insert(person, Present { watcher, pages, seen: Instant::now(), is_working: true });
        Some(watcher)
    }

    /// Forgets somebody who was not there for so long, and has no page open. Tells whether.
    pub(crate) fn leave(&self, person: PersonId, lingering: Duration) -> bool {
        let mut all = self.lock();
        let is_gone = all
            .present
            .get(&person)
            .is_none_or(|present| present.pages.receiver_count() == 0 && present.seen.elapsed() >= lingering);
        if is_gone {
            all.present.remove(&person);
        }
        is_gone
    }

    /// Forgets somebody, whose pages hear nothing more, unless another watches for them by now.
    pub(crate) fn forget(&self, person: PersonId, watcher: Watcher) {
        let mut all = self.lock();
        if all.present.get(&person).is_some_and(|present| present.watcher == watcher) {
            all.present.remove(&person);
        }
    }

    /// What happens from now on, and whether folders are being read; nothing for somebody who was not greeted.
    pub(crate) fn listen(&self, person: PersonId) -> Option<(broadcast::Receiver<Event>, bool)> {
        let all = self.lock();
        let present = all.present.get(&person)?;
        Some((present.pages.subscribe(), present.is_working))
    }

    /// Whether folders are being read.
    pub(crate) fn is_working(&self, person: PersonId) -> bool {
        self.lock().present.get(&person).is_some_and(|present| present.is_working)
    }

    /// Tells every page of somebody.
    pub(crate) fn tell(&self, person: PersonId, event: Event) {
        if let Some(present) = self.lock().present.get_mut(&person) {
            if let Event::Working(is_working) = event {
                if present.is_working == is_working {
                    return;
                }
                present.is_working = is_working;
            }
            // Nobody listening is nobody to tell.
            let _ = present.pages.send(event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Everybody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_watched_before_takes_nothing_from_whoever_does_now() {
        let (presence, ada) = (Presence::default(), PersonId(1));
        let first = presence.greet(ada).unwrap();
        assert_eq!(presence.greet(ada), None);
        assert!(presence.leave(ada, Duration::ZERO));
        let second = presence.greet(ada).unwrap();
        presence.forget(ada, first);
        assert_eq!(presence.greet(ada), None, "somebody watches");
        presence.forget(ada, second);
        assert!(presence.greet(ada).is_some());
    }
}
