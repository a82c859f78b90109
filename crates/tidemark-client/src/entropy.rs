//! The seam to randomness.

/// Gives random bytes: for the spread of repetitions in time, and for the secrets of an authorization.
///
/// For the latter they must be unpredictable; a simulation may give what it likes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// A number below `bound`, or 0 if that is 0. (The bias of a remainder of 64 bits is of no account for durations.)
pub(crate) fn below(entropy: &dyn Entropy, bound: u64) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0)
}

/// What the operating system gives.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

#[cfg(feature = "http")]
impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("a system without randomness can keep no secret: nothing may go on");
    }
}
