//! `GET` and `POST /apps`: the apps of whoever is signed in, and a new one.

use super::{APPS_PATH, app_path};
use crate::http::Params;
use crate::web::Site;
use crate::web::form::Submission;
use crate::web::frame::{Frame, Member, Part};
use crate::web::page::{self, PageError, plain, redirect};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use tidemark_core::model::{Access, App};
use tidemark_core::people::{AppError, OWNED_APPS_MAX};

#[derive(Template)]
#[template(path = "apps.html")]
struct AppsPage<'a> {
    frame: Frame,
    apps: Vec<Row>,
    /// Whether there may be more.
    has_room: bool,
    /// What the form that led here has done.
    done: Option<&'static str>,
    /// What was typed, and why it does not do.
    name: &'a str,
    is_app_folder: bool,
    problem: Option<String>,
}

struct Row {
    key: String,
    name: String,
    reach: &'static str,
    since: String,
    state: Option<&'static str>,
}

/// The list.
pub(super) async fn show(
    State(site): State<Site>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let done = match Params::parse(query.as_deref(), None)?.get("done") {
        Some("deleted") => Some("The app is deleted. Nobody’s tokens for it work any more."),
        _ => None,
    };
    page(&site, &member, Typed::default(), done, None).await
}

/// What stands in the form.
#[derive(Clone, Copy, Default)]
struct Typed<'a> {
    name: &'a str,
    is_app_folder: bool,
}

async fn page(
    site: &Site,
    member: &Member,
    Typed { name, is_app_folder }: Typed<'_>,
    done: Option<&'static str>,
    problem: Option<(StatusCode, String)>,
) -> Result<Response, PageError> {
    let apps = site.people.apps_of(member.account.id).await?;
    let mut headers = HeaderMap::new();
    let (status, problem) = problem.map_or((StatusCode::OK, None), |(status, text)| (status, Some(text)));
    let page = AppsPage {
        frame: member.frame(site, Part::Apps, &mut headers),
        has_room: apps.len() < OWNED_APPS_MAX,
        apps: apps.iter().rev().map(row).collect(),
        done,
        name,
        is_app_folder,
        problem,
    };
    Ok(page::with(page::page(status, &page), headers))
}

fn row(app: &App) -> Row {
    Row {
        key: app.key.0.clone(),
        name: plain(&app.name),
        reach: reach(app.access),
        since: page::date(app.created),
        state: state(app),
    }
}

/// How far an app's permission reaches, in words for who makes it.
pub(super) fn reach(access: Access) -> &'static str {
    match access {
        Access::Full => "All files of whoever allows it",
        Access::AppFolder => "A folder of its own",
    }
}

/// Why an app lets nobody in; nothing if it does.
pub(super) fn state(app: &App) -> Option<&'static str> {
    match (app.disabled, app.paused) {
        (false, _) => None,
        (true, true) => Some("paused"),
        (true, false) => Some("shut out by an administrator"),
    }
}

/// A new app.
pub(super) async fn create(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, APPS_PATH)?;
    let name = form.params.get("name").unwrap_or_default();
    let access = match form.params.get("access") {
        Some("app-folder") => Access::AppFolder,
        _ => Access::Full,
    };
    let problem = match site.people.register_owned_app(&member.account, name, access).await {
        Ok(app) => {
            tracing::info!(account = member.account.id.0, app = app.key.0, "an app was registered");
            return redirect(StatusCode::SEE_OTHER, &format!("{}?done=created", app_path(&app.key.0)));
        }
        Err(AppError::Store(error)) => return Err(error.into()),
        Err(error) => refused(&error),
    };
    let problem = Some((StatusCode::BAD_REQUEST, problem));
    let typed = Typed { name, is_app_folder: access == Access::AppFolder };
    page(&site, &member, typed, None, problem).await
}

/// What its owner is told who would rename or delete such an app.
pub(super) const SHUT_OUT: &str = "An administrator of this server has shut the app out. Until it is let in again, it keeps its name and is not deleted.";

/// Why an app cannot be as was asked, in words for its owner.
pub(super) fn refused(error: &AppError) -> String {
    match error {
        AppError::Name(_) => {
            "Give it another name: 1 to 100 characters that could also name a folder, without / and \\."
                .to_owned()
        }
        AppError::NameTaken(name) => format!(
            "There is an app called “{}” already, and people could not tell the two apart.",
            plain(name)
        ),
        AppError::NameReserved(_) => {
            "Give it a name that does not begin with “Tidemark”: people would take it for a part of this server.".to_owned()
        }
        AppError::TooManyApps => {
            format!("You have {OWNED_APPS_MAX} apps, and that is as many as there may be.")
        }
        AppError::RedirectUri(_) => {
            "A redirect URI begins with https://, or with http:// if it leads to localhost, and has \
                                     no # in it."
                .to_owned()
        }
        AppError::HasRedirectUri(_) => "The app has this redirect URI already.".to_owned(),
        AppError::NoRedirectUri(_) => "The app has no such redirect URI (any more).".to_owned(),
        AppError::LastRedirectUri => {
            "This is the app's last redirect URI. Without any, OAuth 1 would let it send browsers \
                                      anywhere: add another one first."
                .to_owned()
        }
        AppError::WebhookUri(_) => {
            "A webhook's address begins with https:// or http://, and has no # in it.".to_owned()
        }
        AppError::TooManyUris => "An app has at most 100 addresses of a kind.".to_owned(),
        AppError::ShutOut => SHUT_OUT.to_owned(),
        AppError::Unknown(_) => "There is no such app (any more).".to_owned(),
        AppError::Store(error) => error.to_string(),
    }
}
