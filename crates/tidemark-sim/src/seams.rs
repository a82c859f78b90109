//! Randomness for the client and the engine.

use std::sync::{Mutex, PoisonError};

use tidemark_client::Entropy;

use crate::random::Random;

/// Bytes from a seed.
pub(crate) struct SimEntropy(Mutex<Random>);

impl SimEntropy {
    pub(crate) fn new(random: Random) -> SimEntropy {
        SimEntropy(Mutex::new(random))
    }
}

impl Entropy for SimEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            let number = random.next().to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}
