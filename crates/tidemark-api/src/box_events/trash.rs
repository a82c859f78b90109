//! The trash.

use super::error::ApiError;
use super::fields::Fields;
use super::folders::{Paging, told_order};
use super::items::{Kind, name_in_use, sha1s, show, told};
use super::json_body::{self, BODY_MAX};
use super::request::Call;
use super::said::ParentRef;
use super::wire::{Listed, Page, View};
use super::{ids, json, markers, no_content};
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tidemark_core::cloud::{Refuge, Scope, Situated, TrashError, Trashed};
use tidemark_core::model::{EntryId, Name};

/// GET `/2.0/folders/trash/items`: what was deleted itself, by numbers or by markers.
pub(super) async fn items(call: &Call<'_>) -> Result<Response, ApiError> {
    let by_marker = markers::are_used(call)?;
    let paging = Paging::read(call)?;
    let fields = call.fields(Fields::Mini);
    if by_marker {
        for name in ["sort", "direction", "offset"] {
            if call.params.get(name).is_some() {
                return Err(ApiError::of_param(name, "It does not go together with markers"));
            }
        }
        let after = markers::read_trash(call)?;
        let scope = call.scope().await?;
        let mut found = call.cloud().trash(&scope, after.as_ref(), paging.limit + 1).await?;
        let more = found.len() > paging.limit;
        found.truncate(paging.limit);
        let last = found.last().filter(|_| more).and_then(Trashed::position);
        let next_marker = last.as_ref().map(markers::write_trash);
        let entries = listed(call, &scope, &found, &fields).await?;
        return Ok(json(&Page::Marked { entries, limit: paging.limit as u64, next_marker }));
    }
    let Paging { order, offset, limit } = paging;
    let scope = call.scope().await?;
    let (found, total) = call.cloud().trash_window(&scope, order, offset, limit).await?;
    Ok(json(&Page::Counted {
        total_count: total,
        entries: listed(call, &scope, &found, &fields).await?,
        offset: offset as u64,
        limit: limit as u64,
        order: told_order(order),
    }))
}

async fn listed<'a>(
    call: &'a Call<'_>,
    scope: &Scope,
    found: &'a [Trashed],
    fields: &'a Fields,
) -> Result<Vec<Listed<'a>>, ApiError> {
    let view = View::of(scope, &call.caller().account);
    let sha1s = sha1s(call, found.iter().map(|trashed| &trashed.item.entry)).await?;
    let pairs = found.iter().zip(sha1s);
    let one = |(trashed, sha1): (&'a Trashed, _)| {
        let (entry, folder) = (&trashed.item.entry, trashed.around.split_last());
        // What is in the trash cannot be opened.
        Listed { view, entry, folder, sha1, link: None, fields }
    };
    Ok(pairs.map(one).collect())
}

/// GET `/2.0/files/:id/trash` and `/2.0/folders/:id/trash`.
pub(super) async fn get(call: &Call<'_>, kind: Kind) -> Result<Response, ApiError> {
    let fields = call.fields(Fields::Standard);
    let scope = call.scope().await?;
    let (_, Trashed { item, around }) = trashed(call, &scope, kind).await?;
    let item = Situated { entry: item.entry, around };
    Ok(json(&told(call, &scope, &item, &fields).await?))
}

/// Where something goes that cannot go back to where it was.
#[derive(Deserialize)]
struct Elsewhere {
    name: Option<String>,
    parent: Option<ParentRef>,
}

/// POST `/2.0/files/:id` and `/2.0/folders/:id`: back to where it was; elsewhere only if it cannot.
pub(super) async fn restore(call: &Call<'_>, kind: Kind, body: Body) -> Result<Response, ApiError> {
    let Elsewhere { name, parent } = json_body::read(body, BODY_MAX).await?;
    let name = name.map(|name| Name::new(&name)).transpose()?;
    let parent = parent.map(|parent| parent.number()).transpose()?.flatten();
    let scope = call.scope().await?;
    let (entry, _) = trashed(call, &scope, kind).await?;
    let folder = parent.map(|parent| ids::entry(parent, scope.root).ok_or_else(ApiError::no_parent));
    let refuge = Refuge { folder: folder.transpose()?, name };
    match call.cloud().untrash(&scope, entry, &refuge).await {
        Ok(item) => show(call, &scope, &item.entry, StatusCode::CREATED).await,
        Err(TrashError::Exists(path)) => Err(name_in_use(call, &scope, &path).await?),
        Err(error) => Err(ApiError::of_trash(error, kind, call.number())),
    }
}

/// DELETE `/2.0/files/:id/trash` and `/2.0/folders/:id/trash`: for good.
pub(super) async fn purge(call: &Call<'_>, kind: Kind) -> Result<Response, ApiError> {
    let scope = call.scope().await?;
    let (entry, _) = trashed(call, &scope, kind).await?;
    let purged = call.cloud().purge(&scope, entry).await;
    purged.map_err(|error| ApiError::of_trash(error, kind, call.number()))?;
    Ok(no_content())
}

/// What the path names, which must be in the trash.
async fn trashed(call: &Call<'_>, scope: &Scope, kind: Kind) -> Result<(EntryId, Trashed), ApiError> {
    let number = call.number();
    let entry = call.entry(scope).ok_or_else(|| ApiError::no_item(kind, number))?;
    let found = call.cloud().trashed(scope, entry).await;
    let found = found.map_err(|error| ApiError::of_trash(error, kind, number))?;
    match Kind::of(&found.item.entry) == kind {
        true => Ok((entry, found)),
        false => Err(ApiError::no_item(kind, number)),
    }
}
