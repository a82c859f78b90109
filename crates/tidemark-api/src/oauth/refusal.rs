//! What the token and revocation endpoints say no with: RFC 6749 section 5.2.

use crate::http::{BodyError, ParamError, cors};
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use std::time::Duration;
use tidemark_core::people::ClientError;
use tidemark_core::store::StoreError;

/// A refusal.
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: String,
    /// How long to wait, if waiting helps.
    wait: Option<Duration>,
}

#[derive(Serialize)]
struct Refused<'a> {
    error: &'a str,
    error_description: &'a str,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Refusal {
        Refusal { status, error, description: description.into(), wait: None }
    }

    pub(super) fn bad(error: &'static str, description: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, error, description)
    }

    /// For now: try again after so long.
    pub(super) fn wait(wait: Duration, description: impl Into<String>) -> Refusal {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Refusal { wait: Some(wait), ..Refusal::new(status, "temporarily_unavailable", description) }
    }

    /// The client is not what it says; `basic` if it said so by HTTP Basic. Section 5.2 asks for 401 then; dropbox-js
    /// understands only 400 otherwise.
    pub(super) fn client(error: ClientError, basic: bool) -> Refusal {
        let text = error.to_string();
        match error {
            ClientError::Unproven if basic => Refusal::new(StatusCode::UNAUTHORIZED, "invalid_client", text),
            ClientError::Unproven => Refusal::bad("invalid_client", text),
            ClientError::Wait(wait) => Refusal::wait(wait, text),
            ClientError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        tracing::error!(error = &error as &dyn std::error::Error, "a token could not be given or revoked");
        match error {
            StoreError::Unavailable { .. } | StoreError::ReadOnly | StoreError::Full => {
                let (wait, text) = (Some(Duration::from_secs(5)), "the server cannot do this at the moment");
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Refusal { wait, ..Refusal::new(status, "temporarily_unavailable", text) }
            }
            StoreError::Corrupt(_) => Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "something is wrong with the server",
            ),
        }
    }
}

impl From<ParamError> for Refusal {
    fn from(error: ParamError) -> Refusal {
        Refusal::bad("invalid_request", error.to_string())
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Refusal {
        Refusal::new(error.status(), "invalid_request", error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let refused = Refused { error: self.error, error_description: &self.description };
        let mut response = json(self.status, &refused);
        let headers = response.headers_mut();
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, crate::http::date::delay_seconds(wait).into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"tidemark\""));
        }
        response
    }
}

/// `OPTIONS`: what a browser asks before a program in it may send an `Authorization` header.
pub(super) async fn preflight(headers: HeaderMap) -> Response {
    cors::preflight(&headers, &[Method::POST])
}

/// Every other method.
pub(super) async fn wrong_method(asked: HeaderMap) -> Response {
    let description = "this endpoint takes POST only";
    let mut response =
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description).into_response();
    response.headers_mut().insert(ALLOW, cors::method_list(&[Method::POST]));
    cors::open(&asked, response.headers_mut());
    response
}

/// An answer that nobody keeps.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("structs of strings and numbers can be serialized");
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    (status, headers, body).into_response()
}
