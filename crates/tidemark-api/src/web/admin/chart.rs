//! What the server has been doing, as lines in small pictures.

use crate::telemetry::trends::{Point, Span};
use crate::web::page;
use serde::Serialize;
use std::fmt::Write as _;
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
}

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
        }
    };
    [
        chart(
            "commits",
            "Changes made durable",
            |point| Some(point.commits),
            |value| format!("{value:.1} a second"),
        ),
        chart(
            "latency",
            "How long that takes",
            |point| point.commit_millis,
            |value| format!("{value:.1} ms"),
        ),
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
    use std::time::Duration;

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
        assert!(charts(&[], Span::Day, now).iter().all(|chart| chart.line.is_empty()));
    }
}
