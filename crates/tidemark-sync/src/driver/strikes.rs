//! What failed, and when it is tried again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::ports::Entropy;
use crate::trees::Item;

/// How often something may fail, or not be as it was observed, before somebody is told.
const STRIKES_MAX: u32 = 8;
/// How often it is tried again at once: most of the time somebody was just faster.
const FREE: u32 = 2;
/// The pauses after that: the first, and the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How many items are remembered. Those beyond it are tried again at once.
const ITEMS_MAX: usize = 10_000;

/// Items that failed lately. They are forgotten when they succeed, and when the engine starts anew.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    items: BTreeMap<Item, Strike>,
}

#[derive(Debug)]
struct Strike {
    count: u32,
    until: Instant,
}

/// What follows from one more failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It rests for a while, and is tried again.
    Rest,
    /// Somebody should know.
    Tell,
}

impl Strikes {
    /// It failed, or was not as observed.
    pub(super) fn strike(&mut self, item: &Item, entropy: &dyn Entropy) -> Verdict {
        if self.items.len() >= ITEMS_MAX && !self.items.contains_key(item) {
            return Verdict::Rest;
        }
        let now = Instant::now();
        let strike = self.items.entry(item.clone()).or_insert(Strike { count: 0, until: now });
        strike.count += 1;
        if strike.count >= STRIKES_MAX {
            self.items.remove(item);
            return Verdict::Tell;
        }
        if strike.count > FREE {
            strike.until = now + pause(strike.count - FREE - 1, PAUSE_FIRST, PAUSE_MAX, entropy);
        }
        Verdict::Rest
    }

    /// It succeeded, or is another matter now.
    pub(super) fn clear(&mut self, item: &Item) {
        self.items.remove(item);
    }

    /// Everything may be tried again now.
    pub(super) fn clear_all(&mut self) {
        self.items.clear();
    }

    /// Whether it is not to be tried yet.
    pub(super) fn rests(&self, item: &Item, now: Instant) -> bool {
        self.items.get(item).is_some_and(|strike| strike.until > now)
    }

    /// When the next one may be tried again, of those that rest.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        self.items.values().map(|strike| strike.until).filter(|until| *until > now).min()
    }
}

/// How long to wait after so many failures (without the last): doubled each time, and between half of that and all of it, so that
/// many who failed together do not come back together.
pub(super) fn pause(failures: u32, first: Duration, max: Duration, entropy: &dyn Entropy) -> Duration {
    let whole = first.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(max);
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    let half_ms = u64::try_from(whole.as_millis() / 2).unwrap_or(u64::MAX);
    let drawn = u64::from_le_bytes(bytes).checked_rem(half_ms.saturating_add(1)).unwrap_or(0);
    whole / 2 + Duration::from_millis(drawn)
}
