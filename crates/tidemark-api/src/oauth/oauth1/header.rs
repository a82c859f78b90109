//! `Authorization: OAuth ...` (RFC 5849 section 3.5.1), as clients write it.

use crate::http::path;
use std::borrow::Cow;

/// The longest header that is read, in bytes.
pub const HEADER_BYTES_MAX: usize = 8 << 10;
/// How many parameters it may have. The protocol knows nine.
pub const HEADER_PARAMS_MAX: usize = 32;

/// Why a header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// More than [`HEADER_BYTES_MAX`].
    #[error("the Authorization header is too long")]
    TooLong,
    /// More than [`HEADER_PARAMS_MAX`].
    #[error("the Authorization header has too many parameters")]
    TooMany,
    /// No list of names and values.
    #[error("the Authorization header is malformed")]
    Malformed,
    /// The same name twice: it would not be clear which counts.
    #[error("the Authorization header has a parameter twice")]
    Twice,
}

/// Reads the parameters behind the word `OAuth`, decoded, without the realm.
///
/// Commas may have spaces around them or not, values stand in quotes or not, and are percent-encoded or (a signature of
/// the method PLAINTEXT) as they are: a secret of ours has nothing in it that would have to be encoded.
///
/// # Errors
/// [`HeaderError`].
pub fn parse_header(credentials: &str) -> Result<Vec<(String, String)>, HeaderError> {
    if credentials.len() > HEADER_BYTES_MAX {
        return Err(HeaderError::TooLong);
    }
    let mut found: Vec<(String, String)> = Vec::new();
    let mut count = 0;
    let mut rest = credentials.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(HeaderError::Malformed)?;
        let (name, value, next) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (value, next) = quoted.split_once('"').ok_or(HeaderError::Malformed)?;
                let next = next.trim_start();
                // What follows a quote is the next parameter or nothing.
                let next = if next.is_empty() {
                    next
                } else {
                    next.strip_prefix(',').ok_or(HeaderError::Malformed)?
                };
                (name, value, next)
            }
            None => {
                let (value, next) = after.split_once(',').unwrap_or((after, ""));
                (name, value.trim(), next)
            }
        };
        rest = next.trim_start_matches([' ', '\t', ',']);
        count += 1;
        if count > HEADER_PARAMS_MAX {
            return Err(HeaderError::TooMany);
        }
        let name = decode(name.trim())?;
        if name.is_empty() || name.contains(['"', ',']) {
            return Err(HeaderError::Malformed);
        }
        if name.eq_ignore_ascii_case("realm") {
            continue;
        }
        if found.iter().any(|(other, _)| *other == name) {
            return Err(HeaderError::Twice);
        }
        found.push((name, decode(value)?));
    }
    Ok(found)
}

fn decode(raw: &str) -> Result<String, HeaderError> {
    path::decode(raw).map(Cow::into_owned).map_err(|_| HeaderError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(credentials: &str) -> Vec<(String, String)> {
        parse_header(credentials).unwrap_or_else(|error| panic!("{credentials}: {error}"))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_clients_spelling_is_read() {
        let expected = pairs(&[("oauth_consumer_key", "key"), ("oauth_signature", "sec&tok")]);
        for header in [
            r#"oauth_consumer_key="key", oauth_signature="sec%26tok""#,
            r#"oauth_consumer_key="key",oauth_signature="sec&tok""#,
            r#"realm="", oauth_consumer_key="key", oauth_signature="sec&tok""#,
            r#"realm="https://x.example/ 100%", oauth_consumer_key="key" , oauth_signature="sec%26tok" "#,
            r#"  oauth_consumer_key = "key",	oauth_signature= "sec%26tok","#,
            "oauth_consumer_key=key,oauth_signature=sec&tok",
            "oauth_consumer_key=key, oauth_signature=sec%26tok",
        ] {
            assert_eq!(parsed(header), expected, "{header}");
        }
        assert_eq!(
            parsed(r#"a="x%20y+z",b="",c="%C3%A9=""#),
            pairs(&[("a", "x y+z"), ("b", ""), ("c", "é=")])
        );
        assert_eq!(parsed("  "), []);
        assert_eq!(parsed(r#"realm="x""#), []);
    }

    #[test]
    fn what_is_ambiguous_or_broken_is_refused() {
        for (header, error) in [
            (r#"a="1",a="1""#, HeaderError::Twice),
            (r#"a="1",%61="2""#, HeaderError::Twice),
            ("a", HeaderError::Malformed),
            ("=x", HeaderError::Malformed),
            (r#"a="1"#, HeaderError::Malformed),
            (r#"a="1"b="2""#, HeaderError::Malformed),
            (r#"a="%zz""#, HeaderError::Malformed),
            (r#"a="%ff""#, HeaderError::Malformed),
            (r#"a="%00""#, HeaderError::Malformed),
            (r#""a"="1""#, HeaderError::Malformed),
        ] {
            assert_eq!(parse_header(header), Err(error), "{header}");
        }
    }

    #[test]
    fn is_bounded() {
        let many = |n: usize| (0..n).map(|n| format!("p{n}=\"\"")).collect::<Vec<_>>().join(",");
        assert_eq!(parsed(&many(HEADER_PARAMS_MAX)).len(), HEADER_PARAMS_MAX);
        assert_eq!(parse_header(&many(HEADER_PARAMS_MAX + 1)), Err(HeaderError::TooMany));
        let realms = "realm=\"\",".repeat(HEADER_PARAMS_MAX + 1);
        assert_eq!(parse_header(&realms), Err(HeaderError::TooMany));
        let long = format!("a=\"{}\"", "x".repeat(HEADER_BYTES_MAX));
        assert_eq!(parse_header(&long), Err(HeaderError::TooLong));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_header(&text);
        }

        #[test]
        fn never_panics_near_the_grammar(text in r#"[a%="', \t0-9f]{0,60}"#) {
            let _ = parse_header(&text);
        }
    }
}
