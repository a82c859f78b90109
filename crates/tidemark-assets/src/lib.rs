//! Scripts, styles and pictures of web pages, embedded in a binary.
//!
//! All of a folder are at `/assets/<version>/<path>`, where the version stands for all that they hold together. A page names the
//! version that it was made with, its modules name each other relatively, and browsers keep what they got for ever.
//!
//! [`Assets`] knows one such folder by its [`RustEmbed`]; who serves it says where its routes are.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

/// The route of all of them, with the parameters that [`Assets::answer`] takes.
pub const ROUTE: &str = "/assets/{version}/{*path}";

/// The files of one folder. Debug builds read them from the disk each time: they may be being written.
pub struct Assets<F> {
    version: OnceLock<String>,
    sent: OnceLock<HashMap<String, Bytes>>,
    folder: PhantomData<fn() -> F>,
}

impl<F: RustEmbed> Assets<F> {
    /// Looks at nothing before it is asked.
    #[must_use]
    pub const fn new() -> Self {
        Self { version: OnceLock::new(), sent: OnceLock::new(), folder: PhantomData }
    }

    /// Sixteen hexadecimal digits that change with whatever is sent of any of them.
    pub fn version(&self) -> &str {
        self.version.get_or_init(|| {
            let mut sent: Vec<_> = self.kept().iter().collect();
            sent.sort_unstable();
            let mut digest = Sha256::new();
            for part in sent.iter().flat_map(|(path, content)| [path.as_bytes(), content]) {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
            HEXLOWER.encode(&digest.finalize()[..8])
        })
    }

    /// Where a file is, by its path in the folder.
    pub fn url(&self, path: &str) -> String {
        format!("/assets/{}/{path}", self.version())
    }

    /// What is answered to `GET /assets/<asked>/<path>`: 404 if there is no such file, or it is none for browsers.
    pub fn answer(&self, asked: &str, path: &str) -> Response {
        let (Some(content), Some(media_type)) = (self.sent(path), media_type(path)) else {
            return (StatusCode::NOT_FOUND, "no such file of these pages\n").into_response();
        };
        // A page that an older version made gets what there is now, and must not take it for what it asked for.
        let is_lasting = asked == self.version() && !cfg!(debug_assertions);
        let keep = if is_lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers =
            [(CONTENT_TYPE, media_type), (CACHE_CONTROL, keep), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
        (headers, content).into_response()
    }

    /// What is sent of each file, by its path: of scripts and styles, what counts in a browser.
    pub fn all_sent(&self) -> HashMap<String, Bytes> {
        F::iter().filter_map(|path| Some((path.to_string(), sent_of::<F>(&path)?))).collect()
    }

    fn sent(&self, path: &str) -> Option<Bytes> {
        if cfg!(debug_assertions) {
            return sent_of::<F>(path);
        }
        self.kept().get(path).cloned()
    }

    /// What is sent of each file, made once.
    fn kept(&self) -> &HashMap<String, Bytes> {
        self.sent.get_or_init(|| self.all_sent())
    }
}

impl<F: RustEmbed> Default for Assets<F> {
    fn default() -> Self {
        Self::new()
    }
}

fn sent_of<F: RustEmbed>(path: &str) -> Option<Bytes> {
    let content = F::get(path)?.data;
    // What cannot be made smaller is sent as it was written.
    let smaller = std::str::from_utf8(&content).ok().and_then(|text| match path.rsplit_once('.')?.1 {
        "js" => Some(minifier::js::minify(text).ok()?.to_string()),
        "css" => Some(minifier::css::minify(text).ok()?.to_string()),
        _ => None,
    });
    Some(match smaller {
        Some(text) => text.into(),
        None => content.into_owned().into(),
    })
}

fn media_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[derive(RustEmbed)]
    #[folder = "tests/folder"]
    struct Folder;

    static ASSETS: Assets<Folder> = Assets::new();

    async fn get(asked: &str, path: &str) -> (StatusCode, http::HeaderMap, String) {
        let (parts, body) = ASSETS.answer(asked, path).into_parts();
        let body = body.collect().await.expect("a body from memory").to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.into()).expect("text"))
    }

    #[tokio::test]
    async fn a_script_comes_without_what_only_people_read() {
        let (status, headers, script) = get(ASSETS.version(), "main.js").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(script.contains("`a  ${b + `c , ${d}`}`"), "{script}");
        assert!(!script.contains("Why") && !script.contains("@type"), "{script}");
    }

    #[tokio::test]
    async fn a_style_comes_without_comments() {
        let (_, headers, style) = get(ASSETS.version(), "styles/main.css").await;
        assert_eq!(headers[CONTENT_TYPE], "text/css; charset=utf-8");
        assert!(style.contains(".c :hover") && style.contains("\" ; \""), "{style}");
        assert!(!style.contains("Why"), "{style}");
    }

    #[tokio::test]
    async fn what_is_not_there_or_not_for_browsers_is_not_found() {
        for path in ["absent.js", "../lib.rs", "styles", "", "notes.txt"] {
            assert_eq!(get(ASSETS.version(), path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn another_version_is_answered_and_not_kept() {
        let (status, headers, _) = get("0123456789abcdef", "main.js").await;
        assert_eq!((status, headers[CACHE_CONTROL].as_bytes()), (StatusCode::OK, &b"no-cache"[..]));
    }

    #[test]
    fn the_version_is_in_every_address() {
        assert_eq!(ASSETS.version().len(), 16);
        assert_eq!(ASSETS.url("main.js"), format!("/assets/{}/main.js", ASSETS.version()));
    }
}
