//! `/longpoll_delta`: waiting for a change.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http::StatusCode;
use serde_json::json;

use super::error::ApiError;
use super::json as answer;
use super::request::Call;
use crate::http::date::delay_seconds;
use crate::server::park;

/// The longest time that a poll may ask to wait.
pub const POLL_TIMEOUT_MAX: Duration = Duration::from_secs(480);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

const CHANGES: Bytes = Bytes::from_static(b"{\"changes\": true}");
const NO_CHANGES: Bytes = Bytes::from_static(b"{\"changes\": false}");

/// GET `/longpoll_delta`. Whoever holds the cursor may wait: it says no more than that something changed.
pub(super) fn wait(call: &Call<'_>) -> Result<Response, ApiError> {
    let text = call.params.get("cursor");
    let text = text.ok_or_else(|| ApiError::new(StatusCode::BAD_REQUEST, "The cursor is missing"))?;
    let cursor = call.api.sealer.open_cursor(text)?;
    let timeout = timeout(call)?;
    if cursor.media {
        return Err(ApiError::of_param(
            "cursor",
            "A cursor made with include_media_info cannot be waited on",
        ));
    }
    let settings = &call.api.settings;
    if let Err(wait) = call.api.people.admit_for(cursor.account, cursor.app.as_ref()) {
        return Ok(stay_away(call, wait));
    }
    let Ok(poll) = call.api.cloud.longpoll(cursor) else {
        return Ok(stay_away(call, settings.poll_backoff));
    };
    let jitter = u64::try_from(settings.poll_jitter_max.as_millis()).unwrap_or(u64::MAX);
    let timeout = timeout + Duration::from_millis(call.api.entropy.up_to(jitter));
    // Mapped rather than awaited in a block of its own, which would hold the poll twice.
    let waiting = poll.wait(timeout).map(|news| if news { CHANGES } else { NO_CHANGES });
    Ok(park(answer(&()), waiting, NO_CHANGES))
}

/// Sends the client away for this long, and up to half as much again.
fn stay_away(call: &Call<'_>, span: Duration) -> Response {
    let seconds = delay_seconds(span);
    let backoff = seconds + call.api.entropy.up_to(seconds / 2);
    answer(&json!({ "changes": false, "backoff": backoff }))
}

fn timeout(call: &Call<'_>) -> Result<Duration, ApiError> {
    let min = call.api.settings.poll_timeout_min;
    let asked = match call.params.integer::<i64>("timeout")? {
        Some(seconds) => Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
        None => TIMEOUT_DEFAULT,
    };
    Ok(asked.clamp(min.min(POLL_TIMEOUT_MAX), POLL_TIMEOUT_MAX))
}
