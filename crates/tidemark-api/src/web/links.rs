//! `GET /links`, `POST /links/revoke`, `POST /links/expiry`: what somebody has shared, and how it ends.

use super::form::Submission;
use super::page::{self, PageError, plain, redirect};
use super::shared::address::page_path;
use super::visitor::Visitor;
use super::{LINKS_PATH, Site, continuation};
use crate::http::{ParamError, Params};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tidemark_core::cloud::OwnLink;
use tidemark_core::model::{App, LinkId, Timestamp};

/// How many links a page has.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "links.html")]
struct LinksPage {
    links: Vec<Row>,
    /// The number that this page begins before, to come back to it.
    before: Option<u64>,
    next: Option<u64>,
    form_token: String,
}

struct Row {
    id: u64,
    /// Where it points; if that is gone, what it was called.
    title: String,
    is_there: bool,
    is_folder: bool,
    url: String,
    since: String,
    app: String,
    /// The last day on which it can be opened.
    expires: Option<String>,
    /// The same as a form has it.
    expires_field: String,
    has_expired: bool,
}

/// The links of whoever is signed in, the newest first.
pub(super) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    parts: Parts,
) -> Result<Response, PageError> {
    let Some(account) = &visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url(LINKS_PATH));
    };
    let params = Params::parse(parts.uri.query(), None)?;
    let before = params.integer("before")?.map(LinkId);
    let mut found = site.cloud.links(account, before, PAGE + 1).await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].link.id.0);
    found.truncate(PAGE);
    let apps = if found.is_empty() { Vec::new() } else { site.people.apps().await? };
    let links = found.iter().map(|own| row(&site, &parts, &apps, own)).collect();
    let mut headers = HeaderMap::new();
    let form_token = visitor.form_token(&site, &mut headers);
    let page = LinksPage { links, before: before.map(|id| id.0), next, form_token };
    Ok(page::with(page::page(StatusCode::OK, &page), headers))
}

fn row(site: &Site, parts: &Parts, apps: &[App], own: &OwnLink) -> Row {
    let OwnLink { link, item, name, has_expired } = own;
    let app = apps.iter().find(|app| app.key == link.app);
    // What is gone leads nowhere; its link is shown all the same, since it may come back.
    let address = match item {
        Some(item) => page_path(&link.key, &item.entry.name),
        None => super::shared::address::short_path(&link.key),
    };
    let title = match (item, name) {
        (Some(item), _) => plain(item.path.as_str()),
        (None, Some(name)) => format!("{} (deleted)", plain(name.as_str())),
        (None, None) => "a lost file".to_owned(),
    };
    let last_day = link.expires.map(|expires| Timestamp(expires.0.saturating_sub(1)));
    Row {
        id: link.id.0,
        title,
        is_there: item.is_some(),
        is_folder: item.as_ref().is_some_and(|item| item.entry.is_folder()),
        url: site.origin.url(parts, &address),
        since: page::date(link.created),
        app: app.map_or_else(|| link.app.to_string(), |app| app.name.clone()),
        expires: last_day.map(page::date),
        expires_field: last_day.map(field_of).unwrap_or_default(),
        has_expired: *has_expired,
    }
}

/// Ends a link for good.
pub(super) async fn revoke(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let Some(account) = &form.visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url(LINKS_PATH));
    };
    let link = link_of(&form.params)?;
    if site.cloud.revoke_link(account.id, link).await? {
        tracing::info!(account = account.id.0, link = link.0, "a shared link was revoked");
    }
    back(&form.params)
}

/// Changes the last day on which a link can be opened; without one it goes on.
pub(super) async fn set_expiry(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let Some(account) = &form.visitor.account else {
        return redirect(StatusCode::SEE_OTHER, &continuation::sign_in_url(LINKS_PATH));
    };
    let link = link_of(&form.params)?;
    let expires = match form.params.get("expires") {
        Some(text) => {
            let end = end_of_day(text).ok_or_else(|| ParamError::invalid("expires", "a date", text))?;
            Some(end)
        }
        None => None,
    };
    site.cloud.set_link_expiry(account.id, link, expires).await?;
    back(&form.params)
}

fn link_of(params: &Params) -> Result<LinkId, PageError> {
    let link = params.integer("link")?;
    Ok(LinkId(link.ok_or(ParamError::Missing { name: "link" })?))
}

/// To the page that the form stood on.
fn back(params: &Params) -> Result<Response, PageError> {
    match params.integer::<u64>("before")? {
        Some(before) => redirect(StatusCode::SEE_OTHER, &format!("{LINKS_PATH}?before={before}")),
        None => redirect(StatusCode::SEE_OTHER, LINKS_PATH),
    }
}

/// The instant at which a day (of UTC) is over.
fn end_of_day(text: &str) -> Option<Timestamp> {
    let next = text.parse::<Date>().ok()?.checked_add(1.day()).ok()?;
    let midnight = next.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp(midnight.as_millisecond()))
}

/// A day as date fields have it.
fn field_of(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_day_ends_at_midnight_and_is_told_as_itself() {
        let end = end_of_day("2024-02-28").unwrap();
        assert_eq!(end.since(Timestamp(1_709_078_400_000)), Duration::from_secs(24 * 60 * 60));
        assert_eq!(field_of(Timestamp(end.0 - 1)), "2024-02-28");
        assert_eq!(page::date(Timestamp(end.0 - 1)), "28 February 2024");
        for bad in ["", "tomorrow", "2024-02-30", "9999-12-31", "-009999-01-01x", "1709078400"] {
            assert_eq!(end_of_day(bad), None, "{bad}");
        }
    }
}
