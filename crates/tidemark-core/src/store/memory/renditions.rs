//! Renditions in a map.

use crate::model::RenditionKey;
use crate::store::{Kept, RenditionStore, StoreError};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Keeps so many renditions, of whatever size.
pub struct MemoryRenditions {
    len_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// With when it was asked for last.
    kept: HashMap<RenditionKey, (Kept, u64)>,
    asked: u64,
}

impl MemoryRenditions {
    /// Room for so many.
    #[must_use]
    pub fn new(len_max: usize) -> MemoryRenditions {
        MemoryRenditions { len_max, state: Mutex::default() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).kept.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl RenditionStore for MemoryRenditions {
    async fn kept(&self, keys: &[RenditionKey]) -> Result<Vec<Option<Kept>>, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { kept, asked } = &mut *state;
        let found = keys.iter().map(|key| {
            let (body, last) = kept.get_mut(key)?;
            *asked += 1;
            *last = *asked;
            Some(body.clone())
        });
        Ok(found.collect())
    }

    async fn keep(&self, key: RenditionKey, kept: Kept) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked += 1;
        let asked = state.asked;
        state.kept.insert(key, (kept, asked));
        if state.kept.len() > self.len_max {
            let eldest = state.kept.iter().min_by_key(|(_, (_, asked))| *asked).map(|(key, _)| *key);
            eldest.map(|key| state.kept.remove(&key));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::renditions;

    #[tokio::test]
    async fn keeps_the_promises_about_renditions() {
        renditions::suite(&MemoryRenditions::new(1000)).await;
        renditions::forgets_the_eldest(&MemoryRenditions::new(100), 1, 100).await;
    }
}
