//! Scripts, styles and the mark, embedded in the binary.
//!
//! All of them are at `/assets/<version>/<path>`, where the version stands for all that they hold together. Modules name each
//! other relatively, and browsers keep what they got for ever. Debug builds read them from the disk each time.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::gallery::Inner;

#[derive(RustEmbed)]
#[folder = "web"]
struct Files;

/// Changes with whatever any of them holds.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort_unstable();
    let mut digest = Sha256::new();
    for name in names {
        let file = Files::get(&name).map(|file| file.data).unwrap_or_default();
        for part in [name.as_bytes(), &file] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
    }
    HEXLOWER.encode(&digest.finalize()[..8])
});

/// Where a file is, by its path in `web/`.
pub(super) fn url(inner: &Inner, path: &str) -> String {
    inner.path(&format!("/assets/{}/{path}", *VERSION))
}

/// `GET /assets/<version>/<path>`.
pub(super) async fn serve(
    State(_): State<Arc<Inner>>,
    Path((asked, path)): Path<(String, String)>,
) -> Response {
    let (Some(file), Some(media_type)) = (Files::get(&path), media_type(&path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A page of an older version gets what there is now, and must not take it for what it asked for.
    let is_lasting = asked == *VERSION && !cfg!(debug_assertions);
    let keep = if is_lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, keep), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, served(&path, file.data)).into_response()
}

fn media_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// What is sent of a file: of a script or a style, what counts in a browser.
fn served(path: &str, content: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    let is_code = path.ends_with(".js") || path.ends_with(".css");
    match std::str::from_utf8(&content) {
        Ok(text) if path.ends_with(".css") => Cow::Owned(dense(&without_comments(text)).into_bytes()),
        Ok(text) if is_code => {
            Cow::Owned(without_comments(text).lines().map(dense_line).collect::<String>().into_bytes())
        }
        _ => content,
    }
}

/// Without comments and indentation: those that are lines of their own, and the types that stand within lines. Nothing of ours
/// depends on either: no text holds anything that begins like one, or counts its spaces.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_comment = false;
    for line in text.lines().map(str::trim) {
        if is_comment {
            is_comment = !line.ends_with("*/");
            continue;
        }
        let mut line = Cow::Borrowed(line);
        while let Some((before, rest)) = line.split_once("/**")
            && let Some((_, after)) = rest.split_once("*/")
        {
            line = Cow::Owned(format!("{before}{}", after.trim_start()));
        }
        is_comment = line.starts_with("/*") && !line.ends_with("*/");
        if !line.is_empty() && !line.starts_with("//") && !line.starts_with("/*") {
            kept.push_str(&line);
            kept.push('\n');
        }
    }
    kept
}

/// A style sheet without the spaces that mean nothing. (Before a colon or a point one may mean something.)
fn dense(style: &str) -> String {
    let spaces = [
        ("\n", ""),
        (" {", "{"),
        ("{ ", "{"),
        (" }", "}"),
        (";}", "}"),
        (": ", ":"),
        ("; ", ";"),
        (", ", ","),
    ];
    spaces.into_iter().fold(style.to_owned(), |style, (wide, narrow)| style.replace(wide, narrow))
}

/// A line of a script without the spaces that mean nothing, if no text (nor pattern) is in it.
fn dense_line(line: &str) -> String {
    const BETWEEN: [&str; 22] = [
        "===", "!==", "=>", "<=", ">=", "&&=", "||=", "??=", "+=", "&&", "||", "??", "?", ":", "=", "<", ">",
        "{", "}", "*", "(", ")",
    ];
    let mut line = line.to_owned();
    if !line.contains(['"', '\'', '`', '/']) {
        for mark in BETWEEN {
            line = line.replace(&format!(" {mark} "), mark);
        }
        for (wide, narrow) in [(", ", ","), ("; ", ";"), (") {", "){"), ("{ ", "{"), (" }", "}"), (": ", ":")]
        {
            line = line.replace(wide, narrow);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> impl Iterator<Item = (Cow<'static, str>, String)> {
        let paths = Files::iter().filter(|path| path.ends_with(".js") || path.ends_with(".css"));
        paths.map(|path| {
            let text = String::from_utf8(Files::get(&path).unwrap().data.into_owned()).unwrap();
            (path, text)
        })
    }

    #[test]
    fn comments_are_left_out_and_nothing_else() {
        let text = "/**\n * Why.\n */\nexport const a = 1; // one\n\n  // two\n  /* three */\n  return \"/* no */\";\n\
                    /** @type {A} */ (b).c = /** @type {C} */ (d);\n";
        let kept = "export const a = 1; // one\nreturn \"/* no */\";\n(b).c = (d);\n";
        assert_eq!(without_comments(text), kept);
        for (path, text) in code() {
            let braces = |text: &str| text.matches('}').count().abs_diff(text.matches('{').count());
            let kept = without_comments(&text);
            assert_eq!(braces(&kept), 0, "{path}: something else is missing");
            assert!(
                !kept.contains("/**")
                    && !kept.lines().any(|line| line.starts_with('*') && path.ends_with("js")),
                "{path}"
            );
        }
    }

    #[test]
    fn a_style_means_what_it_meant() {
        let style = ".a :focus, .b > .c { color: red; margin: 0 1px; }\n@media (max-width: 40rem) { .a { top: 0; } }\n";
        let sent = ".a :focus,.b > .c{color:red;margin:0 1px}@media (max-width:40rem){.a{top:0}}";
        assert_eq!(dense(style), sent);
    }

    #[test]
    fn a_script_means_what_it_meant() {
        for (line, sent) in [
            ("const a = b === c ? { d: 1 } : [e, f];", "const a=b===c?{d:1}:[e,f];"),
            ("for (let at = 0; at < 3; at += 1) {", "for (let at=0;at<3;at+=1){"),
            ("if (a + +b - -c > 0 && !d) return a in b;", "if (a + +b - -c>0&&!d) return a in b;"),
            ("a = \"b , c = d\";", "a = \"b , c = d\";"),
        ] {
            assert_eq!(dense_line(line), format!("{sent}\n"));
        }
    }

    #[test]
    fn script_and_style_stay_small() {
        let bytes: usize = code().map(|(path, text)| served(&path, text.into_bytes().into()).len()).sum();
        assert!((1..45_000).contains(&bytes), "{bytes} bytes of script and style");
    }
}
