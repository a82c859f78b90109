//! Files in many requests: a session for each, which takes their parts in any order.

use super::error::ApiError;
use super::json_body::{self, BODY_MAX};
use super::request::Call;
use super::said::Id;
use super::uploads::{Attributes, Destination, describe, show};
use super::wire::{Page, Part, TakenPart, UploadSession};
use super::{ids, json, json_with, no_content, not_modified};
use crate::http::body;
use axum::body::Body;
use axum::response::Response;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE, HEXUPPER};
use http::StatusCode;
use http::header::CONTENT_RANGE;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::ops::Range;
use tidemark_core::cloud::{BeginPartsError, CommitPartsError, PartSessionError, Scope};
use tidemark_core::model::{self, Name, Sha1, UploadId, UploadPlan, UploadTarget};

/// Smaller files are to be sent in one request; as the old service had it.
const FILE_SIZE_MIN: u64 = 20_000_000;

/// The longest body of a commit: it lists every part. It is kept in memory, so it takes a place as uploads do.
const COMMIT_BYTES_MAX: u64 = 16 << 20;

/// The header in which the SHA-1 of a part, or of the whole, is said.
const DIGEST: &str = "digest";

/// What a session is to be for.
#[derive(Deserialize)]
struct NewSession {
    folder_id: Option<Id>,
    file_size: Option<Value>,
    file_name: Option<String>,
}

impl NewSession {
    fn size(&self) -> Result<u64, ApiError> {
        let size =
            self.file_size.as_ref().ok_or_else(|| ApiError::unfit("missing_file_size", "file_size"))?;
        match size.as_u64() {
            None => Err(ApiError::unfit("invalid_file_size", "file_size")),
            Some(size) if size < FILE_SIZE_MIN => Err(ApiError::unfit("file_size_too_small", "file_size")),
            Some(size) => Ok(size),
        }
    }

    fn name(&self) -> Result<Option<Name>, ApiError> {
        Ok(self.file_name.as_deref().map(Name::new).transpose()?)
    }

    /// The folder's number.
    fn folder(&self) -> Result<u64, ApiError> {
        let id =
            self.folder_id.as_ref().ok_or_else(|| ApiError::unfit("missing_destination", "folder_id"))?;
        id.number().ok_or_else(|| ApiError::unfit("invalid_folder_id", "folder_id"))
    }
}

/// POST `/api/2.0/files/upload_sessions`: a session for a new file.
pub(super) async fn begin_new(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let asked: NewSession = json_body::read(body, BODY_MAX).await?;
    let (folder, size) = (asked.folder()?, asked.size()?);
    let name = asked.name()?.ok_or_else(|| ApiError::unfit("missing_file_name", "file_name"))?;
    let scope = call.scope().await?;
    let folder = ids::entry(folder, scope.root).ok_or_else(ApiError::no_parent)?;
    begin(call, &scope, Destination::of_new(UploadTarget::New { folder, name }), size).await
}

/// POST `/api/2.0/files/:id/upload_sessions`: a session for new bytes of a file.
pub(super) async fn begin_version(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let asked: NewSession = json_body::read(body, BODY_MAX).await?;
    let (name, size) = (asked.name()?, asked.size()?);
    let scope = call.scope().await?;
    let file = Destination::of_file(call, &scope).await?;
    begin(call, &scope, file.renamed(name), size).await
}

async fn begin(
    call: &Call<'_>,
    scope: &Scope,
    destination: Destination,
    size: u64,
) -> Result<Response, ApiError> {
    let app = &call.caller().app.key;
    match call.cloud().begin_parts(scope, app, destination.target.clone(), size).await {
        Ok(session) => {
            let plan = session.plan.clone().expect("a session in parts has a plan");
            Ok(json_with(StatusCode::CREATED, &told(call, &session, &plan)))
        }
        Err(BeginPartsError::Put(refusal)) => Err(destination.refused(call, scope, refusal).await),
        Err(BeginPartsError::TooManyOpen) => Err(ApiError::busy("Too many upload sessions are open")),
        Err(BeginPartsError::TooLarge { .. }) => Err(ApiError::too_large()),
        Err(BeginPartsError::Empty) => Err(ApiError::unfit("file_size_too_small", "file_size")),
        Err(BeginPartsError::Store(error)) => Err(error.into()),
    }
}

