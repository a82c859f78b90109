//! Every refusal as the protocol spells it: a status and a JSON object with a code.
//!
//! Each of core's enums is mapped by a `match` that names every variant, so that a new refusal asks how it is spelled
//! here. What a store reports is logged once, on its way out, and never told to a client.

use super::items::Kind;
use super::routes::Unroutable;
use crate::content::DownloadError;
use crate::http::date::delay_seconds;
use crate::http::{BodyError, FormError, Origin, ParamError, cors, range};
use crate::telemetry::RequestId;
use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use tidemark_core::cloud::{
    DeleteError, LinkRulesError, ListError, PartError, PartSessionError, RelocateError, RevertError,
    SearchError, ShareError, TrashError, UpdateError, WithdrawError,
};
use tidemark_core::model::{FILE_SIZE_MAX, NameError, Seq};
use tidemark_core::people::{BearerError, LinkPasswordError, UnlockError};
use tidemark_core::store::StoreError;

/// How soon to try again when a store can't serve.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// What is told when passwords wait to be hashed.
const HASHING: &str = "Too many passwords are being looked at";

/// Why a request was not done. Boxed, because it is the rarer half of every result.
#[derive(Debug)]
pub(super) struct ApiError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    context: Option<Value>,
    headers: HeaderMap,
    /// For the log only.
    cause: Option<StoreError>,
}

/// The object, its fields in the documented order.
#[derive(Serialize)]
struct ErrorBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    status: u16,
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_info: &'a Option<Value>,
    help_url: String,
    request_id: String,
}

