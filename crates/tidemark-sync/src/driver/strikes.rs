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
/// How often something may be moved in how short a time before it rests; for how long at first, and at most.
const MOVES_FREE: u32 = 8;
const MOVES_WITHIN: Duration = Duration::from_secs(60);
const CALM_FIRST: Duration = Duration::from_secs(1);
const CALM_MAX: Duration = Duration::from_secs(30);
/// How many items are remembered. Those beyond it are tried again at once.
const ITEMS_MAX: usize = 10_000;

/// Items that failed lately, which are forgotten when they succeed, and those that were moved lately; both when the engine starts
/// anew.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    items: BTreeMap<Item, Strike>,
    moved: BTreeMap<Item, Strike>,
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

    /// It was moved. Machines that move the same things to and fro, each after the other, would do so for ever as fast as they can:
    /// as all rest, and none as long as another, one of them comes to its end.
    pub(super) fn moved(&mut self, item: &Item, entropy: &dyn Entropy) {
        let now = Instant::now();
        if self.moved.len() >= ITEMS_MAX {
            self.moved.retain(|_, strike| now < strike.until + MOVES_WITHIN);
        }
        if self.moved.len() >= ITEMS_MAX && !self.moved.contains_key(item) {
            return;
        }
        let strike = self.moved.entry(item.clone()).or_insert(Strike { count: 0, until: now });
        strike.count = if now < strike.until + MOVES_WITHIN { strike.count + 1 } else { 1 };
        let rest = strike.count.checked_sub(MOVES_FREE + 1);
        strike.until = now + rest.map_or(Duration::ZERO, |rests| pause(rests, CALM_FIRST, CALM_MAX, entropy));
    }

    /// It succeeded, or is another matter now.
    pub(super) fn clear(&mut self, item: &Item) {
        self.items.remove(item);
    }

    /// Everything may be tried again now.
    pub(super) fn clear_all(&mut self) {
        self.items.clear();
        self.moved.clear();
    }

    /// Whether it is not to be tried yet.
    pub(super) fn rests(&self, item: &Item, now: Instant) -> bool {
        [&self.items, &self.moved]
            .into_iter()
            .filter_map(|strikes| strikes.get(item))
            .any(|strike| strike.until > now)
    }

    /// When the next one may be tried again, of those that rest.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        let strikes = self.items.values().chain(self.moved.values());
        strikes.map(|strike| strike.until).filter(|until| *until > now).min()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trees::LocalId;

    struct Same;

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_to_and_fro_comes_to_rest() {
        // A few moves are what people do; then each waits longer than the one before, up to a limit; and all is forgotten.
        let (mut strikes, item) = (Strikes::default(), Item::Local(LocalId(1)));
        let rest = |strikes: &Strikes| strikes.next(Instant::now()).map(|until| until - Instant::now());
        for _ in 0..MOVES_FREE {
            strikes.moved(&item, &Same);
            assert!(!strikes.rests(&item, Instant::now()));
        }
        let mut rests = Vec::new();
        for _ in 0..8 {
            strikes.moved(&item, &Same);
            assert!(strikes.rests(&item, Instant::now()));
            let rested = rest(&strikes).expect("it rests");
            rests.push(rested);
            tokio::time::advance(rested).await;
            assert!(!strikes.rests(&item, Instant::now()));
        }
        assert!(rests.is_sorted() && rests[0] < rests[1], "{rests:?}");
        assert_eq!(rests.last(), Some(&(CALM_MAX / 2)));
        tokio::time::advance(MOVES_WITHIN).await;
        strikes.moved(&item, &Same);
        assert!(!strikes.rests(&item, Instant::now()));
    }
}
