//! `/search`: what a folder holds, at any depth, by its name.

use axum::response::Response;
use tidemark_core::cloud::Search;
use tidemark_core::model::Words;

use super::error::ApiError;
use super::json;
use super::metadata::infos;
use super::request::Call;
use super::wire::Metadata;
use crate::http::ParamError;

/// How many entries are told if the client doesn't say, and at most.
const LIMIT_MAX: usize = 1000;

/// How short a query may be, white space around it not counted. Its words may be shorter.
const CHARS_MIN: usize = 3;

/// GET or POST `/search/<root>/<path>`.
pub(super) async fn find(call: &Call<'_>) -> Result<Response, ApiError> {
    let (path, params) = (call.path()?, &call.params);
    let words = words(params.get("query").unwrap_or_default())?;
    let limit = match params.integer::<usize>("file_limit")? {
        None => LIMIT_MAX,
        Some(0) => return Err(ParamError::invalid("file_limit", "a number from 1 to 1000", "0").into()),
        Some(limit) => limit.min(LIMIT_MAX),
    };
    let deleted = params.boolean("include_deleted")?.unwrap_or(false);
    let media = params.boolean("include_media_info")?.unwrap_or(false);
    // Nothing is shared yet; the value must be good all the same.
    params.boolean("include_membership")?;
    let scope = call.scope().await?;
    let search = Search { path: &path, words: &words, limit, deleted };
    let found = call.cloud().search(&scope, search).await;
    let items = found.map_err(|error| ApiError::of_search(error, &path))?;
    let entries = call.view(&scope).entries(&items);
    if !media {
        return Ok(json(&entries));
    }
    let (infos, _) = infos(call, &scope, &items).await;
    Ok(json(&entries.into_iter().map(|entry| entry.with_infos(Some(&infos))).collect::<Vec<Metadata<'_>>>()))
}

fn words(query: &str) -> Result<Words, ApiError> {
    let words = Words::parse(query).map_err(ApiError::of_query)?;
    match query.trim().chars().nth(CHARS_MIN - 1) {
        Some(_) => Ok(words),
        None => Err(ApiError::of_param("query", format!("Please enter at least {CHARS_MIN} characters"))),
    }
}
