//! Every refusal as the protocol spells it: a status and a JSON object.
//!
//! Each of core's enums is mapped by a `match` that names every variant, so that a new refusal asks how it is spelled
//! here. What a store reports is logged once, on its way out, and never told to a client.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use tidemark_core::cloud::{
    CommitUploadError, DeleteError, IntakeError, LinkRulesError, ListError, PutError, RelocateError,
    RestoreError, SearchError, ShareError, UploadError,
};
use tidemark_core::fetches::BeginError;
use tidemark_core::media::RenderError;
use tidemark_core::model::{
    Path, PathError, Proof, QUERY_CHARS_MAX, QUERY_WORDS_MAX, QueryError, UploadSession,
};
use tidemark_core::people::BearerError;
use tidemark_core::people::oauth1::SignedError;
use tidemark_core::store::StoreError;

use super::routes::Unroutable;
use super::uploads;
use crate::content::DownloadError;
use crate::http::date::delay_seconds;
use crate::http::{BodyError, FormError, ParamError, cors, range};
use crate::oauth::caller::NoCaller;
use crate::oauth::oauth1::Unsigned;
use crate::tokens::TokenError;

/// How soon to try again when a store can't serve.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Why a request was not done. Boxed, because it is the rarer half of every result.
#[derive(Debug)]
pub(super) struct ApiError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    headers: HeaderMap,
    body: Map<String, Value>,
    /// For the log only.
    cause: Option<StoreError>,
}

impl ApiError {
    /// `{"error": text}`
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> ApiError {
        ApiError::with(status, Value::String(text.into()))
    }

    /// `{"error": {param: text}}`, with a 400.
    pub(super) fn of_param(param: &str, text: impl Into<String>) -> ApiError {
        ApiError::with(StatusCode::BAD_REQUEST, json!({ param: text.into() }))
    }

    fn with(status: StatusCode, error: Value) -> ApiError {
        let body = Map::from_iter([("error".to_owned(), error)]);
        ApiError(Box::new(Refusal { status, headers: HeaderMap::new(), body, cause: None }))
    }

    fn header(mut self, name: HeaderName, value: HeaderValue) -> ApiError {
        self.0.headers.insert(name, value);
        self
    }

