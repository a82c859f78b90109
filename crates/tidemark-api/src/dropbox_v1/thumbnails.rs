//! `/thumbnails`: small pictures of pictures.

use axum::response::Response;
use http::StatusCode;
use tidemark_core::model::{Rendition, ThumbnailFormat, ThumbnailSpec};

use super::error::ApiError;
use super::found::Found;
use super::kinds::Kind;
use super::request::Call;
use crate::http::{ParamError, Params};

const UNDECODABLE: &str = "The image is invalid and cannot be thumbnailed";

/// GET or POST `/thumbnails/<root>/<path>`.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let spec = spec(&call.params)?;
    let found = Found::read(call).await?;
    if !Kind::of(found.item.path.as_str()).has_thumbnail {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "The file has no thumbnail"));
    }
    let mime_type = mime_type(spec.format);
    let ThumbnailSpec { width_max, height_max, .. } = spec;
    let tag = format!("{width_max}x{height_max}-{}", &mime_type["image/".len()..]);
    found
        .render(
            call,
            Rendition::Thumbnail(spec),
            &tag,
            mime_type,
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, UNDECODABLE),
        )
        .await
}

fn mime_type(format: ThumbnailFormat) -> &'static str {
    match format {
        ThumbnailFormat::Jpeg => "image/jpeg",
        ThumbnailFormat::Png => "image/png",
        ThumbnailFormat::Bmp => "image/bmp",
    }
}

/// Every name of a size that some client uses, and the box that the thumbnail fits into.
const SIZES: [(&str, (u16, u16)); 14] = [
    ("xs", (32, 32)),
    ("s", (64, 64)),
    ("m", (128, 128)),
    ("l", (640, 480)),
    ("xl", (1024, 768)),
    // Of older clients.
    ("small", (32, 32)),
    ("medium", (64, 64)),
    ("large", (128, 128)),
    ("256x256", (256, 256)),
    ("320x240_bestfit", (320, 240)),
    ("480x320_bestfit", (480, 320)),
    ("640x480_bestfit", (640, 480)),
    ("960x640_bestfit", (960, 640)),
    ("1024x768_bestfit", (1024, 768)),
];

fn spec(params: &Params) -> Result<ThumbnailSpec, ApiError> {
    let size = params.get("size").unwrap_or("s");
    let known = SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(size));
    let (_, (width_max, height_max)) =
        *known.ok_or_else(|| ParamError::invalid("size", "one of xs, s, m, l, xl", size))?;
    let format = params.get("format").unwrap_or("jpeg");
    let format = match format.to_ascii_lowercase().as_str() {
        "jpeg" => ThumbnailFormat::Jpeg,
        "png" => ThumbnailFormat::Png,
        "bmp" => ThumbnailFormat::Bmp,
        _ => return Err(ParamError::invalid("format", "one of jpeg, png, bmp", format).into()),
    };
    Ok(ThumbnailSpec { width_max, height_max, format })
}
