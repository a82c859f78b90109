//! Small pictures, by version: one that a browser has is good for ever.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::private;
use super::refusal::Refusal;
use crate::gallery::Inner;
use crate::session::Member;
use crate::thumbnail::{Size, Waiting, thumbnail};

/// The version is in the address.
const KEEP: &str = "private, max-age=31536000, immutable";

/// `GET /thumbnails/<picture>/<rev>/<size>`.
pub(super) async fn serve(
    State(inner): State<Arc<Inner>>,
    member: Member,
    Path((picture, rev, size)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (Ok(picture), Some(size)) = (picture.parse(), Size::read(&size)) else {
        return Err(Refusal::NotFound);
    };
    let tag = tag(&format!("{rev}-{}", size.as_str()));
    // What has this address never changes: a browser that shows its tag has it. Nothing is looked up for that, and whoever made the
    // tag up learns nothing, as it is all in the address.
    if is_named(&headers, &tag) {
        return Ok(unchanged(&tag, KEEP));
    }
    let spot = inner.store.blocking(move |store| store.spot(member.person, picture)).await?;
    let spot = spot.filter(|spot| spot.rev == rev && !spot.is_unseen).ok_or(Refusal::NotFound)?;
    if is_known(&headers, &tag) {
        return Ok(unchanged(&tag, KEEP));
    }
    let client = inner.client_for(&member).await?;
    let waiting = Waiting::new(&inner.waiting);
    let _turn = inner.asking.acquire().await.map_err(|_| Refusal::Unavailable)?;
    let made = thumbnail(&inner, &client, member.person, &spot, size).await;
    drop(waiting);
    let bytes = match made {
        Ok(bytes) => bytes,
        Err(crate::thumbnail::ThumbnailError::Client(error)) => inner.answered(&member, Err(error)).await?,
        Err(error) => return Err(error.into()),
    };
    let mut response = ([(CONTENT_TYPE, "image/jpeg")], bytes).into_response();
    private(response.headers_mut(), KEEP);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// The tag of a version, or of something made of it. What a server calls a version is visible ASCII; a quote in it would end the tag.
pub(super) fn tag(text: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{}\"", text.replace('"', "'")))
        .unwrap_or(HeaderValue::from_static("\"?\""))
}

/// Whether a browser has what has this tag, or whatever there is.
pub(super) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    is_named(headers, tag) || conditions(headers).any(|known| known == "*")
}

/// Whether a browser has what has this very tag.
fn is_named(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    conditions(headers).any(|known| known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn conditions(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let asked = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    asked.flat_map(|value| value.split(',')).map(str::trim)
}

/// Tells a browser that it has it already.
pub(super) fn unchanged(tag: &HeaderValue, keep: &'static str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    private(response.headers_mut(), keep);
    response.headers_mut().insert(ETAG, tag.clone());
    response
}
