//! How a decision becomes a commit: read, plan, commit; and if what was read has changed meanwhile, once more.

use super::Cloud;
use crate::journal::{Committed, Receipt};
use crate::model::{Draft, NamespaceId, Timestamp};
use crate::store::{Snapshot, StoreError};
use async_trait::async_trait;
use metrics::{Counter, counter, describe_counter};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// An act on a namespace. Its `plan` is a function of what it reads: it may be asked any number of times, and only the
/// last answer counts.
#[async_trait]
pub(super) trait Verb: Sync {
    /// What the caller gets.
    type Done: Send;
    /// Why it was not done.
    type Refusal: From<StoreError> + From<Unfit> + Send;

    fn namespace(&self) -> NamespaceId;

    async fn plan(&self, tree: &mut dyn Snapshot, now: Timestamp) -> Result<Plan<Self::Done>, Self::Refusal>;
}

/// What a verb decided.
pub(super) enum Plan<D> {
    /// It is so already.
    Already(D),
    /// Commit this; the receipt's positions complete the answer.
    Commit(Draft, Box<dyn FnOnce(&Receipt) -> D + Send>),
}

/// Why a store refused a draft for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    OverQuota,
    UploadClosed,
}

/// For verbs whose drafts close no upload: a store that says one was closed contradicts itself.
pub(super) fn no_upload() -> StoreError {
    StoreError::Corrupt("a draft without an upload was said to close one".into())
}

/// After this many stale plans, a verb gets its namespace for itself.
const PATIENCE: usize = 3;
/// After this many, something is wrong: with the namespace to itself, a plan cannot go stale again and again.
const ATTEMPTS_MAX: usize = 64;

/// Who may plan when: all at once as a rule, one alone when contention has made its plans stale too often. Namespaces
/// share a fixed number of locks; sharing one costs time only.
pub(super) struct Turns {
    locks: [RwLock<()>; 64],
    stale: Counter,
}

impl Default for Turns {
    fn default() -> Turns {
        describe_counter!(
            "tidemark_stale_drafts_total",
            "Plans that had to be made again, because of other commits."
        );
        Turns {
            locks: std::array::from_fn(|_| RwLock::new(())),
            stale: counter!("tidemark_stale_drafts_total"),
        }
    }
}

#[expect(dead_code, reason = "held for as long as the turn lasts")]
pub(super) enum Turn<'a> {
    Shared(RwLockReadGuard<'a, ()>),
    Alone(RwLockWriteGuard<'a, ()>),
}

impl Turns {
    fn of(&self, namespace: NamespaceId) -> &RwLock<()> {
        &self.locks[namespace.0 as usize % self.locks.len()]
    }

    pub(super) async fn alone(&self, namespace: NamespaceId) -> Turn<'_> {
        Turn::Alone(self.of(namespace).write().await)
    }

    async fn turn(&self, namespace: NamespaceId, stale: usize) -> Turn<'_> {
        if stale < PATIENCE {
            Turn::Shared(self.of(namespace).read().await)
        } else {
            self.alone(namespace).await
        }
    }
}

impl Cloud {
    /// Plans and commits until it is done or refused. Contention costs time, never an error.
    pub(super) async fn perform<V: Verb>(&self, verb: &V) -> Result<V::Done, V::Refusal> {
        let namespace = verb.namespace();
        for stale in 0..ATTEMPTS_MAX {
            let _turn = self.turns.turn(namespace, stale).await;
            if let Some(done) = self.attempt(verb).await? {
                return Ok(done);
            }
            self.turns.stale.increment(1);
        }
        Err(StoreError::Unavailable { what: "commit a plan that kept going stale", source: None }.into())
    }

    /// One round; nothing if the plan went stale. For callers that hold the turn.
    pub(super) async fn attempt<V: Verb>(&self, verb: &V) -> Result<Option<V::Done>, V::Refusal> {
        let mut tree = self.journal.store().read(verb.namespace()).await?;
        let plan = verb.plan(&mut *tree, self.clock.now()).await?;
        drop(tree);
        match plan {
            Plan::Already(done) => Ok(Some(done)),
            Plan::Commit(draft, done) => match self.journal.commit(draft).await? {
                Committed::Receipt(receipt) => Ok(Some(done(&receipt))),
                Committed::Stale => Ok(None),
                Committed::OverQuota => Err(Unfit::OverQuota.into()),
                Committed::UploadClosed => Err(Unfit::UploadClosed.into()),
            },
        }
    }
}
