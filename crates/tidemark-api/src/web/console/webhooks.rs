//! `POST /apps/<key>/webhooks`, `/apps/<key>/webhooks/<number>` and below: where an app is told of changes, and how that goes.

use super::app::{self, Form, Head, Shown, Slip, to_app};
use super::list::refused;
use super::{app_path, instant, machine_time, steward};
use crate::http::{ParamError, Params};
use crate::web::Site;
use crate::web::form::Submission;
use crate::web::frame::{Frame, Member, Part};
use crate::web::page::{self, PageError, redirect};
use crate::words::count;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use std::error::Error as _;
use std::time::Duration;
use tidemark_core::model::{App, Attempt, Health, Webhook, WebhookId};
use tidemark_core::store::{EgressError, StoreError};
use tidemark_core::webhooks::{ChallengeError, NotifyError, WebhookError};

/// A webhook in the list of an app's.
pub(super) struct HookRow {
    pub(super) id: u64,
    pub(super) uri: String,
    pub(super) state: String,
    /// Whether its owner should do something.
    pub(super) is_bad: bool,
}

#[derive(Template)]
#[template(path = "app_webhook.html")]
struct HookPage {
    frame: Frame,
    app: Head,
    hook: HookRow,
    /// Whether it was given up.
    is_disabled: bool,
    since: String,
    last_success: Option<String>,
    attempts: Vec<AttemptRow>,
    done: Option<String>,
    problem: Option<String>,
}

struct AttemptRow {
    at: String,
    machine_time: String,
    is_ok: bool,
    outcome: String,
    facts: String,
}

/// An app's webhooks.
pub(super) async fn rows(site: &Site, app: &App) -> Result<Vec<HookRow>, PageError> {
    let registry = &site.console.registry;
    match registry.list(&app.key.0).await {
        Ok(webhooks) => Ok(webhooks.iter().map(|webhook| row(site, webhook)).collect()),
        Err(error) => Err(of_store(error).into()),
    }
}

/// The only way in which a list can fail.
fn of_store(error: WebhookError) -> StoreError {
    match error {
        WebhookError::Store(error) => error,
        other => StoreError::Corrupt(other.to_string()),
    }
}

fn row(site: &Site, webhook: &Webhook) -> HookRow {
    let Health { failures, next_try, disabled, .. } = webhook.health;
    let state = match (disabled, failures) {
        (Some(disabled), _) => format!("given up on {}", page::date(disabled)),
        (None, 0) => "is told of changes".to_owned(),
        (None, failures) => {
            let again = next_try.map(|next| next.since(site.console.registry.now()));
            let again =
                again.filter(|wait| !wait.is_zero()).map(|wait| format!(", next try in {}", span(wait)));
            let times = if failures == 1 { "once".to_owned() } else { format!("{failures} times in a row") };
            format!("failed {times}{}", again.unwrap_or_default())
        }
    };
    HookRow { id: webhook.id.0, uri: webhook.uri.clone(), state, is_bad: disabled.is_some() || failures > 0 }
}

/// How long something takes, roughly.
fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..=1 => format!("{} s", seconds.max(1)),
        seconds @ ..=120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

/// Adds an address, if it answers the challenge.
pub(super) async fn add(
    State(site): State<Site>,
    Path(key): Path<String>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, &app_path(&key))?;
    let steward = steward(&site, &member, &key).await?;
    let uri = form.params.get("uri").unwrap_or_default().trim();
    site.people.admit_for(member.account.id, None).map_err(PageError::TooOften)?;
    let added = site.console.registry.add(&key, uri).await;
    let problem = match added {
        Ok(_) => return to_app(&key, "webhook", "webhooks"),
        Err(WebhookError::Store(error)) => return Err(error.into()),
        Err(error) => told(&error),
    };
    let slip = Slip { form: Form::Webhooks, status: StatusCode::BAD_REQUEST, typed: uri, problem };
    app::page(&site, &member, &parts, &steward, Shown { slip: Some(slip), ..Shown::default() }).await
}

