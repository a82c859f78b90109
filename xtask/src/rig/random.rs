//! Random numbers from a seed: SplitMix64, which is small, fast and good enough to choose what to do next.

use std::hash::{BuildHasher, RandomState};

/// A stream of numbers that its seed determines.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// One of several, if there is any.
    pub(crate) fn choose<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).expect("a length fits into 64 bits");
        (count > 0).then(|| &from[usize::try_from(self.below(count)).expect("it is below a length")])
    }
}

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// Number `index` of the stream of a seed, without those before it.
pub(crate) fn at(seed: u64, index: u64) -> u64 {
    mix(seed.wrapping_add(GAMMA.wrapping_mul(index.wrapping_add(1))))
}

fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// A seed for a run that was given none; short enough to type.
pub(crate) fn any_seed() -> u64 {
    RandomState::new().hash_one(std::process::id()) % 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_stream() {
        let mut random = Random::new(7);
        for index in 0..10 {
            assert_eq!(random.next(), at(7, index));
        }
        assert_ne!(at(7, 0), at(8, 0));
    }

    #[test]
    fn chooses_among_all_and_from_nothing_nothing() {
        let mut random = Random::new(1);
        let mut seen: Vec<u8> = (0..100).filter_map(|_| random.choose(&[1, 2, 3]).copied()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [1, 2, 3]);
        assert_eq!(random.choose::<u8>(&[]), None);
    }
}
