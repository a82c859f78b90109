//! GET `/2.0/events`: what happened, event by event.

use std::time::Duration;

use axum::response::Response;
use data_encoding::HEXLOWER;
use http::StatusCode;
use serde::Serialize;
use tidemark_core::cloud::{Report, Scope, Sight};
use tidemark_core::model::{Act, Epoch, NamespaceId, Place, Seq, Timestamp, digest_of};

use super::error::ApiError;
use super::fields::Fields;
use super::positions::StreamPosition;
use super::request::Call;
use super::wire::{Date, Told, UserMini, View};
use super::{items, json, links};

/// How many events an answer has if the client doesn't say, and at most.
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

/// How often the journal is asked for one answer that has something in it already. (One that has nothing is the end of the
/// stream: there are clients that go on from the last event they got.)
const ROUNDS_MAX: usize = 8;

/// Which events a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// All of them.
    All,
    /// Those that change the tree.
    Changes,
    /// Those of folders that are kept in step somewhere: here, every folder may be.
    Sync,
}

impl Stream {
    /// The stream that the request names. Those of a whole enterprise are refused: this server knows none.
    pub(super) fn of_user(call: &Call<'_>) -> Result<Stream, ApiError> {
        match call.params.get("stream_type") {
            None | Some("all") => Ok(Stream::All),
            Some("changes") => Ok(Stream::Changes),
            Some("sync") => Ok(Stream::Sync),
            Some("admin_logs" | "admin_logs_streaming") if call.parts.method == http::Method::OPTIONS => {
                let text = "The streams of an enterprise cannot be waited for";
                Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_request", text))
            }
            Some("admin_logs" | "admin_logs_streaming") => {
                let text = "This server has no enterprise, and no stream of one";
                Err(ApiError::new(StatusCode::FORBIDDEN, "insufficient_scope", text))
            }
            Some(_) => Err(ApiError::of_param("stream_type", "A stream is all, changes or sync")),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Stream::All => "all",
            Stream::Changes => "changes",
            Stream::Sync => "sync",
        }
    }

    /// Whether it also tells what changes no tree.
    pub(super) fn tells_notes(self) -> bool {
        self == Stream::All
    }
}

/// A piece of a stream.
#[derive(Serialize)]
struct Events<'a> {
    chunk_size: usize,
    next_stream_position: u64,
    entries: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    event_id: String,
    created_by: UserMini<'a>,
    created_at: Date,
    recorded_at: Date,
    event_type: &'static str,
    session_id: (),
    source: Told<'a>,
}

/// An event to be, and how far its reader has been told with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    /// Which of the reports it is of.
    report: usize,
    word: &'static str,
    position: StreamPosition,
}

/// GET `/2.0/events`.
pub(super) async fn page(call: &Call<'_>) -> Result<Response, ApiError> {
    let stream = Stream::of_user(call)?;
    let limit = match call.params.integer::<usize>("limit") {
        Ok(limit) => limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX),
        Err(_) => return Err(ApiError::of_param("limit", "A limit is a whole number")),
    };
    let scope = call.scope().await?;
    let after = match call.params.get("stream_position") {
        None => StreamPosition::START,
        Some("now") => {
            let head = StreamPosition::after(call.cloud().head(&scope).await?);
            return Ok(json(&Events { chunk_size: 0, next_stream_position: head.0, entries: Vec::new() }));
        }
        Some(text) => match StreamPosition::parse(text) {
            Some(position) => position.max(StreamPosition::START),
            None => {
                return Err(ApiError::of_param("stream_position", "A position is a whole number, or now"));
            }
        },
    };
    let (reports, lines, next) = gather(call, &scope, stream, after, limit).await?;
    let sources = || reports.iter().map(|report| &report.item.entry);
    let sha1s = items::sha1s(call, sources()).await?;
    let view = View::of(&scope, &call.caller().account);
    let links = links::of_all(call, &scope, sources()).await?;
    let entries: Vec<Event<'_>> = lines
        .iter()
        .map(|line| {
            let report = &reports[line.report];
            let (item, sha1) = (&report.item, sha1s[line.report]);
            let link = links.get(&item.entry.id).cloned();
            let source = Told { view, item, sha1, link, children: None, fields: &Fields::Standard };
            let date = Date(report.change.time);
            Event {
                kind: "event",
                event_id: event_id(call.cloud().epoch(), scope.namespace, line.position),
                created_by: UserMini(&call.caller().account),
                created_at: date,
                recorded_at: date,
                event_type: line.word,
                session_id: (),
                source,
            }
        })
        .collect();
    Ok(json(&Events { chunk_size: entries.len(), next_stream_position: next.0, entries }))
}