/// How deliveries to an address go.
pub(super) async fn show(
    State(site): State<Site>,
    member: Member,
    Path((key, id)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, PageError> {
    let (app, webhook) = find(&site, &member, &key, &id).await?;
    let done = done(&Params::parse(parts.uri.query(), None)?, &app)?;
    page(&site, &member, &app, &webhook, done, None).await
}

/// What is told of what a form has done.
fn done(params: &Params, app: &App) -> Result<Option<String>, ParamError> {
    Ok(match params.get("done") {
        Some("enabled") => {
            Some("The address answered the challenge, and is told of what it missed.".to_owned())
        }
        Some("replayed") => Some(replayed(params.integer("accounts")?.unwrap_or(0), app)),
        _ => None,
    })
}

/// What comes of a replay that has been asked for.
fn replayed(accounts: u64, app: &App) -> String {
    match accounts {
        0 => "Nobody allows the app, so that there is nothing to send.".to_owned(),
        // Such an app is told of nobody. What was asked for waits.
        _ if app.disabled => {
            format!("The app is told again, about {}, as soon as it lets people in.", people(accounts))
        }
        _ => format!(
            "The app is told again at once, about {}. How that goes stands below in a moment: look again then.",
            people(accounts)
        ),
    }
}

/// So many accounts, in words.
fn people(accounts: u64) -> String {
    count(accounts, "account", "accounts")
}

/// Tells an address of the owner's own account, and shows what it answers.
pub(super) async fn test(
    State(site): State<Site>,
    Path(which): Path<(String, String)>,
    form: Submission,
) -> Result<Response, PageError> {
    let asked = Asked::of(&site, which, form).await?;
    let told_it = site.console.registry.tell(&asked.key, &asked.webhook.uri, asked.member.account.id).await;
    let (done, problem) = match told_it {
        Ok(status) => (Some(format!("It took the notification, and answered with status {status}.")), None),
        Err(WebhookError::Store(error)) => return Err(error.into()),
        Err(error) => (None, Some(told(&error))),
    };
    page(&site, &asked.member, &asked.app, &asked.webhook, done, problem).await
}

/// Takes up an address that was given up, if it answers the challenge.
pub(super) async fn enable(
    State(site): State<Site>,
    Path(which): Path<(String, String)>,
    form: Submission,
) -> Result<Response, PageError> {
    let asked = Asked::of(&site, which, form).await?;
    let enabled = site.console.registry.enable(&asked.key, &asked.webhook.uri).await;
    asked.answer(&site, enabled.map(|()| "enabled".to_owned())).await
}

/// Has an address told once more of everybody who allowed the app: the button for `tidemark app webhook replay`.
pub(super) async fn replay(
    State(site): State<Site>,
    Path(which): Path<(String, String)>,
    form: Submission,
) -> Result<Response, PageError> {
    let asked = Asked::of(&site, which, form).await?;
    let replayed = site.console.registry.replay(&asked.key, &asked.webhook.uri, None).await;
    asked.answer(&site, replayed.map(|accounts| format!("replayed&accounts={accounts}"))).await
}

/// What an owner asks of the server for one of their webhooks, as often as they may.
struct Asked {
    member: Member,
    key: String,
    app: App,
    webhook: Webhook,
}

impl Asked {
    async fn of(site: &Site, (key, id): (String, String), form: Submission) -> Result<Asked, PageError> {
        let member = Member::of(form.visitor, &app_path(&key))?;
        let (app, webhook) = find(site, &member, &key, &id).await?;
        site.people.admit_for(member.account.id, None).map_err(PageError::TooOften)?;
        Ok(Asked { member, key, app, webhook })
    }

    /// Sends the browser back to the page with what was done, or tells here why it was not.
    async fn answer(&self, site: &Site, done: Result<String, WebhookError>) -> Result<Response, PageError> {
        match done {
            Ok(done) => {
                let target = format!("{}/webhooks/{}?done={done}", app_path(&self.key), self.webhook.id.0);
                redirect(StatusCode::SEE_OTHER, &target)
            }
            Err(WebhookError::Store(error)) => Err(error.into()),
            Err(error) => page(site, &self.member, &self.app, &self.webhook, None, Some(told(&error))).await,
        }
    }
}

/// Removes an address, with its log.
pub(super) async fn remove(
    State(site): State<Site>,
    Path((key, id)): Path<(String, String)>,
    form: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, &app_path(&key))?;
    let (_, webhook) = find(&site, &member, &key, &id).await?;
    match site.console.registry.remove(&key, &webhook.uri).await {
        Ok(()) | Err(WebhookError::Unknown(_)) => to_app(&key, "no-webhook", "webhooks"),
        Err(error) => Err(of_store(error).into()),
    }
}

/// An owner's app, and its webhook with this number.
async fn find(site: &Site, member: &Member, key: &str, id: &str) -> Result<(App, Webhook), PageError> {
    let steward = site.people.steward(&member.account, key).await?.ok_or(NO_WEBHOOK)?;
    let id = id.parse().map(WebhookId).map_err(|_| NO_WEBHOOK)?;
    let webhooks = site.console.registry.list(key).await.map_err(of_store)?;
    let webhook = webhooks.into_iter().find(|webhook| webhook.id == id).ok_or(NO_WEBHOOK)?;
    Ok((steward.app().clone(), webhook))
}

async fn page(
    site: &Site,
    member: &Member,
    app: &App,
    webhook: &Webhook,
    done: Option<String>,
    problem: Option<String>,
) -> Result<Response, PageError> {
    let attempts = site.console.registry.attempts(webhook.id).await.map_err(of_store)?;
    let mut headers = HeaderMap::new();
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let success = attempts.iter().find(|attempt| attempt.failure.is_none());
    let page = HookPage {
        frame: member.frame(site, Part::Apps, &mut headers),
        app: Head::of(app),
        hook: row(site, webhook),
        is_disabled: webhook.health.disabled.is_some(),
        since: page::date(webhook.created),
        last_success: success.map(|attempt| instant(attempt.at)),
        attempts: attempts.iter().map(attempt_row).collect(),
        done,
        problem,
    };
    Ok(page::with(page::page(status, &page), headers))
}

fn attempt_row(attempt: &Attempt) -> AttemptRow {
    let Attempt { at, took, accounts, status, failure } = attempt;
    let outcome = match (failure, status) {
        (None, Some(status)) => format!("Delivered, status {status}"),
        (None, None) => "Delivered".to_owned(),
        (Some(failure), _) => format!("Failed: {failure}"),
    };
    AttemptRow {
        at: instant(*at),
        machine_time: machine_time(*at),
        is_ok: failure.is_none(),
        outcome,
        facts: format!("{} ms · {}", took.as_millis(), people(u64::from(*accounts))),
    }
}

/// The answer about a webhook that is of another's app, or not there.
const NO_WEBHOOK: PageError =
    PageError::NotTheirs { text: "You have no such app, or it has no such webhook." };

/// Why something was not done about a webhook, in words for its app's owner.
fn told(error: &WebhookError) -> String {
    match error {
        WebhookError::App(error) => refused(error),
        WebhookError::Unknown(_) => "The app has no such webhook (any more).".to_owned(),
        WebhookError::Exists(_) => "The app has this webhook already.".to_owned(),
        WebhookError::Disabled(_) => "This webhook was given up. Enable it first.".to_owned(),
        WebhookError::Challenge { source, .. } => match source {
            ChallengeError::Egress(error) => {
                format!("The address was asked the challenge, and {}", unanswered(error))
            }
            ChallengeError::Status(_) | ChallengeError::Echo { .. } => {
                let text = source.to_string();
                format!("The address did not pass the challenge: {text}.")
            }
        },
        WebhookError::Notify { source, .. } => match source {
            NotifyError::Egress(error) => {
                format!("The notification was not delivered: {}", unanswered(error))
            }
            NotifyError::Status(status) => {
                format!("It did not take the notification: it answered with status {status}, not with 2xx.")
            }
        },
        WebhookError::Busy => "Addresses of yours are being asked already. Please wait for them.".to_owned(),
        WebhookError::Store(error) => error.source().map_or_else(|| error.to_string(), ToString::to_string),
    }
}

/// What became of a request that was not answered. Where it may not go looks like what is not there.
fn unanswered(error: &EgressError) -> String {
    match error {
        EgressError::Unknown | EgressError::Forbidden => {
            "there is no server on the public internet. One in a private network, or on this machine, has to be allowed by \
             whoever runs this server, when it is started: with --egress-allow 127.0.0.1, for one."
                .to_owned()
        }
        EgressError::TimedOut => "it took longer than 10 seconds.".to_owned(),
        other => format!("{other}."),
    }
}
