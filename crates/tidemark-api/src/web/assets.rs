//! The style sheet and the mark, embedded in the binary.

use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

pub(super) const STYLE_PATH: &str = "/assets/tidemark.css";
pub(super) const MARK_PATH: &str = "/assets/tidemark.svg";

const STYLE: &str = include_str!("../../assets/tidemark.css");
const MARK: &str = include_str!("../../assets/tidemark.svg");

/// The style sheet's address, which changes with its content, so that browsers may keep it for ever.
pub(crate) fn style_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| versioned(STYLE_PATH, STYLE));
    &URL
}

/// The same of the mark.
pub(crate) fn mark_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| versioned(MARK_PATH, MARK));
    &URL
}

pub(super) async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

pub(crate) async fn mark() -> Response {
    asset("image/svg+xml", MARK)
}

fn asset(media_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content).into_response()
}

fn versioned(path: &str, content: &str) -> String {
    format!("{path}?{}", HEXLOWER.encode(&Sha256::digest(content)[..6]))
}