/// Reads on until there are so many events, or no more.
async fn gather(
    call: &Call<'_>,
    scope: &Scope,
    stream: Stream,
    after: StreamPosition,
    limit: usize,
) -> Result<(Vec<Report>, Vec<Line>, StreamPosition), ApiError> {
    let (mut reports, mut lines, mut next) = (Vec::new(), Vec::<Line>::new(), after);
    let mut from = after.seq();
    let mut round = 0;
    while lines.len() < limit && (round < ROUNDS_MAX || lines.is_empty()) {
        let mut feed = call.cloud().feed(scope, from, limit - lines.len()).await?;
        if reports.is_empty()
            && let Some(oldest) = feed.told.first()
            && let Some(kept) = kept_since(call, scope, oldest.change.time).await?
        {
            feed = call.cloud().feed(scope, kept.max(from), limit).await?;
        }
        let is_hidden = |report: &Report| report.change.act.is_note() && !stream.tells_notes();
        for report in feed.told.into_iter().filter(|report| !is_hidden(report)) {
            let told = told_as(&report);
            let count = told.len();
            lines.extend(told.into_iter().enumerate().map(|(index, word)| Line {
                report: reports.len(),
                word,
                position: match index + 1 == count {
                    true => StreamPosition::after(report.change.seq),
                    false => StreamPosition::amid(report.change.seq),
                },
            }));
            reports.push(report);
        }
        (from, next, round) = (feed.until, StreamPosition::after(feed.until), round + 1);
        if feed.until == feed.head {
            break;
        }
    }
    lines.retain(|line| line.position > after);
    if lines.len() > limit {
        lines.truncate(limit);
        next = lines.last().map_or(after, |line| line.position);
    }
    Ok((reports, lines, next))
}

/// The last change that is too old to be told, if one of this time is.
async fn kept_since(call: &Call<'_>, scope: &Scope, time: Timestamp) -> Result<Option<Seq>, ApiError> {
    let span: Duration = call.api.settings.event_retention;
    let since = call.cloud().now().minus(span);
    if time >= since {
        return Ok(None);
    }
    Ok(Some(call.cloud().last_before(scope, since).await?))
}

/// The events that a change is told as.
fn told_as(report: &Report) -> Vec<&'static str> {
    let change = &report.change;
    let is_folder = report.item.entry.is_folder();
    match (report.sight, change.act) {
        (Sight::Went, _) => vec!["ITEM_TRASH"],
        (Sight::Came, _) => vec!["ITEM_MOVE"],
        (Sight::Whole, Act::Create) if is_folder => vec!["ITEM_CREATE"],
        (Sight::Whole, Act::Create | Act::Edit) => vec!["ITEM_UPLOAD"],
        (Sight::Whole, Act::Copy) => vec!["ITEM_COPY"],
        (Sight::Whole, Act::Revert) => vec!["ITEM_MAKE_CURRENT_VERSION"],
        (Sight::Whole, Act::Modify) => vec!["ITEM_MODIFY"],
        (Sight::Whole, Act::Move) => {
            let (left, at) = (change.left.as_ref(), change.at.as_ref());
            let differs = |by: fn(&Place, &Place) -> bool| left.zip(at).is_none_or(|(left, at)| by(left, at));
            match (differs(|left, at| left.parent != at.parent), differs(|left, at| left.name != at.name)) {
                (true, true) => vec!["ITEM_MOVE", "ITEM_RENAME"],
                (true, false) => vec!["ITEM_MOVE"],
                (false, _) => vec!["ITEM_RENAME"],
            }
        }
        (Sight::Whole, Act::Delete) => vec!["ITEM_TRASH"],
        (Sight::Whole, Act::Restore) => vec!["ITEM_UNDELETE_VIA_TRASH"],
        (Sight::Whole, Act::Share) => vec!["ITEM_SHARED_CREATE"],
        (Sight::Whole, Act::Unshare) => vec!["ITEM_SHARED_UNSHARE"],
        // What was deleted before is told no more.
        (Sight::Whole, Act::Purge | Act::Withdraw | Act::Reinstate) => Vec::new(),
    }
}

/// The same whenever an event is told, and never another's: not even when an older copy of the store is put back, which
/// begins another epoch.
fn event_id(epoch: Epoch, namespace: NamespaceId, position: StreamPosition) -> String {
    let mut text = b"tidemark event".to_vec();
    text.extend(epoch.0.to_be_bytes());
    text.extend(namespace.0.to_be_bytes());
    text.extend(position.0.to_be_bytes());
    HEXLOWER.encode(&digest_of(&text).0[..20])
}
