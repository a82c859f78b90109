//! `/previews`: what is in a document, for those who have no program for it.

use axum::response::Response;
use http::{HeaderName, StatusCode};
use tidemark_core::model::Rendition;

use super::error::ApiError;
use super::found::Found;
use super::kinds::{Kind, PreviewKind};
use super::request::Call;

const ORIGINAL_LENGTH: HeaderName = HeaderName::from_static("original-content-length");

const UNAVAILABLE: &str = "A preview of the file is not available";

/// GET or POST `/previews/<root>/<path>`: a spreadsheet as a page. Nothing here can draw other documents.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let found = Found::read(call).await?;
    match Kind::of(found.item.path.as_str()).preview {
        Some(PreviewKind::Sheet) => {}
        Some(PreviewKind::Document) => return Err(ApiError::new(StatusCode::CONFLICT, UNAVAILABLE)),
        None => return Err(ApiError::new(StatusCode::NOT_FOUND, "Files of this type have no preview")),
    }
    let refusal = (StatusCode::CONFLICT, UNAVAILABLE);
    let page = found.render(call, Rendition::SheetPage, "preview", "text/html; charset=utf-8", refusal);
    let mut response = page.await?;
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(ORIGINAL_LENGTH, found.content.size.into());
    }
    Ok(response)
}
