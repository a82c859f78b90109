//! Counting: what passed and what failed, read from the output of several kinds of test programs.

use std::fmt;
use std::iter::Sum;

/// How many checks or tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Tally {
    /// One thing that passed.
    pub(super) const PASSED: Self = Self { passed: 1, failed: 0 };
    /// One thing that failed.
    pub(super) const FAILED: Self = Self { passed: 0, failed: 1 };

    /// One thing, by its outcome.
    pub(super) fn of(passed: bool) -> Self {
        if passed { Self::PASSED } else { Self::FAILED }
    }

    /// Sums every line with `N passed` and `N failed` in it: cargo prints one to a test binary, our suites one.
    pub(super) fn read(output: &str) -> Self {
        output.lines().filter_map(line).sum()
    }

    /// What a test program's end says beyond its counts: one that failed without a failed test did so before
    /// or after them, and one that ran nothing shows nothing.
    pub(super) fn ended(self, success: bool) -> Self {
        match (success, self) {
            (false, Self { failed: 0, .. }) | (true, Self { passed: 0, failed: 0 }) => {
                Self { failed: 1, ..self }
            }
            _ => self,
        }
    }
}

fn line(text: &str) -> Option<Tally> {
    let counts = text
        .trim()
        .strip_prefix("test result:")
        .map_or(text, |rest| rest.split_once(". ").map_or(rest, |s| s.1));
    let words: Vec<&str> = counts.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
    let ["passed", "failed"] = [*words.get(1)?, *words.get(3)?] else { return None };
    Some(Tally { passed: words[0].parse().ok()?, failed: words[2].parse().ok()? })
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self {
            passed: sum.passed + tally.passed,
            failed: sum.failed + tally.failed,
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cargo_and_our_own_suites() {
        let output = "\
            running 2 tests\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.01s\n\
            nothing passed, nothing failed\n\
            7 passed, 1 failed\n";
        assert_eq!(Tally::read(output), Tally { passed: 22, failed: 3 });
        assert_eq!(Tally::read("").to_string(), "0 passed, 0 failed");
    }

    #[test]
    fn an_end_without_a_count_is_a_failure() {
        let some = Tally { passed: 3, failed: 0 };
        assert_eq!(some.ended(true), some);
        assert_eq!(some.ended(false), Tally { passed: 3, failed: 1 });
        assert_eq!(Tally::default().ended(true), Tally::FAILED);
        assert_eq!(Tally { passed: 3, failed: 2 }.ended(false), Tally { passed: 3, failed: 2 });
    }
}
