//! `GET /apps/<key>/requests`, and `requests.json` for the script that keeps it fresh: the request inspector of one's own app.

use super::app::Head;
use super::{instant, machine_time, steward};
use crate::http::{Params, json};
use crate::telemetry::inspector::{Inspected, Place};
use crate::web::frame::{Frame, Member, Part};
use crate::web::page::{self, PageError, size};
use crate::web::{Site, assets};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use tidemark_core::model::AppKey;

#[derive(Template)]
#[template(path = "app_requests.html")]
struct RequestsPage {
    frame: Frame,
    app: Head,
    requests: Vec<Row>,
    /// The number of the latest of them.
    newest: u64,
    script: String,
}

/// A request, in the words that it is shown with.
#[derive(Serialize)]
struct Row {
    number: u64,
    at: String,
    machine_time: String,
    /// Method and place.
    asked: String,
    status: u16,
    /// Whether it was refused.
    is_bad: bool,
    facts: String,
    refusal: Option<String>,
}

/// The page.
pub(super) async fn show(
    State(site): State<Site>,
    member: Member,
    Path(key): Path<String>,
) -> Result<Response, PageError> {
    let steward = steward(&site, &member, &key).await?;
    let requests = rows(&site, &steward.app().key, 0);
    let mut headers = HeaderMap::new();
    let page = RequestsPage {
        frame: member.frame(&site, Part::Apps, &mut headers),
        app: Head::of(steward.app()),
        newest: requests.first().map_or(0, |row| row.number),
        requests,
        script: assets::url("console/requests.js"),
    };
    Ok(page::with(page::app_page(StatusCode::OK, &page), headers))
}

/// The requests after one, the latest first.
pub(super) async fn fresh(
    State(site): State<Site>,
    member: Member,
    Path(key): Path<String>,
    parts: Parts,
) -> Result<Response, PageError> {
    let steward = steward(&site, &member, &key).await?;
    let after = Params::parse(parts.uri.query(), None)?.integer("after")?.unwrap_or(0);
    let mut response = json::answer(StatusCode::OK, &rows(&site, &steward.app().key, after));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

fn rows(site: &Site, app: &AppKey, after: u64) -> Vec<Row> {
    site.console.inspector.requests(app, after).iter().map(|request| row(request)).collect()
}

fn row(request: &Inspected) -> Row {
    let Inspected { number, at, method, place, status, took, received, sent, is_complete, agent, refusal } =
        request;
    let asked = match place {
        Place::Path(path) => format!("{method} {path}"),
        Place::Endpoint(endpoint) => format!("{method} {endpoint} (for somebody else)"),
    };
    let mut facts = vec![format!("{:.1} ms", took.as_secs_f64() * 1_000.0)];
    facts.extend(received.map(|received| format!("{} in", size(received))));
    facts.push(format!("{} out", size(*sent)));
    if !is_complete {
        facts.push("broken off".to_owned());
    }
    if !agent.is_empty() {
        facts.push(agent.clone());
    }
    Row {
        number: *number,
        at: instant(*at),
        machine_time: machine_time(*at),
        asked,
        status: status.as_u16(),
        is_bad: status.is_client_error() || status.is_server_error(),
        facts: facts.join(" · "),
        refusal: refusal.clone(),
    }
}
