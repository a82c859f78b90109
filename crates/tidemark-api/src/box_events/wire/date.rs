//! Instants as RFC 3339 has them, to the second.

use crate::http::date::{civil, put_pairs};
use serde::{Serialize, Serializer};
use std::fmt;
use tidemark_core::model::Timestamp;

/// An instant as `2014-02-05T09:07:03Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Date(pub(in super::super) Timestamp);

impl Date {
    fn spelled(self) -> [u8; 20] {
        let at = civil(self.0.0);
        let mut text = *b"____-__-__T__:__:__Z";
        let (century, year) = ((at.year() / 100) as i8, (at.year() % 100) as i8);
        let pairs = [century, year, at.month(), at.day(), at.hour(), at.minute(), at.second()];
        put_pairs(&mut text, [0, 2, 5, 8, 11, 14, 17].into_iter().zip(pairs));
        text
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.spelled()).expect("it is written in ASCII"))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_four_digits_of_years_whatever_the_instant() {
        for (millisecond, text) in [
            (1_391_591_223_000, "2014-02-05T09:07:03Z"),
            (1_391_591_223_999, "2014-02-05T09:07:03Z"),
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00Z"),
            (i64::MIN, "0001-01-01T00:00:00Z"),
            (i64::MAX, "9999-12-30T21:59:59Z"),
        ] {
            assert_eq!(Date(Timestamp(millisecond)).to_string(), text);
        }
    }
}
