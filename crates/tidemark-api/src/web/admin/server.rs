//! `GET /admin/server`, `GET /admin/trends`: how the server is, and how busy it has been.

use super::Admin;
use super::chart::{self, Chart, charts};
use crate::http::{Params, json};
use crate::telemetry::Vitals;
use crate::telemetry::trends::Span;
use crate::web::frame::{Frame, Part};
use crate::web::moment::lasting;
use crate::web::page::{self, PageError};
use crate::web::{Site, assets};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

#[derive(Template)]
#[template(path = "admin_server.html")]
struct ServerPage {
    version: &'static str,
    /// Nothing where nobody watches the server.
    watched: Option<Watched>,
    accounts: u64,
    /// What all accounts keep.
    kept: String,
    script: String,
    frame: Frame,
}

/// How a server is that is watched.
struct Watched {
    uptime: String,
    trouble: Option<String>,
    free: Option<String>,
    commits: String,
    requests: String,
    waiters: String,
    charts: [Chart; 4],
    is_day: bool,
    /// Where the charts are refreshed from.
    trends: &'static str,
    width: f64,
    height: f64,
}

/// The charts, as the page's script reads them.
#[derive(Serialize)]
struct Trends {
    charts: [Chart; 4],
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Site>,
    admin: Admin,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let span = span_of(query.as_deref())?;
    let accounts = admin.verbs(&site).await?.count().await?;
    let mut headers = HeaderMap::new();
    let page = ServerPage {
        version: env!("CARGO_PKG_VERSION"),
        watched: site.vitals.as_deref().map(|vitals| watched(vitals, span)),
        accounts,
        kept: page::size(site.cloud.kept().await?),
        script: assets::url("console/chart.js"),
        frame: admin.0.frame(&site, Part::Admin, &mut headers),
    };
    Ok(page::with(page::app_page(StatusCode::OK, &page), headers))
}

fn watched(vitals: &Vitals, span: Span) -> Watched {
    let figures = vitals.figures();
    Watched {
        uptime: lasting(vitals.uptime()),
        trouble: vitals.trouble(),
        free: figures.free.map(page::size),
        commits: format!("{:.0}", figures.commits),
        requests: format!("{:.0}", figures.requests),
        waiters: format!("{:.0}", figures.waiters),
        charts: charts(&vitals.points(span), span, vitals.now()),
        is_day: span == Span::Day,
        trends: if span == Span::Day { "/admin/trends?span=day" } else { "/admin/trends" },
        width: chart::WIDTH,
        height: chart::HEIGHT,
    }
}

/// The charts as they are now.
pub(in crate::web) async fn trends(
    State(site): State<Site>,
    _admin: Admin,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let span = span_of(query.as_deref())?;
    let vitals = site.vitals.as_deref().ok_or(PageError::NothingHere)?;
    let charts = charts(&vitals.points(span), span, vitals.now());
    let mut response = json::answer(StatusCode::OK, &Trends { charts });
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn span_of(query: Option<&str>) -> Result<Span, PageError> {
    let params = Params::parse(query, None)?;
    Ok(if params.get("span") == Some("day") { Span::Day } else { Span::Hour })
}
