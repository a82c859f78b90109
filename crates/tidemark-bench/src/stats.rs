//! Figures of several rounds: medians, spreads, paired ratios, latency quantiles.

use std::time::Duration;

use hdrhistogram::Histogram;

/// One figure measured in several rounds. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// `None` without any round.
    pub(crate) fn new(rounds: Vec<f64>) -> Option<Self> {
        if rounds.is_empty() { None } else { Some(Self(rounds)) }
    }

    pub(crate) fn rounds(&self) -> &[f64] {
        &self.0
    }

    /// The middle round; the mean of the two middle ones if their number is even.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
    }

    pub(crate) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// This figure divided by another, round by round: what both felt in one round (a busy neighbour,
    /// a slow disk) cancels out. Rounds that the other one lacks are left out.
    pub(crate) fn over(&self, other: &Sample) -> Option<Sample> {
        Sample::new(self.0.iter().zip(&other.0).filter(|(_, b)| **b != 0.0).map(|(a, b)| a / b).collect())
    }
}

/// Latencies from 1 ns to a minute, to three digits.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

/// Longest latency that is told apart, in ns.
const LONGEST_NS: u64 = 60_000_000_000;

impl Latencies {
    pub(crate) fn new() -> Self {
        Self(
            Histogram::new_with_bounds(1, LONGEST_NS, 3)
                .expect("the bounds are in order and 3 digits are allowed"),
        )
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let ns = u64::try_from(latency.as_nanos()).unwrap_or(LONGEST_NS);
        self.0.saturating_record(ns.clamp(1, LONGEST_NS));
    }

    pub(crate) fn merge(&mut self, other: &Latencies) {
        self.0.add(&other.0).expect("both histograms have the same bounds");
    }

    /// The latency in seconds that the part `q` (0 to 1) of all stayed within; 0 if nothing was recorded.
    pub(crate) fn quantile(&self, q: f64) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.value_at_quantile(q) as f64 / 1e9 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rounds: &[f64]) -> Sample {
        Sample::new(rounds.to_vec()).unwrap()
    }

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(sample(&[9.0, 1.0, 5.0]).median(), 5.0);
        assert_eq!(sample(&[9.0, 1.0, 5.0, 7.0]).median(), 6.0);
        assert_eq!(sample(&[3.0]).median(), 3.0);
        assert!(Sample::new(Vec::new()).is_none());
    }

    #[test]
    fn the_spread_is_from_the_least_to_the_most() {
        let three = sample(&[9.0, 1.0, 5.0]);
        assert_eq!((three.min(), three.max()), (1.0, 9.0));
    }

    /// A slow round that both sides felt leaves the ratio alone; the ratio of medians would not.
    #[test]
    fn ratios_are_taken_within_a_round() {
        let ours = sample(&[50.0, 10.0, 100.0]);
        let limit = sample(&[100.0, 20.0, 200.0]);
        let ratio = ours.over(&limit).unwrap();
        assert_eq!((ratio.min(), ratio.median(), ratio.max()), (0.5, 0.5, 0.5));
        assert_eq!(ours.over(&sample(&[0.0])), None);
        assert_eq!(ours.over(&sample(&[25.0])).unwrap().rounds(), &[2.0]);
    }

    #[test]
    fn quantiles_are_in_seconds_and_within_a_thousandth() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.quantile(0.5), 0.0);
        for ms in 1..=100 {
            latencies.record(Duration::from_millis(ms));
        }
        assert!((latencies.quantile(0.5) - 0.050).abs() < 0.0001, "{}", latencies.quantile(0.5));
        assert!((latencies.quantile(0.99) - 0.099).abs() < 0.0002, "{}", latencies.quantile(0.99));
        let mut late = Latencies::new();
        late.record(Duration::from_secs(3600));
        latencies.merge(&late);
        assert!(latencies.quantile(1.0) > 59.0);
    }
}
