//! `/chunked_upload` and `/commit_chunked_upload`: a file in several requests.

use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use tidemark_core::cloud::UploadError;
use tidemark_core::model::{UploadId, UploadSession};

use super::error::ApiError;
use super::files::{Intent, UPLOAD_MAX, expect_length, expect_room};
use super::json;
use super::request::Call;
use super::wire::{Date, Upload};
use crate::http::{ParamError, body};

/// PUT or POST `/chunked_upload`: the body is the next piece, taken wholly or not at all, because there is a client that
/// goes on with its *next* piece whatever offset it is told.
pub(super) async fn chunk(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let id = call.params.get("upload_id").map(read_id);
    let offset = call.params.integer::<u64>("offset")?.unwrap_or(0);
    expect_length(call, &body)?;
    let _place = call.place(&body)?;
    let mut body = body::limited(body, UPLOAD_MAX)?;
    let (scope, app) = (call.scope_of("auto").await?, &call.caller()?.app.key);
    expect_room(call, &scope, None, offset.saturating_add(body.declared().unwrap_or(0))).await?;
    let refused = |error| ApiError::of_chunk(error, offset);

    let mut chunk = match id {
        Some(id) => {
            let id = id.ok_or_else(|| refused(UploadError::Unknown))?;
            let session = call.cloud().upload(&scope, app, id).await.map_err(refused)?;
            call.cloud().chunk(session, offset, UPLOAD_MAX).map_err(refused)?
        }
        None if offset == 0 => call.cloud().first_chunk(&scope, app, UPLOAD_MAX).await.map_err(refused)?,
        None => return Err(ApiError::of_param("offset", "An upload begins at offset 0")),
    };
    while let Some(piece) = body.chunk().await? {
        chunk.push(piece).await.map_err(refused)?;
    }
    let session = call.cloud().finish_chunk(chunk).await.map_err(refused)?;
    Ok(json(&upload(&session)))
}

/// POST `/commit_chunked_upload/<root>/<path>`: what was received becomes a file.
pub(super) async fn commit(call: &Call<'_>) -> Result<Response, ApiError> {
    let (path, intent) = (call.new_path()?, Intent::read(&call.params)?);
    let id = read_id(call.params.required("upload_id")?);
    let id = id.ok_or_else(|| ParamError::invalid("upload_id", "an upload's id", "?"))?;
    let (scope, app) = (call.scope().await?, &call.caller()?.app.key);
    let committed = call.cloud().commit_upload(&scope, app, id, |content| intent.put(path, content)).await;
    let item = committed.map_err(ApiError::of_commit)?;
    Ok(json(&call.view(&scope).entry(&item)))
}

/// The state of an upload as its client keeps it.
pub(super) fn upload(session: &UploadSession) -> Upload {
    Upload {
        upload_id: BASE64URL_NOPAD.encode(&session.id.0),
        offset: session.offset(),
        expires: Date(session.expires),
    }
}

/// Nothing for a text that no upload can be called.
fn read_id(text: &str) -> Option<UploadId> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok().map(UploadId)
}
