//! Byte ranges (RFC 9110, section 14).
//!
//! One range is answered with 206. Several in one request are answered with the whole entity, as the RFC allows: the
//! clients we serve never send them, a `multipart/byteranges` body would be one more thing to get wrong, and a list of
//! tiny overlapping ranges is a known way to make a server work. A header that can't be read is ignored, too.

use std::time::SystemTime;

use http::header::{IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue};

use super::conditional::ETag;
use super::date;

/// A part of an entity, both ends included, never empty and never beyond the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte.
    pub last: u64,
}

impl ByteRange {
    /// How many bytes it holds; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a range is never empty")]
    pub fn len(&self) -> u64 {
        self.last - self.first + 1
    }

    /// The `Content-Range` of a 206: `bytes 0-4/10`.
    pub fn content_range(&self, total: u64) -> HeaderValue {
        let Self { first, last } = self;
        HeaderValue::try_from(format!("bytes {first}-{last}/{total}")).expect("digits are ASCII")
    }
}

/// The `Content-Range` of a 416: `bytes */10`.
pub fn unsatisfied_content_range(total: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes */{total}")).expect("digits are ASCII")
}

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranged {
    /// 200 and everything.
    Whole,
    /// 206 and this part.
    Part(ByteRange),
    /// 416: no byte asked for exists.
    Unsatisfiable,
}

impl Ranged {
    /// Reads a request's `Range` for an entity of `total` bytes, minding `If-Range`: when the entity is no longer the
    /// one that `etag` and `modified` describe to the client, it gets the whole.
    pub fn from_headers(headers: &HeaderMap, total: u64, etag: &ETag, modified: Option<SystemTime>) -> Self {
        match headers.get(RANGE) {
            Some(value) if if_range_holds(headers, etag, modified) => Self::parse(value, total),
            _ => Self::Whole,
        }
    }

    /// Reads a `Range` header for an entity of `total` bytes.
    pub fn parse(value: &HeaderValue, total: u64) -> Self {
        let Some(specs) = value.to_str().ok().and_then(strip_unit) else { return Self::Whole };
        let mut specs = specs.split(',').map(str::trim).filter(|spec| !spec.is_empty());
        match (specs.next().and_then(Spec::parse), specs.next()) {
            (Some(spec), None) => spec.within(total),
            _ => Self::Whole,
        }
    }
}

fn strip_unit(text: &str) -> Option<&str> {
    let (unit, specs) = text.split_once('=')?;
    unit.trim().eq_ignore_ascii_case("bytes").then_some(specs)
}

fn if_range_holds(headers: &HeaderMap, etag: &ETag, modified: Option<SystemTime>) -> bool {
    let Some(value) = headers.get(IF_RANGE) else { return true };
    match date::parse(value) {
        Some(date) => modified.is_some_and(|modified| date::format(modified) == date::format(date)),
        None => ETag::parse(value).is_some_and(|tag| tag.matches_strongly(etag)),
    }
}

/// One range as it was asked for.
#[derive(Debug, Clone, Copy)]
enum Spec {
    /// `a-` and `a-b`.
    From(u64, Option<u64>),
    /// `-n`: the last n bytes.
    Last(u64),
}

impl Spec {
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        match (first.trim(), last.trim()) {
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    fn within(self, total: u64) -> Ranged {
        let (first, last) = match self {
            Self::From(first, last) => (first, last.unwrap_or(u64::MAX)),
            Self::Last(0) => return Ranged::Unsatisfiable,
            Self::Last(count) => (total.saturating_sub(count), u64::MAX),
        };
        if first >= total {
            return Ranged::Unsatisfiable;
        }
        Ranged::Part(ByteRange { first, last: last.min(total - 1) })
    }
}

/// Digits only (`u64::from_str` would take a plus sign); what doesn't fit lies beyond every end.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str, total: u64) -> Ranged {
        Ranged::parse(&HeaderValue::from_str(text).unwrap(), total)
    }

    fn part(first: u64, last: u64) -> Ranged {
        Ranged::Part(ByteRange { first, last })
    }

    #[test]
    fn reads_the_three_forms() {
        assert_eq!(parse("bytes=1-4", 10), part(1, 4));
        assert_eq!(parse("bytes=0-0", 10), part(0, 0));
        assert_eq!(parse("bytes=3-", 10), part(3, 9));
        assert_eq!(parse("bytes=-3", 10), part(7, 9));
        assert_eq!(parse("bytes=-30", 10), part(0, 9));
        assert_eq!(parse("bytes=5-99999999999999999999999", 10), part(5, 9));
        assert_eq!(parse("Bytes = 1 - 4 ,", 10), part(1, 4));
    }

    #[test]
    fn tells_what_does_not_exist() {
        for (text, total) in
            [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)]
        {
            assert_eq!(parse(text, total), Ranged::Unsatisfiable, "{text} of {total}");
        }
        assert_eq!(parse("bytes=99999999999999999999999-", u64::MAX), Ranged::Unsatisfiable);
    }

    #[test]
    fn ignores_what_it_cannot_read_and_several() {
        for text in [
            "bytes=4-1",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "items=0-1",
            "bytes 0-1",
            "bytes=1",
            "bytes=0-1,4-5",
            "bytes=0-0,0-0,0-0",
        ] {
            assert_eq!(parse(text, 10), Ranged::Whole, "{text}");
        }
    }

    #[test]
    fn builds_content_range() {
        let range = ByteRange { first: 2, last: 4 };
        assert_eq!(range.len(), 3);
        assert_eq!(range.content_range(10), "bytes 2-4/10");
        assert_eq!(unsatisfied_content_range(10), "bytes */10");
    }

    #[test]
    fn if_range_falls_back_to_the_whole() {
        let modified = UNIX_EPOCH + Duration::from_millis(784_111_777_500);
        let ask = |if_range: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, HeaderValue::from_static("bytes=0-1"));
            headers.insert(IF_RANGE, HeaderValue::from_str(if_range).unwrap());
            Ranged::from_headers(&headers, 10, &ETag::strong("1f"), Some(modified))
        };
        assert_eq!(ask("\"1f\""), part(0, 1));
        assert_eq!(ask("Sun, 06 Nov 1994 08:49:37 GMT"), part(0, 1));
        for changed in ["\"20\"", "W/\"1f\"", "Sun, 06 Nov 1994 08:49:36 GMT"] {
            assert_eq!(ask(changed), Ranged::Whole, "{changed}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within(text in "bytes=[0-9]{0,3}-[0-9]{0,3}(,[0-9]{0,2}-)?", total in 0u64..600) {
            if let Ranged::Part(range) = parse(&text, total) {
                prop_assert!(range.first <= range.last && range.last < total);
                prop_assert!(range.len() <= total);
            }
        }
    }
}
