//! The files of the web UI, embedded in the binary: scripts, styles, pictures.
//!
//! All of them are at `/assets/<version>/<path>`, where the version stands for all that they hold together. A page names
//! the version that it was made with, its modules name each other relatively, and browsers keep what they got for ever.

use super::squeeze;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The route of all of them.
pub(super) const ROUTE: &str = "/assets/{version}/{*path}";

const STYLE: &str = "styles/pages.css";
const MARK: &str = "tidemark.svg";

/// While they are being written they are read from the disk each time, by debug builds.
#[derive(RustEmbed)]
#[folder = "../../web"]
struct Files;

/// Changes with whatever any of them holds.
fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let mut digest = Sha256::new();
        let mut names: Vec<_> = Files::iter().collect();
        names.sort_unstable();
        for name in names {
            let file = Files::get(&name).map(|file| file.data).unwrap_or_default();
            for part in [name.as_bytes(), &file] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
        }
        HEXLOWER.encode(&digest.finalize()[..8])
    });
    &VERSION
}

/// Where a file of the web UI is, by its path in `web/`.
pub(crate) fn url(path: &str) -> String {
    format!("/assets/{}/{path}", version())
}

/// The address of the style of all pages.
pub(crate) fn style_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| url(STYLE));
    &URL
}

/// The address of what the pages of an account, of apps and of the administration have beside it.
pub(crate) fn console_style_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| url("styles/console.css"));
    &URL
}

/// The same of the mark.
pub(crate) fn mark_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| url(MARK));
    &URL
}

/// The mark by itself, for who asks for no version of it.
pub(crate) async fn mark() -> Response {
    answer(version(), MARK)
}

/// A file of the web UI.
pub(super) async fn serve(Path((asked, path)): Path<(String, String)>) -> Response {
    answer(&asked, &path)
}

fn answer(asked: &str, path: &str) -> Response {
    let (Some(file), Some(media_type)) = (Files::get(path), media_type(path)) else {
        return (StatusCode::NOT_FOUND, "no such file of the web UI\n").into_response();
    };
    // A page that an older version made gets what there is now, and must not take it for what it asked for.
    let is_lasting = asked == version() && !cfg!(debug_assertions);
    let keep = if is_lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, keep), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, served(path, file.data)).into_response()
}

/// What is sent of a file: of a script or a style, what counts in a browser.
fn served(path: &str, content: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    match (std::str::from_utf8(&content), path.rsplit_once('.')) {
        (Ok(text), Some((_, "js"))) => Cow::Owned(squeeze::script(text).into_bytes()),
        (Ok(text), Some((_, "css"))) => Cow::Owned(squeeze::style(text).into_bytes()),
        _ => content,
    }
}

fn media_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// How many bytes of script and style there are for the page of files, with all that it loads when it is asked to, and for all
/// others, as they are sent.
#[cfg(test)]
fn served_bytes() -> (usize, usize) {
    let code = Files::iter().filter(|path| path.ends_with(".js") || path.ends_with(".css"));
    let sizes =
        code.map(|path| (path.contains("console"), served(&path, Files::get(&path).unwrap().data).len()));
    sizes.fold((0, 0), |(files, console), (is_console, size)| match is_console {
        true => (files, console + size),
        false => (files + size, console),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_that_goes_on_ends_with_its_line() {
        for path in Files::iter().filter(|path| path.ends_with(".js") || path.ends_with(".css")) {
            let text = String::from_utf8(Files::get(&path).unwrap().data.into_owned()).unwrap();
            let opened = text.lines().filter(|line| line.trim().starts_with("/*"));
            for line in opened.map(str::trim) {
                assert!(!line.contains("*/") || line.ends_with("*/"), "{path}: code stands behind {line:?}");
            }
        }
    }

    #[test]
    fn no_text_goes_on_over_several_lines() {
        for path in Files::iter().filter(|path| path.ends_with(".js")) {
            let text = String::from_utf8(Files::get(&path).unwrap().data.into_owned()).unwrap();
            for line in text.lines().filter(|line| !line.trim().starts_with(['/', '*'])) {
                assert!(
                    line.matches('`').count().is_multiple_of(2),
                    "{path}: a text goes on behind {line:?}"
                );
            }
        }
    }

    #[test]
    fn script_and_style_stay_small() {
        let (files, console) = served_bytes();
        assert!(
            files < 150_000 && console < 10_000,
            "{files} bytes for the page of files, {console} for others"
        );
    }
}
