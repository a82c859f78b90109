//! What somebody is told whose password was asked for once more, and who did not prove it.

use super::sign_in::spoken;
use crate::http::date::delay_seconds;
use axum::response::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;
use std::time::Duration;
use tidemark_core::people::ConfirmError;
use tidemark_core::store::StoreError;

/// Why a form that asks for the password was not done.
pub(super) struct Unconfirmed {
    pub(super) status: StatusCode,
    pub(super) text: String,
    /// How long they should wait.
    wait: Option<Duration>,
}

impl Unconfirmed {
    /// In words for whoever sent the form; `wrong` if it is not their password. What is no refusal is the server's own failure.
    pub(super) fn of(error: ConfirmError, wrong: &str) -> Result<Unconfirmed, StoreError> {
        let told = |status, text: &str, wait| Unconfirmed { status, text: text.to_owned(), wait };
        Ok(match error {
            ConfirmError::Wrong => told(StatusCode::FORBIDDEN, wrong, None),
            ConfirmError::Wait(wait) => {
                let text = format!("Too many attempts. Please try again in {}.", spoken(wait));
                told(StatusCode::TOO_MANY_REQUESTS, &text, Some(wait))
            }
            ConfirmError::Busy => {
                told(StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Please try again.", None)
            }
            ConfirmError::Store(error) => return Err(error),
        })
    }

    /// The page that tells it, for browsers and programs alike.
    pub(super) fn on(&self, mut page: Response) -> Response {
        if let Some(wait) = self.wait {
            page.headers_mut().insert(RETRY_AFTER, delay_seconds(wait).into());
        }
        page
    }
}
