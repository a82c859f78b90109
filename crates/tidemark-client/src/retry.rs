//! When a call is repeated, and when no more.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::entropy::{Entropy, below};
use crate::{Client, Error, RefusalKind};

/// How often, and for how long, a call is repeated by itself.
///
/// Only what can do no harm is: calls that change nothing or the same thing again, and others if they have certainly not
/// happened. Pauses double, and are drawn at random up to that (*full jitter*), so that many clients do not come back at
/// once; a server that says when it wants to be asked again is not asked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a call is sent at most; 1 repeats nothing.
    pub tries_max: u32,
    /// The longest pause before the first repetition.
    pub pause_first: Duration,
    /// The longest pause at all.
    pub pause_max: Duration,
    /// How long after it failed first a call is repeated at the latest.
    pub patience: Duration,
}

impl RetryPolicy {
    /// Repeats nothing.
    pub const NEVER: RetryPolicy = RetryPolicy {
        tries_max: 1,
        pause_first: Duration::ZERO,
        pause_max: Duration::ZERO,
        patience: Duration::ZERO,
    };
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            tries_max: 6,
            pause_first: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
            patience: Duration::from_secs(180),
        }
    }
}

/// Whether a call may be sent again when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or the same thing again.
    Always,
    /// Only if it has certainly not happened.
    IfNotHappened,
}

/// The tries of one call.
pub(crate) struct Tries {
    policy: RetryPolicy,
    entropy: Arc<dyn Entropy>,
    failed: u32,
    failed_first: Option<Instant>,
}

impl Tries {
    pub(crate) fn of(client: &Client) -> Tries {
        let (policy, entropy) = (client.retries, client.parts.entropy.clone());
        Tries { policy, entropy, failed: 0, failed_first: None }
    }

    /// A try came to something: what fails from here on is counted anew.
    pub(crate) fn progress(&mut self) {
        (self.failed, self.failed_first) = (0, None);
    }

    /// After a try that failed: sleeps, if there should be another; otherwise gives the error back.
    pub(crate) async fn again(&mut self, error: Error, repeat: Repeat) -> Result<(), Error> {
        if self.rest(&error, repeat).await { Ok(()) } else { Err(error) }
    }

    /// After a try that failed: sleeps, if there should be another. Tells whether.
    pub(crate) async fn rest(&mut self, error: &Error, repeat: Repeat) -> bool {
        let first = *self.failed_first.get_or_insert_with(Instant::now);
        if !may_repeat(error, repeat) || self.failed + 1 >= self.policy.tries_max {
            return false;
        }
        let pause = pause(&self.policy, self.failed, error.retry_after(), &*self.entropy);
        if first.elapsed().saturating_add(pause) > self.policy.patience {
            return false;
        }
        self.failed += 1;
        tokio::time::sleep(pause).await;
        true
    }
}

/// How long to wait after so many failures (without the last).
pub(crate) fn pause(
    policy: &RetryPolicy,
    failures: u32,
    retry_after: Option<Duration>,
    entropy: &dyn Entropy,
) -> Duration {
    let bound = policy.pause_first.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    let bound = u64::try_from(bound.min(policy.pause_max).as_millis()).unwrap_or(u64::MAX);
    let jitter = Duration::from_millis(below(entropy, bound.saturating_add(1)));
    retry_after.unwrap_or_default().saturating_add(jitter)
}

fn may_repeat(error: &Error, repeat: Repeat) -> bool {
    match repeat {
        Repeat::Always => error.is_passing(),
        // Too many requests: it was refused before anything else.
        Repeat::IfNotHappened => {
            matches!(error, Error::NotSent(_))
                || matches!(error.kind(), Some(RefusalKind::RateLimited { .. }))
        }
    }
}