fn told(call: &Call<'_>, session: &model::UploadSession, plan: &UploadPlan) -> UploadSession {
    let address = |path: &str| call.api.origin.url(call.parts, path);
    UploadSession::of(HEXUPPER.encode(&session.id.0), plan, session.expires, address)
}

/// The session that the path names.
fn id(call: &Call<'_>) -> Result<UploadId, ApiError> {
    let bytes = HEXLOWER_PERMISSIVE.decode(call.word().as_bytes()).ok();
    let id = bytes.and_then(|bytes| bytes.try_into().ok()).map(UploadId);
    id.ok_or_else(|| PartSessionError::Unknown.into())
}

/// GET `/api/2.0/files/upload_sessions/:session`.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let id = id(call)?;
    let scope = call.scope().await?;
    let (session, plan) = call.cloud().session_in_parts(&scope, &call.caller().app.key, id).await?;
    Ok(json(&told(call, &session, &plan)))
}

/// DELETE `/api/2.0/files/upload_sessions/:session`: drops everything that has come.
pub(super) async fn abort(call: &Call<'_>) -> Result<Response, ApiError> {
    let id = id(call)?;
    let scope = call.scope().await?;
    call.cloud().abort_parts(&scope, &call.caller().app.key, id).await?;
    Ok(no_content())
}

/// GET `/api/2.0/files/upload_sessions/:session/parts`.
pub(super) async fn parts(call: &Call<'_>) -> Result<Response, ApiError> {
    let id = id(call)?;
    // Of a large file there are more than lists have elsewhere.
    let (offset, limit) = (call.params.integer::<u32>("offset")?.unwrap_or(0), call.limit()?);
    let scope = call.scope().await?;
    let (session, plan) = call.cloud().session_in_parts(&scope, &call.caller().app.key, id).await?;
    let parts = call.cloud().parts(&session, offset, limit).await?;
    Ok(json(&Page::Counted {
        total_count: u64::from(plan.received),
        entries: parts.iter().map(|part| Part::of(&plan, part)).collect(),
        offset: u64::from(offset),
        limit: limit as u64,
        order: Vec::new(),
    }))
}

/// PUT `/api/2.0/files/upload_sessions/:session`: a part. It says where it belongs and what its SHA-1 is.
pub(super) async fn part(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let (id, sha1) = (id(call)?, digest(call)?);
    let (range, total) = content_range(call)?;
    let _place = call.place(&body)?;
    let scope = call.scope().await?;
    let mut part = call.cloud().part(&scope, &call.caller().app.key, id, range, sha1).await?;
    let plan = part.plan().clone();
    if total.is_some_and(|total| total != plan.size) {
        return Err(ApiError::bad_range());
    }
    let mut body = body::limited(body, u64::from(plan.part_size))?;
    while let Some(piece) = body.chunk().await? {
        part.push(piece).await?;
    }
    let part = call.cloud().finish_part(part).await?;
    Ok(json(&TakenPart { part: Part::of(&plan, &part) }))
}

/// What a commit says.
#[derive(Deserialize)]
struct Commit {
    parts: Option<Vec<IgnoredAny>>,
    attributes: Option<Attributes>,
}

