//! `GET /links`, `GET` and `POST /links/revoke`, `POST /links/expiry`: what somebody has shared, and how it ends.

use super::assets;
use super::form::Submission;
use super::frame::{Frame, Member, Part};
use super::page::{self, PageError, error_page, plain, redirect};
use super::shared::address::{short_path, vanity_path};
use super::{LINKS_PATH, Site};
use crate::http::{ParamError, Params};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use tidemark_core::cloud::{LinkRulesError, OwnLink};
use tidemark_core::model::{App, Audience, LinkChange, LinkId, LinkRules, Timestamp};

/// How many links a page has.
const PAGE: usize = 50;

/// The last day that a link may end with. Programs are told that one without an end ends after it.
const LAST_DAY: Date = date(2099, 12, 31);

/// What is told of a last day that is over.
const OVER: &str = "This day is over. Choose today or a later day; to end the link now, revoke it.";

#[derive(Template)]
#[template(path = "links.html")]
struct LinksPage {
    links: Vec<Row>,
    /// The number that this page begins before, to come back to it.
    before: Option<u64>,
    next: Option<u64>,
    /// What the form that led here has done, if that is told at the top.
    done: Option<&'static str>,
    today: String,
    last_day: Date,
    /// Puts a button to copy beside each address.
    script: String,
    frame: Frame,
}

struct Row {
    id: u64,
    /// Where it points; if that is gone, what it was called.
    title: String,
    is_there: bool,
    is_folder: bool,
    url: String,
    /// The same under the name that was chosen for it.
    vanity_url: Option<String>,
    /// For whom it is and what for, unless it is open to everybody.
    limits: Vec<&'static str>,
    since: String,
    app: String,
    /// The last day on which it can be opened.
    expires: Option<String>,
    /// The same as a form has it, or what was typed there instead.
    expires_field: String,
    has_expired: bool,
    /// Whether the form that led here has changed it.
    is_saved: bool,
    /// Why it has not.
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "revoke_link.html")]
struct RevokePage {
    row: Row,
    before: Option<u64>,
    /// The list.
    back: String,
    frame: Frame,
}

/// What was typed into the form of the link in question, and why it does not do.
struct Slip<'a> {
    typed: &'a str,
    problem: &'static str,
}

/// The links of whoever is signed in, the newest first.
pub(super) async fn show(
    State(site): State<Site>,
    member: Member,
    parts: Parts,
) -> Result<Response, PageError> {
    let params = Params::parse(parts.uri.query(), None)?;
    list(&site, &member, &parts, &params, None).await
}

async fn list(
    site: &Site,
    member: &Member,
    parts: &Parts,
    params: &Params,
    slip: Option<Slip<'_>>,
) -> Result<Response, PageError> {
    let before = params.integer("before")?.map(LinkId);
    let mut found = site.cloud.links(&member.account, before, PAGE + 1).await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].link.id.0);
    found.truncate(PAGE);
    let apps = if found.is_empty() { Vec::new() } else { site.people.apps().await? };
    let mut links: Vec<Row> = found.iter().map(|own| row(site, parts, &apps, own)).collect();
    let concerned = params.integer::<u64>("link")?;
    let concerned = links.iter_mut().find(|row| Some(row.id) == concerned);
    let mut done = None;
    match (&slip, params.get("done"), concerned) {
        (Some(slip), _, Some(row)) => {
            slip.typed.clone_into(&mut row.expires_field);
            row.problem = Some(slip.problem);
        }
        (None, Some("saved"), Some(row)) => row.is_saved = true,
        (None, Some("revoked"), _) => done = Some("The link is revoked. Nobody can open it any more."),
        (Some(_), _, None) | (None, Some("gone"), _) => done = Some("That link was revoked already."),
        (None, _, _) => {}
    }
    let mut headers = HeaderMap::new();
    let page = LinksPage {
        links,
        before: before.map(|id| id.0),
        next,
        done,
        today: field_of(site.cloud.now()),
        last_day: LAST_DAY,
        script: assets::url("console/copy.js"),
        frame: member.frame(site, Part::Links, &mut headers),
    };
    let status = if slip.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page::with(page::app_page(status, &page), headers))
}

