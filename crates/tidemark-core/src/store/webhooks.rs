//! Webhooks: where apps are told of changes, and how far they have been told of each account.

use super::StoreError;
use crate::model::{
    AccountId, AppKey, Attempt, Health, NamespaceId, Progress, Timestamp, Watch, Webhook, WebhookId,
};
use async_trait::async_trait;

/// How many attempts are kept of each webhook.
pub const ATTEMPTS_KEPT: u32 = 100;

/// Keeps webhooks. Another process (an admin command) may change them at any time: what was changed before a call is
/// seen by it.
///
/// There is no queue of deliveries: what is due is worked out from how far an app has been told, so a crash loses none.
#[async_trait]
pub trait WebhookStore: Send + Sync + 'static {
    /// Adds an address to an app, under a number that was never used before.
    async fn add_webhook(
        &self,
        app: &AppKey,
        uri: &str,
        created: Timestamp,
    ) -> Result<AddWebhook, StoreError>;

    /// Removes a webhook with all that is kept of it; answers whether there was one.
    async fn remove_webhook(&self, id: WebhookId) -> Result<bool, StoreError>;

    /// All webhooks, the oldest first.
    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError>;

    /// The webhook with this number.
    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError>;

    /// Changes one thing about a webhook, whoever else is changing it; answers whether there is one.
    async fn change_webhook(&self, id: WebhookId, change: WebhookChange) -> Result<bool, StoreError>;

    /// Whom webhooks are to be told of, by webhook and account: each account that has permitted a webhook's app, once,
    /// unless the webhook, the app or the account is disabled.
    async fn watches(&self, which: Watched<'_>) -> Result<Vec<Watch>, StoreError>;

    /// Keeps how far an app has been told of some accounts. Requests to tell it again are answered if nobody has asked
    /// once more since they were read. Does nothing if there is no such webhook.
    async fn set_told(&self, id: WebhookId, told: &[Progress]) -> Result<(), StoreError>;

    /// Keeps what came of a delivery, in one step: the attempt, how deliveries go now, and how far the app has been
    /// told. Of the attempts, the last [`ATTEMPTS_KEPT`] are kept. Does nothing if there is no such webhook.
    async fn record(
        &self,
        id: WebhookId,
        attempt: &Attempt,
        health: Health,
        told: &[Progress],
    ) -> Result<(), StoreError>;

    /// The attempts that are kept of a webhook, the latest first.
    async fn attempts(&self, id: WebhookId) -> Result<Vec<Attempt>, StoreError>;

    /// Asks that a webhook be told again of all accounts that have permitted its app, or of one of them, whatever it
    /// has been told; answers of how many.
    async fn ask_again(&self, id: WebhookId, account: Option<AccountId>) -> Result<usize, StoreError>;
}

/// What became of a new webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddWebhook {
    /// It is there.
    Added(Webhook),
    /// The app has that address.
    Exists,
    /// There is no such app.
    NoApp,
}

/// One thing to change about a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookChange {
    /// Try again without waiting for [`Health::next_try`].
    TryNow,
    /// Forget its failures, and that it was given up.
    Enable,
}

/// Which watches are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Watched<'a> {
    /// Of the accounts with these trees.
    Namespaces(&'a [NamespaceId]),
    /// Of these accounts, at one webhook.
    Accounts(WebhookId, &'a [AccountId]),
    /// Up to so many at one webhook, of accounts after this one.
    After(WebhookId, AccountId, usize),
    /// Up to so many that somebody has asked to tell again.
    Again(usize),
}
