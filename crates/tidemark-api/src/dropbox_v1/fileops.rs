//! `/fileops`: copying, moving, creating folders, deleting.

use axum::response::Response;
use tidemark_core::cloud::{AsOf, Proviso, RelocateError, Scope};
use tidemark_core::model::Path;

use super::error::ApiError;
use super::json;
use super::request::Call;
use crate::tokens::ReferenceKind;

/// POST `/fileops/copy`.
pub(super) async fn copy(call: &Call<'_>) -> Result<Response, ApiError> {
    let to = call.new_path_param("to_path")?;
    match (call.params.get("from_path"), call.params.get("from_copy_ref")) {
        (Some(_), None) => {}
        (None, Some(reference)) => return copy_reference(call, reference, &to).await,
        (Some(_), Some(_)) | (None, None) => {
            let text = "Exactly one of from_path and from_copy_ref is required";
            return Err(ApiError::of_param("from_path", text));
        }
    }
    let from = call.path_param("from_path")?;
    let scope = scope(call).await?;
    let copied = call.cloud().copy_to(&scope, &from, &to).await;
    let item = copied.map_err(|error| ApiError::of_relocate(error, &from))?;
    Ok(json(&call.view(&scope).entry(&item)))
}

/// The same with what a program, perhaps another person's, has passed on.
async fn copy_reference(call: &Call<'_>, reference: &str, to: &Path) -> Result<Response, ApiError> {
    let reference = call.api.sealer.open_reference(ReferenceKind::Copy, reference);
    let reference = reference.map_err(|_| ApiError::no_reference())?;
    let (scope, app) = (scope(call).await?, &call.caller()?.app.key);
    let item = match call.cloud().copy_reference(&scope, app, &reference, to).await {
        Ok(item) => item,
        Err(RelocateError::NotFound) => return Err(ApiError::no_reference()),
        Err(error) => return Err(ApiError::of_relocate(error, to)),
    };
    Ok(json(&call.view(&scope).entry(&item)))
}

/// POST `/fileops/move`.
pub(super) async fn relocate(call: &Call<'_>) -> Result<Response, ApiError> {
    let (from, to) = (call.path_param("from_path")?, call.new_path_param("to_path")?);
    let scope = scope(call).await?;
    // The old service found that the destination exists where only the spelling was to change. Who knows entries by more than
    // their paths can tell the two apart.
    let respell = call.tells_identity();
    let as_of = as_of(call, &scope)?;
    let moved = call.cloud().move_if(&scope, &from, &to, respell, as_of).await;
    let item = moved.map_err(|error| ApiError::of_relocate(error, &from))?;
    Ok(json(&call.view(&scope).entry(&item)))
}

/// POST `/fileops/create_folder`.
pub(super) async fn create_folder(call: &Call<'_>) -> Result<Response, ApiError> {
    let path = call.new_path_param("path")?;
    let scope = scope(call).await?;
    let created = call.cloud().create_folder(&scope, &path).await;
    let item = created.map_err(|error| ApiError::of_relocate(error, &path))?;
    Ok(json(&call.view(&scope).entry(&item)))
}

/// POST `/fileops/delete`.
pub(super) async fn delete(call: &Call<'_>) -> Result<Response, ApiError> {
    let path = call.path_param("path")?;
    let scope = scope(call).await?;
    let proviso = Proviso { as_of: as_of(call, &scope)?, ..Proviso::default() };
    let deleted = call.cloud().delete_if(&scope, &path, proviso).await;
    let item = deleted.map_err(|error| ApiError::of_delete(error, &path))?;
    Ok(json(&call.view(&scope).entry(&item)))
}

/// What the client knew when it decided so. An empty cursor is none: whoever has lost it must not be taken for somebody who
/// does not mind.
fn as_of(call: &Call<'_>, scope: &Scope) -> Result<Option<AsOf>, ApiError> {
    let Some(text) = call.params.get_or_empty("as_of") else { return Ok(None) };
    let cursor = call.api.sealer.open_cursor(text).ok();
    match cursor.and_then(|cursor| call.cloud().as_of(scope, &cursor)) {
        Some(as_of) => Ok(Some(as_of)),
        None => Err(ApiError::of_param("as_of", "The cursor is invalid")),
    }
}

/// The root is a parameter here; there are clients that forget it.
async fn scope(call: &Call<'_>) -> Result<Scope, ApiError> {
    call.scope_of(call.params.get("root").unwrap_or("auto")).await
}
