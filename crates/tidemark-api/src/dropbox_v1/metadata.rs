//! `/metadata`: what is at a path, and what a folder holds.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use tidemark_core::cloud::ListError;

use super::error::ApiError;
use super::json;
use super::request::Call;
use super::wire::{View, hash_text};
use crate::http::ParamError;

/// How many entries a listing may have if the client doesn't say, and at most.
const LIMIT_DEFAULT: usize = 10_000;
const LIMIT_MAX: usize = 25_000;

/// GET or POST `/metadata/<root>/<path>`.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let (path, rev, params) = (call.path()?, call.rev_param("rev")?, &call.params);
    let list = params.boolean("list")?.unwrap_or(true);
    let deleted = params.boolean("include_deleted")?.unwrap_or(false);
    // Nothing is known of media, and nothing is shared yet; the values must be good all the same.
    params.boolean("include_media_info")?;
    params.boolean("include_membership")?;
    let limit = file_limit(call)?;
    let scope = call.scope().await?;
    let (cloud, view) = (call.cloud(), View::of(&scope));

    let found = match (rev, list) {
        (Some(rev), _) => cloud.stat_rev(&scope, &path, rev).await?,
        (None, false) => cloud.stat(&scope, &path).await?,
        (None, true) => {
            if let Some(hash) = params.get("hash")
                && let Some(now) = cloud.fingerprint(&scope, &path, deleted).await?
                && hash.eq_ignore_ascii_case(&hash_text(&now))
            {
                return Ok(not_modified());
            }
            match cloud.list(&scope, &path, limit, deleted).await {
                Ok(listing) => return Ok(json(&view.listing(&listing))),
                // What is deleted is told, too.
                Err(ListError::NotFound | ListError::NotAFolder) => cloud.stat(&scope, &path).await?,
                Err(error) => return Err(ApiError::of_list(error, &path, limit)),
            }
        }
    };
    let item = found.ok_or_else(|| ApiError::not_found(&path))?;
    Ok(json(&view.entry(&item)))
}

fn file_limit(call: &Call<'_>) -> Result<usize, ApiError> {
    match call.params.integer::<usize>("file_limit")? {
        None => Ok(LIMIT_DEFAULT),
        Some(0) => Err(ParamError::invalid("file_limit", "a number from 1 to 25000", "0").into()),
        Some(limit) => Ok(limit.min(LIMIT_MAX)),
    }
}

/// A 304: no body, and no type of it.
fn not_modified() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}
