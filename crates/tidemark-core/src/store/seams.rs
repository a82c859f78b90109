//! Time and randomness, which core never takes for itself.

use crate::model::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, for what people and protocols see.
    fn now(&self) -> Timestamp;
}

/// Makes secrets.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the whole of `bytes` with unpredictable ones.
    fn fill(&self, bytes: &mut [u8]);

    /// A number up to `max`, for spreading what would otherwise happen at once. Not quite even, which doesn't matter there.
    fn up_to(&self, max: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        let number = u64::from_le_bytes(bytes);
        max.checked_add(1).map_or(number, |count| number % count)
    }
}
