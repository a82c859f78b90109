//! When a webhook is tried again, and when it is given up.

use super::NotifyError;
use crate::model::{Health, Timestamp};
use std::time::Duration;

/// The status by which an address says that it is gone for good.
const GONE: u16 = 410;

/// How often in a row a webhook must have failed, besides for how long, before it is given up; it takes some two hours. A
/// server that was off for a week, or whose clock leapt, has not tried for as long as it seems.
const FAILURES_MIN: u32 = 20;

/// How deliveries are paced.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long to wait after the first failure; twice as long after each further one.
    pub retry_first: Duration,
    /// The longest wait between tries.
    pub retry_max: Duration,
    /// A webhook that has done nothing but fail for this long, and often, is given up.
    pub disable_after: Duration,
    /// How long to wait after a delivery, so that an account that changes all the time costs a request now and then, and
    /// not one a change.
    pub pause: Duration,
    /// How many accounts one notification may tell of.
    pub accounts_max: usize,
    /// How many deliveries may be under way at once, on this node.
    pub deliveries_max: usize,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            retry_first: Duration::from_secs(1),
            retry_max: Duration::from_secs(10 * 60),
            disable_after: Duration::from_secs(3 * 24 * 60 * 60),
            pause: Duration::from_millis(250),
            accounts_max: 1_000,
            deliveries_max: 64,
        }
    }
}

impl Rules {
    /// How deliveries go after one more, that ended at `now`. `dice` is a random number.
    pub(super) fn after(
        &self,
        before: Health,
        outcome: Result<u16, &NotifyError>,
        now: Timestamp,
        dice: u64,
    ) -> Health {
        let Err(error) = outcome else { return Health::default() };
        let failures = before.failures.saturating_add(1);
        let failing_since = before.failing_since.unwrap_or(now);
        let hopeless = now.since(failing_since) >= self.disable_after && failures >= FAILURES_MIN;
        let given_up = error.status() == Some(GONE) || hopeless;
        let next_try = (!given_up).then(|| now.plus(self.wait(failures, dice)));
        let disabled = given_up.then_some(now);
        Health { failures, failing_since: Some(failing_since), next_try, disabled }
    }

    /// How long to wait after so many failures in a row: doubled each time, and up to half of it less at random, so that
    /// what failed together does not come back together.
    fn wait(&self, failures: u32, dice: u64) -> Duration {
        let doubled =
            2_u32.checked_pow(failures.saturating_sub(1)).and_then(|n| self.retry_first.checked_mul(n));
        let longest = doubled.unwrap_or(self.retry_max).min(self.retry_max);
        let half = longest / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        longest - Duration::from_millis(dice % spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn fail(health: Health, now: Timestamp, dice: u64) -> Health {
        Rules::default().after(health, Err(&NotifyError::Status(500)), now, dice)
    }

    /// 1 s, 2 s, 4 s ... 10 minutes, each up to half less.
    #[test]
    fn waits_double_up_to_a_limit() {
        let now = Timestamp(0);
        let mut health = Health::default();
        for longest in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600] {
            let wait = |dice| fail(health, now, dice).next_try.unwrap().since(now);
            assert_eq!(wait(0), Duration::from_secs(longest));
            for dice in [1, 77, 4_711, u64::MAX] {
                assert!((longest * 500..=longest * 1_000).contains(&(wait(dice).as_millis() as u64)));
            }
            assert_ne!(wait(0), wait(499));
            health = fail(health, now, 0);
        }
        health.failures = u32::MAX;
        assert_eq!(fail(health, now, 0).next_try, Some(now.plus(Duration::from_secs(600))));
    }

    #[test]
    fn days_of_nothing_but_failure_are_the_end() {
        let began = Timestamp(1_000);
        let failing = fail(Health::default(), began, 0);
        assert_eq!((failing.failures, failing.failing_since, failing.disabled), (1, Some(began), None));
        let later = began.plus(71 * HOUR);
        let still = fail(Health { failures: 400, ..failing }, later, 0);
        assert_eq!((still.failures, still.failing_since, still.disabled), (401, Some(began), None));
        let end = began.plus(72 * HOUR);
        let over = fail(still, end, 0);
        assert_eq!((over.disabled, over.next_try, over.failures), (Some(end), None, 402));
        let well = Rules::default().after(still, Ok(200), end, 0);
        assert_eq!(well, Health::default(), "one success is a new beginning");
        assert_eq!(fail(well, end, 0).failing_since, Some(end));
    }

    /// The clock of a machine that had no time yet when it started leaps by years; a server may have been off for a week.
    /// Neither says that an address fails.
    #[test]
    fn time_in_which_nothing_was_tried_is_no_failure() {
        let began = Timestamp(1_000);
        let failing = fail(Health::default(), began, 0);
        let weeks_later = began.plus(1_000 * HOUR);
        let mut health = fail(failing, weeks_later, 0);
        assert_eq!((health.failures, health.disabled), (2, None));
        let mut now = weeks_later;
        while health.disabled.is_none() {
            now = health.next_try.unwrap();
            health = fail(health, now, 0);
        }
        let tried = now.since(weeks_later);
        assert!((HOUR..24 * HOUR).contains(&tried), "{tried:?}");
    }

    #[test]
    fn an_address_that_is_gone_is_not_tried_again() {
        let gone = NotifyError::Status(410);
        let health = Rules::default().after(Health::default(), Err(&gone), Timestamp(5), 0);
        assert_eq!((health.disabled, health.next_try), (Some(Timestamp(5)), None));
    }
}
