//! The versions of files.

use super::error::ApiError;
use super::fields::Fields;
use super::items::{Kind, there};
use super::json_body::{self, BODY_MAX};
use super::request::{Call, LIMIT_MAX, OFFSET_MAX};
use super::said::Id;
use super::wire::{FileVersion, Page, View};
use super::{json, json_with, no_content};
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tidemark_core::cloud::{Scope, Situated, Version};
use tidemark_core::model::Entry;

/// How many past versions are looked at: as many as pages can reach.
const VERSIONS_MAX: usize = OFFSET_MAX + LIMIT_MAX;

/// GET `/2.0/files/:id/versions`: those that the present one replaced, the newest first.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, ApiError> {
    let (offset, limit, fields) = (call.offset()?, call.limit()?, call.fields(Fields::Standard));
    let scope = call.scope().await?;
    let Situated { entry: file, .. } = there(call, &scope, Kind::File).await?;
    let versions = call.cloud().versions(&scope, file.id, None, VERSIONS_MAX + 1).await?;
    let versions = versions.ok_or_else(|| ApiError::no_item(Kind::File, call.number()))?;
    let past = versions.get(1..).unwrap_or_default();
    let page: Vec<_> = past.iter().enumerate().skip(offset).take(limit).collect();
    let contents: Vec<_> = page.iter().map(|(_, version)| version.content).collect();
    let sha1s = call.cloud().sha1s(&contents).await?;
    let view = View::of(&scope, &call.caller().account);
    let entries = page.iter().zip(sha1s).map(|((index, version), sha1)| {
        // The oldest is the first, unless there are older ones that nobody looked at.
        let number = (past.len() < VERSIONS_MAX).then(|| past.len() - index);
        FileVersion { view, file: &file, version, number, sha1, fields: &fields }
    });
    Ok(json(&Page::Counted {
        total_count: past.len() as u64,
        entries: entries.collect(),
        offset: offset as u64,
        limit: limit as u64,
        order: Vec::new(),
    }))
}

/// GET `/2.0/files/:id/versions/:version`.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let scope = call.scope().await?;
    let Situated { entry: file, .. } = there(call, &scope, Kind::File).await?;
    let version = call.version();
    let found = call.cloud().versions(&scope, file.id, Some(version), 1).await?;
    let found = found.and_then(|mut versions| versions.pop());
    let found = found.ok_or_else(|| ApiError::no_version(version))?;
    show(call, &scope, &file, &found, StatusCode::OK).await
}

/// Which version is to be the present one.
#[derive(Deserialize)]
struct Promoted {
    id: Option<Id>,
}

/// POST `/2.0/files/:id/versions/current`: the bytes of an older version as a new one.
pub(super) async fn promote(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let Promoted { id } = json_body::read(body, BODY_MAX).await?;
    let version = id.ok_or_else(|| ApiError::missing("id"))?.version("id")?;
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, Kind::File).await?;
    let supposed = call.supposed(&entry)?;
    let reverted = call.cloud().revert(&scope, entry.id, version, supposed).await;
    let file = reverted.map_err(|error| ApiError::of_revert(error, call.number(), version))?.entry;
    let state = file.file().ok_or_else(|| ApiError::no_item(Kind::File, call.number()))?;
    let present = Version { seq: state.version, content: state.content, time: file.modified };
    show(call, &scope, &file, &present, StatusCode::CREATED).await
}

/// DELETE `/2.0/files/:id/versions/:version`: it is told of no more, in either protocol.
pub(super) async fn withdraw(call: &Call<'_>) -> Result<Response, ApiError> {
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, Kind::File).await?;
    let (version, supposed) = (call.version(), call.supposed(&entry)?);
    let withdrawn = call.cloud().withdraw(&scope, entry.id, version, supposed).await;
    withdrawn.map_err(|error| ApiError::of_withdraw(error, call.number(), version))?;
    Ok(no_content())
}

/// What is to be different about a version: that it is not in the trash.
#[derive(Deserialize)]
struct Changes {
    trashed_at: Option<String>,
}

/// PUT `/2.0/files/:id/versions/:version`: it is told of again.
pub(super) async fn reinstate(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let Changes { trashed_at } = json_body::read(body, BODY_MAX).await?;
    if trashed_at.is_some() {
        return Err(ApiError::of_param("trashed_at", "It can be taken away only"));
    }
    let scope = call.scope().await?;
    let Situated { entry: file, .. } = there(call, &scope, Kind::File).await?;
    let version = call.version();
    let back = call.cloud().reinstate(&scope, file.id, version).await;
    let back = back.map_err(|error| ApiError::of_withdraw(error, call.number(), version))?;
    show(call, &scope, &file, &back, StatusCode::OK).await
}

async fn show(
    call: &Call<'_>,
    scope: &Scope,
    file: &Entry,
    version: &Version,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let sha1 = call.cloud().sha1s(&[version.content]).await?.pop();
    let sha1 = sha1.ok_or_else(|| ApiError::no_version(version.seq))?;
    let (view, fields) = (View::of(scope, &call.caller().account), call.fields(Fields::Standard));
    Ok(json_with(status, &FileVersion { view, file, version, number: None, sha1, fields: &fields }))
}
