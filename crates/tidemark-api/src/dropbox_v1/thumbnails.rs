//! `/thumbnails`: small pictures of pictures.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};
use tidemark_core::cloud::{Item, Scope};
use tidemark_core::model::{Content, Rendition, ThumbnailFormat, ThumbnailSpec};

use super::error::ApiError;
use super::files::METADATA;
use super::kinds::Kind;
use super::request::Call;
use super::wire::View;
use crate::content;
use crate::http::{ETag, ParamError, Params, Preconditions, Verdict, ascii_json};

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

/// A file of which something is to be shown.
pub(super) struct Found {
    scope: Scope,
    pub(super) item: Item,
    pub(super) content: Content,
}

impl Found {
    /// The file that the URL names, or one of its revisions.
    pub(super) async fn read(call: &Call<'_>) -> Result<Found, ApiError> {
        let (path, rev) = (call.path()?, call.rev_param("rev")?);
        let scope = call.scope().await?;
        let found = match rev {
            Some(rev) => call.cloud().stat_rev(&scope, &path, rev).await?,
            None => call.cloud().stat(&scope, &path).await?,
        };
        let item = found.filter(|item| item.gone.is_none()).ok_or_else(ApiError::no_file)?;
        let content = item.entry.file().ok_or_else(ApiError::no_file)?.content;
        Ok(Found { scope, item, content })
    }

    /// Answers with something made of it, or with the status and the text for files of which nothing can be. Who has it
    /// already, under this tag of this revision, is told so before anything is made.
    pub(super) async fn render(
        &self,
        call: &Call<'_>,
        rendition: Rendition,
        tag: &str,
        mime_type: &'static str,
        (status, text): (StatusCode, &str),
    ) -> Result<Response, ApiError> {
        let etag = ETag::strong(format!("{}-{tag}", self.item.rev(self.scope.namespace)));
        let mut response = Response::default();
        response.headers_mut().insert(ETAG, etag.to_header());
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=0"));
        match Preconditions::from_headers(&call.parts.headers).judge(&call.parts.method, Some(&etag)) {
            Verdict::Proceed => {}
            Verdict::NotModified => {
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                return Ok(response);
            }
            Verdict::Failed => {
                return Err(ApiError::new(StatusCode::PRECONDITION_FAILED, "The file has another rev"));
            }
        }
        let made = call.api.media.render(self.scope.account, self.content, rendition).await;
        let body = made.map_err(|error| ApiError::of_render(error, status, text))?;
        self.describe(response.headers_mut(), mime_type);
        response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        *response.body_mut() = Body::from(body);
        Ok(response)
    }

    /// The headers that say what it is, and what a browser may do with it: a token may stand in the URL.
    fn describe(&self, headers: &mut HeaderMap, mime_type: &'static str) {
        let metadata = View::of(&self.scope).entry(&self.item);
        let metadata = ascii_json::to_header(&metadata).expect("metadata has text keys only");
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime_type));
        headers.insert(METADATA, metadata);
        content::contain(headers);
    }
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
