//! Webhooks, in maps beside the apps and grants that they depend on.

use super::accounts::{MemoryAccounts, State};
use crate::model::{
    AccountId, AppKey, Attempt, Health, Progress, Timestamp, Watch, Watermark, Webhook, WebhookId,
};
use crate::store::{ATTEMPTS_KEPT, AddWebhook, StoreError, Watched, WebhookChange, WebhookStore};
use async_trait::async_trait;
use std::collections::{BTreeMap, VecDeque};

/// What is kept of webhooks.
#[derive(Default)]
pub(super) struct Webhooks {
    kept: BTreeMap<WebhookId, Kept>,
    added: u64,
}

struct Kept {
    webhook: Webhook,
    told: BTreeMap<AccountId, (Option<Watermark>, u64)>,
    /// The latest first.
    attempts: VecDeque<Attempt>,
}

impl Webhooks {
    pub(super) fn add(&mut self, app: &AppKey, uri: &str, created: Timestamp) -> Webhook {
        self.added += 1;
        let (id, health) = (WebhookId(self.added), Health::default());
        let webhook = Webhook { id, app: app.clone(), uri: uri.to_owned(), created, health };
        let kept = Kept { webhook: webhook.clone(), told: BTreeMap::new(), attempts: VecDeque::new() };
        self.kept.insert(id, kept);
        webhook
    }

    pub(super) fn delete_app(&mut self, app: &AppKey) {
        self.kept.retain(|_, kept| kept.webhook.app != *app);
    }

    /// The addresses of an app, the oldest first.
    pub(super) fn uris(&self, app: &AppKey) -> Vec<String> {
        self.kept.values().filter(|k| k.webhook.app == *app).map(|k| k.webhook.uri.clone()).collect()
    }
}

impl Kept {
    fn set_told(&mut self, told: &[Progress]) {
        for Progress { account, told, again } in told {
            let kept = self.told.entry(*account).or_default();
            kept.0 = Some(*told);
            if kept.1 == *again {
                kept.1 = 0;
            }
        }
    }
}

impl State {
    fn watches_of(&self, kept: &Kept) -> Vec<Watch> {
        let webhook = &kept.webhook;
        let shut_out = webhook.health.disabled.is_some()
            || self.apps.iter().any(|app| app.key == webhook.app && app.disabled);
        if shut_out {
            return Vec::new();
        }
        let mut since = BTreeMap::new();
        for grant in self.grants.values().filter(|grant| grant.app == webhook.app) {
            let first = since.entry(grant.account).or_insert(grant.created);
            *first = grant.created.min(*first);
        }
        let watch = |(account, since): (AccountId, Timestamp)| {
            let namespace = self.accounts.get(&account).filter(|found| !found.disabled)?.namespace;
            let (told, again) = kept.told.get(&account).copied().unwrap_or_default();
            let since = since.max(webhook.created);
            Some(Watch { webhook: webhook.id, account, namespace, since, told, again })
        };
        since.into_iter().filter_map(watch).collect()
    }
}

#[async_trait]
impl WebhookStore for MemoryAccounts {
    async fn add_webhook(
        &self,
        app: &AppKey,
        uri: &str,
        created: Timestamp,
    ) -> Result<AddWebhook, StoreError> {
        let mut state = self.state();
        if state.app(app).is_none() {
            return Ok(AddWebhook::NoApp);
        }
        if state.webhooks.uris(app).iter().any(|kept| kept == uri) {
            return Ok(AddWebhook::Exists);
        }
        Ok(AddWebhook::Added(state.webhooks.add(app, uri, created)))
    }

    async fn remove_webhook(&self, id: WebhookId) -> Result<bool, StoreError> {
        Ok(self.state().webhooks.kept.remove(&id).is_some())
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        Ok(self.state().webhooks.kept.values().map(|kept| kept.webhook.clone()).collect())
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        Ok(self.state().webhooks.kept.get(&id).map(|kept| kept.webhook.clone()))
    }

    async fn change_webhook(&self, id: WebhookId, change: WebhookChange) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(kept) = state.webhooks.kept.get_mut(&id) else { return Ok(false) };
        match change {
            WebhookChange::TryNow => kept.webhook.health.next_try = None,
            WebhookChange::Enable => kept.webhook.health = Health::default(),
        }
        Ok(true)
    }

    async fn watches(&self, which: Watched<'_>) -> Result<Vec<Watch>, StoreError> {
        let state = self.state();
        let all = state.webhooks.kept.values().flat_map(|kept| state.watches_of(kept));
        Ok(match which {
            Watched::Namespaces(of) => all.filter(|watch| of.contains(&watch.namespace)).collect(),
            Watched::Accounts(id, of) => {
                all.filter(|watch| watch.webhook == id && of.contains(&watch.account)).collect()
            }
            Watched::After(id, account, limit) => {
                all.filter(|watch| watch.webhook == id && watch.account > account).take(limit).collect()
            }
            Watched::Again(limit) => all.filter(|watch| watch.again > 0).take(limit).collect(),
        })
    }

    async fn set_told(&self, id: WebhookId, told: &[Progress]) -> Result<(), StoreError> {
        if let Some(kept) = self.state().webhooks.kept.get_mut(&id) {
            kept.set_told(told);
        }
        Ok(())
    }

    async fn record(
        &self,
        id: WebhookId,
        attempt: &Attempt,
        health: Health,
        told: &[Progress],
    ) -> Result<(), StoreError> {
        if let Some(kept) = self.state().webhooks.kept.get_mut(&id) {
            kept.webhook.health = health;
            kept.attempts.push_front(attempt.clone());
            kept.attempts.truncate(ATTEMPTS_KEPT as usize);
            kept.set_told(told);
        }
        Ok(())
    }

    async fn attempts(&self, id: WebhookId) -> Result<Vec<Attempt>, StoreError> {
        let state = self.state();
        Ok(state
            .webhooks
            .kept
            .get(&id)
            .map(|kept| kept.attempts.iter().cloned().collect())
            .unwrap_or_default())
    }

    async fn ask_again(&self, id: WebhookId, account: Option<AccountId>) -> Result<usize, StoreError> {
        let mut state = self.state();
        let Some(app) = state.webhooks.kept.get(&id).map(|kept| kept.webhook.app.clone()) else {
            return Ok(0);
        };
        let granted = state.grants.values().filter(|grant| grant.app == app).map(|grant| grant.account);
        let mut granted: Vec<_> = granted.filter(|id| account.is_none_or(|one| one == *id)).collect();
        granted.sort_unstable();
        granted.dedup();
        if let Some(kept) = state.webhooks.kept.get_mut(&id) {
            granted.iter().for_each(|account| kept.told.entry(*account).or_default().1 += 1);
        }
        Ok(granted.len())
    }
}
