//! How often a person and a program may ask: so that one that runs wild does not take the others' share.

use crate::model::{AccountId, AppKey, Timestamp};
use crate::store::NONCES_MAX;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many requests there may be in a minute; nothing for any number. As many may come at once after a quiet minute,
/// and from then on evenly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Of one account, through all programs.
    pub account_per_minute: Option<NonZeroU32>,
    /// Of one program, for all accounts.
    pub app_per_minute: Option<NonZeroU32>,
}

/// How many stamps of one program are remembered in a minute. What it can sign in the ten minutes and the burst for which
/// they are kept is little more than half of all that there is room for, so that no program shuts the others out.
const STAMPS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(NONCES_MAX / 20).expect("it is not nought");

/// Counts requests. Each account and program that asked within the last minute costs some hundred bytes, and nothing is
/// kept where there is no limit.
#[derive(Debug)]
pub(super) struct Rates {
    accounts: Option<Meter<AccountId>>,
    apps: Option<Meter<AppKey>>,
    stamps: Meter<AppKey>,
}

impl Rates {
    /// With these limits.
    pub(super) fn new(limits: RateLimits) -> Rates {
        Rates {
            accounts: limits.account_per_minute.map(Meter::new),
            apps: limits.app_per_minute.map(Meter::new),
            stamps: Meter::new(STAMPS_PER_MINUTE),
        }
    }

    /// Lets a request through, or says how long its sender should wait. What is refused is not counted: whoever goes on
    /// asking is let in as soon as one who waited.
    pub(super) fn admit(
        &self,
        account: &AccountId,
        app: Option<&AppKey>,
        now: Timestamp,
    ) -> Result<(), Duration> {
        if let Some(meter) = &self.accounts {
            meter.admit(account, now)?;
        }
        let Some(app) = app else { return Ok(()) };
        self.admit_app(app, now).inspect_err(|_| {
            if let Some(meter) = &self.accounts {
                meter.give_back(account);
            }
        })
    }

    /// The same for a request of a program that is in nobody's name yet.
    pub(super) fn admit_app(&self, app: &AppKey, now: Timestamp) -> Result<(), Duration> {
        self.apps.as_ref().map_or(Ok(()), |meter| meter.admit(app, now))
    }

    /// The same for a stamp of a program that is to be remembered.
    pub(super) fn admit_stamp(&self, app: &AppKey, now: Timestamp) -> Result<(), Duration> {
        self.stamps.admit(app, now)
    }
}

/// A minute, in the nanoseconds that meters count in.
const MINUTE: i64 = 60_000_000_000;

/// How many are looked at before those that are quiet again are forgotten.
const SWEEP_AT: usize = 1_024;

/// The generic cell rate algorithm: for each one who asks, the instant at which everything that it was let do would be
/// done if it had come evenly. It may lie up to a minute ahead.
#[derive(Debug)]
struct Meter<K> {
    /// Between two requests that come evenly.
    interval: i64,
    done_at: Mutex<Book<K>>,
}

#[derive(Debug)]
struct Book<K> {
    instants: HashMap<K, i64>,
    sweep_at: usize,
}

impl<K: Clone + Eq + Hash> Meter<K> {
    fn new(per_minute: NonZeroU32) -> Meter<K> {
        let book = Book { instants: HashMap::new(), sweep_at: SWEEP_AT };
        Meter { interval: MINUTE / i64::from(per_minute.get()), done_at: Mutex::new(book) }
    }

    fn admit(&self, key: &K, now: Timestamp) -> Result<(), Duration> {
        let now = now.0.saturating_mul(1_000_000);
        let mut book = self.done_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back does not shut anybody out for longer than a minute.
        let done_at = book.instants.get(key).copied().unwrap_or(now).clamp(now, now.saturating_add(MINUTE));
        let next = done_at.saturating_add(self.interval);
        let over = next.saturating_sub(now.saturating_add(MINUTE));
        if over > 0 {
            book.instants.insert(key.clone(), done_at);
            return Err(Duration::from_nanos(over.unsigned_abs()));
        }
        if book.instants.len() >= book.sweep_at && !book.instants.contains_key(key) {
            book.instants.retain(|_, done_at| *done_at > now);
            book.sweep_at = SWEEP_AT.max(book.instants.len() * 2);
        }
        book.instants.insert(key.clone(), next);
        Ok(())
    }

    fn give_back(&self, key: &K) {
        let mut book = self.done_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(done_at) = book.instants.get_mut(key) {
            *done_at -= self.interval;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: AccountId = AccountId(1);
    const BO: AccountId = AccountId(2);

    fn rates(account: u32, app: u32) -> Rates {
        let (account_per_minute, app_per_minute) = (NonZeroU32::new(account), NonZeroU32::new(app));
        Rates::new(RateLimits { account_per_minute, app_per_minute })
    }

    fn admitted(rates: &Rates, account: AccountId, app: &str, second: i64, times: usize) -> usize {
        let app = AppKey(app.to_owned());
        let now = Timestamp(second * 1_000);
        (0..times).filter(|_| rates.admit(&account, Some(&app), now).is_ok()).count()
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_evenly() {
        let rates = rates(60, 0);
        assert_eq!(admitted(&rates, ADA, "a", 100, 1_000), 60);
        assert_eq!(admitted(&rates, ADA, "a", 101, 10), 1);
        assert_eq!(admitted(&rates, ADA, "a", 111, 100), 10);
        assert_eq!(admitted(&rates, ADA, "a", 1_000, 1_000), 60);
        // Others have a share of their own.
        assert_eq!(admitted(&rates, BO, "a", 1_000, 1_000), 60);
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_back() {
        let rates = rates(30, 0);
        assert_eq!(admitted(&rates, ADA, "a", 5, 30), 30);
        let wait = rates.admit(&ADA, None, Timestamp(5_000)).unwrap_err();
        assert_eq!(wait, Duration::from_secs(2));
        assert!(rates.admit(&ADA, None, Timestamp(6_999)).is_err());
        assert!(rates.admit(&ADA, None, Timestamp(7_000)).is_ok());
    }

    #[test]
    fn what_its_program_may_not_does_not_count_for_the_person() {
        let rates = rates(10, 4);
        assert_eq!(admitted(&rates, ADA, "busy", 1, 20), 4);
        assert_eq!(admitted(&rates, BO, "busy", 1, 20), 0);
        assert_eq!(admitted(&rates, ADA, "other", 1, 20), 4);
        assert_eq!(admitted(&rates, ADA, "third", 1, 20), 2);
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out_for_long() {
        let rates = rates(60, 0);
        assert_eq!(admitted(&rates, ADA, "a", 1_000_000, 60), 60);
        assert_eq!(admitted(&rates, ADA, "a", 10, 60), 0);
        assert_eq!(admitted(&rates, ADA, "a", 70, 60), 60);
    }

    #[test]
    fn who_is_quiet_again_is_forgotten() {
        let rates = rates(60, 0);
        for minute in 0..10 {
            for account in 0..2_000 {
                rates
                    .admit(&AccountId(minute * 10_000 + account), None, Timestamp(minute as i64 * 120_000))
                    .unwrap();
            }
        }
        let kept = rates.accounts.as_ref().unwrap().done_at.lock().unwrap().instants.len();
        assert!(kept <= 6_000, "{kept}");
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let rates = Rates::new(RateLimits::default());
        assert_eq!(admitted(&rates, ADA, "a", 1, 100_000), 100_000);
        assert!(rates.accounts.is_none() && rates.apps.is_none());
    }
}
