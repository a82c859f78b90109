//! What clients say in bodies, in the forms that several endpoints take.

use super::error::ApiError;
use super::ids;
use http::StatusCode;
use serde::Deserialize;
use tidemark_core::model::{Seq, Timestamp};

/// The longest description, in characters. What is longer is cut, as the old service did.
const DESCRIPTION_CHARS_MAX: usize = 255;

/// A folder as bodies name it.
#[derive(Debug, Deserialize)]
pub(super) struct ParentRef {
    id: Option<String>,
}

impl ParentRef {
    /// Its number, if it has one.
    pub(super) fn number(&self) -> Result<Option<u64>, ApiError> {
        let Some(id) = &self.id else { return Ok(None) };
        let number = ids::parse(id).ok_or_else(|| ApiError::of_param("parent", "An id is a decimal number"));
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

/// A version's number.
pub(super) fn version(name: &'static str, text: &str) -> Result<Seq, ApiError> {
    let number = ids::parse(text).map(Seq);
    number.ok_or_else(|| ApiError::of_param(name, "The id of a version is a decimal number"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
