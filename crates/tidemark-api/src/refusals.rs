//! Refusals that no protocol spells, because they are made before it is asked, or in its place: JSON for programs, a page
//! for people.

use crate::http::{cors, host};
use crate::web::page::error_page;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

/// What is said to programs that speak another protocol, or another version.
const SPOKEN: &str = "This server has no such API: it speaks the Dropbox Core API, version 1, below /1/, and the Box Content API below /2.0/";

/// The answer to a path that is nobody's.
#[must_use]
pub fn not_found(path: &str, asked: &HeaderMap) -> Response {
    if is_for_programs(path) {
        return json(StatusCode::NOT_FOUND, SPOKEN, asked);
    }
    error_page(
        StatusCode::NOT_FOUND,
        "Nothing here",
        "This address leads nowhere on this server. It may be mistyped, or what was there is gone.",
    )
}

/// Answers instead of `next` what does not name one host: addresses that are handed out begin with what a client calls
/// the server, and nobody else may have a say in that.
pub(crate) async fn unless_one_host(request: Request, next: Next) -> Response {
    let Err(error) = host::check(request.version(), request.uri(), request.headers()) else {
        return next.run(request).await;
    };
    let text = error.to_string();
    if is_for_programs(request.uri().path()) {
        return json(StatusCode::BAD_REQUEST, &text, request.headers());
    }
    error_page(StatusCode::BAD_REQUEST, "That did not work", &text)
}

/// The answer in place of one that broke off in the making.
pub(crate) fn broken(path: &str) -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    if is_for_programs(path) {
        return json(status, "Something went wrong", &HeaderMap::new());
    }
    error_page(status, "That did not work", "Something went wrong on the server.")
}

/// Whether a program asks, by the looks of a raw path: below a version, or where some service has its API. The pages that
/// people see on the way of OAuth stand there, too.
fn is_for_programs(path: &str) -> bool {
    let last = path.split('/').rfind(|segment| !segment.is_empty());
    is_below_api(path) && last != Some("authorize")
}

/// The same, with those pages.
pub(crate) fn is_below_api(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty());
    first.is_some_and(|first| is_version(first) || ["api", "oauth", "oauth2", "subscribe"].contains(&first))
}

/// Whether it is one like `2`, `2.0`, `v1` or `2-beta-2`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix(['v', 'V']).unwrap_or(segment);
    let number = number.split_once('-').map_or(number, |(number, _)| number);
    number.len() <= 8
        && number.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// `{"error": text}`, which a program of any origin may read.
fn json(status: StatusCode, text: &str, asked: &HeaderMap) -> Response {
    let body = serde_json::json!({ "error": text }).to_string();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
    let mut response = (status, headers, body).into_response();
    cors::open(asked, response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_people_are_told_apart_by_where_they_ask() {
        for path in [
            "/2/files/list_folder",
            "/2.0/folders/0",
            "//1/metadata",
            "/0/delta",
            "/v1/x",
            "/2-beta-2/x",
            "/2",
            "/api/v2",
            "/oauth2/revoke",
            "/1/oauth2/token",
            "/subscribe",
        ] {
            assert!(is_for_programs(path), "{path}");
        }
        for path in [
            "/",
            "",
            "/login",
            "/s/abc/2",
            "/v",
            "/2x/y",
            "/2./y",
            "/-1",
            "/123456789/x",
            "/1/oauth/authorize",
            "/1/oauth2/authorize/",
            "/oauth2/authorize",
            "/apis",
        ] {
            assert!(!is_for_programs(path), "{path}");
        }
    }
}
