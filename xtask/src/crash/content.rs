//! What is in a file: determined by a seed and a length, so that no client needs to keep it.

use crate::rig::random::{self, Random};

/// The content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    seed: u64,
    pub(super) length: u64,
}

/// How many seeds are shared: the same content comes again, under other paths and later.
const SHARED_SEEDS: u64 = 40;
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

impl Content {
    /// Mostly small; sometimes of several blocks, as long as there is room for that.
    pub(super) fn any(random: &mut Random, room: &mut u64) -> Self {
        let content = match random.below(100) {
            0..4 => Self { seed: random.next(), length: 0 },
            4..64 => Self::small(random),
            64..90 => Self { seed: random.next(), length: random.below(256 * KIB) },
            90..97 => Self { seed: random.next(), length: random.below(5 * MIB) },
            _ => Self::large(random),
        };
        let content = if *room == 0 { Self::small(random) } else { content };
        *room = room.saturating_sub(content.length);
        content
    }

    fn small(random: &mut Random) -> Self {
        let seed = random.below(SHARED_SEEDS);
        Self { seed, length: 1 + random::at(seed, 0) % (4 * KIB) }
    }

    /// Of several blocks, and half of the time with blocks that are there already.
    pub(super) fn large(random: &mut Random) -> Self {
        let seed = if random.below(2) == 0 { random.below(SHARED_SEEDS) } else { random.next() };
        Self { seed, length: 4 * MIB + random.below(6 * MIB) }
    }

    /// The bytes from one position to another.
    pub(super) fn part(self, from: u64, to: u64) -> Vec<u8> {
        let bytes = (from / 8..to.div_ceil(8)).flat_map(|index| random::at(self.seed, index).to_le_bytes());
        let skip = usize::try_from(from % 8).expect("it is below eight");
        let length = usize::try_from(to - from).expect("a part fits into memory");
        bytes.skip(skip).take(length).collect()
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.part(0, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole() {
        let content = Content { seed: 3, length: 1001 };
        let whole = content.bytes();
        assert_eq!(whole.len(), 1001);
        for cut in [0, 1, 8, 9, 500, 1000, 1001] {
            assert_eq!([content.part(0, cut), content.part(cut, 1001)].concat(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn every_size_occurs() {
        let mut random = Random::new(1);
        let mut room = u64::MAX;
        let lengths: Vec<u64> = (0..2000).map(|_| Content::any(&mut random, &mut room).length).collect();
        assert!(lengths.contains(&0));
        assert!(lengths.iter().any(|length| (1..4 * KIB).contains(length)));
        assert!(lengths.iter().any(|length| *length > 8 * MIB));
    }

    #[test]
    fn without_room_all_is_small() {
        let mut random = Random::new(1);
        let mut room = 0;
        assert!((0..2000).all(|_| Content::any(&mut random, &mut room).length <= 4 * KIB));
    }
}
