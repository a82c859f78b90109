//! Where programs want to be told of changes, and how far they have been told.

use super::{AccountId, AppKey, EntryId, Epoch, NamespaceId, Seq, Timestamp};
use std::time::Duration;

/// A webhook's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebhookId(pub u64);

/// An address that an app is told at.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Never used twice.
    pub id: WebhookId,
    /// Whose it is.
    pub app: AppKey,
    /// The address. It may hold a secret of the app's, so it is not for logs.
    pub uri: String,
    /// When it was registered.
    pub created: Timestamp,
    /// How deliveries to it go.
    pub health: Health,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Webhook { id, app, uri: _, created: _, health } = self;
        f.debug_struct("Webhook")
            .field("id", id)
            .field("app", app)
            .field("health", health)
            .finish_non_exhaustive()
    }
}

/// How deliveries to a webhook go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// How many have failed since the last one that did not.
    pub failures: u32,
    /// When the first of them did.
    pub failing_since: Option<Timestamp>,
    /// Before this, none is tried.
    pub next_try: Option<Timestamp>,
    /// When it was given up; none is tried until somebody enables it.
    pub disabled: Option<Timestamp>,
}

/// How far an app has been told of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// The store's life that the position belongs to.
    pub epoch: Epoch,
    /// The folder that the app saw then; nothing while it had none.
    pub root: Option<EntryId>,
    /// Every change up to this one.
    pub seq: Seq,
}

/// One account that a webhook is to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The webhook.
    pub webhook: WebhookId,
    /// The account.
    pub account: AccountId,
    /// Its tree.
    pub namespace: NamespaceId,
    /// Since when the app may know of it at this address: since the permission, or since the webhook was registered,
    /// whichever came later.
    pub since: Timestamp,
    /// How far it has been told; nothing if that was never kept.
    pub told: Option<Watermark>,
    /// How often somebody has asked to tell it again since it was told.
    pub again: u64,
}

/// That an app has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Of which account.
    pub account: AccountId,
    /// How far.
    pub told: Watermark,
    /// The requests to tell it again that this answers: [`Watch::again`] as it was read.
    pub again: u64,
}

/// One try to tell an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Of how many accounts it told.
    pub accounts: u32,
    /// The status that came back, if one did.
    pub status: Option<u16>,
    /// Why it counts as failed; nothing if it does not.
    pub failure: Option<String>,
}
