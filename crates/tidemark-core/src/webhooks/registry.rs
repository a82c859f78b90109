//! What administrators, and the owners of apps, do with webhooks. They work on the store, perhaps beside a server that delivers meanwhile.

use super::{ChallengeError, Notifier, NotifyError, whereto};
use crate::lanes::{Lanes, Room, Turn, Waiting};
use crate::model::{AccountId, App, AppKey, Attempt, Timestamp, Webhook, WebhookId};
use crate::people::{AppError, NewApp, People, URIS_MAX, check_webhook_uri};
use crate::store::{AddWebhook, Clock, StoreError, WebhookChange, WebhookStore};
use std::sync::Arc;

/// How the questions stand in line that owners have asked: each takes up to 10 seconds, and nobody's keep those of others waiting for long.
const OWNERS_QUESTIONS: Room = Room { at_once: 16, at_once_per_account: 1, waiting_per_account: 4 };

/// How many webhooks an app may have.
pub const WEBHOOKS_MAX: usize = URIS_MAX;

/// Why something was not done about webhooks.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The app is not there, or cannot be as was asked.
    #[error(transparent)]
    App(#[from] AppError),
    /// The app has none there.
    #[error("the app has no webhook at '{0}'")]
    Unknown(String),
    /// The app has it already.
    #[error("the app has a webhook at '{0}' already")]
    Exists(String),
    /// It was given up, and is told nothing.
    #[error("the webhook at '{0}' is disabled: it is told nothing until it is enabled")]
    Disabled(String),
    /// The address did not prove that it wants to be told.
    #[error("'{uri}' did not answer the challenge")]
    Challenge {
        /// The address.
        uri: String,
        /// What was expected, and what came.
        #[source]
        source: ChallengeError,
    },
    /// The address did not take a notification.
    #[error("'{uri}' did not take the notification")]
    Notify {
        /// The address.
        uri: String,
        /// Why not.
        #[source]
        source: NotifyError,
    },
    /// Too much of this owner's is waiting.
    #[error("too many addresses are being asked")]
    Busy,
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Registers and looks after webhooks.
pub struct Registry {
    people: Arc<People>,
    store: Arc<dyn WebhookStore>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    questions: Lanes,
}

impl Registry {
    /// The webhooks of this store.
    pub fn new(
        people: Arc<People>,
        store: Arc<dyn WebhookStore>,
        notifier: Arc<dyn Notifier>,
        clock: Arc<dyn Clock>,
    ) -> Registry {
        Registry { people, store, notifier, clock, questions: Lanes::new(OWNERS_QUESTIONS) }
    }

    /// Registers an app, if each of its addresses answers the challenge.
    pub async fn register_app(&self, app: NewApp) -> Result<App, WebhookError> {
        self.people.check_app(&app).await?;
        for uri in &app.webhook_uris {
            self.challenge(uri, app.owner).await?;
        }
        Ok(self.people.register_app(app).await?)
    }

    /// Adds an address to an app, if it answers the challenge. What is changed from then on is told there.
    pub async fn add(&self, key: &str, uri: &str) -> Result<Webhook, WebhookError> {
        let app = self.people.app(key).await?;
        check_webhook_uri(uri)?;
        if app.webhook_uris.iter().any(|known| known == uri) {
            return Err(WebhookError::Exists(uri.to_owned()));
        }
        if app.webhook_uris.len() >= WEBHOOKS_MAX {
            return Err(AppError::TooManyUris.into());
        }
        self.challenge(uri, app.owner).await?;
        match self.store.add_webhook(&app.key, uri, self.clock.now()).await? {
            AddWebhook::Added(webhook) => Ok(webhook),
            AddWebhook::Exists => Err(WebhookError::Exists(uri.to_owned())),
            AddWebhook::NoApp => Err(AppError::Unknown(key.to_owned()).into()),
        }
    }

    /// Removes an address, with all that is known about it.
    pub async fn remove(&self, key: &str, uri: &str) -> Result<(), WebhookError> {
        let webhook = self.find(key, uri).await?;
        if self.store.remove_webhook(webhook.id).await? {
            Ok(())
        } else {
            Err(WebhookError::Unknown(uri.to_owned()))
        }
    }

    /// An app's webhooks, the oldest first.
    pub async fn list(&self, key: &str) -> Result<Vec<Webhook>, WebhookError> {
        let app = self.people.app(key).await?;
        Ok(self.of(&app.key).await?)
    }

    /// An app's webhook at this address.
    pub async fn find(&self, key: &str, uri: &str) -> Result<Webhook, WebhookError> {
        let found = self.list(key).await?.into_iter().find(|webhook| webhook.uri == uri);
        found.ok_or_else(|| WebhookError::Unknown(uri.to_owned()))
    }

    /// The latest attempts to tell a webhook, the latest first.
    pub async fn attempts(&self, webhook: WebhookId) -> Result<Vec<Attempt>, WebhookError> {
        Ok(self.store.attempts(webhook).await?)
    }

    /// Asks an address the challenge, and sends it a signed notification that tells of nobody. Changes nothing.
    pub async fn test(&self, key: &str, uri: &str) -> Result<u16, WebhookError> {
        let (app, webhook) = (self.people.app(key).await?, self.find(key, uri).await?);
        self.challenge(&webhook.uri, app.owner).await?;
        let answered = self.notifier.notify(&app, &webhook.uri, &[]).await;
        answered.map_err(|source| WebhookError::Notify { uri: webhook.uri, source })
    }

    /// Sends an address a notification that tells of this account, whatever it was told before; answers the status. Changes
    /// nothing.
    pub async fn tell(&self, key: &str, uri: &str, account: AccountId) -> Result<u16, WebhookError> {
        let (app, webhook) = (self.people.app(key).await?, self.find(key, uri).await?);
        let _turn = self.turn(app.owner).await?;
        let answered = self.notifier.notify(&app, &webhook.uri, &[account]).await;
        answered.map_err(|source| WebhookError::Notify { uri: webhook.uri, source })
    }

    /// Takes up a webhook that was given up, if it answers the challenge. It is told of all that it missed.
    pub async fn enable(&self, key: &str, uri: &str) -> Result<(), WebhookError> {
        let (app, webhook) = (self.people.app(key).await?, self.find(key, uri).await?);
        self.challenge(uri, app.owner).await?;
        self.change(webhook.id, uri, WebhookChange::Enable).await
    }

    /// Has an address told again of every account that permitted the app, or of one, at once; answers of how many.
    pub async fn replay(
        &self,
        key: &str,
        uri: &str,
        account: Option<AccountId>,
    ) -> Result<usize, WebhookError> {
        let webhook = self.find(key, uri).await?;
        if webhook.health.disabled.is_some() {
            return Err(WebhookError::Disabled(uri.to_owned()));
        }
        let accounts = self.store.ask_again(webhook.id, account).await?;
        self.change(webhook.id, uri, WebhookChange::TryNow).await?;
        Ok(accounts)
    }

    /// The present time, to tell how long ago something was.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn of(&self, app: &AppKey) -> Result<Vec<Webhook>, StoreError> {
        let all = self.store.webhooks().await?;
        Ok(all.into_iter().filter(|webhook| webhook.app == *app).collect())
    }

    async fn change(&self, id: WebhookId, uri: &str, change: WebhookChange) -> Result<(), WebhookError> {
        let there = self.store.change_webhook(id, change).await?;
        if there { Ok(()) } else { Err(WebhookError::Unknown(uri.to_owned())) }
    }

    /// The turn of an app's owner to have an address asked. Administrators need none.
    async fn turn(&self, owner: Option<AccountId>) -> Result<Option<(Waiting, Turn)>, WebhookError> {
        let Some(owner) = owner else { return Ok(None) };
        let waiting = self.questions.wait(owner).ok_or(WebhookError::Busy)?;
        let turn = self.questions.turn(owner).await;
        Ok(Some((waiting, turn)))
    }

    /// Asks an address of an app with this owner.
    async fn challenge(&self, uri: &str, owner: Option<AccountId>) -> Result<(), WebhookError> {
        let _turn = self.turn(owner).await?;
        let asked = self.notifier.challenge(uri, whereto(owner)).await;
        asked.map_err(|source| WebhookError::Challenge { uri: uri.to_owned(), source })
    }
}
