//! How many uploads an account may have under way at once.
//!
//! Each keeps up to a few blocks of 4 MiB in memory for as long as its client takes to send them, and a slow client is
//! allowed to take long. So there is a limit, for each account: nobody's uploads are in the way of another's. All protocols
//! count together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use http_body::Body as _;
use tidemark_core::model::AccountId;

/// Bodies that declare no more are not counted: they take less memory than their connection does.
const UNCOUNTED_BYTES_MAX: u64 = 64 << 10;

/// The uploads that are under way.
#[derive(Debug)]
pub struct Intakes {
    per_account_max: usize,
    by_account: Mutex<HashMap<AccountId, usize>>,
}

/// The right to take a body in (or, of archives, to send one), until it is dropped.
#[derive(Debug)]
pub struct Place(Option<(Arc<Intakes>, AccountId)>);

impl Intakes {
    /// None yet, and for each account at most so many, see [`Intakes::begin`].
    #[must_use]
    pub fn new(per_account_max: usize) -> Intakes {
        Intakes { per_account_max, by_account: Mutex::default() }
    }

    /// A place for this body; nothing if the account has too many already.
    pub fn begin(self: &Arc<Intakes>, account: AccountId, body: &Body) -> Option<Place> {
        if body.size_hint().upper().is_some_and(|size| size <= UNCOUNTED_BYTES_MAX) {
            return Some(Place(None));
        }
        self.enter(account)
    }

    /// A place for something that is not known by its body.
    pub(crate) fn enter(self: &Arc<Intakes>, account: AccountId) -> Option<Place> {
        let mut by_account = self.by_account();
        let count = by_account.entry(account).or_default();
        if *count >= self.per_account_max {
            return None;
        }
        *count += 1;
        Some(Place(Some((Arc::clone(self), account))))
    }

    fn by_account(&self) -> MutexGuard<'_, HashMap<AccountId, usize>> {
        self.by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((intakes, account)) = self.0.take() else { return };
        let mut by_account = intakes.by_account();
        if let Some(count) = by_account.get_mut(&account) {
            *count -= 1;
            if *count == 0 {
                by_account.remove(&account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(size: usize) -> Body {
        Body::from(vec![0; size])
    }

    #[test]
    fn each_account_has_so_many_places_and_gets_them_back() {
        let intakes = Arc::new(Intakes::new(2));
        let begin = |account, size| intakes.begin(AccountId(account), &body(size));
        let (one, _two) = (begin(1, 70_000).expect("free"), begin(1, 70_000).expect("free"));
        assert!(begin(1, 70_000).is_none());
        assert!(begin(1, 60_000).is_some(), "small ones are not counted");
        assert!(begin(2, 70_000).is_some(), "others have their own");
        drop(one);
        let again = begin(1, 70_000);
        assert!(again.is_some() && begin(1, 70_000).is_none());
        drop((again, _two));
        assert!(intakes.by_account().is_empty(), "who has none is forgotten");
    }
}
