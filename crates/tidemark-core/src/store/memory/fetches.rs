//! Fetches in a list.

use super::MemoryStore;
use crate::model::{AccountId, Fetch, FetchEnd, FetchId, Timestamp};
use crate::store::{FetchStore, StoreError};
use async_trait::async_trait;

#[async_trait]
impl FetchStore for MemoryStore {
    async fn add_fetch(&self, fetch: &Fetch, open_max: usize, kept_max: usize) -> Result<bool, StoreError> {
        let mut state = self.state();
        let kept = state.fetches.iter().filter(|other| other.account == fetch.account).count();
        let has_room = open_of(&state.fetches, fetch.account) < open_max && kept < kept_max;
        if has_room {
            state.fetches.push(fetch.clone());
        }
        Ok(has_room)
    }

    async fn fetch(&self, id: FetchId) -> Result<Option<Fetch>, StoreError> {
        Ok(self.state().fetches.iter().find(|fetch| fetch.id == id).cloned())
    }

    async fn open_fetches(&self, limit: usize) -> Result<Vec<Fetch>, StoreError> {
        let state = self.state();
        Ok(state.fetches.iter().filter(|fetch| fetch.end.is_none()).take(limit).cloned().collect())
    }

    async fn open_fetches_of(&self, account: AccountId) -> Result<usize, StoreError> {
        Ok(open_of(&self.state().fetches, account))
    }

    async fn end_fetch(&self, id: FetchId, end: FetchEnd) -> Result<(), StoreError> {
        let mut state = self.state();
        let open = |fetch: &&mut Fetch| fetch.id == id && fetch.end.is_none();
        if let Some(fetch) = state.fetches.iter_mut().find(open) {
            fetch.end = Some(end);
            fetch.url.clear();
        }
        Ok(())
    }

    async fn sweep_fetches(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut state = self.state();
        let before = state.fetches.len();
        state.fetches.retain(|fetch| fetch.expires >= now);
        Ok(before - state.fetches.len())
    }
}

fn open_of(fetches: &[Fetch], account: AccountId) -> usize {
    fetches.iter().filter(|fetch| fetch.account == account && fetch.end.is_none()).count()
}
