//! What was measured, in a form that each report renders its own way.

pub(crate) mod json;
pub(crate) mod machine;
pub(crate) mod markdown;
pub(crate) mod svg;
pub(crate) mod table;

use crate::stats::Sample;

/// Who did the work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    /// Tidemark.
    Ours,
    /// The unavoidable part alone.
    Limit,
    /// Another program.
    Peer,
}

/// What a figure counts, and so which way is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    /// So many per second; more is better. The name is a plural.
    PerSecond(&'static str),
    /// Bytes per second; more is better.
    Throughput,
    /// Seconds; less is better.
    Time,
    /// Bytes; less is better.
    Memory,
    /// A part of all, from 0 to 1; less is better.
    Share,
}

impl Unit {
    pub(crate) fn more_is_better(self) -> bool {
        matches!(self, Unit::PerSecond(_) | Unit::Throughput)
    }

    /// A figure with its unit, to three digits.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Unit::PerSecond(_) => format!("{}/s", grouped(value.round() as usize)),
            Unit::Throughput if value >= 1e9 => format!("{:.2} GB/s", value / 1e9),
            Unit::Throughput => format!("{:.0} MB/s", value / 1e6),
            Unit::Time if value >= 1.0 => format!("{value:.2} s"),
            Unit::Time if value >= 0.1 => format!("{:.0} ms", value * 1e3),
            Unit::Time if value >= 0.000_1 => format!("{:.2} ms", value * 1e3),
            Unit::Time if value < RESOLUTION_S => "at once".to_owned(),
            Unit::Time => format!("{:.1} µs", value * 1e6),
            Unit::Memory if value >= 1e6 => format!("{:.1} MB", value / 1e6),
            Unit::Memory if value >= 1e3 => format!("{:.1} KB", value / 1e3),
            Unit::Memory => format!("{value:.0} B"),
            Unit::Share => format!("{:.1} %", value * 100.0),
        }
    }
}

/// A number with commas between thousands.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One contestant of a row.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) role: Role,
    pub(crate) name: String,
    /// What was measured, or why it could not be.
    pub(crate) result: Result<Sample, String>,
}

/// What design asks for, as a figure of this very run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    /// In the row's unit.
    pub(crate) value: f64,
    /// How it came about: "0.6 × nginx".
    pub(crate) text: String,
}

/// Whether a target was reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Reached,
    Missed,
    /// There is no target, or a figure that it takes is missing.
    Open,
}

/// One line of the report.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) case: &'static str,
    pub(crate) what: String,
    pub(crate) unit: Unit,
    /// Ours first.
    pub(crate) lanes: Vec<Lane>,
    pub(crate) target: Option<Target>,
    /// What a reader must know to understand the figures.
    pub(crate) notes: Vec<String>,
}

impl Row {
    pub(crate) fn new(case: &'static str, what: impl Into<String>, unit: Unit, lanes: Vec<Lane>) -> Self {
        let mut lanes = lanes;
        lanes.sort_by_key(|lane| lane.role != Role::Ours);
        Self { case, what: what.into(), unit, lanes, target: None, notes: Vec::new() }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Asks for `factor` of what another lane reached; of several such targets the hardest counts. Without
    /// that lane there is no target. For times and memory `factor` 2 allows twice as much.
    pub(crate) fn target_of(mut self, factor: f64, name: &str) -> Self {
        if let Some(median) = self.median(name) {
            let text = if factor == 1.0 { format!("ahead of {name}") } else { format!("{factor} × {name}") };
            self.harden(Target { value: factor * median, text });
        }
        self
    }

    /// Asks for `factor` of the lowest of several lanes, all of which must have been measured.
    pub(crate) fn target_of_lowest(self, factor: f64, names: &[&str]) -> Self {
        let medians: Option<Vec<(f64, &str)>> =
            names.iter().map(|name| Some((self.median(name)?, *name))).collect();
        match medians.and_then(|medians| medians.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))) {
            Some((_, name)) => self.target_of(factor, name),
            None => self,
        }
    }

    /// Asks for a figure that does not depend on the machine.
    pub(crate) fn target_at(mut self, value: f64) -> Self {
        let bound = if self.unit.more_is_better() { "at least" } else { "at most" };
        let text = format!("{bound} {}", self.unit.show(value));
        self.harden(Target { value, text });
        self
    }

    fn harden(&mut self, target: Target) {
        let more = self.unit.more_is_better();
        if self.target.as_ref().is_none_or(|known| (target.value > known.value) == more) {
            self.target = Some(target);
        }
    }

    pub(crate) fn ours(&self) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.role == Role::Ours)
    }

    fn ours_measured(&self) -> Option<&Sample> {
        self.ours()?.result.as_ref().ok()
    }

    pub(crate) fn others(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter().filter(|lane| lane.role != Role::Ours)
    }

    /// The median of a lane that was measured.
    pub(crate) fn median(&self, name: &str) -> Option<f64> {
        self.lanes.iter().find(|lane| lane.name == name)?.result.as_ref().ok().map(Sample::median)
    }

    /// How good we are beside a lane: 1 is as good, 2 twice as good, whichever way is better.
    pub(crate) fn ratio(&self, lane: &Lane) -> Option<Sample> {
        let (ours, other) = (self.ours_measured()?, lane.result.as_ref().ok()?);
        if self.unit == Unit::Time && ours.median().min(other.median()) < RESOLUTION_S {
            return None;
        }
        if self.unit.more_is_better() { ours.over(other) } else { other.over(ours) }
    }

    /// How good a figure is beside the target: 1 reaches it.
    pub(crate) fn score(&self, value: f64) -> Option<f64> {
        let target = self.target.as_ref()?.value;
        let score = if self.unit.more_is_better() { value / target } else { target / value };
        score.is_finite().then_some(score)
    }

    /// Our median's score.
    pub(crate) fn our_score(&self) -> Option<f64> {
        self.score(self.ours_measured()?.median())
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match (self.our_score(), &self.target, self.ours_measured()) {
            (Some(score), ..) if score >= 1.0 => Verdict::Reached,
            (Some(_), ..) => Verdict::Missed,
            // A measured zero has no finite score: nothing is better for time and memory.
            (None, Some(_), Some(sample)) if sample.median() == 0.0 && !self.unit.more_is_better() => {
                Verdict::Reached
            }
            _ => Verdict::Open,
        }
    }
}

