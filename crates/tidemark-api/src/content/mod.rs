//! Files' bytes as HTTP sends them, whoever asks: which part, under which headers, and what a browser may do with it.
//!
//! Unlike [`crate::http`] this knows what a file's content is; unlike the dialects it knows no path and no caller. It is
//! for whatever hands out bytes that people uploaded, so that all of them are equally harmless in a browser.

mod kind;
mod size;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures_util::stream;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tidemark_core::cloud::{Cloud, Outflow};
use tidemark_core::model::Content;
use tidemark_core::store::StoreError;

pub(crate) use self::kind::Extension;
pub(crate) use self::size::Size;
use crate::http::{ETag, Preconditions, Ranged, Verdict};

/// What a file may do in a browser that shows it: look like itself. It runs nothing, asks nobody else for anything, and
/// is no part of this server's site.
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline'",
);

/// Bytes to be handed out.
pub(crate) struct Download {
    /// The bytes.
    pub(crate) content: Content,
    /// What clients keep them under.
    pub(crate) etag: ETag,
    /// What the file's name promises that they are.
    pub(crate) mime_type: &'static str,
}

/// Why a download was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    /// It was asked for on a condition.
    #[error("the file has another entity tag")]
    Changed,
    /// The range lies beyond the end of the file.
    #[error("the range is not within the file's {size} bytes")]
    Unsatisfiable {
        /// Of the whole file, in bytes.
        size: u64,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Download {
    /// The answer to a GET or HEAD for these bytes: whole, a part of them, or that the client has them already.
    pub(crate) async fn respond(&self, cloud: &Cloud, parts: &Parts) -> Result<Response, DownloadError> {
        let &Download { content, ref etag, mime_type } = self;
        let mut response = begin(parts, etag)?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        // Ranges are of GET alone (RFC 9110, section 14.2).
        let ranged = match parts.method == Method::GET {
            true => Ranged::from_headers(&parts.headers, content.size, etag, None),
            false => Ranged::Whole,
        };
        let range = match ranged {
            Ranged::Whole => 0..content.size,
            Ranged::Part(range) => {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                response.headers_mut().insert(CONTENT_RANGE, range.content_range(content.size));
                range.first..range.last + 1
            }
            Ranged::Unsatisfiable => return Err(DownloadError::Unsatisfiable { size: content.size }),
        };
        response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response.headers_mut().insert(CONTENT_LENGTH, (range.end - range.start).into());
        make_harmless(response.headers_mut(), mime_type);
        if parts.method == Method::GET {
            *response.body_mut() = stream_out(cloud.open(content, range)).await?;
        }
        Ok(response)
    }
}

/// The beginning of an answer with what has this tag; the whole of it, a 304, if the client has that already.
pub(crate) fn begin(parts: &Parts, etag: &ETag) -> Result<Response, DownloadError> {
    let mut response = Response::default();
    response.headers_mut().insert(ETAG, etag.to_header());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=0"));
    match Preconditions::from_headers(&parts.headers).judge(&parts.method, Some(etag)) {
        Verdict::Proceed => {}
        Verdict::NotModified => *response.status_mut() = StatusCode::NOT_MODIFIED,
        Verdict::Failed => return Err(DownloadError::Changed),
    }
    Ok(response)
}

/// The headers that say what bytes of this type are, and under which any that somebody uploaded may be opened in a
/// browser.
fn make_harmless(headers: &mut HeaderMap, mime_type: &'static str) {
    let mime = if mime_type.starts_with("text/") {
        HeaderValue::try_from(format!("{mime_type}; charset=utf-8")).expect("the table holds valid types")
    } else {
        HeaderValue::from_static(mime_type)
    };
    headers.insert(CONTENT_TYPE, mime);
    contain(headers);
    // A document can pass the URL on through each of its links, whatever the headers say: it is saved and not shown.
    if is_document(mime_type) {
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
}

/// The headers under which a browser may show what was made of uploaded bytes. A secret may stand in the URL: nothing acts
/// in this server's name, and nothing passes the URL on.
fn contain(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// An answer that [`begin`] began, with something that was made of uploaded bytes.
pub(crate) fn with_made(mut response: Response, mime_type: &'static str, made: Bytes) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime_type));
    headers.insert(CONTENT_LENGTH, made.len().into());
    contain(headers);
    *response.body_mut() = Body::from(made);
    response
}

/// Whether browsers make a page of it, with links and pictures from elsewhere: HTML, and every kind of XML.
fn is_document(mime_type: &str) -> bool {
    mime_type == "text/html" || mime_type.ends_with("/xml") || mime_type.ends_with("+xml")
}

/// A content's entity tag for whoever may read it without being its owner: a rev would tell whose it is.
pub(crate) fn anonymous_etag(content: &Content) -> ETag {
    ETag::strong(anonymous_tag(content))
}

/// The same of something that is made of it, under a name for what that is.
pub(crate) fn anonymous_etag_of(content: &Content, made: &str) -> ETag {
    ETag::strong(format!("{}-{made}", anonymous_tag(content)))
}

fn anonymous_tag(content: &Content) -> String {
    HEXLOWER.encode(&content.address.0[..16])
}

/// The first bytes of a content, up to `limit`.
pub(crate) async fn beginning(cloud: &Cloud, content: Content, limit: u64) -> Result<Vec<u8>, StoreError> {
    let mut outflow = cloud.open(content, 0..content.size.min(limit));
    let mut bytes = Vec::new();
    while let Some(piece) = outflow.next().await.transpose()? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// A body of these bytes. The first piece is read at once: what can't be read at all becomes an error that is told, and
/// a small file a body in one piece.
async fn stream_out(mut outflow: Outflow) -> Result<Body, StoreError> {
    let Some(first) = outflow.next().await.transpose()? else { return Ok(Body::empty()) };
    if outflow.remaining() == 0 {
        return Ok(Body::from(first));
    }
    let pieces = stream::unfold((Some(first), outflow), |(first, mut outflow)| async move {
        let piece = match first {
            Some(first) => Ok(first),
            None => outflow.next().await?,
        };
        if let Err(error) = &piece {
            tracing::error!(error = error as &dyn std::error::Error, "download cut short");
        }
        Some((piece, (None, outflow)))
    });
    Ok(Body::from_stream(pieces))
}
