//! `/metadata`: what is at a path, and what a folder holds.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use tidemark_core::cloud::{Item, ListError, Scope};
use tidemark_core::media::{Infos, fingerprint_with_infos};
use tidemark_core::model::{Content, NameKey};

use super::error::ApiError;
use super::json;
use super::kinds::Kind;
use super::request::Call;
use super::wire::hash_text;
use crate::http::ParamError;

/// How many entries a listing may have if the client doesn't say, and at most.
const LIMIT_DEFAULT: usize = 10_000;
const LIMIT_MAX: usize = 25_000;

/// GET or POST `/metadata/<root>/<path>`.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let (path, rev, params) = (call.path()?, call.rev_param("rev")?, &call.params);
    let list = params.boolean("list")?.unwrap_or(true);
    let deleted = params.boolean("include_deleted")?.unwrap_or(false);
    let media = params.boolean("include_media_info")?.unwrap_or(false);
    // Nothing is shared yet; the value must be good all the same.
    params.boolean("include_membership")?;
    let limit = file_limit(call)?;
    let after = params.get_or_empty("list_after").map(|name| (!name.is_empty()).then(|| NameKey::of(name)));
    if deleted && after.is_some() {
        return Err(ParamError::invalid("include_deleted", "false with list_after", "true").into());
    }
    let scope = call.scope().await?;
    let (cloud, view) = (call.cloud(), call.view(&scope));

    let found = match (rev, list) {
        (Some(rev), _) => cloud.stat_rev(&scope, &path, rev).await?,
        (None, false) => cloud.stat(&scope, &path).await?,
        (None, true) => {
            if let Some(hash) = params.get("hash")
                && let Some(now) = cloud.fingerprint(&scope, &path, deleted).await?
                && let now = if media { fingerprint_with_infos(now, true) } else { now }
                && hash.eq_ignore_ascii_case(&hash_text(&now))
            {
                return Ok(not_modified());
            }
            let listed = match &after {
                None => cloud.list(&scope, &path, limit, deleted).await.map(|listing| (listing, None)),
                Some(after) => {
                    let page = cloud.list_after(&scope, &path, after.as_ref(), limit).await;
                    page.map(|(listing, more)| (listing, Some(more)))
                }
            };
            match listed {
                Ok((listing, more)) if !media => return Ok(json(&view.listing(&listing).with_more(more))),
                Ok((mut listing, more)) => {
                    let (infos, is_complete) = infos(call, &scope, &listing.children).await;
                    listing.fingerprint = fingerprint_with_infos(listing.fingerprint, is_complete);
                    let page = view.listing(&listing).with_more(more).with_infos(Some(&infos));
                    return Ok(json(&page));
                }
                // What is deleted is told, too.
                Err(ListError::NotFound | ListError::NotAFolder) => cloud.stat(&scope, &path).await?,
                Err(error) => return Err(ApiError::of_list(error, &path, limit)),
            }
        }
    };
    let item = found.ok_or_else(|| ApiError::not_found(&path))?;
    if !media {
        return Ok(json(&view.entry(&item)));
    }
    let (infos, _) = infos(call, &scope, std::slice::from_ref(&item)).await;
    Ok(json(&view.entry(&item).with_infos(Some(&infos))))
}

/// What cameras noted of these, as far as it is known, and whether that is all. The rest is found out from now on.
pub(super) async fn infos(call: &Call<'_>, scope: &Scope, items: &[Item]) -> (Infos, bool) {
    let contents: Vec<Content> = items
        .iter()
        .filter(|item| item.gone.is_none() && Kind::of(item.path.as_str()).media.is_some())
        .filter_map(|item| item.entry.file().map(|file| file.content))
        .collect();
    let infos = call.api.media.infos(scope.account, &contents).await;
    let is_complete = contents.iter().all(|content| infos.get(*content).is_some());
    (infos, is_complete)
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
