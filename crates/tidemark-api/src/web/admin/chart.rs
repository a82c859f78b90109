//! What the server has been doing, as lines in small pictures.

use crate::telemetry::trends::{Point, Span};
use crate::web::page;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;
use tidemark_core::model::Timestamp;

/// The size of a picture, in its own units.
pub(super) const WIDTH: f64 = 300.0;
pub(super) const HEIGHT: f64 = 60.0;
/// Room for the line's own breadth at the top.
const TOP: f64 = 3.0;

/// A chart, as the page shows it and as its script refreshes it.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    /// What its place on the page is known by.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// The path of the line; empty where nothing is known yet.
    pub(super) line: String,
    /// The latest value, in words.
    pub(super) latest: String,
    /// The greatest of those shown, in words.
    pub(super) most: String,
    /// Where the picture begins, its middle and its end.
    pub(super) ticks: [Tick; 3],
}

/// An instant below a chart.
#[derive(Debug, Serialize)]
pub(super) struct Tick {
    /// How far back it is, in words.
    pub(super) told: &'static str,
    /// To the second, for programs.
    pub(super) exact: String,
    /// The time of the day, in UTC.
    pub(super) clock: String,
    /// What was measured then, in words.
    pub(super) value: String,
}

impl Tick {
    fn new(told: &'static str, at: Timestamp, value: String) -> Tick {
        let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        let [exact, clock] = ["%Y-%m-%dT%H:%M:%SZ", "%H:%M UTC"].map(|form| time.strftime(form).to_string());
        Tick { told, exact, clock, value }
    }
}

/// What is told of an instant of which nothing is known: the server was not running, or had nothing to measure.
const UNKNOWN: &str = "not known";
/// How far from an instant a sample may be to stand for it: a part of the span.
const NEAR: u32 = 40;

/// How a value is told.
type Told = fn(f64) -> String;

/// The charts of the samples that there are at `now`, the oldest of them first.
pub(super) fn charts(points: &[Point], span: Span, now: Timestamp) -> [Chart; 4] {
    let chart = |name, title, value: fn(&Point) -> Option<f64>, told: Told| {
        let values: Vec<_> = points.iter().filter_map(|point| Some((point.at, value(point)?))).collect();
        let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        Chart {
            name,
            title,
            line: line(&values, most, span, now),
            latest: values.last().map_or("nothing yet".to_owned(), |(_, value)| told(*value)),
            most: format!("at most {}", told(most)),
            ticks: ticks(&values, span, now, told),
        }
    };
    [
        chart(
            "commits",
            "Changes saved",
            |point| Some(point.commits),
            |value| format!("{value:.1} a second"),
        ),
        chart("latency", "Time to save one", |point| point.commit_millis, |value| format!("{value:.1} ms")),
        chart(
            "waiters",
            "Programs that wait for changes",
            |point| Some(point.waiters),
            |value| format!("{value:.0}"),
        ),
        // (Beyond 2^53 bytes the last digits do not count.)
        chart(
            "free",
            "Free room on the disk",
            |point| point.free.map(|free| free as f64),
            |value| page::size(value as u64),
        ),
    ]
}

/// The beginning, the middle and the end of what is shown.
fn ticks(values: &[(Timestamp, f64)], span: Span, now: Timestamp, told: Told) -> [Tick; 3] {
    let (length, words) = match span {
        Span::Hour => (span.length(), ["an hour ago", "half an hour ago", "now"]),
        Span::Day => (span.length(), ["a day ago", "12 hours ago", "now"]),
    };
    let mut back = [length, length / 2, Duration::ZERO].into_iter();
    words.map(|words| {
        let at = now.minus(back.next().unwrap_or_default());
        let far = |time: &Timestamp| time.since(at).max(at.since(*time));
        let near =
            values.iter().min_by_key(|(time, _)| far(time)).filter(|(time, _)| far(time) <= length / NEAR);
        Tick::new(words, at, near.map_or_else(|| UNKNOWN.to_owned(), |(_, value)| told(*value)))
    })
}

/// From the left, where the span begins, to the right, where it is now; from nought at the bottom to `most` at the top.
fn line(values: &[(Timestamp, f64)], most: f64, span: Span, now: Timestamp) -> String {
    let from = now.minus(span.length());
    let mut path = String::new();
    for (at, value) in values {
        let x = WIDTH * at.since(from).as_secs_f64() / span.length().as_secs_f64();
        let share = if most > 0.0 { value / most } else { 0.0 };
        let y = HEIGHT - (HEIGHT - TOP) * share;
        let verb = if path.is_empty() { 'M' } else { 'L' };
        write!(path, "{verb}{x:.1} {y:.1}").expect("a text takes everything");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_leads_from_the_past_to_now() {
        let now = Timestamp(1_700_000_000_000);
        let point = |ago: u64, commits, free| Point {
            at: now.minus(Duration::from_secs(ago)),
            commits,
            commit_millis: None,
            waiters: 0.0,
            free,
        };
        let points = [
            point(3_600, 0.0, None),
            point(1_800, 4.0, Some(1_000_000_000)),
            point(0, 2.0, Some(2_000_000_000)),
        ];
        let [commits, latency, waiters, free] = charts(&points, Span::Hour, now);
        assert_eq!(commits.line, "M0.0 60.0L150.0 3.0L300.0 31.5");
        assert_eq!(
            (commits.latest.as_str(), commits.most.as_str()),
            ("2.0 a second", "at most 4.0 a second")
        );
        assert_eq!((latency.line.as_str(), latency.latest.as_str()), ("", "nothing yet"));
        assert_eq!(waiters.line, "M0.0 60.0L150.0 60.0L300.0 60.0", "nought is at the bottom");
        assert_eq!((free.line.as_str(), free.latest.as_str()), ("M150.0 31.5L300.0 3.0", "2.0 GB"));
        let below = commits.ticks.map(|tick| (tick.told, tick.clock, tick.value));
        let [then, middle, end] =
            below.each_ref().map(|(told, clock, value)| (*told, clock.as_str(), value.as_str()));
        assert_eq!(then, ("an hour ago", "21:13 UTC", "0.0 a second"));
        assert_eq!(middle, ("half an hour ago", "21:43 UTC", "4.0 a second"));
        assert_eq!(end, ("now", "22:13 UTC", "2.0 a second"));
        assert_eq!((free.ticks[0].value.as_str(), free.ticks[2].value.as_str()), ("not known", "2.0 GB"));
        let [day, ..] = charts(&[point(3_600, 1.0, None)], Span::Day, now);
        assert_eq!(day.ticks.map(|tick| tick.value), ["not known"; 3], "what is far off stands for nothing");
        assert!(charts(&[], Span::Day, now).iter().all(|chart| chart.line.is_empty()));
    }
}
