//! Files that the server gets from elsewhere, in somebody's name and in its own time.
//!
//! A fetch is kept durably before it is acknowledged, and outlives a restart: what was under way begins again. It stores
//! its file exactly once. The commit that puts the file closes an upload session of the fetch in the same append, so
//! whoever finds the session closed knows that the file is there, and a second commit is refused.
//!
//! What is asked for is public to whoever asks for it, or refused: [`crate::store::Egress`] sees to that. Everything is
//! bounded by [`Limits`]: how many fetches wait, how many run, how large a file is, and how long it takes.

mod download;
mod error;
mod run;

pub use error::FetchError;

use crate::cloud::{Cloud, Scope};
use crate::model::{AccountId, Fetch, FetchEnd, FetchId, Path, UploadId, UploadSession};
use crate::people::Caller;
use crate::store::{
    AccountStore, Clock, Egress, EgressError, Entropy, FetchStore, GrantStore, StoreError, UploadStore,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a fetch may be open, running and waiting together.
const OPEN_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// For how long after that it is told what became of it.
const TOLD_MIN: Duration = Duration::from_secs(24 * 60 * 60);

/// How much and how long.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many fetches of one account may be open.
    pub open_per_account_max: usize,
    /// How many fetches of one account may be kept, ended ones included: as many as it can begin in two days.
    pub kept_per_account_max: usize,
    /// How many may run at once.
    pub running_max: usize,
    /// How many of one account may run at once.
    pub running_per_account_max: usize,
    /// How large a file may be, in bytes, whatever the quota.
    pub bytes_max: u64,
    /// How long the head of the response may take, and the body may pause.
    pub patience: Duration,
    /// How long a whole download may take.
    pub time_max: Duration,
    /// How fast a body must be on average after the first minute, in bytes for each second. A few that creep would be in
    /// the way of everybody.
    pub rate_min: u64,
    /// How many redirects are followed.
    pub redirects_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            open_per_account_max: 50,
            kept_per_account_max: 5_000,
            running_max: 8,
            running_per_account_max: 2,
            bytes_max: 10 << 30,
            patience: Duration::from_secs(60),
            time_max: Duration::from_secs(6 * 60 * 60),
            rate_min: 4 << 10,
            redirects_max: 10,
        }
    }
}

/// What fetches are made of.
#[derive(Clone)]
pub struct Parts {
    /// Where files go.
    pub cloud: Arc<Cloud>,
    /// Whose they are.
    pub accounts: Arc<dyn AccountStore>,
    /// By which permission.
    pub grants: Arc<dyn GrantStore>,
    /// Where the sessions are kept that commits close.
    pub uploads: Arc<dyn UploadStore>,
    /// Where fetches are kept.
    pub fetches: Arc<dyn FetchStore>,
    /// The way out.
    pub egress: Arc<dyn Egress>,
    /// Tells when a fetch has expired.
    pub clock: Arc<dyn Clock>,
    /// Names fetches.
    pub entropy: Arc<dyn Entropy>,
    /// What is too much.
    pub limits: Limits,
}

/// Fetches over some stores. They are taken by [`Fetches::begin`], and done by whoever calls [`Fetches::run`].
pub struct Fetches {
    parts: Parts,
    wake: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What runs, and whose it is.
    running: HashMap<FetchId, AccountId>,
    /// What could not even be ended, because the store failed: left alone until then.
    resting: HashMap<FetchId, Instant>,
    /// What broke the code that did it. It would do so again, so all that is left to do is to end it.
    broken: HashSet<FetchId>,
}

/// How far a fetch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its turn.
    Pending,
    /// It runs.
    Downloading,
    /// It has ended.
    Ended(FetchEnd),
}

/// Why a fetch was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// No request can be sent to such a URL.
    #[error(transparent)]
    Url(EgressError),
    /// A file cannot be the root.
    #[error("the root is not a file")]
    RootNotAllowed,
    /// Too many of the account are open, or were begun lately.
    #[error("too many fetches are open")]
    TooMany,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fetches {
    /// Fetches made of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Fetches {
        Fetches { parts, wake: Notify::new(), state: Mutex::default() }
    }

    /// Takes a file to be got from a URL and put at a path, as `caller`. It will be done when this has answered.
    pub async fn begin(
        &self,
        caller: &Caller,
        scope: &Scope,
        path: Path,
        url: &str,
    ) -> Result<FetchId, BeginError> {
        let Parts { uploads, fetches, egress, clock, entropy, limits, .. } = &self.parts;
        egress.check(url).map_err(BeginError::Url)?;
        if path.is_root() {
            return Err(BeginError::RootNotAllowed);
        }
        let (mut id, mut upload) = ([0; 16], [0; 16]);
        entropy.fill(&mut id);
        // Another name than the fetch's own: that one is told to the app, which could use it as an upload's.
        entropy.fill(&mut upload);
        let expires = clock.now().plus(OPEN_MAX + TOLD_MIN);
        let fetch = Fetch {
            id: FetchId(id),
            account: scope.account,
            app: caller.app.key.clone(),
            grant: caller.grant,
            whole: scope.app.is_none(),
            path,
            url: url.to_owned(),
            upload: UploadId(upload),
            expires,
            end: None,
        };
        // Asked before the session is opened, so that a crowd of refused ones leaves no sessions; and once more when the
        // fetch is added, together with that.
        if fetches.open_fetches_of(fetch.account).await? >= limits.open_per_account_max {
            return Err(BeginError::TooMany);
        }
        let session = UploadSession::new(fetch.upload, fetch.account, fetch.app.clone(), expires);
        // First the session: a fetch without one would never end well, and a session without a fetch expires.
        uploads.open(session).await?;
        if !fetches.add_fetch(&fetch, limits.open_per_account_max, limits.kept_per_account_max).await? {
            uploads.close_upload(fetch.upload, None).await?;
            return Err(BeginError::TooMany);
        }
        self.wake.notify_one();
        Ok(fetch.id)
    }

    /// How far a fetch is; nothing if there is none of this name that this account has begun with this app.
    pub async fn progress(&self, caller: &Caller, id: FetchId) -> Result<Option<Progress>, StoreError> {
        // Before the store is read: what has ended by then is found to have.
        let runs = self.state().running.contains_key(&id);
        let fetch = self.parts.fetches.fetch(id).await?.filter(|fetch| {
            fetch.account == caller.account.id
                && fetch.app == caller.app.key
                && fetch.expires >= self.parts.clock.now()
        });
        Ok(fetch.map(|fetch| match fetch.end {
            Some(end) => Progress::Ended(end),
            None if runs => Progress::Downloading,
            None => Progress::Pending,
        }))
    }

    /// Forgets what has expired; answers how much.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        self.parts.fetches.sweep_fetches(self.parts.clock.now()).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }
}
