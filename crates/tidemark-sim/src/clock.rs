//! What time it is, for each of them: simulated time, as their own clock shows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use tidemark_core::model::Timestamp;
use tidemark_core::store;
use tidemark_sync::ports;
use tokio::time::Instant;

/// When every run begins: Wed, 05 Feb 2014 09:07:03 +0000.
const BEGINNING_NS: i64 = 1_391_591_223_000_000_000;

/// A machine's clock. Clones are the same one.
#[derive(Clone)]
pub(crate) struct SimClock {
    began: Instant,
    /// How far it is ahead of the others'.
    ahead_ns: Arc<AtomicI64>,
}

impl SimClock {
    /// A clock that is right, in a run that began then.
    pub(crate) fn new(began: Instant) -> SimClock {
        SimClock { began, ahead_ns: Arc::default() }
    }

    /// Sets it forward, or back, by so many milliseconds.
    pub(crate) fn shift(&self, ms: i64) {
        self.ahead_ns.fetch_add(ms * 1_000_000, Ordering::Relaxed);
    }

    /// In nanoseconds since 1970.
    pub(crate) fn now_ns(&self) -> i64 {
        let elapsed =
            i64::try_from(self.began.elapsed().as_nanos()).expect("runs are shorter than centuries");
        BEGINNING_NS + elapsed + self.ahead_ns.load(Ordering::Relaxed)
    }
}

impl store::Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ns() / 1_000_000)
    }
}

impl ports::Clock for SimClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.now_ns().unsigned_abs())
    }
}
