//! `/files` and `/files_put`: bytes out and in.

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http::{StatusCode, Version};
use http_body::Body as _;
use tidemark_core::cloud::{Condition, Put, Scope, Spot};
use tidemark_core::model::{ClientTimes, Content, Name, Path, PathError, Timestamp};

use super::error::{ApiError, over_quota};
use super::found::{Found, METADATA};
use super::json;
use super::request::{Call, read_rev, wants_identity};
use super::wire::{Date, View};
use crate::content::{Download, Extension};
use crate::http::form_data::{self, OVERHEAD_BYTES_MAX};
use crate::http::{ETag, FormData, FormPart, ParamError, Params, body};

/// The largest body of one upload, and of one chunk, in bytes: 150 MB.
pub(super) const UPLOAD_MAX: u64 = 150 << 20;

/// The longest field of a multipart body besides the file.
const FIELD_BYTES_MAX: usize = 4 << 10;

/// GET or HEAD `/files/<root>/<path>`: the bytes of a file, or of one of its revisions.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let found = Found::read(call).await?;
    let etag = ETag::strong(found.item.rev(found.scope.namespace).to_string());
    let mime_type = Extension::of(found.item.path.as_str()).mime_type();
    let download = Download { content: found.content, etag, mime_type };
    let mut response = download.respond(call.cloud(), call.parts).await?;
    if response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(METADATA, found.metadata(call));
    }
    Ok(response)
}

/// PUT or POST `/files_put/<root>/<path>`: the body becomes a file.
pub(super) async fn put(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let (path, intent) = (call.new_path()?, Intent::read(&call.params)?);
    expect_length(call, &body)?;
    let _place = call.place(&body)?;
    let scope = call.scope().await?;
    let mut body = body::limited(body, UPLOAD_MAX)?;
    expect_room(call, &scope, Some(&path), body.declared().unwrap_or(0)).await?;
    let mut intake = call.cloud().intake(UPLOAD_MAX);
    while let Some(piece) = body.chunk().await? {
        intake.push(piece).await?;
    }
    let content = intake.finish().await?;
    let item = call.cloud().put_file(&scope, &intent.put(path, content)).await?;
    Ok(json(&call.view(&scope).entry(&item)))
}

/// An upload must say that it has a body: by a length, or by coming in chunks. (The old service refused chunks; there
/// are clients that send them.)
pub(super) fn expect_length(call: &Call<'_>, body: &Body) -> Result<(), ApiError> {
    let says = call.parts.headers.contains_key(CONTENT_LENGTH)
        || call.parts.version >= Version::HTTP_2
        || body.size_hint().exact() != Some(0);
    says.then_some(())
        .ok_or_else(|| ApiError::new(StatusCode::LENGTH_REQUIRED, "A Content-Length is required"))
}

/// Refuses what could not be kept before it is taken: blocks that no file came of lie there for a while.
pub(super) async fn expect_room(
    call: &Call<'_>,
    scope: &Scope,
    path: Option<&Path>,
    size: u64,
) -> Result<(), ApiError> {
    let at = path.map(Spot::from);
    let has_room = call.cloud().has_room(scope, at.as_ref(), size).await?;
    has_room.then_some(()).ok_or_else(over_quota)
}

/// What may happen to what is at the path of an upload.
pub(super) struct Intent {
    condition: Condition,
    autorename: bool,
    times: ClientTimes,
}

impl Intent {
    /// `parent_rev` goes before `overwrite`.
    pub(super) fn read(params: &Params) -> Result<Intent, ApiError> {
        let overwrite = params.boolean("overwrite")?.unwrap_or(true);
        let condition = match read_rev(params, "parent_rev")? {
            Some(rev) => Condition::Update(rev),
            None if overwrite => Condition::Overwrite,
            None => Condition::Add,
        };
        let autorename = params.boolean("autorename")?.unwrap_or(true);
        Ok(Intent { condition, autorename, times: ClientTimes::modified(read_mtime(params)?) })
    }

    pub(super) fn put(&self, path: Path, content: Content) -> Put {
        let &Intent { condition, autorename, times } = self;
        Put { at: path.into(), content, condition, autorename, times }
    }
}

/// When its user changed the file last, as our own clients say it: spelled as entries tell it.
fn read_mtime(params: &Params) -> Result<Option<Timestamp>, ParamError> {
    let Some(text) = params.get("client_mtime") else { return Ok(None) };
    match Date::read(text) {
        Some(Date(time)) => Ok(Some(time)),
        None => {
            Err(ParamError::invalid("client_mtime", "a date such as Wed, 05 Feb 2014 09:07:03 +0000", text))
        }
    }
}

/// POST `/files/<root>/<folder>`: the part `file` of a multipart form becomes a file of that folder. The parameters may
/// be fields of the form, too.
pub(super) async fn post(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let folder = call.new_path()?;
    let boundary = form_data::boundary(&call.parts.headers);
    let boundary =
        boundary.ok_or_else(|| ApiError::of_param("file", "The body is not multipart/form-data"))?;
    let _place = call.place(&body)?;
    let scope = call.scope().await?;
    let body = body::limited(body, UPLOAD_MAX + OVERHEAD_BYTES_MAX)?;
    let size_min = body.declared().unwrap_or(0).saturating_sub(OVERHEAD_BYTES_MAX);
    let mut form = FormData::new(body, boundary);
    let (mut fields, mut file) = (call.parts.uri.query().unwrap_or_default().to_owned(), None);
    while let Some(part) = form.next().await? {
        match part.name() {
            Some("file") if file.is_some() => {
                return Err(ApiError::of_param("file", "The form has more than one file"));
            }
            Some("file") => {
                let path = folder.join(&name_of(&part)?);
                expect_room(call, &scope, Some(&path), size_min).await?;
                file = Some((path, take_file(call, part).await?));
            }
            Some(name) => {
                let name = name.to_owned();
                let value = part.text(FIELD_BYTES_MAX).await?;
                fields.push('&');
                let mut pair = form_urlencoded::Serializer::new(String::new());
                fields.push_str(&pair.append_pair(&name, &value).finish());
            }
            None => drop(part.text(FIELD_BYTES_MAX).await?),
        }
    }
    let (path, content) = file.ok_or_else(|| ApiError::of_param("file", "The form has no file"))?;
    let params = Params::parse(Some(&fields), None)?;
    let (intent, identity) = (Intent::read(&params)?, wants_identity(&params)?);
    let item = call.cloud().put_file(&scope, &intent.put(path, content)).await?;
    Ok(json(&View::of(&scope, identity).entry(&item)))
}

/// Where a part's file name puts it. (One client sends that behind a slash.)
fn name_of(part: &FormPart) -> Result<Name, ApiError> {
    let name = part.file_name().unwrap_or_default().trim_start_matches('/');
    Name::new(name).map_err(|error| ApiError::of_path("file", &PathError::Name(error)))
}

/// Stores the bytes of a part.
async fn take_file(call: &Call<'_>, mut part: FormPart) -> Result<Content, ApiError> {
    let mut intake = call.cloud().intake(UPLOAD_MAX);
    while let Some(piece) = part.chunk().await? {
        intake.push(piece).await?;
    }
    Ok(intake.finish().await?)
}