/// Times below this are at once, as far as the load generator can tell: a ratio of them says nothing.
const RESOLUTION_S: f64 = 5e-6;

/// A ratio to two digits.
pub(crate) fn show_ratio(ratio: f64) -> String {
    if ratio >= 100.0 {
        format!("{ratio:.0}×")
    } else if ratio >= 10.0 {
        format!("{ratio:.1}×")
    } else {
        format!("{ratio:.2}×")
    }
}

/// "median (min–max)" or why there is none.
pub(crate) fn show_sample(unit: Unit, result: &Result<Sample, String>) -> String {
    match result {
        Err(why) => format!("– ({why})"),
        Ok(sample) if sample.rounds().len() < 2 => unit.show(sample.median()),
        Ok(sample) => {
            format!(
                "{} ({}–{})",
                unit.show(sample.median()),
                unit.show(sample.min()),
                unit.show(sample.max())
            )
        }
    }
}

#[cfg(test)]
pub(crate) mod fixtures {
    use super::*;

    pub(crate) fn lane(role: Role, name: &str, rounds: &[f64]) -> Lane {
        let result = Sample::new(rounds.to_vec()).ok_or_else(|| "not to be had".to_owned());
        Lane { role, name: name.to_owned(), result }
    }

    /// A row that missed, one that reached, one without its peer, one that failed.
    pub(crate) fn rows() -> Vec<Row> {
        let ours = |rounds: &[f64]| lane(Role::Ours, "Tidemark", rounds);
        vec![
            Row::new(
                "uploads",
                "durable 4 KiB uploads, 64 clients",
                Unit::PerSecond("uploads"),
                vec![
                    lane(Role::Limit, "group commit", &[50_000.0, 40_000.0, 60_000.0]),
                    ours(&[10_000.0, 8_000.0, 15_000.0]),
                    lane(Role::Peer, "nginx", &[12_500.0, 12_500.0, 12_500.0]),
                ],
            )
            .target_of(0.21, "group commit")
            .target_of(1.0, "nginx"),
            Row::new(
                "wake",
                "upload answered → poll answered, p50",
                Unit::Time,
                vec![ours(&[0.000_05]), lane(Role::Peer, "nchan", &[0.000_1])],
            )
            .target_at(0.000_1)
            .note("<1 & more"),
            Row::new(
                "wake",
                "memory of a parked poll",
                Unit::Memory,
                vec![ours(&[900.0]), lane(Role::Peer, "nchan", &[])],
            )
            .target_of(1.0, "nchan"),
            Row::new("startup", "start-up", Unit::Time, vec![ours(&[])]).target_at(1.0),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::rows;
    use super::*;

    #[test]
    fn the_hardest_target_counts() {
        let rows = rows();
        assert_eq!(rows[0].target, Some(Target { value: 12_500.0, text: "ahead of nginx".to_owned() }));
        let eased = rows[1].clone().target_at(0.5);
        assert_eq!(eased.target.unwrap().value, 0.000_1);
        let harder = rows[1].clone().target_at(0.000_05);
        assert_eq!(harder.target.unwrap().value, 0.000_05);
    }

    #[test]
    fn verdicts_follow_the_better_direction() {
        let verdicts: Vec<_> = rows().iter().map(Row::verdict).collect();
        assert_eq!(verdicts, [Verdict::Missed, Verdict::Reached, Verdict::Open, Verdict::Open]);
        assert_eq!(rows()[0].our_score(), Some(0.8));
        assert_eq!(rows()[1].our_score(), Some(2.0));
    }

    #[test]
    fn ratios_say_how_good_we_are_whatever_the_unit() {
        let rows = rows();
        let ratio = |row: &Row, at| row.ratio(row.others().nth(at).unwrap()).map(|sample| sample.median());
        assert_eq!(ratio(&rows[0], 0), Some(0.2), "paired by round: 0.2, 0.2, 0.25");
        assert_eq!(ratio(&rows[1], 0), Some(2.0), "half the time is twice as good");
        assert_eq!(ratio(&rows[2], 0), None);
    }

    #[test]
    fn figures_are_shown_with_their_units() {
        assert_eq!(Unit::PerSecond("x").show(1_234_567.8), "1,234,568/s");
        assert_eq!(Unit::PerSecond("x").show(999.0), "999/s");
        assert_eq!(Unit::Throughput.show(1.5e9), "1.50 GB/s");
        assert_eq!(Unit::Time.show(0.000_12), "0.12 ms");
        assert_eq!(Unit::Time.show(0.000_01), "10.0 µs");
        assert_eq!(Unit::Time.show(0.000_001), "at once");
        assert_eq!(Unit::Memory.show(1_024.0), "1.0 KB");
        assert_eq!(Unit::Share.show(0.0125), "1.2 %");
        assert_eq!(grouped(100_001), "100,001");
        assert_eq!(show_ratio(0.456), "0.46×");
    }
}
