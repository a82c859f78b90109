//! `/save_url` and `/save_url_job`: files that the server gets from elsewhere.

use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use tidemark_core::fetches::Progress;
use tidemark_core::model::{FetchEnd, FetchId};

use super::error::ApiError;
use super::json;
use super::request::Call;
use super::wire::{Job, JobStatus};

/// POST `/save_url/<root>/<path>`: takes a URL, whose file will be at the path, or beside what is there.
pub(super) async fn begin(call: &Call<'_>) -> Result<Response, ApiError> {
    let (path, url) = (call.new_path()?, call.params.required("url")?);
    let scope = call.scope().await?;
    let begun = call.api.fetches.begin(call.caller()?, &scope, path, url).await;
    let id = begun.map_err(ApiError::of_begin)?;
    Ok(json(&Job { status: "PENDING", job: BASE64URL_NOPAD.encode(&id.0) }))
}

/// GET `/save_url_job/<job>`: how far it is.
pub(super) async fn job(call: &Call<'_>) -> Result<Response, ApiError> {
    let progress = match read_id(call.id()) {
        Some(id) => call.api.fetches.progress(call.caller()?, id).await?,
        None => None,
    };
    let status = match &progress {
        None => return Err(ApiError::new(StatusCode::NOT_FOUND, "There is no such job")),
        Some(Progress::Pending) => JobStatus { status: "PENDING", error: None },
        Some(Progress::Downloading) => JobStatus { status: "DOWNLOADING", error: None },
        Some(Progress::Ended(FetchEnd::Complete)) => JobStatus { status: "COMPLETE", error: None },
        Some(Progress::Ended(FetchEnd::Failed(error))) => JobStatus { status: "FAILED", error: Some(error) },
    };
    Ok(json(&status))
}

/// Nothing for a text that no job can be called.
fn read_id(text: &str) -> Option<FetchId> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok().map(FetchId)
}