fn row(site: &Site, parts: &Parts, apps: &[App], own: &OwnLink) -> Row {
    let OwnLink { link, item, name, has_expired } = own;
    let app = apps.iter().find(|app| app.key == link.app);
    let title = match (item, name) {
        (Some(item), _) => plain(item.path.as_str()),
        (None, Some(name)) => format!("{} (deleted)", plain(name.as_str())),
        (None, None) => "a lost file".to_owned(),
    };
    let last_day = link.rules.expires.map(|expires| Timestamp(expires.0.saturating_sub(1)));
    Row {
        id: link.id.0,
        title,
        is_there: item.is_some(),
        is_folder: item.as_ref().is_some_and(|item| item.entry.is_folder()),
        // The short form: it fits on a telephone, and stays when the file has another name.
        url: site.origin.url(parts, &short_path(&link.key)),
        vanity_url: link.rules.vanity.as_ref().map(|name| site.origin.url(parts, &vanity_path(name))),
        limits: limits(&link.rules),
        since: page::date(link.created),
        app: app.map_or_else(|| "an app that was deleted".to_owned(), |app| plain(&app.name)),
        expires: last_day.map(page::date),
        expires_field: last_day.map(field_of).unwrap_or_default(),
        has_expired: *has_expired,
        is_saved: false,
        problem: None,
    }
}

/// What keeps others from having what a link shows, in the words of the list.
fn limits(rules: &LinkRules) -> Vec<&'static str> {
    let audience = match (rules.audience, &rules.password) {
        (Audience::Everybody, None) => None,
        (Audience::Everybody, Some(_)) => Some("with a password"),
        (Audience::Members, _) => Some("for people with an account here"),
        (Audience::Owner, _) => Some("for you alone"),
    };
    let download = (!rules.can_download).then_some("to look at, not to download");
    audience.into_iter().chain(download).collect()
}

/// Asks whether a link should end.
pub(super) async fn ask(
    State(site): State<Site>,
    member: Member,
    parts: Parts,
) -> Result<Response, PageError> {
    let account = &member.account;
    let params = Params::parse(parts.uri.query(), None)?;
    let (link, before) = (link_of(&params)?, params.integer::<u64>("before")?);
    let next = LinkId(link.0.saturating_add(1));
    let own = site.cloud.links(account, Some(next), 1).await?.pop().filter(|own| own.link.id == link);
    let Some(own) = own else {
        let text = "There is no such link, or it was revoked already.";
        return Ok(error_page(StatusCode::NOT_FOUND, "Nothing here", text));
    };
    let mut headers = HeaderMap::new();
    let page = RevokePage {
        row: row(&site, &parts, &site.people.apps().await?, &own),
        before,
        back: list_path(before, &[]),
        frame: member.frame(&site, Part::Links, &mut headers),
    };
    Ok(page::with(page::page(StatusCode::OK, &page), headers))
}

/// Ends a link for good.
pub(super) async fn revoke(State(site): State<Site>, form: Submission) -> Result<Response, PageError> {
    let member = Member::of(form.visitor, LINKS_PATH)?;
    let (account, link) = (member.account.id, link_of(&form.params)?);
    let before = form.params.integer("before")?;
    let is_ended = site.cloud.revoke_link(account, link).await?;
    if is_ended {
        tracing::info!(account = account.0, link = link.0, "a shared link was revoked");
    }
    let done = if is_ended { "revoked" } else { "gone" };
    redirect(StatusCode::SEE_OTHER, &list_path(before, &[("done", done)]))
}

