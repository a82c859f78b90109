//! Instants, as the wire has them.

use std::fmt;

use jiff::fmt::rfc2822::DateTimeParser;

/// An instant, in whole seconds since 1970 began (UTC): the wire has no finer ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// What the wire can spell: years of four digits.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_207_199;

impl Timestamp {
    /// Reads a date such as `Wed, 05 Feb 2014 09:07:03 +0000`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Timestamp> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        if text.len() > 64 {
            return None;
        }
        PARSER.parse_timestamp(text).ok().map(|time| Timestamp(time.as_second()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_second(self.0.clamp(FIRST, LAST)).expect("it is in range");
        write!(f, "{}", time.strftime("%a, %d %b %Y %H:%M:%S +0000"))
    }
}
