//! The versions of pictures that browsers ask about again and again: known without the database until anything in it changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::PersonId;

/// How many are kept at most: of some 100 bytes each.
const KEPT_MAX: usize = 50_000;

/// How often the database has changed; what was looked up before that may be of before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Changes(u64);

#[derive(Default)]
pub(super) struct Revs(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    changes: u64,
    revs: HashMap<(PersonId, i64), Arc<str>>,
}

impl Revs {
    pub(super) fn get(&self, person: PersonId, picture: i64) -> Option<Arc<str>> {
        self.kept().revs.get(&(person, picture)).cloned()
    }

    /// To be asked before something is looked up that is to be kept.
    pub(super) fn changes(&self) -> Changes {
        Changes(self.kept().changes)
    }

    /// Keeps what was looked up, unless something has changed since.
    pub(super) fn keep(&self, person: PersonId, picture: i64, rev: Arc<str>, since: Changes) {
        let mut kept = self.kept();
        if kept.changes != since.0 {
            return;
        }
        if kept.revs.len() >= KEPT_MAX {
            kept.revs.clear();
        }
        kept.revs.insert((person, picture), rev);
    }

    /// The database has changed, whatever it was.
    pub(super) fn forget(&self) {
        let mut kept = self.kept();
        kept.changes += 1;
        kept.revs.clear();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_up_before_a_change_is_not_kept_after_it() {
        let (revs, ada) = (Revs::default(), PersonId(1));
        let before = revs.changes();
        revs.keep(ada, 7, "1".into(), before);
        assert_eq!(revs.get(ada, 7).as_deref(), Some("1"));
        assert_eq!((revs.get(ada, 8), revs.get(PersonId(2), 7)), (None, None), "of others nothing is said");
        revs.forget();
        assert_eq!(revs.get(ada, 7), None);
        revs.keep(ada, 7, "1".into(), before);
        assert_eq!(revs.get(ada, 7), None, "it may be of before the change");
        revs.keep(ada, 7, "2".into(), revs.changes());
        assert_eq!(revs.get(ada, 7).as_deref(), Some("2"));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let revs = Revs::default();
        for picture in 0..=KEPT_MAX as i64 {
            revs.keep(PersonId(1), picture, "1".into(), revs.changes());
        }
        assert!(revs.kept().revs.len() <= KEPT_MAX);
        assert_eq!(revs.get(PersonId(1), KEPT_MAX as i64).as_deref(), Some("1"));
    }
}
