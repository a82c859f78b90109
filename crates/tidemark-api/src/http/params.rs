//! The parameters of a request: its query and its form body, merged.
//!
//! Rules of the wire, from what clients of the old services send: a `+` is a space; the body wins where both name a
//! parameter; a name given twice is no mistake, the last one counts; an empty value means that the parameter is
//! absent; an escape that is none is taken literally, as browsers do. Bytes that are not UTF-8 are an error that names
//! the parameter, and so is a value of the wrong kind.

use std::str::FromStr;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::path::hex_pair;

/// How many parameters a request may have, in its query and its body together.
pub const COUNT_MAX: usize = 512;

/// How many bytes of query and form are parsed; a form's reader should apply it before, too.
pub const BYTES_MAX: usize = 1024 * 1024;

/// Why the parameters of a request can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// More than [`COUNT_MAX`] parameters.
    #[error("more than {COUNT_MAX} parameters")]
    TooMany,
    /// More than [`BYTES_MAX`] bytes of them.
    #[error("more than {BYTES_MAX} bytes of parameters")]
    TooLong,
    /// The value of the parameter, or its name, is not UTF-8.
    #[error("parameter {name:?} is not valid UTF-8")]
    NotUtf8 {
        /// The parameter, with what can't be read replaced.
        name: String,
    },
    /// A required parameter is absent or empty.
    #[error("parameter {name:?} is missing")]
    Missing {
        /// The parameter.
        name: &'static str,
    },
    /// The value is not of the kind that the parameter takes.
    #[error("parameter {name:?} is not {expected}: {value:?}")]
    Invalid {
        /// The parameter.
        name: &'static str,
        /// What it takes, with an article.
        expected: &'static str,
        /// What was sent, shortened.
        value: String,
    },
}

impl ParamError {
    /// The parameter to blame, where it is a single one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::TooMany | Self::TooLong => None,
            Self::NotUtf8 { name } => Some(name),
            Self::Missing { name } | Self::Invalid { name, .. } => Some(name),
        }
    }

    /// An error about a value that only its user can judge.
    pub fn invalid(name: &'static str, expected: &'static str, value: &str) -> Self {
        Self::Invalid { name, expected, value: value.chars().take(64).collect() }
    }
}

/// The merged parameters of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    /// In the order in which they were sent, the query first: the last of a name counts.
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Merges the raw query of a request (without its `?`) with the bytes of its form body.
    ///
    /// # Errors
    /// [`ParamError::TooMany`], [`ParamError::TooLong`] and [`ParamError::NotUtf8`].
    pub fn parse(query: Option<&str>, form: Option<&[u8]>) -> Result<Self, ParamError> {
        let query = query.unwrap_or_default().as_bytes();
        let form = form.unwrap_or_default();
        if query.len() + form.len() > BYTES_MAX {
            return Err(ParamError::TooLong);
        }
        let pieces = query.split(|&b| b == b'&').chain(form.split(|&b| b == b'&'));
        let mut pairs = Vec::new();
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            if pairs.len() == COUNT_MAX {
                return Err(ParamError::TooMany);
            }
            pairs.push(parse_pair(piece)?);
        }
        Ok(Self { pairs })
    }

    /// Parameters that were sent in another way.
    ///
    /// # Errors
    /// [`ParamError::TooMany`].
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ParamError> {
        let pairs: Vec<_> = pairs.into_iter().take(COUNT_MAX + 1).collect();
        if pairs.len() > COUNT_MAX { Err(ParamError::TooMany) } else { Ok(Self { pairs }) }
    }

    /// The value of a parameter, unless it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_or_empty(name).filter(|value| !value.is_empty())
    }

    /// The value of a parameter, even an empty one: for the few places where "given but empty" means something.
    pub fn get_or_empty(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that the request must have.
    ///
    /// # Errors
    /// [`ParamError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<&str, ParamError> {
        self.get(name).ok_or(ParamError::Missing { name })
    }

    /// A boolean: `true`, `false`, `1` or `0`, in any case.
    ///
    /// # Errors
    /// [`ParamError::Invalid`].
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, ParamError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if value == "1" || value.eq_ignore_ascii_case("true") {
            Ok(Some(true))
        } else if value == "0" || value.eq_ignore_ascii_case("false") {
            Ok(Some(false))
        } else {
            Err(ParamError::invalid(name, "a boolean", value))
        }
    }

    /// A whole number that fits the type asked for.
    ///
    /// # Errors
    /// [`ParamError::Invalid`].
    pub fn integer<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, ParamError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(ParamError::invalid(name, "a whole number in range", value)),
        }
    }

    /// Every pair as it was sent, doubles and empty values included: what a signature is computed over.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Whether a body holds parameters. A form says so; clients that send no type at all send a form or nothing.
