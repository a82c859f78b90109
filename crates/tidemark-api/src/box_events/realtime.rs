//! The realtime server: telling that something happened, and nothing else.
//!
//! Whatever is asked is answered with 200 and an object, and nothing is answered at once but that there is something: every
//! client repeats at once what it does not understand.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use http::header::USER_AGENT;
use serde::Serialize;

use super::channel::Channel;
use super::error::ApiError;
use super::events::Stream;
use super::positions::StreamPosition;
use super::request::{Call, Guest};
use super::{BoxEvents, json};
use crate::http::Params;
use crate::server::park;
use tidemark_core::model::Seq;

/// What a poll is answered with that found something; that found nothing; and that came too often to one address.
const NEW_CHANGE: Bytes = Bytes::from_static(b"{\"version\":1,\"message\":\"new_change\"}");
const RECONNECT: Bytes = Bytes::from_static(b"{\"version\":1,\"message\":\"reconnect\"}");
const MAX_RETRIES: Bytes = Bytes::from_static(b"{\"version\":1,\"message\":\"max_retries\"}");

/// How long whoever polls an address that is none, or may not wait, is kept from polling again.
const KEPT_AWAY: Duration = Duration::from_secs(5);

/// How often a client may poll one address before it asks for another. A text, and so is the life of an address in minutes:
/// the strictest client refuses numbers.
const POLLS: &str = "10";
const MINUTES: &str = "10";

/// By how much longer than a poll is held a client should wait before it gives the connection up.
const GRACE: Duration = Duration::from_secs(10);

/// Where to poll.
#[derive(Serialize)]
struct Servers {
    chunk_size: usize,
    entries: [RealtimeServer; 1],
}

#[derive(Serialize)]
struct RealtimeServer {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
    ttl: &'static str,
    max_retries: &'static str,
    /// In seconds; a number, which one client takes for its timeout.
    retry_timeout: u64,
}

/// OPTIONS `/2.0/events`.
pub(super) async fn servers(call: &Call<'_>) -> Result<Response, ApiError> {
    let stream = Stream::of_user(call)?;
    let scope = call.scope().await?;
    let channel = Channel {
        account: scope.account,
        namespace: scope.namespace,
        root: scope.root,
        notes: stream.tells_notes(),
        made: call.cloud().now(),
        app: call.caller().app.key.clone(),
    };
    let channel = channel.seal(&call.api.sealer);
    let path = format!("/subscribe?channel={channel}&stream_type={}", stream.word());
    let server = RealtimeServer {
        kind: "realtime_server",
        url: call.api.origin.url(call.parts, &path),
        ttl: MINUTES,
        max_retries: POLLS,
        retry_timeout: (call.api.settings.realtime_hold + GRACE).as_secs(),
    };
    Ok(json(&Servers { chunk_size: 1, entries: [server] }))
}

/// GET `/subscribe`. Whoever has the address may wait: it says no more than that something changed.
pub(super) fn wait(guest: &Guest<'_>) -> Response {
    let Guest { api, parts, .. } = guest;
    let params = Params::parse(parts.uri.query(), None).unwrap_or_default();
    let channel = params.get("channel").and_then(|text| Channel::open(&api.sealer, text).ok());
    let channel = channel.filter(|channel| !channel.has_ended(api.cloud.now()));
    let Some(channel) = channel else { return keep_away(&parts.headers) };
    if api.people.admit_for(channel.account, Some(&channel.app)).is_err() {
        return keep_away(&parts.headers);
    }
    // Without a position, or with one that is none, there is nothing to compare with: whoever sent it is to look.
    let position = params.get("stream_position").and_then(StreamPosition::parse);
    let seen = position.map_or(Seq::MAX, StreamPosition::seq);
    let Ok(poll) = api.cloud.await_feed(channel.scope(), seen, channel.notes) else {
        return keep_away(&parts.headers);
    };
    let waiting = poll.wait(hold(api)).map(|news| if news { NEW_CHANGE } else { RECONNECT });
    park(json(&()), waiting, RECONNECT)
}

/// How long a quiet poll is held: a little less than the operator says, so that clients which began together don't come back
/// together.
fn hold(api: &BoxEvents) -> Duration {
    let hold = api.settings.realtime_hold;
    let spread = u64::try_from(hold.as_millis() / 10).unwrap_or(u64::MAX);
    hold.saturating_sub(Duration::from_millis(api.entropy.up_to(spread)))
}

/// Answers late, and with what makes a client ask for another address.
fn keep_away(headers: &HeaderMap) -> Response {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    // This one polls the same address for ever if it is told to reconnect.
    let answer = if agent.starts_with("box-python-sdk-") { MAX_RETRIES } else { RECONNECT };
    park(json(&()), tokio::time::sleep(KEPT_AWAY).map(move |()| answer), RECONNECT)
}
