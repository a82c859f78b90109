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
}
