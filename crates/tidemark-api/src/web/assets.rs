//! The files of the web UI: scripts, styles, the mark.

use axum::extract::Path;
use axum::response::Response;
use rust_embed::RustEmbed;
use std::sync::LazyLock;
use tidemark_assets::Assets;

pub(super) use tidemark_assets::ROUTE;

#[derive(RustEmbed)]
#[folder = "../../web"]
struct Folder;

static ASSETS: Assets<Folder> = Assets::new();

const STYLE: &str = "styles/pages.css";
const MARK: &str = "tidemark.svg";

/// Where a file of the web UI is, by its path in `web/`.
pub(crate) fn url(path: &str) -> String {
    ASSETS.url(path)
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

/// The address of what all pages have beside it but that of files.
pub(crate) fn plain_style_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| url("styles/plain.css"));
    &URL
}

/// The address of what the pages of shared links have beside it.
pub(crate) fn shared_style_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| url("styles/shared.css"));
    &URL
}

/// The same of the mark.
pub(crate) fn mark_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| url(MARK));
    &URL
}

/// The mark by itself, for who asks for no version of it.
pub(crate) async fn mark() -> Response {
    ASSETS.answer(ASSETS.version(), MARK)
}

/// A file of the web UI.
pub(super) async fn serve(Path((asked, path)): Path<(String, String)>) -> Response {
    ASSETS.answer(&asked, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page of files never loads.
    const OF_OTHERS: [&str; 4] = ["console/", "styles/console.css", "styles/plain.css", "styles/shared.css"];

    #[test]
    fn script_and_style_stay_small() {
        // With all that the page of files loads when it is asked to.
        let (mut files, mut others) = (0, 0);
        for (path, content) in ASSETS.all_sent() {
            let is_code = path.ends_with(".js") || path.ends_with(".css");
            let is_others = OF_OTHERS.iter().any(|start| path.starts_with(start));
            let of = if is_others { &mut others } else { &mut files };
            *of += if is_code { content.len() } else { 0 };
        }
        assert!(
            files < 150_000 && others < 12_000,
            "{files} bytes for the page of files, {others} more for others"
        );
    }
}
