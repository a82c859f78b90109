//! Files that are to be got from elsewhere. They outlive a restart.

use super::StoreError;
use crate::model::{AccountId, Fetch, FetchEnd, FetchId, Timestamp};
use async_trait::async_trait;

/// Keeps fetches.
#[async_trait]
pub trait FetchStore: Send + Sync + 'static {
    /// Keeps a new fetch durably, unless `open_max` of its account are open already, or `kept_max` of it are kept, open
    /// or not; answers whether it was kept. Its name is random, so it is not there yet.
    async fn add_fetch(&self, fetch: &Fetch, open_max: usize, kept_max: usize) -> Result<bool, StoreError>;

    /// The fetch with this name, open or not, if it has not been swept.
    async fn fetch(&self, id: FetchId) -> Result<Option<Fetch>, StoreError>;

    /// Open fetches, at most `limit` of them, in the order in which they were added.
    async fn open_fetches(&self, limit: usize) -> Result<Vec<Fetch>, StoreError>;

    /// How many of an account's fetches are open.
    async fn open_fetches_of(&self, account: AccountId) -> Result<usize, StoreError>;

    /// Ends a fetch durably, and forgets its URL. Nothing happens if it has ended or is unknown: the first end stays.
    async fn end_fetch(&self, id: FetchId, end: FetchEnd) -> Result<(), StoreError>;

    /// Forgets the fetches that expired before `now`, open or not, and says how many they were.
    async fn sweep_fetches(&self, now: Timestamp) -> Result<usize, StoreError>;
}