#[must_use]
pub fn is_form(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return true };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.is_empty() || essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn parse_pair(piece: &[u8]) -> Result<(String, String), ParamError> {
    let (name, value) = match piece.iter().position(|&b| b == b'=') {
        Some(at) => (&piece[..at], &piece[at + 1..]),
        None => (piece, &[][..]),
    };
    let name = decode(name).map_err(|bytes| ParamError::NotUtf8 { name: lossy_name(&bytes) })?;
    match decode(value) {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(ParamError::NotUtf8 { name: lossy_name(name.as_bytes()) }),
    }
}

/// Decodes one name or value; the error holds the decoded bytes.
fn decode(raw: &[u8]) -> Result<String, Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        match raw[at] {
            b'+' => out.push(b' '),
            b'%' => match raw.get(at + 1..at + 3).and_then(hex_pair) {
                Some(byte) => {
                    out.push(byte);
                    at += 2;
                }
                None => out.push(b'%'),
            },
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).map_err(std::string::FromUtf8Error::into_bytes)
}

fn lossy_name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn params(query: &str, form: &str) -> Params {
        Params::parse(Some(query), Some(form.as_bytes())).unwrap()
    }

    #[test]
    fn merges_with_the_body_first() {
        let p = params("locale=en&path=%2Fa+b&list=&hash=", "path=/c&locale=de&locale=en_US");
        assert_eq!(p.get("path"), Some("/c"));
        assert_eq!(p.get("locale"), Some("en_US"));
        assert_eq!(p.get("hash"), None);
        assert_eq!(p.get_or_empty("hash"), Some(""));
        assert_eq!(p.get("absent"), None);
        assert_eq!(p.pairs().count(), 7);
    }

    #[test]
    fn decodes_like_a_form() {
        let p = params("a=x+y%20z%2B&b=100%&c=%zz&d&&e=1=2&%C3%A9=%C3%A9", "");
        assert_eq!(p.get("a"), Some("x y z+"));
        assert_eq!(p.get("b"), Some("100%"));
        assert_eq!(p.get("c"), Some("%zz"));
        assert_eq!(p.get("d"), None);
        assert_eq!(p.get("e"), Some("1=2"));
        assert_eq!(p.get("é"), Some("é"));
    }

    #[test]
    fn names_the_parameter_to_blame() {
        let bad = |query: &str| Params::parse(Some(query), None).unwrap_err();
        assert_eq!(bad("ok=1&path=%ff").name(), Some("path"));
        assert_eq!(bad("%ff=1").name(), Some("\u{fffd}"));
        let p = params("list=maybe&limit=-1&big=99999999999999999999", "");
        assert_eq!(
            p.boolean("list").unwrap_err().to_string(),
            r#"parameter "list" is not a boolean: "maybe""#
        );
        assert_eq!(p.integer::<u32>("limit").unwrap_err().name(), Some("limit"));
        assert_eq!(p.integer::<u64>("big").unwrap_err().name(), Some("big"));
        assert_eq!(p.required("cursor").unwrap_err().to_string(), r#"parameter "cursor" is missing"#);
    }

    #[test]
    fn reads_every_spelling_of_a_boolean() {
        for (text, value) in [("True", true), ("true", true), ("1", true), ("FALSE", false), ("0", false)] {
            assert_eq!(params(&format!("x={text}"), "").boolean("x"), Ok(Some(value)), "{text}");
        }
        assert_eq!(params("x=", "").boolean("x"), Ok(None));
    }

    #[test]
    fn is_bounded() {
        let many = "a=1&".repeat(COUNT_MAX + 1);
        assert_eq!(Params::parse(Some(&many), None), Err(ParamError::TooMany));
        let long = vec![b'a'; BYTES_MAX];
        assert_eq!(Params::parse(Some("b"), Some(&long)), Err(ParamError::TooLong));
        assert_eq!(Params::parse(None, None), Ok(Params::default()));
    }

    proptest! {
        #[test]
        fn reads_back_what_an_encoder_wrote(pairs in proptest::collection::vec((".+", ".*"), 0..8)) {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let p = Params::parse(None, Some(text.as_bytes())).unwrap();
            let read: Vec<_> = p.pairs().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn never_panics(form in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Params::parse(None, Some(&form));
        }
    }
}
