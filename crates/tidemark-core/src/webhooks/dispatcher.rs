//! Hears of commits, finds out which apps are to be told, and tells them.

use super::line::{Busy, Lines};
use super::{Notifier, NotifyError, PATIENCE, Rules};
use crate::cloud::Cloud;
use crate::hub::{Heard, Hub};
use crate::model::{
    AccountId, App, Attempt, Health, NamespaceId, Progress, Timestamp, Watch, Webhook, WebhookId,
};
use crate::store::{AccountStore, Clock, EgressError, Entropy, StoreError, Watched, WebhookStore};
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep, timeout};

/// How often the list of webhooks is read, and who asked to tell again: another process may have changed it.
const REREAD_EVERY: Duration = Duration::from_secs(1);
/// How often everything is looked at, whatever was heard: the most that a lost wake-up can cost.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How long commits are gathered after a look, so that a flood of them costs a hundred looks a second.
const LOOK_PAUSE: Duration = Duration::from_millis(10);
/// How long to leave a store alone that could not.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// How many accounts are asked for at once.
const PAGE: usize = 1_000;
/// How many changes that an app does not see may have to be looked through again after a restart.
const UNKEPT_MAX: u64 = 1_000;

/// What a dispatcher is made of.
pub struct Parts {
    /// Knows whether there is news.
    pub cloud: Arc<Cloud>,
    /// Is told of every commit.
    pub hub: Arc<Hub>,
    /// Knows the apps.
    pub accounts: Arc<dyn AccountStore>,
    /// Knows the webhooks, and how far each has been told.
    pub webhooks: Arc<dyn WebhookStore>,
    /// Tells them.
    pub notifier: Arc<dyn Notifier>,
    /// Dates attempts and failures.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries in time.
    pub entropy: Arc<dyn Entropy>,
    /// How deliveries are paced.
    pub rules: Rules,
}

/// Tells apps of changes, for as long as [`Dispatcher::run`] runs. One for each deployment.
pub struct Dispatcher {
    parts: Parts,
    lines: Arc<Lines>,
    /// One for each delivery that may be under way.
    permits: Semaphore,
    metrics: Metrics,
}

struct Metrics {
    delivered: Counter,
    failed: Counter,
    seconds: Histogram,
    disabled: Gauge,
}

impl Metrics {
    fn new() -> Metrics {
        const DELIVERIES: &str = "tidemark_webhook_deliveries_total";
        describe_counter!(DELIVERIES, "Notifications that were sent to apps, by outcome.");
        describe_histogram!(
            "tidemark_webhook_seconds",
            Unit::Seconds,
            "How long apps took to answer a notification."
        );
        describe_gauge!("tidemark_webhooks_disabled", "Webhooks that were given up.");
        Metrics {
            delivered: counter!(DELIVERIES, "outcome" => "delivered"),
            failed: counter!(DELIVERIES, "outcome" => "failed"),
            seconds: histogram!("tidemark_webhook_seconds"),
            disabled: gauge!("tidemark_webhooks_disabled"),
        }
    }
}

/// What to do after a delivery.
enum Next {
    /// Nothing is due, or the webhook is no more.
    Done,
    /// See whether there is more.
    More,
    /// The same after a while.
    Pause,
    /// Try again then, or when somebody asks to.
    Retry(Instant),
}

/// What a look at one account finds.
enum Verdict {
    /// The app is to be told, and will have been told this then.
    Due(Progress),
    /// There is nothing, and it would be dear to find that out again.
    Keep(Progress),
    /// There is nothing.
    Nothing,
}

