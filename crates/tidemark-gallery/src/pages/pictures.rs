//! The pictures themselves, what is known of one, and a link to it for others.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use tidemark_client::{DownloadOptions, Rev};

use super::albums::Link;
use super::refusal::Refusal;
use super::thumbnails::{is_known, tag, unchanged};
use super::{Acting, json, private};
use crate::gallery::Inner;
use crate::place;
use crate::session::Member;

/// A browser that has it asks whether it still is what it was: answered from what is known here, without asking the server.
const KEEP: &str = "private, no-cache";

/// What browsers may take these files for. Whatever else somebody calls a picture is only ever saved.
const SHOWN: [&str; 11] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "video/x-m4v",
    "video/ogg",
];

/// What stands in a file name as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// All that is known of a picture.
#[derive(Serialize)]
struct Told {
    id: i64,
    rev: String,
    name: String,
    album: i64,
    path: String,
    bytes: u64,
    kind: String,
    taken: i64,
    place: Option<String>,
    /// Milliseconds.
    duration: Option<u64>,
    /// Whether browsers show it as it is; otherwise its thumbnail must do.
    shown: bool,
}

/// `GET /api/pictures/<picture>`.
pub(super) async fn told(
    State(inner): State<Arc<Inner>>,
    member: Member,
    Path(picture): Path<String>,
) -> Result<Response, Refusal> {
    let id = picture.parse().map_err(|_| Refusal::NotFound)?;
    let told = inner.store.blocking(move |store| store.told(member.person, id)).await?;
    let (spot, picture) = told.ok_or(Refusal::NotFound)?;
    Ok(json(&Told {
        id,
        path: spot.path().map_or_else(String::new, |path| path.to_string()),
        rev: spot.rev,
        name: picture.name,
        album: spot.folder,
        bytes: picture.bytes,
        shown: SHOWN.contains(&&*picture.mime_type),
        kind: picture.mime_type,
        taken: picture.taken,
        place: picture.place.and_then(place::words),
        duration: picture.duration,
    }))
}

/// `POST /api/pictures/<picture>/share`: a link that shows it to whoever has it. It is the same each time.
pub(super) async fn share(
    State(inner): State<Arc<Inner>>,
    Acting(member): Acting,
    Path(picture): Path<String>,
) -> Result<Response, Refusal> {
    let id = picture.parse().map_err(|_| Refusal::NotFound)?;
    let spot = inner.store.blocking(move |store| store.spot(member.person, id)).await?;
    let path = spot.and_then(|spot| spot.path()).ok_or(Refusal::NotFound)?;
    let link = inner.client_for(&member).await?.share(&path, false).await;
    Ok(json(&Link { url: inner.answered(&member, link).await?.url }))
}

/// `GET /pictures/<picture>`: the file as it is, to be shown.
pub(super) async fn serve(
    State(inner): State<Arc<Inner>>,
    member: Member,
    Path(picture): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    send(&inner, &member, &picture, &headers, false).await
}

/// `GET /pictures/<picture>/original`: the file as it is, to be saved.
pub(super) async fn download(
    State(inner): State<Arc<Inner>>,
    member: Member,
    Path(picture): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    send(&inner, &member, &picture, &headers, true).await
}

async fn send(
    inner: &Arc<Inner>,
    member: &Member,
    picture: &str,
    headers: &HeaderMap,
    is_saved: bool,
) -> Result<Response, Refusal> {
    let id = picture.parse().map_err(|_| Refusal::NotFound)?;
    let person = member.person;
    let rev = inner.store.rev(person, id).await?.ok_or(Refusal::NotFound)?;
    let tag = tag(&rev);
    if is_known(headers, &tag) {
        return Ok(unchanged(&tag, KEEP));
    }
    let spot = inner.store.blocking(move |store| store.spot(person, id)).await?.ok_or(Refusal::NotFound)?;
    let path = spot.path().ok_or(Refusal::NotFound)?;
    // A part of another version is of no use to whoever has a part of this; and only the very tag tells that it is this.
    let is_continued = headers.get(IF_RANGE).is_none_or(|condition| *condition == tag);
    let range = headers.get(RANGE).filter(|_| is_continued).and_then(|range| range_of(range.to_str().ok()?));
    let options = DownloadOptions {
        rev: Rev::new(&*rev).ok(),
        offset: range.map_or(0, |(first, _)| first),
        length: range.and_then(|(first, last)| Some(last?.saturating_sub(first).saturating_add(1))),
        // Whoever asked sees whether it is whole; nothing is kept here.
        unverified: true,
    };
    let download = inner.client_for(member).await?.download(&path, &options).await;
    let download = inner.answered(member, download).await?;
    let file = download.metadata.file().ok_or(Refusal::NotFound)?;
    let kind = file.mime_type.as_deref().unwrap_or_default();
    let shown = SHOWN.iter().find(|known| **known == kind).filter(|_| !is_saved);
    let (bytes, length) = (file.bytes, download.length);
    let mut response = Response::new(Body::from_stream(download.into_stream()));
    private(response.headers_mut(), KEEP);
    let answer = response.headers_mut();
    answer.insert(ETAG, tag);
    answer.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer.insert(CONTENT_LENGTH, length.into());
    answer.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(shown.map_or("application/octet-stream", |kind| kind)),
    );
    answer.insert(CONTENT_DISPOSITION, disposition(shown.is_some(), &spot.name));
    if range.is_some() && length > 0 {
        let (first, last) = (options.offset, options.offset + length - 1);
        let range = HeaderValue::try_from(format!("bytes {first}-{last}/{bytes}"));
        answer.insert(CONTENT_RANGE, range.expect("digits are ASCII"));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response.into_response())
}

/// The name under which it is saved, for programs of today and, without what they might misread, of old.
fn disposition(is_shown: bool, name: &str) -> HeaderValue {
    let how = if is_shown { "inline" } else { "attachment" };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-._ ()".contains(c) { c } else { '_' })
        .collect();
    let encoded = utf8_percent_encode(name, KEPT);
    let header = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::try_from(header).unwrap_or(HeaderValue::from_static("attachment"))
}

/// The one range that is asked for, if it is a plain one: from a byte, perhaps up to another. Any other is answered with everything,
/// as whoever asks must expect.
fn range_of(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    match last {
        "" => Some((first, None)),
        last => Some((first, Some(last.parse().ok().filter(|last| *last >= first)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_plain_or_none() {
        assert_eq!(range_of("bytes=0-"), Some((0, None)));
        assert_eq!(range_of("bytes=5-9"), Some((5, Some(9))));
        for other in ["bytes=-5", "bytes=9-5", "bytes=0-1,3-4", "items=0-1", "bytes=", "bytes=a-b"] {
            assert_eq!(range_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_does_nothing_to_a_header() {
        assert_eq!(
            disposition(false, "a\"b\r\nSet-Cookie: x; ü.jpg"),
            "attachment; filename=\"a_b__Set-Cookie_ x_ _.jpg\"; \
             filename*=UTF-8''a%22b%0D%0ASet%2DCookie%3A%20x%3B%20%C3%BC.jpg"
                .replace("%2D", "-")
        );
        assert!(disposition(true, "x").to_str().unwrap().starts_with("inline; "));
    }
}
