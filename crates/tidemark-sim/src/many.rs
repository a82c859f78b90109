//! Many seeds, on all cores: a runtime for each seed, and a thread for each core.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::run::{Outcome, twice};
use crate::world::MakeKeeper;

/// How many failures are enough.
const FAILURES_MAX: usize = 200;

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many were run.
    pub seeds: u64,
    /// Those that failed; not more than some.
    pub failures: Vec<Outcome>,
    /// How often each kind of thing happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// How much time passed in all of them.
    pub simulated: Duration,
}

/// Runs these seeds, each twice, until all are done or enough have failed.
pub(crate) fn all(from: u64, seeds: u64, threads: usize, keeper: &MakeKeeper) -> Summary {
    let next = AtomicU64::new(from);
    let summary = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        return;
                    }
                    let outcome = twice(seed, keeper);
                    let mut summary = summary.lock().expect("nothing panics while it holds the lock");
                    if summary.failures.len() >= FAILURES_MAX {
                        return;
                    }
                    summary.add(outcome);
                }
            });
        }
    });
    summary.into_inner().expect("all threads have ended")
}

impl Summary {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.simulated += outcome.lasted;
        for (kind, count) in &outcome.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        if outcome.failure.is_some() {
            self.failures.push(outcome);
            self.failures.sort_by_key(|outcome| outcome.seed);
        }
    }
}
