//! Dates in HTTP headers (RFC 9110, section 5.6.7), and spans.

use std::time::{Duration, SystemTime};

use http::HeaderValue;

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
