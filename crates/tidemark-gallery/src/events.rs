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
pub(crate) struct Presence(Mutex<HashMap<PersonId, Present>>);

struct Present {
    pages: broadcast::Sender<Event>,
    seen: Instant,
    is_working: bool,
}

impl Presence {
    /// Somebody asks for something. Tells whether nobody watches for them yet: then the caller does from now on.
    pub(crate) fn greet(&self, person: PersonId) -> bool {
        let mut all = self.lock();
        let is_new = !all.contains_key(&person);
        let present = all.entry(person).or_insert_with(|| Present {
            pages: broadcast::channel(WAITING_MAX).0,
            seen: Instant::now(),
            is_working: true,
        });
        present.seen = Instant::now();
        is_new
    }

    /// Forgets somebody who was not there for so long, and has no page open. Tells whether.
    pub(crate) fn leave(&self, person: PersonId, lingering: Duration) -> bool {
        let mut all = self.lock();
        let is_gone = all
            .get(&person)
            .is_none_or(|present| present.pages.receiver_count() == 0 && present.seen.elapsed() >= lingering);
        if is_gone {
            all.remove(&person);
        }
        is_gone
    }

    /// Forgets somebody, whose pages hear nothing more.
    pub(crate) fn forget(&self, person: PersonId) {
        self.lock().remove(&person);
    }

    /// What happens from now on, and whether folders are being read; nothing for somebody who was not greeted.
    pub(crate) fn listen(&self, person: PersonId) -> Option<(broadcast::Receiver<Event>, bool)> {
        let all = self.lock();
        let present = all.get(&person)?;
        Some((present.pages.subscribe(), present.is_working))
    }

    /// Whether folders are being read.
    pub(crate) fn is_working(&self, person: PersonId) -> bool {
        self.lock().get(&person).is_some_and(|present| present.is_working)
    }

    /// Tells every page of somebody.
    pub(crate) fn tell(&self, person: PersonId, event: Event) {
        if let Some(present) = self.lock().get_mut(&person) {
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

    fn lock(&self) -> MutexGuard<'_, HashMap<PersonId, Present>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
