//! Why there is no answer, as scripts read it; pages have words of their own.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use serde::Serialize;
use tidemark_client::{Error, RefusalKind};

use crate::store::StoreError;
use crate::thumbnail::ThumbnailError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("nobody is signed in here")]
    SignedOut,
    #[error("the request was not sent by a page of this gallery")]
    Forged,
    #[error("there is no such thing")]
    NotFound,
    #[error("the file has no such bytes")]
    Range,
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("the server, or the gallery, has no time at present")]
    Unavailable,
    #[error("something went wrong")]
    Broken,
}

#[derive(Serialize)]
struct Said {
    error: String,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::SignedOut => StatusCode::UNAUTHORIZED,
            Refusal::Forged | Refusal::Refused(_) => StatusCode::FORBIDDEN,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Range => StatusCode::RANGE_NOT_SATISFIABLE,
            Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let said = serde_json::to_vec(&Said { error: self.to_string() }).expect("it is a text");
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
        let mut response = (self.status(), headers, said).into_response();
        if matches!(self, Refusal::Unavailable) {
            response.headers_mut().insert(RETRY_AFTER, 5.into());
        }
        response
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        match error.kind() {
            Some(RefusalKind::Unauthorized) => Refusal::SignedOut,
            Some(RefusalKind::NotFound | RefusalKind::Unsupported) => Refusal::NotFound,
            Some(RefusalKind::Range) => Refusal::Range,
            Some(RefusalKind::Forbidden | RefusalKind::BadRequest | RefusalKind::Conflict) => {
                Refusal::Refused(error.refusal().map_or_else(String::new, |refusal| refusal.message.clone()))
            }
            _ => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the server could not be asked");
                Refusal::Unavailable
            }
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        if error.is_passing() {
            tracing::warn!(error = &error as &dyn std::error::Error, "an answer has to wait");
            return Refusal::Unavailable;
        }
        tracing::error!(error = &error as &dyn std::error::Error, "a page could not be served");
        Refusal::Broken
    }
}

impl From<ThumbnailError> for Refusal {
    fn from(error: ThumbnailError) -> Refusal {
        match error {
            ThumbnailError::None => Refusal::NotFound,
            ThumbnailError::Client(error) => error.into(),
            ThumbnailError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_finds_no_turn_may_come_again() {
        let locked = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        let locked = StoreError::Database(rusqlite::Error::SqliteFailure(locked, None));
        for error in [StoreError::Busy, locked] {
            let response = Refusal::from(error).into_response();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[RETRY_AFTER], "5");
        }
        assert!(matches!(Refusal::from(StoreError::Version(9)), Refusal::Broken));
    }
}
