//! How busy the server has been: a sample every few seconds for an hour, and one every few minutes for a day, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidemark_core::model::Timestamp;

/// How often a sample is to be taken.
pub(super) const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// How far apart the samples are that a day is told by.
const COARSE_EVERY: Duration = Duration::from_secs(5 * 60);

/// What is counted and measured at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Transactions made durable since the start.
    pub commits: f64,
    /// How long those took in all, in seconds.
    pub commit_seconds: f64,
    /// Requests answered since the start.
    pub requests: f64,
    /// Requests that wait for changes.
    pub waiters: f64,
    /// Room on the data folder's device, in bytes; nothing where that is not known.
    pub free: Option<u64>,
}

/// What a sample says of the time since the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) at: Timestamp,
    /// A second.
    pub(crate) commits: f64,
    /// On the average, in milliseconds; nothing where there were none.
    pub(crate) commit_millis: Option<f64>,
    /// At the end.
    pub(crate) waiters: f64,
    /// At the end, in bytes.
    pub(crate) free: Option<u64>,
}

/// How far back one looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Hour,
    Day,
}

impl Span {
    pub(crate) fn length(self) -> Duration {
        match self {
            Span::Hour => Duration::from_secs(60 * 60),
            Span::Day => Duration::from_secs(24 * 60 * 60),
        }
    }

    fn step(self) -> Duration {
        match self {
            Span::Hour => SAMPLE_EVERY,
            Span::Day => COARSE_EVERY,
        }
    }

    fn points_max(self) -> usize {
        usize::try_from(self.length().as_secs() / self.step().as_secs()).unwrap_or(usize::MAX)
    }
}

/// The samples.
#[derive(Default)]
pub(super) struct Trends(Mutex<[Series; 2]>);

#[derive(Default)]
struct Series {
    points: VecDeque<Point>,
    /// What the next point is counted from.
    before: Option<(Timestamp, Figures)>,
}

impl Trends {
    /// Takes a sample.
    pub(super) fn record(&self, at: Timestamp, figures: Figures) {
        let mut series = self.series();
        for (series, span) in series.iter_mut().zip([Span::Hour, Span::Day]) {
            series.record(at, figures, span);
        }
    }

    /// The samples of the time before `now`, the oldest first.
    pub(super) fn points(&self, span: Span, now: Timestamp) -> Vec<Point> {
        let from = now.minus(span.length());
        let series = self.series();
        let [hour, day] = &*series;
        let series = if span == Span::Hour { hour } else { day };
        series.points.iter().filter(|point| from <= point.at && point.at <= now).copied().collect()
    }

    fn series(&self) -> MutexGuard<'_, [Series; 2]> {
        // Samples are plain numbers: whoever panicked left none by halves.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Series {
    fn record(&mut self, at: Timestamp, figures: Figures, span: Span) {
        let Some((since, before)) = self.before else {
            self.before = Some((at, figures));
            return;
        };
        if at < since {
            // The clock was set back: what is older than the future begins anew.
            (self.before, self.points) = (Some((at, figures)), VecDeque::new());
            return;
        }
        let passed = at.since(since);
        // A timer may be a little early.
        if passed + SAMPLE_EVERY / 2 < span.step() {
            return;
        }
        let (commits, took) =
            (figures.commits - before.commits, figures.commit_seconds - before.commit_seconds);
        if self.points.len() >= span.points_max() {
            self.points.pop_front();
        }
        self.points.push_back(Point {
            at,
            commits: (commits / passed.as_secs_f64()).max(0.0),
            commit_millis: (commits > 0.0).then(|| (1_000.0 * took / commits).max(0.0)),
            waiters: figures.waiters,
            free: figures.free,
        });
        self.before = Some((at, figures));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_700_000_000_000);

    fn figures(n: f64) -> Figures {
        Figures { commits: 20.0 * n, commit_seconds: 0.1 * n, requests: n, waiters: n, free: Some(7) }
    }

    #[test]
    fn a_sample_tells_of_the_time_since_the_one_before() {
        let trends = Trends::default();
        let at = |n: u32| START.plus(SAMPLE_EVERY * n);
        trends.record(at(0), figures(0.0));
        trends.record(at(1), figures(1.0));
        trends.record(at(2), Figures { waiters: 3.0, ..figures(1.0) });
        let first = Point { at: at(1), commits: 2.0, commit_millis: Some(5.0), waiters: 1.0, free: Some(7) };
        let idle = Point { at: at(2), commits: 0.0, commit_millis: None, waiters: 3.0, free: Some(7) };
        assert_eq!(trends.points(Span::Hour, at(2)), [first, idle]);
        assert_eq!(trends.points(Span::Hour, at(1)), [first]);
        assert_eq!(trends.points(Span::Day, at(2)), [], "nothing so soon");
    }

    #[test]
    fn what_is_kept_is_bounded_and_a_day_is_told_in_long_steps() {
        let trends = Trends::default();
        let mut now = START;
        for n in 0..20_000 {
            trends.record(now, figures(f64::from(n)));
            now = now.plus(SAMPLE_EVERY);
        }
        let (hour, day) = (trends.points(Span::Hour, now), trends.points(Span::Day, now));
        assert!((350..=360).contains(&hour.len()), "{}", hour.len());
        assert!((280..=288).contains(&day.len()), "{}", day.len());
        assert!(day.iter().chain(&hour).all(|point| (point.commits - 2.0).abs() < 0.001));
        let steps = day.windows(2).map(|pair| pair[1].at.since(pair[0].at));
        assert!(steps.into_iter().all(|step| step == COARSE_EVERY));
        let kept = trends.series();
        assert!(kept[0].points.len() <= 360 && kept[1].points.len() <= 288);
    }

    #[test]
    fn a_clock_that_is_set_back_and_counters_that_begin_anew_spoil_nothing() {
        let trends = Trends::default();
        for n in 0..5 {
            trends.record(START.plus(SAMPLE_EVERY * n), figures(f64::from(n)));
        }
        let earlier = START.minus(Duration::from_secs(1_000));
        trends.record(earlier, figures(5.0));
        trends.record(earlier.plus(SAMPLE_EVERY), figures(0.0));
        let points = trends.points(Span::Hour, earlier.plus(SAMPLE_EVERY));
        assert_eq!(points.iter().map(|point| point.commits).collect::<Vec<_>>(), [0.0]);
    }
}
