//! Files: what they are, and their bytes.

use super::error::ApiError;
use super::fields::Fields;
use super::items::{Kind, there, told};
use super::request::{Call, Guest};
use super::said;
use super::{json, not_modified, shared};
use crate::content::{Download, Extension, anonymous_etag};
use crate::http::disposition::attachment;
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, LOCATION, RANGE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use std::time::Duration;
use tidemark_core::cloud::{Cloud, Situated};
use tidemark_core::model::{Content, Entry};

/// How long the address of a download is good for.
const DOWNLOAD_LIFE: Duration = Duration::from_secs(15 * 60);

/// GET `/2.0/files/:id`.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let fields = call.fields(Fields::Standard);
    let scope = call.scope().await?;
    let item = there(call, &scope, Kind::File).await?;
    if call.has_already(&item.entry, scope.root) {
        return Ok(not_modified());
    }
    Ok(json(&told(call, &scope, &item, &fields).await?))
}

/// GET or HEAD `/2.0/files/:id/content`: where the bytes are. There are clients that take nothing but that; who asks for a
/// part is given it at once, because there are others that would ask for the whole there.
pub(super) async fn content(call: &Call<'_>) -> Result<Response, ApiError> {
    let version = call.params.get("version").map(|version| said::version("version", version)).transpose()?;
    let scope = call.scope().await?;
    let Situated { entry, .. } = there(call, &scope, Kind::File).await?;
    if let Some(open) = call.visit() {
        // A link shows what is there now, and nothing that was there before.
        let past = version.filter(|version| entry.file().is_none_or(|file| file.version != *version));
        if let Some(version) = past {
            return Err(ApiError::no_version(version));
        }
        return shared::content(call, open, &entry).await;
    }
    let versions = call.cloud().versions(&scope, entry.id, version, 1).await?;
    let found = versions.and_then(|mut versions| versions.pop());
    let found = found.ok_or_else(|| match version {
        Some(version) => ApiError::no_version(version),
        None => ApiError::no_item(Kind::File, call.number()),
    })?;
    if call.parts.headers.contains_key(RANGE) {
        return hand_out(call.cloud(), call.parts, &entry, found.content).await;
    }
    let app = &call.caller().app.key;
    let reference = call.cloud().refer_version(&scope, app, &entry, found.seq, DOWNLOAD_LIFE);
    let address = format!("/d/1/{}/download", call.api.sealer.seal_version(&reference));
    Ok(elsewhere(call, &address))
}

/// A redirect to an address of this server, which opens a file to whoever has it.
pub(super) fn elsewhere(call: &Call<'_>, path: &str) -> Response {
    let address = HeaderValue::try_from(call.api.origin.url(call.parts, path));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    let address = address.expect("a host that was let in and a path of ours are visible ASCII");
    response.headers_mut().insert(LOCATION, address);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// GET or HEAD `/d/1/:token/download`: the bytes that an address stands for. Whatever is wrong with it, it is answered as
/// if it had never led anywhere.
pub(super) async fn download(guest: &Guest<'_>) -> Result<Response, ApiError> {
    let reference = guest.api.sealer.open_version(guest.word()).map_err(|_| ApiError::no_download())?;
    let (account, app) = (reference.file.account, &reference.file.app);
    guest.api.people.admit_for(account, Some(app)).map_err(ApiError::too_often)?;
    let found = guest.api.cloud.referred_version(&reference).await?;
    let (file, content) = found.ok_or_else(ApiError::no_download)?;
    hand_out(&guest.api.cloud, guest.parts, &file, content).await
}

/// The bytes of a version of a file, as harmless as all that somebody uploaded.
pub(super) async fn hand_out(
    cloud: &Cloud,
    parts: &Parts,
    file: &Entry,
    content: Content,
) -> Result<Response, ApiError> {
    let mime_type = Extension::of(file.name.as_str()).mime_type();
    // The same here and there, so that a client may go on there with what it began here.
    let download = Download { content, etag: anonymous_etag(&content), mime_type };
    let mut response = download.respond(cloud, parts).await?;
    if response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CONTENT_DISPOSITION, attachment(file.name.as_str()));
    }
    Ok(response)
}
