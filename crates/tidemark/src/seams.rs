//! The world's time and chance, for core and for folder sync.

use tidemark_core::model::Timestamp;
use tidemark_core::store::{Clock, Entropy};

/// The machine's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the seam that time comes in through")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A clock before 1970 is broken; every comparison of times goes on working all the same.
        let millis = since.map_or(0, |since| since.as_millis());
        Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

/// The same clock, as folder sync reads it.
pub(crate) struct Calendar;

impl tidemark_sync::ports::Clock for Calendar {
    #[expect(clippy::disallowed_methods, reason = "this is the seam that time comes in through")]
    fn now(&self) -> std::time::SystemTime {
        std::time::SystemTime::now()
    }
}

/// The operating system's random numbers.
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("without random numbers there are no secrets, and nothing may go on");
    }
}
