//! `GET` and `POST /linked-apps/revoke`: the end of what an app was permitted.

use super::form::Submission;
use super::frame::{Frame, Member, Part};
use super::page::{self, PageError, error_page, plain, redirect};
use super::{ACCOUNT_PATH, Site};
use crate::http::Params;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use tidemark_core::model::{App, AppKey};

#[derive(Template)]
#[template(path = "unlink.html")]
struct UnlinkPage {
    key: String,
    name: String,
    frame: Frame,
}

/// Asks whether an app should lose what it was permitted.
pub(super) async fn ask(
    State(site): State<Site>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let params = Params::parse(query.as_deref(), None)?;
    let mut linked = site.people.linked_apps(member.account.id).await?.into_iter();
    let Some(linked) = linked.find(|linked| params.get("app") == Some(&linked.app.key.0)) else {
        let text = "There is no such app, or it was revoked already.";
        return Ok(error_page(StatusCode::NOT_FOUND, "Nothing here", text));
    };
    let mut headers = HeaderMap::new();
    let frame = member.frame(&site, Part::Account, &mut headers);
    let page = UnlinkPage { name: plain(&linked.app.name), key: linked.app.key.0, frame };
    Ok(page::with(page::page(StatusCode::OK, &page), headers))
}

/// Ends everything that the account has permitted to one app.
pub(super) async fn unlink(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, ACCOUNT_PATH)?;
    // Our pages are not linked, and not unlinked: they end with their session.
    if let Some(app) = form.params.get("app").filter(|app| *app != App::PAGES) {
        let ended = site.people.unlink(member.account.id, &AppKey(app.to_owned())).await?;
        tracing::info!(account = member.account.id.0, app, grants = ended, "an app was unlinked");
    }
    redirect(StatusCode::SEE_OTHER, "/account?done=unlinked")
}
