//! Doing it again and again.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Beats at an even distance; one that is late is not made up for.
pub(super) struct Beat {
    next: Instant,
    distance: Duration,
}

impl Beat {
    /// The first beat is now.
    pub(super) fn new(distance: Duration) -> Beat {
        Beat { next: Instant::now() + distance, distance }
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        sleep_until(self.next).await;
        let now = Instant::now();
        while self.next <= now {
            self.next += self.distance;
        }
    }
}