    /// Nothing is, or ever was, at a path. The text has the path in lower case.
    pub(super) fn not_found(path: &Path) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, format!("Path '{}' not found", path.key()))
    }

    /// There are no bytes to be had at a path.
    pub(super) fn no_file() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "File not found")
    }

    /// The same as it is told to programs of this kind: those that sign know nothing of 429.
    pub(super) fn told_to(mut self, proof: Proof) -> ApiError {
        if proof == Proof::OAuth1 && self.0.status == StatusCode::TOO_MANY_REQUESTS {
            self.0.status = StatusCode::SERVICE_UNAVAILABLE;
        }
        self
    }

    /// Nobody is known to be calling, in this way.
    fn unauthorized(scheme: &'static str, text: &str) -> ApiError {
        let challenge = HeaderValue::from_static(scheme);
        ApiError::new(StatusCode::UNAUTHORIZED, text).header(WWW_AUTHENTICATE, challenge)
    }

    /// The account has as many uploads under way as it may.
    pub(super) fn too_many_uploads() -> ApiError {
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too many uploads are under way")
            .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
    }

    /// The account or the app asks too often; it may come back after `wait`.
    pub(super) fn too_often(wait: Duration) -> ApiError {
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "There are too many requests")
            .header(RETRY_AFTER, delay_seconds(wait).into())
    }

    /// A piece of an upload, which began at `offset`, was not taken.
    pub(super) fn of_chunk(error: UploadError, offset: u64) -> ApiError {
        match error {
            UploadError::Unknown => ApiError::new(StatusCode::NOT_FOUND, UPLOAD_UNKNOWN),
            UploadError::Closed => ApiError::of_param("upload_id", UPLOAD_CLOSED),
            UploadError::TooManyOpen => ApiError::too_many_uploads(),
            UploadError::Misplaced(session) => ApiError::misplaced(offset, &session),
            UploadError::TooLarge { limit } => too_large(limit),
            UploadError::Store(error) => error.into(),
        }
    }

    /// A piece that doesn't start where the upload ends. Its client goes on from the state in the body.
    fn misplaced(given: u64, session: &UploadSession) -> ApiError {
        let expected = session.offset();
        let text = format!("Submitted input out of alignment: got [{given}] expected [{expected}]");
        let mut error = ApiError::new(StatusCode::BAD_REQUEST, text);
        if let Ok(Value::Object(state)) = serde_json::to_value(uploads::upload(session)) {
            error.0.body.extend(state);
        }
        error
    }

    pub(super) fn of_commit(error: CommitUploadError) -> ApiError {
        match error {
            CommitUploadError::Upload(UploadError::Unknown) => {
                ApiError::of_param("upload_id", UPLOAD_UNKNOWN)
            }
            CommitUploadError::Upload(error) => ApiError::of_chunk(error, 0),
            CommitUploadError::Put(error) => error.into(),
        }
    }

    pub(super) fn of_relocate(error: RelocateError, source: &Path) -> ApiError {
        match error {
            RelocateError::NotFound => ApiError::not_found(source),
            RelocateError::Exists(path) => {
                refused(format!("A file with that name already exists at path '{path}'"))
            }
            RelocateError::IntoItself => refused("A folder cannot go into itself"),
            RelocateError::ParentIsFile => refused(PARENT_IS_FILE),
            RelocateError::TooDeep => ApiError::new(StatusCode::BAD_REQUEST, TOO_DEEP),
            RelocateError::TooMany => ApiError::new(
                StatusCode::NOT_ACCEPTABLE,
                "There are too many files and folders to copy at once",
            ),
            RelocateError::Changed => {
                ApiError::new(StatusCode::PRECONDITION_FAILED, "It has changed since the cursor")
            }
            RelocateError::RootNotAllowed => refused(ROOT_NOT_ALLOWED),
            RelocateError::OverQuota => over_quota(),
            RelocateError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_delete(error: DeleteError, path: &Path) -> ApiError {
        match error {
            DeleteError::Relocate(error) => ApiError::of_relocate(error, path),
            // (Nothing in this protocol asks for an empty folder.)
            DeleteError::NotEmpty => refused(error.to_string()),
        }
    }

    /// A copy reference that stands for nothing, whatever the reason.
    pub(super) fn no_reference() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "There is no such copy reference")
    }

    pub(super) fn of_share(error: ShareError, path: &Path) -> ApiError {
        match error {
            ShareError::NotFound => ApiError::not_found(path),
            ShareError::RootNotAllowed => ApiError::of_param("path", ROOT_NOT_ALLOWED),
            ShareError::TooMany => refused("The account has too many shared links"),
            ShareError::Rules(LinkRulesError::Store(error)) => error.into(),
            // (Nothing in this protocol lays down rules.)
            ShareError::Rules(error) => refused(error.to_string()),
            ShareError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_restore(error: RestoreError, path: &Path) -> ApiError {
        match error {
            RestoreError::NotFound => ApiError::not_found(path),
            RestoreError::NotARevision => {
                ApiError::of_param("rev", "Unable to restore this rev at this path")
            }
            RestoreError::Exists => {
                ApiError::of_param("path", "Unable to restore, because a folder is there")
            }
            RestoreError::ParentIsFile => refused(PARENT_IS_FILE),
            RestoreError::TooDeep => ApiError::of_param("path", TOO_DEEP),
            RestoreError::OverQuota => over_quota(),
            RestoreError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_list(error: ListError, path: &Path, limit: usize) -> ApiError {
        match error {
            ListError::NotFound | ListError::NotAFolder => ApiError::not_found(path),
            ListError::TooMany => {
                ApiError::new(StatusCode::NOT_ACCEPTABLE, format!("The folder has more than {limit} entries"))
            }
            ListError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_begin(error: BeginError) -> ApiError {
        match error {
            BeginError::Url(error) => ApiError::of_param("url", format!("The URL cannot be used: {error}")),
            BeginError::RootNotAllowed => ApiError::of_param("path", ROOT_NOT_ALLOWED),
            BeginError::TooMany => ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many downloads are under way, or were begun lately",
            )
            .header(RETRY_AFTER, HeaderValue::from_static("60")),
            BeginError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_search(error: SearchError, path: &Path) -> ApiError {
        match error {
            SearchError::NotFound | SearchError::NotAFolder => ApiError::not_found(path),
            SearchError::TooBroad => ApiError::new(
                StatusCode::NOT_ACCEPTABLE,
                "Too much matches elsewhere: search for more, or in a folder with less in it",
            ),
            SearchError::Behind => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "The index of names is being made")
                    .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            SearchError::Busy => {
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too many searches are under way")
                    .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            SearchError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_query(error: QueryError) -> ApiError {
        let text = match error {
            QueryError::Empty => "Please enter a value".to_owned(),
            QueryError::TooLong => format!("Please enter at most {QUERY_CHARS_MAX} characters"),
            QueryError::TooManyWords => format!("Please enter at most {QUERY_WORDS_MAX} words"),
        };
        ApiError::of_param("query", text)
    }

    /// A thumbnail or a preview was not made; the status is for contents of which none can be.
    pub(super) fn of_render(error: RenderError, status: StatusCode, text: &str) -> ApiError {
        match error {
            RenderError::TooLarge | RenderError::Undecodable => ApiError::new(status, text),
            RenderError::Busy => {
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too many thumbnails are being made")
                    .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            RenderError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_path(param: &str, error: &PathError) -> ApiError {
        // The reasons are written to stand in the middle of a sentence.
        ApiError::of_param(param, format!("The path cannot be used: {error}"))
    }
}

const PARENT_IS_FILE: &str = "A folder of the path is a file";
const ROOT_NOT_ALLOWED: &str = "The root path is not allowed.";
const TOO_DEEP: &str = "The path has too many folders";
const UPLOAD_CLOSED: &str = "The upload is already completed";
const UPLOAD_UNKNOWN: &str = "There is no such upload, or it has expired";

/// The operation makes no sense where things are as they are.
fn refused(text: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, text)
}

fn too_large(limit: u64) -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body is larger than {limit} bytes"))
}

pub(super) fn over_quota() -> ApiError {
    ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "The account is over its storage quota")
}

const BEARER: &str = "Bearer realm=\"Tidemark\"";
const OAUTH1: &str = "OAuth realm=\"Tidemark\"";

impl From<NoCaller> for ApiError {
    fn from(error: NoCaller) -> ApiError {
        let text = error.to_string();
        match error {
            NoCaller::Nobody => ApiError::unauthorized(BEARER, "The request carries no access token"),
            NoCaller::Bearer(BearerError::Store(error)) => error.into(),
            NoCaller::Bearer(BearerError::Unknown | BearerError::Expired | BearerError::Disabled) => {
                ApiError::unauthorized(BEARER, "The given OAuth 2 access token doesn't exist or has expired.")
            }
            NoCaller::OAuth1(Unsigned::Refused(error)) => error.into(),
            NoCaller::OAuth1(
                Unsigned::Header(_)
                | Unsigned::Missing(_)
                | Unsigned::Invalid(_)
                | Unsigned::Method
                | Unsigned::InTheClear,
            ) => refused(text),
        }
    }
}

impl From<SignedError> for ApiError {
    fn from(error: SignedError) -> ApiError {
        let text = error.to_string();
        match error {
            // The program is at fault, and asking the person again would not help.
            SignedError::App | SignedError::Signature | SignedError::Timestamp | SignedError::Nonce => {
                refused(text)
            }
            SignedError::Token => ApiError::unauthorized(OAUTH1, "Access token not found."),
            // Programs that sign know 503 only.
            SignedError::Wait(wait) => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, text)
                .header(RETRY_AFTER, delay_seconds(wait).into()),
            SignedError::Store(error) => error.into(),
        }
    }
}

impl From<Unroutable> for ApiError {
    fn from(error: Unroutable) -> ApiError {
        match error {
            Unroutable::Unknown => ApiError::new(StatusCode::NOT_FOUND, "There is no such API endpoint"),
            Unroutable::Method(methods) => {
                ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "The endpoint does not take this method")
                    .header(ALLOW, cors::method_list(methods))
            }
        }
    }
}

impl From<ParamError> for ApiError {
    fn from(error: ParamError) -> ApiError {
        match error.name() {
            Some(param) => ApiError::of_param(param, error.to_string()),
            None => ApiError::new(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> ApiError {
        ApiError::new(error.status(), error.to_string())
    }
}

impl From<TokenError> for ApiError {
    fn from(_: TokenError) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "The cursor is invalid")
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let mut answer = match &error {
            StoreError::Full => {
                ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "The server has no room left")
            }
            StoreError::Unavailable { .. } | StoreError::ReadOnly => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "The server cannot do this at present")
                    .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            StoreError::Corrupt(_) => {
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong")
            }
        };
        answer.0.cause = Some(error);
        answer
    }
}

impl From<IntakeError> for ApiError {
    fn from(error: IntakeError) -> ApiError {
        match error {
            IntakeError::TooLarge { limit } => too_large(limit),
            IntakeError::Store(error) => error.into(),
        }
    }
}

impl From<DownloadError> for ApiError {
    fn from(error: DownloadError) -> ApiError {
        match error {
            DownloadError::Changed => {
                ApiError::new(StatusCode::PRECONDITION_FAILED, "The file has another rev")
            }
            DownloadError::Unsatisfiable { size } => {
                let text = "The requested range is not in the file";
                ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, text)
                    .header(CONTENT_RANGE, range::unsatisfied_content_range(size))
            }
            DownloadError::Store(error) => error.into(),
        }
    }
}

impl From<FormError> for ApiError {
    fn from(error: FormError) -> ApiError {
        match error {
            FormError::Body(error) => error.into(),
            FormError::Malformed => {
                ApiError::of_param("file", "The multipart body is malformed or incomplete")
            }
            FormError::TooManyParts => ApiError::new(StatusCode::BAD_REQUEST, "The form has too many parts"),
            FormError::TooLarge => {
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "A part of the form is too large")
            }
            FormError::NotUtf8 => ApiError::new(StatusCode::BAD_REQUEST, "A part of the form is not UTF-8"),
        }
    }
}

impl From<PutError> for ApiError {
    fn from(error: PutError) -> ApiError {
        match error {
            PutError::Conflict => {
                ApiError::new(StatusCode::CONFLICT, "Something else is at the path, and autorename is off")
            }
            // This protocol never asks to replace one certain file.
            PutError::NotFound => ApiError::no_file(),
            PutError::Changed => ApiError::new(StatusCode::CONFLICT, "The file has changed"),
            PutError::ParentIsFile => refused(PARENT_IS_FILE),
            PutError::UnknownRev => ApiError::of_param("parent_rev", "There never was such a rev"),
            PutError::TooDeep => ApiError::of_param("path", TOO_DEEP),
            PutError::RootNotAllowed => ApiError::of_param("path", ROOT_NOT_ALLOWED),
            // It was there when the request came, and the next request makes it again.
            PutError::RootGone => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "The app's folder was deleted meanwhile")
                    .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            PutError::OverQuota => over_quota(),
            PutError::UploadClosed => ApiError::of_param("upload_id", UPLOAD_CLOSED),
            PutError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Refusal { status, headers, body, cause } = *self.0;
        if let Some(cause) = cause {
            let status = status.as_u16();
            tracing::error!(
                error = &cause as &dyn std::error::Error,
                status,
                "a request failed in the store"
            );
        }
        let mut response = Response::new(Body::from(Value::Object(body).to_string()));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}
