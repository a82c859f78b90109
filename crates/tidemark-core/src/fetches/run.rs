//! Who runs when.

use super::{FetchError, Fetches, TOLD_MIN};
use crate::model::{Fetch, FetchEnd};
use crate::store::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many open fetches are looked at to find the next ones. More than a few accounts' worth, so that no account's
/// crowd hides the others.
const LOOK_MAX: usize = 1_000;

/// How often to look anyway.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// For how long to leave a fetch alone that could not be ended: it may have to be done once more.
const REST: Duration = Duration::from_secs(10 * 60);

impl Fetches {
    /// Does what is open, first that which an earlier run left, for as long as this is polled; it never ends. When it is
    /// dropped, what is under way is dropped with it, and begins again in the next run.
    pub async fn run(self: Arc<Fetches>) {
        let mut tasks = JoinSet::new();
        loop {
            if let Err(error) = self.start_some(&mut tasks).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "open fetches could not be looked at"
                );
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                Some(ended) = tasks.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a fetch was lost");
                    }
                }
            }
        }
    }

    /// Starts what may run now: of accounts of which nothing runs first, and of those the oldest, so that no account's
    /// crowd keeps the others waiting.
    async fn start_some(self: &Arc<Fetches>, tasks: &mut JoinSet<()>) -> Result<(), StoreError> {
        let limits = &self.parts.limits;
        if tasks.len() >= limits.running_max {
            return Ok(());
        }
        let open = self.parts.fetches.open_fetches(LOOK_MAX).await?;
        for of_account in 0..limits.running_per_account_max {
            for fetch in &open {
                if tasks.len() >= limits.running_max {
                    return Ok(());
                }
                if let Some(running) = self.start(fetch, of_account) {
                    let (fetches, fetch) = (Arc::clone(self), fetch.clone());
                    tasks.spawn(async move {
                        let _running = running;
                        fetches.finish(fetch).await;
                    });
                }
            }
        }
        Ok(())
    }

    /// The right to run a fetch, if it does not run and exactly so many of its account do.
    fn start(self: &Arc<Fetches>, fetch: &Fetch, of_account: usize) -> Option<Running> {
        let mut state = self.state();
        let running = state.running.values().filter(|account| **account == fetch.account).count();
        let may_run = !state.running.contains_key(&fetch.id)
            && state.resting.get(&fetch.id).is_none_or(|until| *until <= Instant::now())
            && running == of_account;
        may_run.then(|| {
            state.resting.remove(&fetch.id);
            state.running.insert(fetch.id, fetch.account);
            Running { fetches: Arc::clone(self), fetch: fetch.clone() }
        })
    }

    /// Does a fetch, and keeps how it ended.
    async fn finish(&self, fetch: Fetch) {
        if let Err(error) = self.end(&fetch).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a fetch could not be ended; it is looked at again later"
            );
            self.state().resting.insert(fetch.id, Instant::now() + REST);
        }
    }

    async fn end(&self, fetch: &Fetch) -> Result<(), StoreError> {
        let end = self.attempt(fetch).await?;
        let failed = matches!(end, FetchEnd::Failed(_));
        self.parts.fetches.end_fetch(fetch.id, end).await?;
        self.state().broken.remove(&fetch.id);
        if failed {
            // In this order: a closed session of an open fetch says that the file is there. Left open it would count
            // among the account's uploads until it expires.
            self.parts.uploads.close_upload(fetch.upload, None).await?;
        }
        Ok(())
    }

    async fn attempt(&self, fetch: &Fetch) -> Result<FetchEnd, StoreError> {
        // An earlier run may have been interrupted between the commit and its end.
        if self.is_put(fetch).await? {
            return Ok(FetchEnd::Complete);
        }
        let late = fetch.expires.since(self.parts.clock.now()) < TOLD_MIN;
        let broken = self.state().broken.contains(&fetch.id);
        let performed = match () {
            () if broken => Err(FetchError::BrokeOff),
            () if late => Err(FetchError::TooSlow),
            () => self.perform(fetch).await,
        };
        let Err(error) = performed else { return Ok(FetchEnd::Complete) };
        if let FetchError::Store(error) = &error {
            tracing::error!(error = error as &dyn std::error::Error, "a fetch failed in the store");
        }
        // A commit whose answer was lost has put the file all the same.
        let is_put = self.is_put(fetch).await?;
        Ok(if is_put { FetchEnd::Complete } else { FetchEnd::Failed(error.to_string()) })
    }

    /// Whether the commit of its file has closed its session.
    async fn is_put(&self, fetch: &Fetch) -> Result<bool, StoreError> {
        Ok(self.parts.uploads.upload(fetch.upload).await?.is_some_and(|session| session.closed))
    }
}

/// That a fetch runs, until this is dropped.
struct Running {
    fetches: Arc<Fetches>,
    fetch: Fetch,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.fetches.state();
        state.running.remove(&self.fetch.id);
        if std::thread::panicking() {
            state.broken.insert(self.fetch.id);
        }
    }
}
