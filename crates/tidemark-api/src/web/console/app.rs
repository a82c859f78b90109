//! `GET /apps/<key>`, and what is changed there: one app, in front of its owner.

use super::list::{reach, refused, state};
use super::token::Snippets;
use super::webhooks::{self, HookRow};
use super::{NO_APP, app_path, steward};
use crate::http::Params;
use crate::web::form::Submission;
use crate::web::frame::{Frame, Member, Part};
use crate::web::page::{self, PageError, plain, redirect};
use crate::web::sign_in::spoken;
use crate::web::{Site, assets};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tidemark_core::model::App;
use tidemark_core::people::{AppError, ConfirmError, Steward};

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage<'a> {
    frame: Frame,
    app: Head,
    redirect_uris: &'a [String],
    webhooks: Vec<HookRow>,
    /// How many permissions the owner has given to it.
    tokens: usize,
    snippets: Snippets,
    /// Told once, to whoever has just given their password.
    secret: Option<&'a str>,
    /// What the form that led here has done.
    done: Option<&'static str>,
    slip: Option<Slip<'a>>,
    script: String,
}

impl AppPage<'_> {
    /// Why the form in this place did not do.
    fn problem(&self, place: Form) -> Option<&str> {
        self.slip.as_ref().filter(|slip| slip.form == place).map(|slip| slip.problem.as_str())
    }

    /// What was typed there.
    fn typed(&self, place: Form) -> &str {
        self.slip.as_ref().filter(|slip| slip.form == place).map_or("", |slip| slip.typed)
    }
}

/// What stands at the head of each page about an app.
pub(super) struct Head {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) reach: &'static str,
    pub(super) since: String,
    pub(super) state: Option<&'static str>,
    pub(super) is_paused: bool,
}

impl Head {
    pub(super) fn of(app: &App) -> Head {
        Head {
            key: app.key.0.clone(),
            name: plain(&app.name),
            reach: reach(app.access),
            since: page::date(app.created),
            state: state(app),
            is_paused: app.paused,
        }
    }
}

/// The forms of the page that something can be wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Secret,
    Redirects,
    Webhooks,
    Token,
}

/// What was typed into a form, and why it does not do.
pub(super) struct Slip<'a> {
    pub(super) form: Form,
    pub(super) status: StatusCode,
    pub(super) typed: &'a str,
    pub(super) problem: String,
}

/// What is told of what a form has done.
fn done(params: &Params) -> Option<&'static str> {
    Some(match params.get("done")? {
        "created" => "The app is registered.",
        "redirect" => "The redirect URI is added.",
        "no-redirect" => "The redirect URI is removed.",
        "webhook" => "The address answered the challenge, and is told of changes from now on.",
        "no-webhook" => "The webhook is removed.",
        "paused" => "The app is paused: nobody’s tokens for it work.",
        "resumed" => "The app works again.",
        "revoked" => "Your tokens for this app are revoked.",
        _ => return None,
    })
}

/// The page.
pub(super) async fn show(
    State(site): State<Site>,
    member: Member,
    Path(key): Path<String>,
    parts: Parts,
) -> Result<Response, PageError> {
    let steward = steward(&site, &member, &key).await?;
    let done = done(&Params::parse(parts.uri.query(), None)?);
    let shown = Shown { done, ..Shown::default() };
    page(&site, &member, &parts, &steward, shown).await
}

/// What a form has led to.
#[derive(Default)]
pub(super) struct Shown<'a> {
    pub(super) done: Option<&'static str>,
    pub(super) secret: Option<&'a str>,
    pub(super) slip: Option<Slip<'a>>,
}

pub(super) async fn page(
    site: &Site,
    member: &Member,
    parts: &Parts,
    steward: &Steward<'_>,
    Shown { done, secret, slip }: Shown<'_>,
) -> Result<Response, PageError> {
    let mut headers = HeaderMap::new();
    let app = steward.app();
    let status = slip.as_ref().map_or(StatusCode::OK, |slip| slip.status);
    let page = AppPage {
        frame: member.frame(site, Part::Apps, &mut headers),
        app: Head::of(app),
        redirect_uris: &app.redirect_uris,
        webhooks: webhooks::rows(site, app).await?,
        tokens: steward.tokens().await?,
        snippets: Snippets::of(site, parts, app, None),
        secret,
        done,
        slip,
        script: assets::url("console/copy.js"),
    };
    let mut response = page::with(page::app_page(&page), headers);
    *response.status_mut() = status;
    Ok(response)
}

