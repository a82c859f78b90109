//! `/shared_folders`: there are none, and that is told in the protocol's words.

use axum::response::Response;
use http::StatusCode;
use tidemark_core::model::Access;

use super::error::ApiError;
use super::json;
use super::request::Call;

/// GET `/shared_folders` or `/shared_folders/<id>`: the folders that the account shares, or one of them.
pub(super) fn show(call: &Call<'_>) -> Result<Response, ApiError> {
    // What it says is read by nobody, but a slip in it should not wait to be found.
    call.params.boolean("include_membership")?;
    let named = !call.id().is_empty() || call.params.get("id").is_some();
    match call.caller()?.app.access {
        Access::AppFolder => Err(ApiError::new(StatusCode::FORBIDDEN, "The app may use its own folder only")),
        Access::Full if named => Err(ApiError::new(StatusCode::NOT_FOUND, "There is no such shared folder")),
        Access::Full => Ok(json(&[(); 0])),
    }
}
