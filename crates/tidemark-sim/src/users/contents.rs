//! What people write: each time something that nobody wrote before, so that it can be followed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::random::Random;

/// Makes contents. Clones count on together.
#[derive(Clone, Default)]
pub(crate) struct Contents(Arc<AtomicU64>);

impl Contents {
    /// One that never was before.
    pub(crate) fn new_one(&self, by: &str, random: &mut Random) -> Bytes {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let size = random.weighted(&[(0_usize, 300), (200, 500), (2000, 150), (30_000, 50)]);
        let size = if size == 0 { 0 } else { random.below(size) };
        let mut bytes = format!("#{number} by {by}\n").into_bytes();
        let filler = (number % 251) as u8;
        bytes.resize(bytes.len() + size, filler);
        bytes.into()
    }

    /// One of a few that everybody has.
    pub(crate) fn common(&self, random: &mut Random) -> Bytes {
        format!("known to all, {}\n", random.below(3)).into_bytes().into()
    }
}
