//! What is made of shared files for whoever looks at them: small pictures, and spreadsheets as pages.
//!
//! It is made in the turn of whose files they are, under headers as harmless as those of the files themselves.

use crate::content::{self, DownloadError, Extension, anonymous_etag_of};
use crate::web::Site;
use crate::web::page::{PageError, error_page};
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use tidemark_core::cloud::Shared;
use tidemark_core::media::{RenderError, SOURCE_SIZE_MAX};
use tidemark_core::model::{Content, Rendition, ThumbnailFormat, ThumbnailSpec};

/// When to ask again for what could not be made in time, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Sharp as a tile on a screen that is twice as fine as its place on the page. The gallery's grid asks for the same, so it is often
/// kept already.
const THUMBNAIL: ThumbnailSpec =
    ThumbnailSpec { width_max: 640, height_max: 480, format: ThumbnailFormat::Jpeg };

/// As large as the protocols ask for at most. For whom the picture itself is not.
const PICTURE: ThumbnailSpec =
    ThumbnailSpec { width_max: 1024, height_max: 768, format: ThumbnailFormat::Jpeg };

/// Something that is made of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    Thumbnail,
    Picture,
    Page,
}

impl Made {
    /// Whether it is made of a file with this name and content. What comes of it stands in the bytes.
    pub(super) fn is_made_of(self, name: &str, content: Content) -> bool {
        let extension = Extension::of(name);
        let is_kind = match self {
            Made::Thumbnail | Made::Picture => extension.has_thumbnail(),
            Made::Page => extension.is_sheet(),
        };
        is_kind && (1..=SOURCE_SIZE_MAX).contains(&content.size)
    }

    /// Answers with it.
    pub(super) async fn respond(
        self,
        site: &Site,
        parts: &Parts,
        shared: &Shared,
        content: Content,
    ) -> Result<Response, PageError> {
        if !self.is_made_of(shared.item.entry.name.as_str(), content) {
            return Ok(impossible());
        }
        let (rendition, mime_type, tag) = match self {
            Made::Thumbnail => (Rendition::Thumbnail(THUMBNAIL), "image/jpeg", "tile"),
            Made::Picture => (Rendition::Thumbnail(PICTURE), "image/jpeg", "view"),
            Made::Page => (Rendition::SheetPage, "text/html; charset=utf-8", "preview"),
        };
        let response = match content::begin(parts, &anonymous_etag_of(&content, tag)) {
            Ok(response) => response,
            Err(DownloadError::Store(error)) => return Err(error.into()),
            Err(DownloadError::Changed | DownloadError::Unsatisfiable { .. }) => return Ok(super::changed()),
        };
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        match site.media.render_for_guest(shared.account, content, rendition).await {
            Ok(made) => Ok(content::with_made(response, mime_type, made)),
            Err(RenderError::TooLarge | RenderError::Undecodable) => Ok(impossible()),
            Err(RenderError::Busy) => {
                let text = "Too many previews are being made. Please try again in a moment.";
                let mut response = error_page(StatusCode::TOO_MANY_REQUESTS, "Please try again", text);
                response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
                Ok(response)
            }
            Err(RenderError::Store(error)) => Err(error.into()),
        }
    }
}

fn impossible() -> Response {
    let text = "No preview can be made of this file. You can still download it.";
    error_page(StatusCode::UNSUPPORTED_MEDIA_TYPE, "There is no preview", text)
}
