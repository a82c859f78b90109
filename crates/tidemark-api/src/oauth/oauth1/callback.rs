//! `oauth_callback` as it arrives: some programs put it into their link as it is, with its own `?` and `&`.

use crate::http::{ParamError, Params};

/// The parameter.
const NAME: &str = "oauth_callback=";

/// What else may stand in such a link and ends a callback that stands there unescaped.
const OURS: [&str; 4] = ["oauth_token=", "oauth_callback=", "oauth_consumer_key=", "locale="];

/// The parameters of a link to the page, and where it says that the browser should go afterwards.
///
/// A callback is taken as it stands, and not decoded, if its `://` is not escaped, and its `?` is not if it has one: what is
/// escaped further on belongs to its own query. Of that is everything up to the next parameter of ours.
pub(super) fn read(query: &str) -> Result<(Params, Option<String>), ParamError> {
    let params = Params::parse(Some(query), None)?;
    let mut pieces = query.split('&');
    let raw = pieces.by_ref().find_map(|piece| piece.strip_prefix(NAME));
    let unescaped = |raw: &&str| {
        let (page, query) = raw.split_once('?').map_or((*raw, None), |(page, query)| (page, Some(query)));
        let plain = page.split_once("://").is_some_and(|(scheme, _)| !scheme.contains('%'));
        plain && (query.is_some() || !page.to_ascii_uppercase().contains("%3F"))
    };
    let Some(raw) = raw.filter(unescaped) else {
        let callback = params.get("oauth_callback").map(str::to_owned);
        return Ok((params, callback));
    };
    let mut callback = raw.to_owned();
    if raw.contains('?') {
        for piece in pieces.take_while(|piece| !OURS.iter().any(|ours| piece.starts_with(ours))) {
            callback.push('&');
            callback.push_str(piece);
        }
    }
    Ok((params, Some(callback)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn callback(query: &str) -> Option<String> {
        let (params, callback) = read(query).unwrap();
        assert_eq!(params.get("oauth_token"), Some("T"), "{query}");
        callback
    }

    #[test]
    fn is_found_escaped_and_as_it_is() {
        for (query, expected) in [
            ("oauth_token=T", None),
            ("oauth_token=T&oauth_callback=", None),
            (
                "oauth_token=T&oauth_callback=http%3A%2F%2Fa.example%2Fcb%3Fx%3D1%26y%3D2",
                Some("http://a.example/cb?x=1&y=2"),
            ),
            (
                "oauth_token=T&oauth_callback=http%3A//a.example/cb%3Fx%3D1&locale=en",
                Some("http://a.example/cb?x=1"),
            ),
            ("oauth_token=T&oauth_callback=http://a.example/cb%3Fx%3D1", Some("http://a.example/cb?x=1")),
            ("oauth_token=T&oauth_callback=http://a.example/cb", Some("http://a.example/cb")),
            ("oauth_token=T&oauth_callback=http://a.example/cb?x=1&y=2", Some("http://a.example/cb?x=1&y=2")),
            ("oauth_callback=http://a.example/cb?x=1&y=2&oauth_token=T", Some("http://a.example/cb?x=1&y=2")),
            (
                "oauth_callback=http://a.example/cb?x=1&locale=de&oauth_token=T",
                Some("http://a.example/cb?x=1"),
            ),
            ("oauth_callback=http://a.example/cb&y=2&oauth_token=T", Some("http://a.example/cb")),
            (
                "oauth_token=T&oauth_callback=http://a.example/a%20b?c=%2Fd+e",
                Some("http://a.example/a%20b?c=%2Fd+e"),
            ),
            (
                "oauth_token=T&oauth_callback=http://a.example/?next=http://b.example/?z",
                Some("http://a.example/?next=http://b.example/?z"),
            ),
            (
                "oauth_token=T&oauth_callback=http://a.example/cb?next=http%3A%2F%2Fb.example%2F%3Fy%3D1%26z%3D2&x=3",
                Some("http://a.example/cb?next=http%3A%2F%2Fb.example%2F%3Fy%3D1%26z%3D2&x=3"),
            ),
            (
                "oauth_token=T&oauth_callback=http%3A%2F%2Fa.example%2Fcb%3Fnext%3Dhttp://b.example/?y",
                Some("http://a.example/cb?next=http://b.example/?y"),
            ),
            ("oauth_token=T&oauth_callback=javascript:alert(1)", Some("javascript:alert(1)")),
        ] {
            assert_eq!(callback(query).as_deref(), expected, "{query}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(query in any::<String>()) {
            let _ = read(&format!("oauth_callback=http://{query}"));
        }
    }
}