/// POST `/api/2.0/files/upload_sessions/:session/commit`: what has come becomes a file.
pub(super) async fn commit(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let (id, sha1) = (id(call)?, digest(call)?);
    let place = call.place(&body)?;
    let asked: Commit = json_body::read(body, COMMIT_BYTES_MAX).await?;
    drop(place);
    let said = asked.attributes.unwrap_or_default();
    let (times, name) = (said.times()?, said.name()?);
    let scope = call.scope().await?;
    let app = &call.caller().app.key;
    let (destination, committed) = match call.cloud().session_in_parts(&scope, app, id).await {
        Ok((_, plan)) => {
            // What the parts are is in their SHA-1 together; a list that is too short is a client that goes too fast.
            if asked.parts.is_some_and(|parts| parts.len() != plan.parts() as usize) {
                return Err(ApiError::parts_mismatch());
            }
            let Some(destination) = Destination::of_session(call, &scope, plan.target).await? else {
                return Ok(not_modified());
            };
            let destination = destination.renamed(name);
            let put = |content, _: &UploadTarget| destination.put(content, times);
            let committed = call.cloud().commit_parts(&scope, app, id, sha1, put).await;
            (Some(destination), committed)
        }
        // It may be that only the answer was lost: then it is told once more, whatever was supposed at the first time.
        Err(PartSessionError::Closed) => (None, call.cloud().committed_parts(&scope, app, id, sha1).await),
        Err(error) => return Err(error.into()),
    };
    match (committed, destination) {
        (Ok(item), _) => {
            describe(call, &scope, item.entry.id, said.description()).await?;
            show(call, &scope, item.entry.id, StatusCode::CREATED).await
        }
        (Err(CommitPartsError::Put(refusal)), Some(destination)) => {
            Err(destination.refused(call, &scope, refusal).await)
        }
        (Err(CommitPartsError::Put(_)), None) => Err(PartSessionError::Closed.into()),
        (Err(CommitPartsError::Session(error)), _) => Err(error.into()),
        (Err(CommitPartsError::Incomplete), _) => Err(ApiError::parts_mismatch()),
        (Err(CommitPartsError::Digest), _) => Err(ApiError::wrong_digest()),
    }
}

/// The SHA-1 that the body, or the whole file, is said to have: `sha=` and base64.
fn digest(call: &Call<'_>) -> Result<Sha1, ApiError> {
    let value = call.parts.headers.get(DIGEST).ok_or_else(|| ApiError::missing("Digest"))?;
    let said = value.to_str().ok().and_then(|value| {
        value.split(',').find_map(|one| {
            let (algorithm, digest) = one.trim().split_once('=')?;
            algorithm.eq_ignore_ascii_case("sha").then_some(digest)
        })
    });
    let sha1 = said.and_then(|digest| BASE64.decode(digest.as_bytes()).ok()?.try_into().ok());
    sha1.map(Sha1).ok_or_else(|| ApiError::of_param("Digest", "The Digest is 'sha=' and the SHA-1 in base64"))
}

/// Where a part belongs, and how long the whole is, if that is said.
fn content_range(call: &Call<'_>) -> Result<(Range<u64>, Option<u64>), ApiError> {
    let value = call.parts.headers.get(CONTENT_RANGE).ok_or_else(|| ApiError::missing("Content-Range"))?;
    value.to_str().ok().and_then(read_range).ok_or_else(ApiError::bad_range)
}

fn read_range(text: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (unit, range) = text.trim().split_once(' ')?;
    let (range, total) = range.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    // What is too large for an id is no file's either.
    let number = |text: &str| ids::parse(text).filter(|number| *number < ids::NOBODY);
    let total = if total == "*" { None } else { Some(number(total)?) };
    let end = number(last)? + 1;
    unit.eq_ignore_ascii_case("bytes").then_some((number(first)?..end, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_both_ends_and_perhaps_a_total() {
        assert_eq!(read_range("bytes 0-9/10"), Some((0..10, Some(10))));
        assert_eq!(read_range(" Bytes  8388608-8388608/* "), Some((8_388_608..8_388_609, None)));
        for text in [
            "",
            "bytes",
            "bytes 0-9",
            "0-9/10",
            "bytes=0-9/10",
            "bytes -9/10",
            "bytes 0-/10",
            "bytes */10",
            "bytes +0-9/10",
            "bytes 0-9/x",
            "items 0-9/10",
            "bytes 0-18446744073709551615/*",
            "bytes 0-99999999999999999999/*",
        ] {
            assert_eq!(read_range(text), None, "{text}");
        }
    }
}