/// Tells the secret, this once.
pub(super) async fn show_secret(
    State(site): State<Site>,
    Path(key): Path<String>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    let peer = form.visitor.peer;
    let member = Member::of(form.visitor, &app_path(&key))?;
    let steward = steward(&site, &member, &key).await?;
    let password = form.params.get("password").unwrap_or_default();
    let (status, problem) = match steward.secret(password, peer).await {
        Ok(secret) => {
            tracing::info!(
                account = member.account.id.0,
                app = key,
                "an app's secret was shown to its owner"
            );
            let shown = Shown { secret: Some(secret), ..Shown::default() };
            return page(&site, &member, &parts, &steward, shown).await;
        }
        Err(ConfirmError::Wrong) => (StatusCode::FORBIDDEN, "This is not your password.".to_owned()),
        Err(ConfirmError::Wait(wait)) => {
            let text = format!("Too many attempts. Please try again in {}.", spoken(wait));
            (StatusCode::TOO_MANY_REQUESTS, text)
        }
        Err(ConfirmError::Busy) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Please try again.".to_owned())
        }
        Err(ConfirmError::Store(error)) => return Err(error.into()),
    };
    let slip = Slip { form: Form::Secret, status, typed: "", problem };
    page(&site, &member, &parts, &steward, Shown { slip: Some(slip), ..Shown::default() }).await
}

/// Adds a redirect URI.
pub(super) async fn add_redirect(
    State(site): State<Site>,
    Path(key): Path<String>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    change_redirects(&site, &key, &parts, form, true).await
}

/// Takes one away.
pub(super) async fn remove_redirect(
    State(site): State<Site>,
    Path(key): Path<String>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    change_redirects(&site, &key, &parts, form, false).await
}

async fn change_redirects(
    site: &Site,
    key: &str,
    parts: &Parts,
    form: Submission,
    adds: bool,
) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, &app_path(key))?;
    let steward = steward(site, &member, key).await?;
    let uri = form.params.get("uri").unwrap_or_default().trim();
    let (changed, done) = match adds {
        true => (steward.add_redirect_uri(uri).await, "redirect"),
        false => (steward.remove_redirect_uri(uri).await, "no-redirect"),
    };
    let problem = match changed {
        Ok(_) => return to_app(key, done, "redirects"),
        Err(AppError::Store(error)) => return Err(error.into()),
        Err(error) => refused(&error),
    };
    let typed = if adds { uri } else { "" };
    let slip = Slip { form: Form::Redirects, status: StatusCode::BAD_REQUEST, typed, problem };
    page(site, &member, parts, &steward, Shown { slip: Some(slip), ..Shown::default() }).await
}

/// Shuts the app out, or lets it in again.
pub(super) async fn pause(
    State(site): State<Site>,
    Path(key): Path<String>,
    form: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, &app_path(&key))?;
    let steward = steward(&site, &member, &key).await?;
    let pauses = form.params.get("paused") == Some("1");
    let app = match steward.set_paused(pauses).await {
        Ok(app) => app,
        Err(AppError::Store(error)) => return Err(error.into()),
        // (Nothing else can be wrong with it.)
        Err(_) => return Err(NO_APP),
    };
    tracing::info!(
        account = member.account.id.0,
        app = key,
        paused = app.paused,
        "an app's owner paused it, or let it go on"
    );
    match (app.disabled, app.paused) {
        (true, true) => to_app(&key, "paused", "pause"),
        (false, _) => to_app(&key, "resumed", "pause"),
        // An administrator was faster: the page says so.
        (true, false) => redirect(StatusCode::SEE_OTHER, &app_path(&key)),
    }
}

/// Back to the page, which tells what was done, where the form stood.
pub(super) fn to_app(key: &str, done: &str, place: &str) -> Result<Response, PageError> {
    redirect(StatusCode::SEE_OTHER, &format!("{}?done={done}#{place}", app_path(key)))
}
