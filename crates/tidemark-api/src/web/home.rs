//! `GET /`, `GET /help`, `GET` and `POST /linked-apps/revoke`: a calm place to land.

use super::form::Submission;
use super::page::{self, PageError, error_page, redirect};
use super::visitor::Visitor;
use super::{Site, continuation};
use crate::http::Params;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tidemark_core::model::{Access, Account, App, AppKey, Grant};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    account: &'a Account,
    apps: Vec<LinkedApp>,
    /// Whether the form that led here has ended what an app was permitted.
    is_unlinked: bool,
    form_token: String,
}

/// An app with all that an account has permitted to it.
struct LinkedApp {
    key: String,
    name: String,
    reach: &'static str,
    since: String,
}

#[derive(Template)]
#[template(path = "unlink.html")]
struct UnlinkPage {
    app: LinkedApp,
    form_token: String,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    is_set_up: bool,
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage<'a> {
    /// The address of this server.
    server: String,
    /// Whose token it could be.
    email: &'a str,
}

/// Who is signed in and what they have linked; or the way in.
pub(super) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let Some(account) = &visitor.account else {
        let is_set_up = site.people.is_set_up().await?;
        return Ok(page::page(StatusCode::OK, &WelcomePage { is_set_up }));
    };
    let apps = linked_apps(site.people.grants(account.id).await?);
    let is_unlinked = Params::parse(query.as_deref(), None)?.get("done") == Some("unlinked");
    let mut headers = HeaderMap::new();
    let form_token = visitor.form_token(&site, &mut headers);
    let page = HomePage { account, apps, is_unlinked, form_token };
    Ok(page::with(page::page(StatusCode::OK, &page), headers))
}

/// How a program is connected.
pub(super) async fn help(State(site): State<Site>, visitor: Visitor, parts: Parts) -> Response {
    let email = visitor.account.as_ref().map_or("YOU@EXAMPLE.ORG", |account| &account.email);
    page::page(StatusCode::OK, &HelpPage { server: site.origin.url(&parts, ""), email })
}

/// Asks whether an app should lose what it was permitted.
pub(super) async fn ask_to_unlink(
    State(site): State<Site>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let Some(account) = &visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url("/"));
    };
    let params = Params::parse(query.as_deref(), None)?;
    let mut apps = linked_apps(site.people.grants(account.id).await?).into_iter();
    let Some(app) = apps.find(|app| params.get("app") == Some(&app.key)) else {
        let text = "There is no such app, or it was revoked already.";
        return Ok(error_page(StatusCode::NOT_FOUND, "Nothing here", text));
    };
    let mut headers = HeaderMap::new();
    let form_token = visitor.form_token(&site, &mut headers);
    Ok(page::with(page::page(StatusCode::OK, &UnlinkPage { app, form_token }), headers))
}

/// Ends everything that the account has permitted to one app.
pub(super) async fn unlink(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let Some(account) = &form.visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url("/"));
    };
    if let Some(app) = form.params.get("app") {
        let ended = site.people.unlink(account.id, &AppKey(app.to_owned())).await?;
        tracing::info!(account = account.id.0, app, grants = ended, "an app was unlinked");
    }
    redirect(StatusCode::SEE_OTHER, "/?done=unlinked")
}

/// One line for each app, the one linked last first.
fn linked_apps(grants: Vec<(Grant, App)>) -> Vec<LinkedApp> {
    let mut apps: Vec<LinkedApp> = Vec::new();
    for (grant, app) in grants {
        let since = page::date(grant.created);
        match apps.iter_mut().find(|linked| linked.key == app.key.0) {
            Some(linked) => linked.since = since,
            None => apps.push(LinkedApp { key: app.key.0, name: app.name, reach: reach(app.access), since }),
        }
    }
    apps
}

fn reach(access: Access) -> &'static str {
    match access {
        Access::Full => "All your files",
        Access::AppFolder => "Its own folder",
    }
}