impl Dispatcher {
    /// A dispatcher that does nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Dispatcher {
        let permits = Semaphore::new(parts.rules.deliveries_max);
        Dispatcher { parts, lines: Arc::default(), permits, metrics: Metrics::new() }
    }

    /// Tells apps of changes until it is dropped. What is under way then is done again by the next one, if the app's
    /// answer was not kept.
    pub async fn run(self: Arc<Self>) {
        let mut deliveries = JoinSet::new();
        let mut reread = interval(REREAD_EVERY);
        // All webhooks are new to the first reading, and so they are looked at.
        let mut look = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        reread.set_missed_tick_behavior(MissedTickBehavior::Delay);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let hub = Arc::clone(&self.parts.hub);
        loop {
            let mut pause = Duration::ZERO;
            let done = tokio::select! {
                heard = hub.everything().heard() => {
                    pause = LOOK_PAUSE;
                    self.look_at_heard(heard).await
                }
                _ = reread.tick() => self.reread().await,
                _ = look.tick() => self.look_at_all().await,
                Some(ended) = deliveries.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a delivery to a webhook broke off");
                    }
                    Ok(())
                }
            };
            if let Err(error) = done {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "it could not be seen which apps to tell"
                );
            }
            for busy in self.lines.start() {
                deliveries.spawn(Arc::clone(&self).see_to(busy));
            }
            sleep(pause).await;
        }
    }

    async fn look_at_heard(&self, heard: Heard) -> Result<(), StoreError> {
        let namespaces: Vec<NamespaceId> = match heard {
            Heard::Of(namespaces) => namespaces.into_iter().collect(),
            Heard::TooMany => return self.look_at_all().await,
        };
        for some in namespaces.chunks(PAGE) {
            let watches = self.parts.webhooks.watches(Watched::Namespaces(some)).await?;
            watches.iter().for_each(|watch| self.lines.push(watch.webhook, watch.account));
        }
        Ok(())
    }

    /// Sees what administrators have changed.
    async fn reread(&self) -> Result<(), StoreError> {
        let webhooks = self.parts.webhooks.webhooks().await?;
        let (given_up, active): (Vec<&Webhook>, Vec<&Webhook>) =
            webhooks.iter().partition(|webhook| webhook.health.disabled.is_some());
        self.metrics.disabled.set(given_up.len() as f64);
        // From now on commits are heard; those before are found by the look that follows.
        self.parts.hub.everything().want(!active.is_empty());
        let fresh = self.lines.keep(&active.iter().map(|webhook| webhook.id).collect());
        for webhook in active {
            if fresh.contains(&webhook.id) {
                self.look_at(webhook.id).await?;
            } else if webhook.health.next_try.is_none() {
                self.lines.hurry(webhook.id);
            }
        }
        if !self.lines.ids().is_empty() {
            let again = self.parts.webhooks.watches(Watched::Again(PAGE)).await?;
            again.iter().for_each(|watch| self.lines.push(watch.webhook, watch.account));
        }
        Ok(())
    }

    async fn look_at_all(&self) -> Result<(), StoreError> {
        for id in self.lines.ids() {
            self.look_at(id).await?;
        }
        Ok(())
    }

    /// Looks whether an app is to be told of any account.
    async fn look_at(&self, id: WebhookId) -> Result<(), StoreError> {
        let Some(webhook) = self.parts.webhooks.webhook(id).await? else { return Ok(()) };
        let Some(app) = self.parts.accounts.app(&webhook.app).await? else { return Ok(()) };
        let mut after = AccountId(0);
        loop {
            let watches = self.parts.webhooks.watches(Watched::After(id, after, PAGE)).await?;
            let Some(last) = watches.last() else { return Ok(()) };
            after = last.account;
            let due = self.judge(&app, &watches).await?;
            due.iter().for_each(|progress| self.lines.push(id, progress.account));
        }
    }

    /// Of whom the app is to be told, and what it will have been told then. An account that contradicts itself is left
    /// out, so that the others are not.
    async fn judge(&self, app: &App, watches: &[Watch]) -> Result<Vec<Progress>, StoreError> {
        let (mut due, mut keep) = (Vec::new(), Vec::new());
        for watch in watches {
            match self.verdict(app, watch).await {
                Ok(Verdict::Due(progress)) => due.push(progress),
                Ok(Verdict::Keep(progress)) => keep.push(progress),
                Ok(Verdict::Nothing) => {}
                Err(error @ StoreError::Corrupt(_)) => {
                    let (webhook, account) = (watch.webhook.0, watch.account.0);
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        webhook,
                        account,
                        "an app cannot be told of an account"
                    );
                }
                Err(error) => return Err(error),
            }
        }
        if let (Some(watch), false) = (watches.first(), keep.is_empty()) {
            self.parts.webhooks.set_told(watch.webhook, &keep).await?;
        }
        Ok(due)
    }

    async fn verdict(&self, app: &App, watch: &Watch) -> Result<Verdict, StoreError> {
        let &Watch { webhook, account, namespace, since, told, again } = watch;
        let cloud = &self.parts.cloud;
        let kept = match told {
            Some(told) => told,
            None => cloud.watermark_at(account, namespace, app, since).await?,
        };
        let seen = self.lines.seen(webhook, account);
        let seen = seen.filter(|seen| seen.epoch == kept.epoch && seen.seq > kept.seq).unwrap_or(kept);
        let news = cloud.news(account, namespace, app, seen).await?;
        if news.any || again > 0 {
            return Ok(Verdict::Due(Progress { account, told: news.told, again }));
        }
        if news.told == seen && told.is_some() {
            return Ok(Verdict::Nothing);
        }
        let keeps = told.is_none() || news.told.seq.0.saturating_sub(kept.seq.0) >= UNKEPT_MAX;
        self.lines.set_seen(webhook, account, (!keeps).then_some(news.told));
        let progress = Progress { account, told: news.told, again: 0 };
        Ok(if keeps { Verdict::Keep(progress) } else { Verdict::Nothing })
    }

    /// Delivers to one webhook until nothing is due.
    async fn see_to(self: Arc<Self>, busy: Busy) {
        let mut first = true;
        loop {
            match self.deliver(busy.id, std::mem::take(&mut first)).await {
                Ok(Next::Done) => return,
                Ok(Next::More) => {}
                Ok(Next::Pause) => sleep(self.parts.rules.pause).await,
                Ok(Next::Retry(until)) => busy.wait(until).await,
                Err(error) => {
                    let webhook = busy.id.0;
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        webhook,
                        "a webhook could not be seen to"
                    );
                    sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    /// Makes one delivery. The first of a task keeps to what another life of the process had planned.
    async fn deliver(&self, id: WebhookId, first: bool) -> Result<Next, StoreError> {
        let webhook = self.parts.webhooks.webhook(id).await?;
        let Some(webhook) = webhook.filter(|webhook| webhook.health.disabled.is_none()) else {
            self.lines.forget(id);
            return Ok(Next::Done);
        };
        if first && let Some(next_try) = webhook.health.next_try {
            let wait = self.until(next_try);
            if wait > Duration::ZERO {
                return Ok(Next::Retry(Instant::now() + wait));
            }
        }
        // It was deleted meanwhile, and its webhooks with it.
        let Some(app) = self.parts.accounts.app(&webhook.app).await? else { return Ok(Next::Done) };
        let _permit = self.permits.acquire().await.expect("nobody closes it");
        let accounts = self.lines.take(id, self.parts.rules.accounts_max);
        if accounts.is_empty() {
            return Ok(Next::Done);
        }
        let next = self.tell(&webhook, &app, &accounts).await;
        if !matches!(next, Ok(Next::More | Next::Pause)) {
            self.lines.put_back(id, &accounts);
        }
        next
    }

    async fn tell(&self, webhook: &Webhook, app: &App, accounts: &[AccountId]) -> Result<Next, StoreError> {
        let Parts { webhooks, notifier, clock, rules, .. } = &self.parts;
        // Read anew: a permission may have ended since, and more may have changed.
        let watches = webhooks.watches(Watched::Accounts(webhook.id, accounts)).await?;
        let due = self.judge(app, &watches).await?;
        if due.is_empty() {
            return Ok(Next::More);
        }
        let accounts: Vec<AccountId> = due.iter().map(|progress| progress.account).collect();
        let (at, began) = (clock.now(), Instant::now());
        let told = timeout(PATIENCE, notifier.notify(app, &webhook.uri, &accounts)).await;
        let told = told.unwrap_or(Err(NotifyError::Egress(EgressError::TimedOut)));
        let took = began.elapsed();
        let now = clock.now();
        let health = rules.after(webhook.health, told.as_ref().copied(), now, self.dice());
        let attempt = Attempt {
            at,
            took,
            accounts: u32::try_from(accounts.len()).unwrap_or(u32::MAX),
            status: told.as_ref().map_or_else(NotifyError::status, |status| Some(*status)),
            failure: told.as_ref().err().map(ToString::to_string),
        };
        let kept = if told.is_ok() { due.as_slice() } else { &[] };
        webhooks.record(webhook.id, &attempt, health, kept).await?;
        self.metrics.seconds.record(took);
        match told {
            Ok(_) => {
                self.metrics.delivered.increment(1);
                due.iter().for_each(|progress| self.lines.set_seen(webhook.id, progress.account, None));
                Ok(Next::Pause)
            }
            Err(error) => {
                self.metrics.failed.increment(1);
                Ok(self.failed(webhook, &error, health))
            }
        }
    }

    /// What follows from a failure. The address itself is not logged: it may hold a secret.
    fn failed(&self, webhook: &Webhook, error: &NotifyError, health: Health) -> Next {
        let (id, app) = (webhook.id, &webhook.app);
        match health.next_try {
            Some(next_try) => {
                let wait = self.until(next_try);
                tracing::debug!(webhook = id.0, %app, %error, ?wait, "an app was not told; it will be");
                Next::Retry(Instant::now() + wait)
            }
            None => {
                let failures = health.failures;
                tracing::warn!(webhook = id.0, %app, %error, failures, "a webhook was given up until it is enabled");
                self.lines.forget(id);
                Next::Done
            }
        }
    }

    /// How long it is until then. A clock that was set back must not silence a webhook.
    fn until(&self, next_try: Timestamp) -> Duration {
        next_try.since(self.parts.clock.now()).min(self.parts.rules.retry_max)
    }

    fn dice(&self) -> u64 {
        self.parts.entropy.up_to(u64::MAX)
    }
}
