//! News for open pages, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::refusal::Refusal;
use crate::events::Event;
use crate::gallery::Inner;
use crate::session::Member;

/// A line for nobody, so often: whoever stands between sees that the connection is used, and we see who has left.
const STILL_HERE: Duration = Duration::from_secs(20);
/// A connection is made anew after so long: its session may have ended.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// `GET /events`.
pub(super) async fn events(State(inner): State<Arc<Inner>>, member: Member) -> Result<Response, Refusal> {
    let (news, is_working) = inner.presence.listen(member.person).ok_or(Refusal::Unavailable)?;
    // Browsers come back after this many milliseconds.
    let first = format!("retry: 3000\n\n{}", text(Event::Working(is_working)));
    let first = stream::once(async move { Bytes::from(first) });
    let told = stream::unfold((inner.clone(), news), move |(inner, mut news)| async move {
        let next = tokio::select! {
            next = timeout(STILL_HERE, news.recv()) => next,
            () = inner.stopped() => return None,
        };
        // Whoever signed out elsewhere, or is shut out by the server, is told nothing more.
        if !matches!(inner.is_allowed(&member).await, Ok(true)) {
            return None;
        }
        if !matches!(inner.store.blocking(move |store| store.session(&member.digest)).await, Ok(Some(_))) {
            return None;
        }
        crate::watch::ensure(&inner, member.person);
        let line = match next {
            Err(_) => Bytes::from_static(b": still here\n\n"),
            Ok(Ok(event)) => text(event).into(),
            // Too much to tell: it is all looked at again.
            Ok(Err(RecvError::Lagged(_))) => text(Event::Changed { came: 0, left: 0 }).into(),
            Ok(Err(RecvError::Closed)) => return None,
        };
        Some((line, (inner, news)))
    });
    let body = first.chain(told).take_until(tokio::time::sleep(LIFE)).map(Ok::<_, Infallible>);
    let mut response = Body::from_stream(body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that collect answers before they pass them on would tell no news.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn text(event: Event) -> String {
    match event {
        Event::Changed { came, left } => {
            format!("event: changed\ndata: {{\"came\":{came},\"left\":{left}}}\n\n")
        }
        Event::Working(is_working) => format!("event: working\ndata: {is_working}\n\n"),
    }
}
