//! `/delta` and `/delta/latest_cursor`: what changed since a cursor.

use axum::response::Response;
use tidemark_core::cloud::{DeltaError, Scope};
use tidemark_core::media::MediaPage;
use tidemark_core::model::{Cursor, Path, PathKey};

use super::error::ApiError;
use super::json;
use super::kinds::Kind;
use super::request::{Call, read_path};
use super::wire::LatestCursor;
use crate::tokens::TokenError;

/// How many entries a page holds.
const PAGE_SIZE: usize = 2000;

/// POST `/delta`.
pub(super) async fn page(call: &Call<'_>) -> Result<Response, ApiError> {
    let (prefix, media) = filter(call)?;
    let opened = call.params.get("cursor").map(|text| call.api.sealer.open_cursor(text)).transpose()?;
    let scope = call.scope_of("auto").await?;
    let cursor = match opened {
        Some(cursor) => narrowed(cursor, prefix, media)?,
        None => call.cloud().first_cursor(&scope, prefix, media),
    };
    let told = match media {
        true => call.api.media.page(call.cloud(), &scope, cursor, PAGE_SIZE, is_media).await,
        false => call.cloud().delta(&scope, cursor, PAGE_SIZE).await.map(MediaPage::from),
    };
    let MediaPage { page, infos } = told.map_err(|error| match error {
        DeltaError::Foreign => ApiError::from(TokenError),
        DeltaError::Store(error) => error.into(),
    })?;
    let sealed = call.api.sealer.seal_cursor(&page.cursor);
    Ok(json(&call.view(&scope).page(&page, &sealed).with_infos(media.then_some(&infos))))
}

/// Whether a file is told only together with what its camera noted.
fn is_media(path: &Path) -> bool {
    Kind::of(path.as_str()).media.is_some()
}

/// POST `/delta/latest_cursor`.
pub(super) async fn latest(call: &Call<'_>) -> Result<Response, ApiError> {
    let (prefix, media) = filter(call)?;
    let scope: Scope = call.scope_of("auto").await?;
    let cursor = call.cloud().latest_cursor(&scope, prefix, media).await?;
    Ok(json(&LatestCursor { cursor: call.api.sealer.seal_cursor(&cursor) }))
}

/// What of the tree the client wants to be told.
fn filter(call: &Call<'_>) -> Result<(PathKey, bool), ApiError> {
    let prefix = call.params.get("path_prefix").unwrap_or_default();
    let prefix = read_path("path_prefix", prefix, Path::parse)?.key();
    Ok((prefix, call.params.boolean("include_media_info")?.unwrap_or(false)))
}

/// The filter must come with every call, and be the cursor's own; a prefix may also be one below it.
fn narrowed(cursor: Cursor, prefix: PathKey, media: bool) -> Result<Cursor, ApiError> {
    if !prefix.is_at_or_under(&cursor.prefix) {
        return Err(ApiError::of_param("path_prefix", "The cursor is for another path_prefix"));
    }
    if media != cursor.media {
        return Err(ApiError::of_param("include_media_info", "The cursor is for another include_media_info"));
    }
    Ok(Cursor { prefix, ..cursor })
}
