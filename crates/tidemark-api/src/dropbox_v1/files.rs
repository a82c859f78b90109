//! `/files` and `/files_put`: bytes out and in.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{StatusCode, Version};
use http_body::Body as _;
use multer::{Field, Multipart};
use tidemark_core::cloud::{Condition, Put, Scope, Spot};
use tidemark_core::model::{ClientTimes, Content, Name, Path, PathError};

use super::error::{ApiError, over_quota};
use super::feed::{Feed, Unread};
use super::found::{Found, METADATA};
use super::json;
use super::request::{Call, read_rev};
use super::wire::View;
use crate::content::{Download, Extension};
use crate::http::{BodyError, ETag, Params, body};

/// The largest body of one upload, and of one chunk, in bytes: 150 MB.
pub(super) const UPLOAD_MAX: u64 = 150 << 20;

/// How much longer than the file a multipart body may be.
const MULTIPART_OVERHEAD_MAX: u64 = 1 << 20;

/// The longest field of a multipart body besides the file, and how many there may be.
const FIELD_BYTES_MAX: usize = 4 << 10;
const FIELDS_MAX: usize = 32;

/// GET or HEAD `/files/<root>/<path>`: the bytes of a file, or of one of its revisions.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let found = Found::read(call).await?;
    let etag = ETag::strong(found.item.rev(found.scope.namespace).to_string());
    let mime_type = Extension::of(found.item.path.as_str()).mime_type();
    let download = Download { content: found.content, etag, mime_type };
    let mut response = download.respond(call.cloud(), call.parts).await?;
    if response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(METADATA, found.metadata());
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
    Ok(json(&View::of(&scope).entry(&item)))
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
        Ok(Intent { condition, autorename: params.boolean("autorename")?.unwrap_or(true) })
    }

    pub(super) fn put(&self, path: Path, content: Content) -> Put {
        let &Intent { condition, autorename } = self;
        Put { at: path.into(), content, condition, autorename, times: ClientTimes::default() }
    }
}

/// POST `/files/<root>/<folder>`: the part `file` of a multipart form becomes a file of that folder. The parameters may
/// be fields of the form, too.
pub(super) async fn post(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let folder = call.new_path()?;
    let boundary = call.parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = boundary.and_then(|value| multer::parse_boundary(value).ok());
    let boundary =
        boundary.ok_or_else(|| ApiError::of_param("file", "The body is not multipart/form-data"))?;
    let _place = call.place(&body)?;
    let scope = call.scope().await?;
    let body = body::limited(body, UPLOAD_MAX + MULTIPART_OVERHEAD_MAX)?;
    let size_min = body.declared().unwrap_or(0).saturating_sub(MULTIPART_OVERHEAD_MAX);
    let (feed, unread) = Feed::new(body);
    let mut parts = Multipart::new(feed, boundary);
    let (mut fields, mut count, mut file) = (call.parts.uri.query().unwrap_or_default().to_owned(), 0, None);
    while let Some(field) = parts.next_field().await.map_err(|error| of_multipart(&error))? {
        count += 1;
        if count > FIELDS_MAX {
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "The form has too many parts"));
        }
        match field.name() {
            Some("file") if file.is_some() => {
                return Err(ApiError::of_param("file", "The form has more than one file"));
            }
            Some("file") => {
                let path = folder.join(&name_of(&field)?);
                expect_room(call, &scope, Some(&path), size_min).await?;
                file = Some((path, take_file(call, field, &unread).await?));
            }
            Some(name) => {
                let name = name.to_owned();
                let value = take_field(field, &unread).await?;
                fields.push('&');
                let mut pair = form_urlencoded::Serializer::new(String::new());
                fields.push_str(&pair.append_pair(&name, &value).finish());
            }
            None => drop(take_field(field, &unread).await?),
        }
    }
    let (path, content) = file.ok_or_else(|| ApiError::of_param("file", "The form has no file"))?;
    let intent = Intent::read(&Params::parse(Some(&fields), None)?)?;
    let item = call.cloud().put_file(&scope, &intent.put(path, content)).await?;
    Ok(json(&View::of(&scope).entry(&item)))
}

/// Where a part's file name puts it. (One client sends that behind a slash.)
fn name_of(field: &Field<'_>) -> Result<Name, ApiError> {
    let name = field.file_name().unwrap_or_default().trim_start_matches('/');
    Name::new(name).map_err(|error| ApiError::of_path("file", &PathError::Name(error)))
}

/// Stores the bytes of a part.
async fn take_file(call: &Call<'_>, mut field: Field<'_>, unread: &Unread) -> Result<Content, ApiError> {
    let mut intake = call.cloud().intake(UPLOAD_MAX);
    while let Some(piece) = field.chunk().await.map_err(|error| of_multipart(&error))? {
        unread.came_out(piece.len());
        intake.push(piece).await?;
    }
    Ok(intake.finish().await?)
}

async fn take_field(mut field: Field<'_>, unread: &Unread) -> Result<String, ApiError> {
    let mut value = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| of_multipart(&error))? {
        unread.came_out(piece.len());
        value.extend_from_slice(&piece);
        if value.len() > FIELD_BYTES_MAX {
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "A part of the form is too large"));
        }
    }
    String::from_utf8(value)
        .map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "A part of the form is not UTF-8"))
}

/// What went wrong with a multipart body: below it, or in it.
fn of_multipart(error: &multer::Error) -> ApiError {
    if let multer::Error::StreamReadFailed(cause) = error
        && let Some(cause) = cause.downcast_ref::<BodyError>()
    {
        return (*cause).into();
    }
    ApiError::of_param("file", "The multipart body is malformed or incomplete")
}
