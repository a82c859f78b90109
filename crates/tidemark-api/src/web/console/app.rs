//! `GET /apps/<key>`, and what is changed there: one app, in front of its owner.

use super::list::{SHUT_OUT, reach, refused, state};
use super::token::Snippets;
use super::webhooks::{self, HookRow};
use super::{APPS_PATH, NO_APP, app_path, steward};
use crate::http::Params;
use crate::web::form::Submission;
use crate::web::frame::{Frame, Member, Part};
use crate::web::page::{self, PageError, plain, redirect};
use crate::web::unconfirmed::Unconfirmed;
use crate::web::{Site, assets};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tidemark_core::model::App;
use tidemark_core::people::{AppError, DISPLAY_NAME_MAX, DeleteAppError, Steward};

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage<'a> {
    frame: Frame,
    app: Head,
    redirect_uris: &'a [String],
    webhooks: Vec<HookRow>,
    name_max: usize,
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
    Name,
    Secret,
    Redirects,
    Webhooks,
    Token,
    Deletion,
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
        "renamed" => "The app has its new name.",
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
        name_max: DISPLAY_NAME_MAX,
        tokens: steward.tokens().await?,
        snippets: Snippets::of(site, parts, app, None),
        secret,
        done,
        slip,
        script: assets::url("console/copy.js"),
    };
    Ok(page::with(page::app_page(status, &page), headers))
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
    let unconfirmed = match steward.secret(password, peer).await {
        Ok(secret) => {
            tracing::info!(
                account = member.account.id.0,
                app = key,
                "an app's secret was shown to its owner"
            );
            let shown = Shown { secret: Some(secret), ..Shown::default() };
            return page(&site, &member, &parts, &steward, shown).await;
        }
        Err(error) => Unconfirmed::of(error, NOT_YOURS)?,
    };
    not_confirmed(&site, &member, &parts, &steward, Form::Secret, unconfirmed).await
}

/// What is said of a password that is not theirs.
const NOT_YOURS: &str = "This is not your password.";

/// The page again, with why a form that asks for the password was not done.
async fn not_confirmed(
    site: &Site,
    member: &Member,
    parts: &Parts,
    steward: &Steward<'_>,
    form: Form,
    unconfirmed: Unconfirmed,
) -> Result<Response, PageError> {
    let slip = Slip { form, status: unconfirmed.status, typed: "", problem: unconfirmed.text.clone() };
    let page = page(site, member, parts, steward, Shown { slip: Some(slip), ..Shown::default() }).await?;
    Ok(unconfirmed.on(page))
}

/// Calls the app something else.
pub(super) async fn rename(
    State(site): State<Site>,
    Path(key): Path<String>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, &app_path(&key))?;
    let steward = steward(&site, &member, &key).await?;
    let name = form.params.get("name").unwrap_or_default();
    let problem = match steward.rename(name).await {
        Ok(_) => {
            tracing::info!(account = member.account.id.0, app = key, "an app was renamed");
            return to_app(&key, "renamed", "name");
        }
        Err(AppError::Store(error)) => return Err(error.into()),
        Err(error) => refused(&error),
    };
    let slip = Slip { form: Form::Name, status: StatusCode::BAD_REQUEST, typed: name, problem };
    page(&site, &member, &parts, &steward, Shown { slip: Some(slip), ..Shown::default() }).await
}

/// Deletes the app for good, with all that it was permitted and what was seen of it.
pub(super) async fn delete(
    State(site): State<Site>,
    Path(key): Path<String>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    let peer = form.visitor.peer;
    let member = Member::of(form.visitor, &app_path(&key))?;
    let steward = steward(&site, &member, &key).await?;
    match steward.delete(form.params.get("password").unwrap_or_default(), peer).await {
        Ok(()) => {
            tracing::info!(account = member.account.id.0, app = key, "an app was deleted by its owner");
            site.console.inspector.forget(&steward.app().key);
            redirect(StatusCode::SEE_OTHER, &format!("{APPS_PATH}?done=deleted"))
        }
        Err(DeleteAppError::Confirm(error)) => {
            let unconfirmed = Unconfirmed::of(error, NOT_YOURS)?;
            not_confirmed(&site, &member, &parts, &steward, Form::Deletion, unconfirmed).await
        }
        Err(DeleteAppError::ShutOut) => {
            let (status, problem) = (StatusCode::FORBIDDEN, SHUT_OUT.to_owned());
            let slip = Slip { form: Form::Deletion, status, typed: "", problem };
            page(&site, &member, &parts, &steward, Shown { slip: Some(slip), ..Shown::default() }).await
        }
        Err(DeleteAppError::Store(error)) => Err(error.into()),
    }
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
