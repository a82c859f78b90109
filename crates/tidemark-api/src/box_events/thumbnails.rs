//! GET `/2.0/files/:id/thumbnail.png` and `.jpg`: small pictures of pictures.

use super::error::ApiError;
use super::items::{Kind, there};
use super::request::Call;
use crate::content::{self, DownloadError, Extension, anonymous_etag_of};
use crate::web::assets::mark_url;
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use tidemark_core::media::RenderError;
use tidemark_core::model::{Rendition, ThumbnailFormat, ThumbnailSpec};

/// How small and how large a side may be asked to be, in pixels.
const SIDE: std::ops::RangeInclusive<u16> = 32..=320;
/// How large one is that nobody names.
const SIDE_DEFAULT: u16 = 256;

/// When to ask again for what could not be made in time.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// A picture of a file; what stands for one if it has none.
pub(super) async fn get(call: &Call<'_>, format: ThumbnailFormat) -> Result<Response, ApiError> {
    let (width_max, height_max) =
        (side(call, "min_width", "max_width")?, side(call, "min_height", "max_height")?);
    let scope = call.scope().await?;
    let item = there(call, &scope, Kind::File).await?;
    let file = item.entry.file().ok_or_else(|| ApiError::no_item(Kind::File, call.number()))?;
    if !Extension::of(item.entry.name.as_str()).has_thumbnail() || file.content.size == 0 {
        return Ok(placeholder(call, StatusCode::FOUND));
    }
    let mime_type = match format {
        ThumbnailFormat::Png => "image/png",
        ThumbnailFormat::Jpeg | ThumbnailFormat::Bmp => "image/jpeg",
    };
    let tag = format!("{width_max}x{height_max}-{}", &mime_type["image/".len()..]);
    let response = match content::begin(call.parts, &anonymous_etag_of(&file.content, &tag)) {
        Ok(response) => response,
        Err(DownloadError::Store(error)) => return Err(error.into()),
        Err(DownloadError::Changed | DownloadError::Unsatisfiable { .. }) => return Err(ApiError::changed()),
    };
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    let rendition = Rendition::Thumbnail(ThumbnailSpec { width_max, height_max, format });
    let media = &call.api.media;
    let made = match call.visit() {
        Some(_) => media.render_for_guest(scope.account, file.content, rendition).await,
        None => media.render(scope.account, file.content, rendition).await,
    };
    match made {
        Ok(made) => Ok(content::with_made(response, mime_type, made)),
        Err(RenderError::TooLarge | RenderError::Undecodable) => Err(ApiError::no_thumbnail()),
        Err(RenderError::Busy) => {
            let mut response = placeholder(call, StatusCode::ACCEPTED);
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
            Ok(response)
        }
        Err(RenderError::Store(error)) => Err(error.into()),
    }
}

/// How long a side may be: no picture is made larger than it is, so what it must be at least is a wish.
fn side(call: &Call<'_>, least: &'static str, most: &'static str) -> Result<u16, ApiError> {
    let read = |name| -> Result<Option<u16>, ApiError> {
        match call.params.integer::<u16>(name) {
            Ok(None) => Ok(None),
            Ok(Some(side)) if SIDE.contains(&side) => Ok(Some(side)),
            Ok(Some(_)) | Err(_) => Err(ApiError::no_such_size(name, *SIDE.start(), *SIDE.end())),
        }
    };
    let (least, most) = (read(least)?, read(most)?.map(|side| (most, side)));
    match (least, most) {
        (Some(least), Some((name, most))) if least > most => {
            Err(ApiError::no_such_size(name, least, *SIDE.end()))
        }
        (_, Some((_, most))) => Ok(most),
        (least, None) => Ok(least.unwrap_or(SIDE_DEFAULT).max(SIDE_DEFAULT)),
    }
}

/// A picture that stands for all that have none.
fn placeholder(call: &Call<'_>, status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let address = HeaderValue::try_from(call.api.origin.url(call.parts, mark_url()));
    let address = address.expect("a host that was let in and a path of ours are visible ASCII");
    response.headers_mut().insert(LOCATION, address);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