impl ApiError {
    /// With a code that programs compare, and a text for people.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
        let (message, headers) = (message.into(), HeaderMap::new());
        ApiError(Box::new(Refusal { status, code, message, context: None, headers, cause: None }))
    }

    /// A parameter, or a field of the body, that cannot be used.
    pub(super) fn of_param(param: &str, message: impl Into<String>) -> ApiError {
        ApiError::about(StatusCode::BAD_REQUEST, "invalid_parameter", param, message)
    }

    /// A parameter, or a field of the body, that is not there.
    pub(super) fn missing(param: &str) -> ApiError {
        let message = format!("'{param}' is required");
        let mut error = ApiError::about(StatusCode::BAD_REQUEST, "bad_request", param, message);
        if let Some(context) = &mut error.0.context {
            context["errors"][0]["reason"] = "missing_parameter".into();
        }
        error
    }

    fn about(status: StatusCode, code: &'static str, name: &str, message: impl Into<String>) -> ApiError {
        let mut error = ApiError::new(status, code, message);
        let told = json!({ "reason": "invalid_parameter", "name": name, "message": error.0.message });
        error.0.context = Some(json!({ "errors": [told] }));
        error
    }

    fn header(mut self, name: HeaderName, value: HeaderValue) -> ApiError {
        self.0.headers.insert(name, value);
        self
    }

    /// What it is answered with.
    #[cfg(test)]
    pub(super) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// There is no such thing with this number, or it is out of reach.
    pub(super) fn no_item(kind: Kind, number: u64) -> ApiError {
        let message = format!("There is no item {}_{number}", kind.letter());
        ApiError::about(StatusCode::NOT_FOUND, "not_found", "item", message)
    }

    /// What has this number is in the trash.
    pub(super) fn trashed(kind: Kind, number: u64) -> ApiError {
        let message = format!("The item {}_{number} is in the trash", kind.letter());
        ApiError::about(StatusCode::NOT_FOUND, "trashed", "item", message)
    }

    /// What has this number is not in the trash.
    fn not_trashed(kind: Kind, number: u64) -> ApiError {
        let message = format!("The item {}_{number} is not in the trash", kind.letter());
        ApiError::about(StatusCode::NOT_FOUND, "not_trashed", "item", message)
    }

    /// The file has no such version.
    pub(super) fn no_version(version: Seq) -> ApiError {
        let message = format!("The file has no version {}", version.0);
        ApiError::about(StatusCode::NOT_FOUND, "not_found", "file_version", message)
    }

    /// An address of a download that leads nowhere, whatever the reason.
    pub(super) fn no_download() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "not_found", "The address has expired, or never led anywhere")
    }

    /// The version was withdrawn.
    fn version_trashed(version: Seq) -> ApiError {
        let message = format!("The version {} is in the trash", version.0);
        ApiError::about(StatusCode::NOT_FOUND, "trashed", "file_version", message)
    }

    /// It is not as the request supposes.
    pub(super) fn changed() -> ApiError {
        let text = "The item has changed: its etag is another one";
        ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", text)
    }

    /// There is something in the folder.
    fn not_empty() -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "folder_not_empty", "The folder is not empty")
    }

    /// There is nobody with this number, as far as the caller may know.
    pub(super) fn no_user(number: u64) -> ApiError {
        ApiError::about(StatusCode::NOT_FOUND, "not_found", "user", format!("There is no user {number}"))
    }

    /// It is for administrators of the server.
    pub(super) fn not_an_admin() -> ApiError {
        let text = "Only administrators of this server may do this";
        ApiError::new(StatusCode::FORBIDDEN, "access_denied_insufficient_permissions", text)
    }

    /// The folder that something should go into is not there.
    pub(super) fn no_parent() -> ApiError {
        ApiError::about(StatusCode::NOT_FOUND, "not_found", "parent", "The parent folder is not there")
    }

    /// Something has the name already: this, unless it has gone meanwhile.
    pub(super) fn name_in_use<T: Serialize>(item: Option<T>) -> ApiError {
        let text = "Item with the same name already exists";
        let mut error = ApiError::new(StatusCode::CONFLICT, "item_name_in_use", text);
        error.0.context = item.map(|item| json!({ "conflicts": item }));
        error
    }

    /// The same with what stands in the way as a list of one, as one endpoint tells it.
    pub(super) fn listed(mut self) -> ApiError {
        if let Some(conflicts) = self.0.context.as_mut().and_then(|context| context.get_mut("conflicts")) {
            *conflicts = Value::Array(vec![conflicts.take()]);
        }
        self
    }

    /// The request does not say who sends it.
    pub(super) fn no_token() -> ApiError {
        ApiError::unauthorized("Bearer realm=\"Service\"")
    }

    fn unauthorized(challenge: &'static str) -> ApiError {
        let challenge = HeaderValue::from_static(challenge);
        ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "").header(WWW_AUTHENTICATE, challenge)
    }

    /// The request is to be done as somebody else.
    pub(super) fn not_as_another() -> ApiError {
        let text = "A program acts for whoever permitted it, and for nobody else";
        ApiError::new(StatusCode::FORBIDDEN, "access_denied_insufficient_permissions", text)
    }

    /// The account or the app asks too often; it may come back after `wait`.
    pub(super) fn too_often(wait: Duration) -> ApiError {
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", "There are too many requests")
            .header(RETRY_AFTER, delay_seconds(wait).into())
    }

    /// A page cannot begin there, or have that many entries.
    pub(super) fn bad_paging(param: &'static str, max: usize) -> ApiError {
        let code = if param == "limit" { "invalid_limit" } else { "invalid_offset" };
        let message = format!("'{param}' takes a number from 0 to {max}");
        ApiError::about(StatusCode::BAD_REQUEST, code, param, message)
    }

    /// There are too many folders around it.
    pub(super) fn too_deep() -> ApiError {
        ApiError::of_param("parent", "There are too many folders around it")
    }

    /// There is no room for it.
    pub(super) fn over_quota() -> ApiError {
        let text = "The account is over its storage quota";
        ApiError::new(StatusCode::FORBIDDEN, "storage_limit_exceeded", text)
    }

    /// No file is so large.
    pub(super) fn too_large() -> ApiError {
        let text = format!("A file has at most {FILE_SIZE_MAX} bytes");
        ApiError::new(StatusCode::FORBIDDEN, "file_size_limit_exceeded", text)
    }

    /// There is too much of it under way; some of that ends.
    pub(super) fn busy(text: &'static str) -> ApiError {
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", text)
            .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
    }

    /// An upload is no form.
    pub(super) fn no_form() -> ApiError {
        let text = "The body is not multipart/form-data";
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text)
    }

    /// What is said of a file comes behind its bytes, or does not come.
    pub(super) fn metadata_after_file() -> ApiError {
        let text = "The part 'attributes' must come before the file";
        ApiError::new(StatusCode::BAD_REQUEST, "metadata_after_file_contents", text)
    }

    /// A file is not what its header says.
    pub(super) fn bad_digest() -> ApiError {
        let text = "Content-MD5 is not the SHA-1 of the file in hex";
        ApiError::new(StatusCode::BAD_REQUEST, "bad_digest", text)
    }

    /// A part, or a whole, is not what its header says.
    pub(super) fn wrong_digest() -> ApiError {
        let text = "The Digest is not the SHA-1 of what came";
        ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", text)
    }

    /// No part of the file lies there.
    pub(super) fn bad_range() -> ApiError {
        let text = "The Content-Range is not that of one of the parts";
        ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", text)
    }

    /// Some parts have not come, or are not listed.
    pub(super) fn parts_mismatch() -> ApiError {
        let text = "The parts do not make up the file";
        ApiError::new(StatusCode::BAD_REQUEST, "parts_mismatch", text)
    }

    /// A field of a new session that cannot be used has a code of its own.
    pub(super) fn unfit(code: &'static str, field: &str) -> ApiError {
        ApiError::about(
            StatusCode::BAD_REQUEST,
            code,
            field,
            format!("'{field}' is missing or cannot be used"),
        )
    }

    /// The session is over.
    pub(super) fn session_ended() -> ApiError {
        ApiError::new(StatusCode::GONE, "session_expired", "The upload session has ended")
    }

    /// The link is none, has ended, or is not for who asks: whichever.
    pub(super) fn no_shared_item() -> ApiError {
        ApiError::about(StatusCode::NOT_FOUND, "not_found", "shared_link", "The shared link leads nowhere")
    }

    /// What a link shows is to be looked at.
    pub(super) fn not_for_download() -> ApiError {
        let text = "The shared link lets nobody download";
        ApiError::new(StatusCode::FORBIDDEN, "access_denied_insufficient_permissions", text)
    }

    /// The link has a password, and it is not this one.
    pub(super) fn wrong_password() -> ApiError {
        let text = "The password of the shared link is missing or wrong";
        ApiError::new(StatusCode::FORBIDDEN, "incorrect_shared_item_password", text)
    }

    pub(super) fn of_unlock(error: UnlockError) -> ApiError {
        match error {
            UnlockError::Refused => ApiError::wrong_password(),
            UnlockError::Wait(wait) => ApiError::too_often(wait),
            UnlockError::Busy => ApiError::busy(HASHING),
            UnlockError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_link_password(error: LinkPasswordError) -> ApiError {
        match error {
            LinkPasswordError::Unfit(error) => ApiError::of_param("password", error.to_string()),
            LinkPasswordError::Busy => ApiError::busy(HASHING),
            LinkPasswordError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_share(error: ShareError, kind: Kind, number: u64) -> ApiError {
        match error {
            ShareError::NotFound => ApiError::no_item(kind, number),
            ShareError::RootNotAllowed => ApiError::new(
                StatusCode::FORBIDDEN,
                "access_denied_insufficient_permissions",
                "The root folder is shown to nobody",
            ),
            ShareError::TooMany => {
                ApiError::new(StatusCode::FORBIDDEN, "forbidden", "The account has too many shared links")
            }
            ShareError::Rules(LinkRulesError::Past) => {
                ApiError::of_param("unshared_at", "'unshared_at' is over already")
            }
            ShareError::Rules(LinkRulesError::Password(_)) => {
                ApiError::of_param("password", "Only an open link has a password")
            }
            ShareError::Rules(LinkRulesError::VanityTaken) => ApiError::about(
                StatusCode::CONFLICT,
                "conflict",
                "vanity_name",
                "Another shared link has this name",
            ),
            ShareError::Rules(LinkRulesError::Store(error)) | ShareError::Store(error) => error.into(),
        }
    }

    /// No picture can be made of the file.
    pub(super) fn no_thumbnail() -> ApiError {
        let text = "No thumbnail can be made of this file";
        ApiError::new(StatusCode::NOT_FOUND, "preview_cannot_be_generated", text)
    }

    /// Pictures are not made in this size.
    pub(super) fn no_such_size(param: &'static str, least: u16, most: u16) -> ApiError {
        let text = format!("'{param}' takes a number from {least} to {most}");
        ApiError::about(StatusCode::BAD_REQUEST, "requested_preview_unavailable", param, text)
    }

    /// What was searched for cannot be found now, or among so much.
    pub(super) fn of_search(error: SearchError) -> ApiError {
        match error {
            // (What is searched is looked up just before.)
            SearchError::NotFound | SearchError::NotAFolder => {
                ApiError::of_param("ancestor_folder_ids", "The folder is not there any more")
            }
            SearchError::TooBroad => ApiError::of_param("query", "Too much is found: search for more words"),
            SearchError::Behind => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The search is being prepared")
                    .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            SearchError::Busy => ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limit_exceeded",
                "Too many searches are under way",
            )
            .header(RETRY_AFTER, RETRY_AFTER_SECONDS),
            SearchError::Store(error) => error.into(),
        }
    }

    /// As it is told to who sent this request.
    pub(super) fn respond(self, origin: &Origin, parts: &Parts) -> Response {
        let Refusal { status, code, message, context, headers, cause } = *self.0;
        if let Some(cause) = cause {
            let status = status.as_u16();
            tracing::error!(
                error = &cause as &dyn std::error::Error,
                status,
                "a request failed in the store"
            );
        }
        let mut response = Response::default();
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // A body here would mean to one client that the token is good.
        if status == StatusCode::UNAUTHORIZED {
            return response;
        }
        let body = ErrorBody {
            kind: "error",
            status: status.as_u16(),
            code,
            message: &message,
            context_info: &context,
            help_url: origin.url(parts, "/"),
            request_id: parts.extensions.get::<RequestId>().map(RequestId::to_string).unwrap_or_default(),
        };
        let body = serde_json::to_vec(&body).expect("texts and numbers serialize into memory");
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(body);
        response
    }

    pub(super) fn of_list(error: ListError, number: u64) -> ApiError {
        match error {
            ListError::NotFound | ListError::NotAFolder => ApiError::no_item(Kind::Folder, number),
            ListError::TooMany => {
                ApiError::new(StatusCode::BAD_REQUEST, "bad_request", "The folder has too many entries")
            }
            ListError::Store(error) => error.into(),
        }
    }

    /// Why something was not updated, copied or deleted that was there when it was looked at.
    pub(super) fn of_act(error: RelocateError, kind: Kind, number: u64) -> ApiError {
        match error {
            RelocateError::NotFound => ApiError::no_item(kind, number),
            error => ApiError::of_creation(error),
        }
    }

    pub(super) fn of_update(error: UpdateError, kind: Kind, number: u64) -> ApiError {
        match error {
            UpdateError::NoFolder => ApiError::no_parent(),
            UpdateError::Relocate(error) => ApiError::of_act(error, kind, number),
        }
    }

    pub(super) fn of_delete(error: DeleteError, kind: Kind, number: u64) -> ApiError {
        match error {
            DeleteError::NotEmpty => ApiError::not_empty(),
            DeleteError::Relocate(error) => ApiError::of_act(error, kind, number),
        }
    }

    pub(super) fn of_trash(error: TrashError, kind: Kind, number: u64) -> ApiError {
        match error {
            TrashError::NotFound => ApiError::no_item(kind, number),
            TrashError::NotTrashed => ApiError::not_trashed(kind, number),
            TrashError::NoPlace => ApiError::no_parent(),
            TrashError::Exists(_) => ApiError::name_in_use::<()>(None),
            TrashError::TooDeep => ApiError::too_deep(),
            TrashError::OverQuota => ApiError::over_quota(),
            TrashError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_revert(error: RevertError, number: u64, version: Seq) -> ApiError {
        match error {
            RevertError::NotFound => ApiError::no_item(Kind::File, number),
            RevertError::NoVersion => ApiError::no_version(version),
            RevertError::Changed => ApiError::changed(),
            RevertError::OverQuota => ApiError::over_quota(),
            RevertError::Store(error) => error.into(),
        }
    }

    pub(super) fn of_withdraw(error: WithdrawError, number: u64, version: Seq) -> ApiError {
        match error {
            WithdrawError::NotFound => ApiError::no_item(Kind::File, number),
            WithdrawError::NoVersion => ApiError::no_version(version),
            WithdrawError::Withdrawn => ApiError::version_trashed(version),
            WithdrawError::Present => ApiError::new(
                StatusCode::FORBIDDEN,
                "access_denied_insufficient_permissions",
                "The present version goes with its file only",
            ),
            WithdrawError::Changed => ApiError::changed(),
            WithdrawError::Store(error) => error.into(),
        }
    }

    /// Why nothing was made in a folder. What stands in the way is told before, where it is known.
    pub(super) fn of_creation(error: RelocateError) -> ApiError {
        match error {
            RelocateError::NotFound => ApiError::no_parent(),
            RelocateError::Exists(_) => ApiError::name_in_use::<()>(None),
            RelocateError::IntoItself => ApiError::new(
                StatusCode::BAD_REQUEST,
                "cyclical_folder_structure",
                "A folder cannot go into itself",
            ),
            RelocateError::ParentIsFile => ApiError::no_parent(),
            RelocateError::TooDeep => ApiError::too_deep(),
            RelocateError::TooMany => ApiError::new(
                StatusCode::BAD_REQUEST,
                "bad_request",
                "There are too many files and folders to copy at once",
            ),
            RelocateError::Changed => ApiError::changed(),
            RelocateError::RootNotAllowed => ApiError::new(
                StatusCode::FORBIDDEN,
                "access_denied_insufficient_permissions",
                "The root folder stays as it is",
            ),
            RelocateError::OverQuota => ApiError::over_quota(),
            RelocateError::Store(error) => error.into(),
        }
    }
}

impl From<Unroutable> for ApiError {
    fn from(error: Unroutable) -> ApiError {
        let refused = |text| ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text);
        match error {
            Unroutable::Unknown => {
                ApiError::new(StatusCode::NOT_FOUND, "not_found", "There is no such API endpoint")
            }
            Unroutable::Malformed => refused("An id is a decimal number"),
            Unroutable::Method(methods) => {
                refused("The endpoint does not take this method").header(ALLOW, cors::method_list(&methods))
            }
        }
    }
}

impl From<BearerError> for ApiError {
    fn from(error: BearerError) -> ApiError {
        ApiError::unauthorized(match error {
            BearerError::Unknown => {
                "Bearer realm=\"Service\", error=\"invalid_token\", error_description=\"The access token provided is \
                 invalid.\""
            }
            // One client looks for the word in brackets, and tries again with a new token.
            BearerError::Expired => {
                "Bearer realm=\"Service\", error=\"invalid_token\", error_description=\"The access token provided has \
                 expired (expired_token).\""
            }
            BearerError::Disabled => {
                "Bearer realm=\"Service\", error=\"invalid_token\", error_description=\"The account or the app of the \
                 access token provided is disabled.\""
            }
            BearerError::Store(error) => return error.into(),
        })
    }
}

impl From<NameError> for ApiError {
    fn from(error: NameError) -> ApiError {
        let code = match error {
            NameError::TooLong => "item_name_too_long",
            NameError::Empty
            | NameError::Dots
            | NameError::Character
            | NameError::TrailingSpace
            | NameError::Ignored(_) => "item_name_invalid",
        };
        // The reasons are written to stand in the middle of a sentence.
        let message = format!("The name cannot be used: {error}");
        ApiError::about(StatusCode::BAD_REQUEST, code, "name", message)
    }
}

impl From<ParamError> for ApiError {
    fn from(error: ParamError) -> ApiError {
        match &error {
            ParamError::TooMany | ParamError::TooLong => {
                ApiError::new(StatusCode::BAD_REQUEST, "bad_request", error.to_string())
            }
            ParamError::Missing { name } => ApiError::missing(name),
            ParamError::NotUtf8 { name } => ApiError::of_param(name, error.to_string()),
            ParamError::Invalid { name, .. } => ApiError::of_param(name, error.to_string()),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> ApiError {
        let code = match error {
            BodyError::TooLarge { .. } => "request_entity_too_large",
            BodyError::Idle | BodyError::TooSlow | BodyError::Malformed | BodyError::Disconnected => {
                "bad_request"
            }
        };
        ApiError::new(error.status(), code, error.to_string())
    }
}

impl From<DownloadError> for ApiError {
    fn from(error: DownloadError) -> ApiError {
        match error {
            DownloadError::Changed => ApiError::changed(),
            DownloadError::Unsatisfiable { size } => {
                let text = "The requested range is not in the file";
                ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "requested_page_out_of_range", text)
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
            FormError::TooLarge => {
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_entity_too_large", error.to_string())
            }
            FormError::Malformed | FormError::TooManyParts | FormError::NotUtf8 => {
                ApiError::new(StatusCode::BAD_REQUEST, "bad_request", error.to_string())
            }
        }
    }
}

impl From<PartSessionError> for ApiError {
    fn from(error: PartSessionError) -> ApiError {
        match error {
            PartSessionError::Unknown => {
                ApiError::new(StatusCode::NOT_FOUND, "not_found", "There is no such upload session")
            }
            PartSessionError::NotYours => ApiError::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "Somebody else has begun the upload session",
            ),
            PartSessionError::Expired | PartSessionError::Closed => ApiError::session_ended(),
            PartSessionError::Store(error) => error.into(),
        }
    }
}

impl From<PartError> for ApiError {
    fn from(error: PartError) -> ApiError {
        match error {
            PartError::Session(error) => error.into(),
            PartError::Misplaced | PartError::Length => ApiError::bad_range(),
            PartError::Digest => ApiError::wrong_digest(),
            PartError::Overlap(_) => {
                let text = "Another part was taken there before";
                ApiError::new(StatusCode::CONFLICT, "range_overlaps_existing_part", text)
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let mut answer = match &error {
            StoreError::Full | StoreError::Unavailable { .. } | StoreError::ReadOnly => {
                let text = "The server cannot do this at present";
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
                    .header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            StoreError::Corrupt(_) => ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_server_error",
                "Something went wrong",
            ),
        };
        answer.0.cause = Some(error);
        answer
    }
}
