//! What clients say in bodies, in the forms that several endpoints take.

use super::error::ApiError;
use super::ids;
use http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tidemark_core::model::{Seq, Timestamp};

/// The longest description, in characters. What is longer is cut, as the old service did.
const DESCRIPTION_CHARS_MAX: usize = 255;

/// An id as bodies say it: a text. There are programs that have theirs as a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Text(String),
    Number(u64),
    Other(IgnoredAny),
}

impl Id {
    /// The number that it is, if it can be one.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Id::Text(text) => ids::parse(text),
            Id::Number(number) => Some((*number).min(ids::NOBODY)),
            Id::Other(_) => None,
        }
    }

    /// The version that it means.
    pub(super) fn version(&self, name: &'static str) -> Result<Seq, ApiError> {
        self.number().map(Seq).ok_or_else(|| no_version(name))
    }
}

/// A folder as bodies name it.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct ParentRef {
    id: Option<Id>,
}

impl ParentRef {
    /// Its number, if it has one.
    pub(super) fn number(&self) -> Result<Option<u64>, ApiError> {
        let Some(id) = &self.id else { return Ok(None) };
        let number = id.number().ok_or_else(|| ApiError::of_param("parent", "An id is a decimal number"));
        number.map(Some)
    }
}

/// A description, as long as it may be.
pub(super) fn description(text: &str) -> Box<str> {
    text.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>().into()
}

/// An instant as RFC 3339 has it.
pub(super) fn date(name: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let refused = |why| ApiError::new(StatusCode::BAD_REQUEST, "bad_request", format!("'{name}' {why}"));
    // Such as 2014-02-05T09:07:03+00:00, and nothing that this parser knows besides.
    let is_plain = text.len() <= 40 && !text.contains('[');
    let instant = text.parse::<jiff::Timestamp>().ok().filter(|_| is_plain);
    let instant = instant.ok_or_else(|| refused("is no date as RFC 3339 has it"))?;
    match instant.as_millisecond() {
        before if before < 0 => Err(refused("is before 1970")),
        millisecond => Ok(Some(Timestamp(millisecond))),
    }
}

/// A version's number as queries say it.
pub(super) fn version(name: &'static str, text: &str) -> Result<Seq, ApiError> {
    ids::parse(text).map(Seq).ok_or_else(|| no_version(name))
}

fn no_version(name: &'static str) -> ApiError {
    ApiError::of_param(name, "The id of a version is a decimal number")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// None of them is larger than what a store can look for.
    #[test]
    fn ids_are_texts_or_numbers() {
        let read = |text| serde_json::from_str::<Id>(text).expect("whatever it is").number();
        assert_eq!((read("\"77\""), read("77"), read("0")), (Some(77), Some(77), Some(0)));
        assert_eq!(read("18446744073709551615"), Some(ids::NOBODY));
        for text in ["-1", "1.0", "1e3", "18446744073709551616", "\"x\"", "\"\"", "[1]", "{}", "true"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn dates_may_have_any_offset_and_fractions() {
        for text in [
            "2014-02-05T09:07:03Z",
            "2014-02-05T09:07:03+00:00",
            "2014-02-05T01:07:03-08:00",
            "2014-02-05T09:07:03.000Z",
            "2014-02-05t09:07:03.000000000z",
        ] {
            assert_eq!(date("x", Some(text)).unwrap(), Some(Timestamp(1_391_591_223_000)), "{text}");
        }
        assert_eq!(date("x", None).unwrap(), None);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2014-02-05",
            "2014-02-05T09:07:03",
            "2014-02-30T09:07:03Z",
            "1969-12-31T23:59:59Z",
            "1391591223",
            "2014-02-05T09:07:03Z[UTC]",
        ] {
            assert!(date("x", Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn descriptions_are_cut_between_characters() {
        assert_eq!(description("é").len(), 2);
        assert_eq!(description(&"é".repeat(300)).chars().count(), DESCRIPTION_CHARS_MAX);
    }
}
