//! `/healthz`, `/readyz` and `/metrics`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, FORWARDED};
use http::{HeaderMap, HeaderName, StatusCode};

use super::{RouteClass, Telemetry};
use crate::server::ConnectionInfo;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The version is part of what Prometheus negotiates.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn router(telemetry: Telemetry) -> Router {
    Router::new()
        .route("/healthz", get(|| async { answer(StatusCode::OK, "ok") }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(telemetry)
}

/// Whether requests should be sent here. A server that drains still answers, but wants no more.
async fn ready(State(telemetry): State<Telemetry>) -> Response {
    if telemetry.drain.has_begun() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "shutting down");
    }
    match (telemetry.ready)() {
        Ok(()) => answer(StatusCode::OK, "ready"),
        Err(reason) => answer(StatusCode::SERVICE_UNAVAILABLE, &reason),
    }
}

/// How busy the server is, and with what, is not everybody's business.
async fn metrics(
    State(telemetry): State<Telemetry>,
    connection: Option<Extension<ConnectionInfo>>,
    headers: HeaderMap,
) -> Response {
    // A proxy on this machine says for whom it asks.
    let forwarded = [FORWARDED, FORWARDED_FOR].iter().any(|name| headers.contains_key(name));
    let here = connection.is_none_or(|Extension(connection)| connection.peer.ip().is_loopback());
    if !telemetry.metrics_public && (forwarded || !here) {
        return answer(StatusCode::FORBIDDEN, "metrics are told on the server's own machine only");
    }
    let headers = [(CONTENT_TYPE, METRICS_TYPE), (CACHE_CONTROL, "no-store")];
    classed((headers, telemetry.exposition.render()).into_response())
}

fn answer(status: StatusCode, text: &str) -> Response {
    classed((status, [(CACHE_CONTROL, "no-store")], format!("{text}\n")).into_response())
}

fn classed(mut response: Response) -> Response {
    response.extensions_mut().insert(RouteClass::HEALTH);
    response
}
