//! What this node knows of the deliveries to each webhook. At most one is under way to each: so what an app is told of an
//! account is told in order, and what changes meanwhile is told together.

use super::due::Due;
use crate::model::{AccountId, Watermark, WebhookId};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// One webhook.
#[derive(Default)]
struct Line {
    due: Due,
    /// Whether a task sees to it.
    busy: bool,
    /// Whether that task waits until it may try again.
    waiting: bool,
    hurry: Arc<Notify>,
    /// How far accounts were looked through without anything that the app sees, beyond what is kept.
    seen: HashMap<AccountId, Watermark>,
}

/// All webhooks that are not given up.
#[derive(Default)]
pub(super) struct Lines(Mutex<HashMap<WebhookId, Line>>);

impl Lines {
    // Nothing panics while the lock is held.
    fn lines(&self) -> MutexGuard<'_, HashMap<WebhookId, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are all there are; answers those that are new.
    pub(super) fn keep(&self, webhooks: &HashSet<WebhookId>) -> Vec<WebhookId> {
        let mut lines = self.lines();
        lines.retain(|id, _| webhooks.contains(id));
        let fresh: Vec<WebhookId> = webhooks.iter().filter(|id| !lines.contains_key(id)).copied().collect();
        lines.extend(fresh.iter().map(|id| (*id, Line::default())));
        fresh
    }

    pub(super) fn ids(&self) -> Vec<WebhookId> {
        self.lines().keys().copied().collect()
    }

    /// It was given up, or removed.
    pub(super) fn forget(&self, id: WebhookId) {
        self.lines().remove(&id);
    }

    pub(super) fn push(&self, id: WebhookId, account: AccountId) {
        if let Some(line) = self.lines().get_mut(&id) {
            line.due.push(account);
        }
    }

    pub(super) fn take(&self, id: WebhookId, limit: usize) -> Vec<AccountId> {
        self.lines().get_mut(&id).map(|line| line.due.take(limit)).unwrap_or_default()
    }

    pub(super) fn put_back(&self, id: WebhookId, accounts: &[AccountId]) {
        if let Some(line) = self.lines().get_mut(&id) {
            line.due.put_back(accounts);
        }
    }

    /// The webhooks that have something due and that no task sees to; from now on one does, for as long as it holds this.
    pub(super) fn start(self: &Arc<Self>) -> Vec<Busy> {
        let mut lines = self.lines();
        let idle = lines.iter_mut().filter(|(_, line)| !line.busy && !line.due.is_empty());
        let start = |(id, line): (&WebhookId, &mut Line)| {
            line.busy = true;
            Busy { lines: Arc::clone(self), id: *id, hurry: Arc::clone(&line.hurry) }
        };
        idle.map(start).collect()
    }

    /// Ends a wait, if its task waits to try again.
    pub(super) fn hurry(&self, id: WebhookId) {
        if let Some(line) = self.lines().get(&id).filter(|line| line.waiting) {
            line.hurry.notify_one();
        }
    }

    pub(super) fn seen(&self, id: WebhookId, account: AccountId) -> Option<Watermark> {
        self.lines().get(&id)?.seen.get(&account).copied()
    }

    pub(super) fn set_seen(&self, id: WebhookId, account: AccountId, told: Option<Watermark>) {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(&id) else { return };
        match told {
            Some(told) => drop(line.seen.insert(account, told)),
            None => drop(line.seen.remove(&account)),
        }
    }
}

/// That a task sees to a webhook.
pub(super) struct Busy {
    lines: Arc<Lines>,
    pub(super) id: WebhookId,
    hurry: Arc<Notify>,
}

impl Busy {
    /// Waits until the webhook may be tried again, or somebody asks to try it now.
    pub(super) async fn wait(&self, until: tokio::time::Instant) {
        self.set_waiting(true);
        let _ = tokio::time::timeout_at(until, self.hurry.notified()).await;
        self.set_waiting(false);
    }

    fn set_waiting(&self, waiting: bool) {
        if let Some(line) = self.lines.lines().get_mut(&self.id) {
            line.waiting = waiting;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(line) = self.lines.lines().get_mut(&self.id) {
            line.busy = false;
        }
    }
}
