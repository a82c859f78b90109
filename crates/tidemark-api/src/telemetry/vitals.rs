//! How the server is, for the page on which administrators look.

use super::Ready;
use super::trends::{Figures, Point, SAMPLE_EVERY, Span, Trends};
use std::sync::Arc;
use std::time::Duration;
use tidemark_core::model::Timestamp;
use tidemark_core::store::Clock;
use tokio::time::MissedTickBehavior;

/// What the server tells of itself when it is asked. Quick: it is asked every few seconds.
pub type Measure = Arc<dyn Fn() -> Figures + Send + Sync>;

/// How the server is and has been.
pub struct Vitals {
    measure: Measure,
    ready: Ready,
    clock: Arc<dyn Clock>,
    started: Timestamp,
    trends: Trends,
}

impl Vitals {
    /// Of a server that starts now.
    pub fn new(measure: Measure, ready: Ready, clock: Arc<dyn Clock>) -> Vitals {
        let started = clock.now();
        Vitals { measure, ready, clock, started, trends: Trends::default() }
    }

    /// Takes a sample now.
    pub fn sample(&self) {
        self.trends.record(self.clock.now(), self.figures());
    }

    /// Takes samples for as long as it is polled: to be spawned beside the server.
    pub async fn watch(self: Arc<Vitals>) {
        let mut interval = tokio::time::interval(SAMPLE_EVERY);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            self.sample();
        }
    }

    pub(crate) fn figures(&self) -> Figures {
        (self.measure)()
    }

    /// Why the server cannot do its work, if it cannot.
    pub(crate) fn trouble(&self) -> Option<String> {
        (self.ready)().err()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How long it has been running.
    pub(crate) fn uptime(&self) -> Duration {
        self.clock.now().since(self.started)
    }

    pub(crate) fn points(&self, span: Span) -> Vec<Point> {
        self.trends.points(span, self.clock.now())
    }
}
