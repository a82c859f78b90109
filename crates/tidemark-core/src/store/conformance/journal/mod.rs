//! The promises of [`JournalStore`] and [`Snapshot`](crate::store::Snapshot).

mod appending;
mod compare;
mod reading;
mod saying;
mod sums;

pub use compare::compare;

use crate::store::JournalStore;

/// Every promise, against an empty store.
pub async fn suite(store: &dyn JournalStore) {
    appending::all(store).await;
    reading::all(store).await;
    saying::all(store).await;
    sums::all(store).await;
}
