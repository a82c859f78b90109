//! JSON answers, as all protocols have them in common.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};
use std::fmt;

/// The largest whole number that a double holds exactly: what many clients read numbers into.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// An answer with a JSON body, which is asked for anew each time.
///
/// # Panics
/// If `value` cannot be serialized into memory. What answers are made of can.
pub fn answer(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("what answers are made of serializes into memory");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A value that is spelled as it displays, as a text.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
