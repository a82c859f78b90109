//! Where a browser goes on after signing in: to a page of this server, and nowhere else.

use super::SIGN_IN_PATH;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest target, in bytes: an authorization request with everything in it fits.
const TARGET_MAX: usize = 8 * 1024;

/// Everything but unreserved characters and the slash.
const QUERY_VALUE: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The target, if it is a path of this server in a form that no browser reads otherwise: `//host`, `/\host` and what
/// hides behind white space or control characters lead elsewhere.
pub(crate) fn local(target: &str) -> Option<&str> {
    let mut bytes = target.bytes();
    let rooted = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/'));
    let plain = target.len() <= TARGET_MAX && target.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (rooted && plain).then_some(target)
}

/// The sign-in page, from which the browser comes back to `target`.
pub(crate) fn sign_in_url(target: &str) -> String {
    format!("{SIGN_IN_PATH}?continue={}", utf8_percent_encode(target, &QUERY_VALUE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_to_this_server_only() {
        for good in ["/", "/help", "/1/oauth2/authorize?client_id=x&redirect_uri=https://a.example/", "/a//b"]
        {
            assert_eq!(local(good), Some(good));
        }
        let long = format!("/{}", "a".repeat(TARGET_MAX));
        for bad in [
            "",
            "help",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "https://evil.example/",
            "\\\\evil.example",
            "javascript:alert(1)",
            "/é",
            "/a\\b",
            &long,
        ] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn survives_the_way_through_the_sign_in_page() {
        assert_eq!(sign_in_url("/a?b=c&d=%20+e"), "/login?continue=/a%3Fb%3Dc%26d%3D%2520%2Be");
    }
}
