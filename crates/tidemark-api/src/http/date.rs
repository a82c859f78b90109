//! Dates in HTTP headers (RFC 9110, section 5.6.7), those that answers spell, and spans.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Where the wall clock is read. The server takes one, so that a test or a simulation can say what day it is.
pub type WallClock = fn() -> SystemTime;

/// The system's wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the seam through which the HTTP server reads the time"
)]
pub fn system_clock() -> SystemTime {
    SystemTime::now()
}

/// `time` as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn format(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// `time` as a header value.
pub fn to_header(time: SystemTime) -> HeaderValue {
    HeaderValue::try_from(format(time)).expect("a formatted date is ASCII")
}

/// The years that four digits can tell: 0001-01-01 to 9999-12-30, in milliseconds since 1970.
const TELLABLE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_207_199_999;

/// An instant, in milliseconds since 1970, as a calendar and a clock in Greenwich have it; the nearest one whose year has
/// four digits.
pub(crate) fn civil(millisecond: i64) -> DateTime {
    let millisecond = millisecond.clamp(*TELLABLE.start(), *TELLABLE.end());
    let instant = jiff::Timestamp::from_millisecond(millisecond).expect("it was clamped");
    TimeZone::UTC.to_datetime(instant)
}

/// Writes numbers of two digits to their places. By hand, because a page of a listing has thousands of dates.
pub(crate) fn put_pairs(text: &mut [u8], pairs: impl IntoIterator<Item = (usize, i8)>) {
    for (place, pair) in pairs {
        text[place] = b'0' + pair as u8 / 10;
        text[place + 1] = b'0' + pair as u8 % 10;
    }
}

/// A span as `Retry-After` has it: whole seconds, rounded up (section 10.2.3).
pub fn delay_seconds(span: Duration) -> u64 {
    span.as_nanos().div_ceil(1_000_000_000).try_into().unwrap_or(u64::MAX)
}

/// Reads any of the three formats that RFC 9110 allows. A date that can't be read is none at all, since the headers
/// that carry one are to be ignored then.
pub fn parse(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn reads_what_it_writes_and_the_obsolete_forms() {
        let time = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(format(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse(&HeaderValue::from_static(text)), Some(time), "{text}");
        }
        assert_eq!(parse(&HeaderValue::from_static("yesterday")), None);
        assert_eq!(to_header(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn whoever_waits_as_told_has_waited_long_enough() {
        for (nanos, seconds) in [(0, 0), (1, 1), (999_999_999, 1), (1_000_000_000, 1), (1_000_000_001, 2)] {
            assert_eq!(delay_seconds(Duration::from_nanos(nanos)), seconds, "{nanos}");
        }
        assert_eq!(delay_seconds(Duration::MAX), u64::MAX);
    }
}