/// Changes the last day on which a link can be opened; without one it goes on.
pub(super) async fn set_expiry(
    State(site): State<Site>,
    parts: Parts,
    form: Submission,
) -> Result<Response, PageError> {
    let Submission { visitor, params } = form;
    let member = Member::of(visitor, LINKS_PATH)?;
    let (link, before) = (link_of(&params)?, params.integer::<u64>("before")?);
    let typed = params.get("expires");
    let expires = match typed.map(|typed| last_instant(typed, site.cloud.now())).transpose() {
        Ok(expires) => expires,
        Err(problem) => {
            let slip = Slip { typed: typed.unwrap_or_default(), problem };
            return list(&site, &member, &parts, &params, Some(slip)).await;
        }
    };
    let changed = match site.cloud.change_link(member.account.id, link, &LinkChange::ending(expires)).await {
        Ok(changed) => changed,
        // (An end touches neither password nor name.)
        Err(LinkRulesError::Past | LinkRulesError::Password(_) | LinkRulesError::VanityTaken) => {
            let slip = Slip { typed: typed.unwrap_or_default(), problem: OVER };
            return list(&site, &member, &parts, &params, Some(slip)).await;
        }
        Err(LinkRulesError::Store(error)) => return Err(error.into()),
    };
    if changed.is_none() {
        return redirect(StatusCode::SEE_OTHER, &list_path(before, &[("done", "gone")]));
    }
    let id = link.0.to_string();
    let target = list_path(before, &[("done", "saved"), ("link", &id)]);
    // To where the form stood, so that whoever uses a keyboard goes on from there.
    redirect(StatusCode::SEE_OTHER, &format!("{target}#link-{id}"))
}

fn link_of(params: &Params) -> Result<LinkId, PageError> {
    let link = params.integer("link")?;
    Ok(LinkId(link.ok_or(ParamError::Missing { name: "link" })?))
}

/// The page of the list that a form stood on, with what is told there. All that is told is plain.
fn list_path(before: Option<u64>, told: &[(&str, &str)]) -> String {
    let before = before.map(|before| format!("before={before}"));
    let told = told.iter().map(|(name, value)| format!("{name}={value}"));
    let query: Vec<String> = before.into_iter().chain(told).collect();
    if query.is_empty() { LINKS_PATH.to_owned() } else { format!("{LINKS_PATH}?{}", query.join("&")) }
}

/// The instant at which the last day (of UTC) that was typed is over, or why it cannot be that.
fn last_instant(typed: &str, now: Timestamp) -> Result<Timestamp, &'static str> {
    let day: Date = typed.parse().map_err(|_| "This is no day of the calendar.")?;
    let end = Some(day)
        .filter(|day| *day <= LAST_DAY)
        .and_then(end_of_day)
        .ok_or("The last day may be 31 December 2099. Without one, the link goes on until you revoke it.")?;
    if end <= now {
        return Err(OVER);
    }
    Ok(end)
}

/// The instant at which a day (of UTC) is over.
fn end_of_day(day: Date) -> Option<Timestamp> {
    let midnight = day.checked_add(1.day()).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
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
        let start = Timestamp(1_709_078_400_000);
        let end = last_instant("2024-02-28", start).unwrap();
        assert_eq!(end.since(start), Duration::from_secs(24 * 60 * 60));
        assert_eq!(field_of(Timestamp(end.0 - 1)), "2024-02-28");
        assert_eq!(page::date(Timestamp(end.0 - 1)), "28 February 2024");
        assert!(last_instant("2024-02-28", Timestamp(end.0 - 1)).is_ok(), "it is still that day");
        assert!(last_instant(&LAST_DAY.to_string(), end).is_ok());
        for (bad, told) in [
            ("", "no day"),
            ("tomorrow", "no day"),
            ("2024-02-30", "no day"),
            ("-009999-01-01x", "no day"),
            ("1709078400", "no day"),
            ("2024-02-28", "over"),
            ("0001-01-01", "over"),
            ("2100-01-01", "may be 31 December 2099"),
            ("9999-12-30", "may be 31 December 2099"),
            ("9999-12-31", "may be 31 December 2099"),
        ] {
            assert!(last_instant(bad, end).unwrap_err().contains(told), "{bad}");
        }
    }
}
