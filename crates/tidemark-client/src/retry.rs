//! When a call is repeated, and when no more.

use std::time::Duration;

use tokio::time::Instant;

use crate::entropy::{Entropy, below};
use crate::{Error, RefusalKind};

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
    /// How long after its beginning a call is repeated at the latest.
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
    /// Never: what it sends cannot be sent twice.
    Never,
}

/// The tries of one call.
pub(crate) struct Tries<'a> {
    policy: RetryPolicy,
    entropy: &'a dyn Entropy,
    began: Instant,
    made: u32,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(policy: RetryPolicy, entropy: &'a dyn Entropy) -> Tries<'a> {
        Tries { policy, entropy, began: Instant::now(), made: 0 }
    }

    /// A try came to something: what follows is counted anew.
    pub(crate) fn progress(&mut self) {
        self.made = 0;
        self.began = Instant::now();
    }

    /// After a try that failed: sleeps, if there should be another; otherwise gives the error back.
    pub(crate) async fn again(&mut self, error: Error, repeat: Repeat) -> Result<(), Error> {
        self.made += 1;
        if !may_repeat(&error, repeat) || self.made >= self.policy.tries_max {
            return Err(error);
        }
        let pause = pause(&self.policy, self.made - 1, error.retry_after(), self.entropy);
        if self.began.elapsed().saturating_add(pause) > self.policy.patience {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        Ok(())
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
    let bound = bound.min(policy.pause_max).as_millis() as u64;
    retry_after.unwrap_or_default() + Duration::from_millis(below(entropy, bound + 1))
}

fn may_repeat(error: &Error, repeat: Repeat) -> bool {
    match repeat {
        Repeat::Never => false,
        Repeat::Always => error.is_passing(),
        // Too many requests: it was refused before anything else.
        Repeat::IfNotHappened => {
            matches!(error, Error::NotSent(_))
                || matches!(error.kind(), Some(RefusalKind::RateLimited { .. }))
        }
    }
}
