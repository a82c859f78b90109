//! `/revisions` and `/restore`: what a file was, and making it that again.

use axum::response::Response;

use super::error::ApiError;
use super::json;
use super::request::Call;
use crate::http::ParamError;

/// How many revisions are told if the client doesn't say, and at most.
const LIMIT_DEFAULT: usize = 10;
const LIMIT_MAX: usize = 1000;

/// GET or POST `/revisions/<root>/<path>`.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, ApiError> {
    let path = call.path()?;
    let limit = match call.params.integer::<usize>("rev_limit")? {
        None => LIMIT_DEFAULT,
        Some(0) => return Err(ParamError::invalid("rev_limit", "a number from 1 to 1000", "0").into()),
        Some(limit) => limit.min(LIMIT_MAX),
    };
    let scope = call.scope().await?;
    let found = call.cloud().revisions(&scope, &path, limit).await?;
    let items = found.ok_or_else(|| ApiError::not_found(&path))?;
    Ok(json(&call.view(&scope).entries(&items)))
}

/// GET or POST `/restore/<root>/<path>`.
pub(super) async fn restore(call: &Call<'_>) -> Result<Response, ApiError> {
    let path = call.path()?;
    let rev = call.rev_param("rev")?.ok_or(ParamError::Missing { name: "rev" })?;
    let scope = call.scope().await?;
    let restored = call.cloud().restore(&scope, &path, rev).await;
    let item = restored.map_err(|error| ApiError::of_restore(error, &path))?;
    Ok(json(&call.view(&scope).entry(&item)))
}
