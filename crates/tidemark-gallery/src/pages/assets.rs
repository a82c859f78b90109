//! The gallery's scripts, styles and mark.

use axum::extract::Path;
use axum::response::Response;
use rust_embed::RustEmbed;
use tidemark_assets::Assets;

pub(super) use tidemark_assets::ROUTE;

use crate::gallery::Inner;

#[derive(RustEmbed)]
#[folder = "web"]
struct Folder;

static ASSETS: Assets<Folder> = Assets::new();

/// Where a file is, by its path in `web/`.
pub(super) fn url(inner: &Inner, path: &str) -> String {
    inner.path(&ASSETS.url(path))
}

/// `GET /assets/<version>/<path>`.
pub(super) async fn serve(Path((asked, path)): Path<(String, String)>) -> Response {
    ASSETS.answer(&asked, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_style_stay_small() {
        let is_code = |path: &str| path.ends_with(".js") || path.ends_with(".css");
        let sent = ASSETS.all_sent().into_iter().filter(|(path, _)| is_code(path));
        let bytes: usize = sent.map(|(_, content)| content.len()).sum();
        assert!((1..45_000).contains(&bytes), "{bytes} bytes of script and style");
    }
}
