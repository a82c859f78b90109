//! Numbers of things, of which there must be some.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// A number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) NonZeroU32);

impl Count {
    /// As sizes of collections are counted.
    pub(crate) fn as_usize(self) -> usize {
        // Every target that this runs on has at least as many bits.
        self.0.get() as usize
    }
}

/// The text is no number from 1.
#[derive(Debug)]
pub(crate) struct CountError;

impl fmt::Display for CountError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "it takes a number from 1 to {}", u32::MAX)
    }
}

impl std::error::Error for CountError {}

impl FromStr for Count {
    type Err = CountError;

    fn from_str(text: &str) -> Result<Count, CountError> {
        text.parse().map(Count).map_err(|_| CountError)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Count, D::Error> {
        let number = i64::deserialize(deserializer)?;
        let number = u32::try_from(number).ok().and_then(NonZeroU32::new);
        number.map(Count).ok_or_else(|| D::Error::custom(CountError))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        n: Count,
    }

    #[test]
    fn nothing_is_no_count() {
        assert_eq!("7".parse::<Count>().unwrap().as_usize(), 7);
        assert_eq!(toml::from_str::<File>("n = 7").unwrap().n.as_usize(), 7);
        for text in ["0", "-1", "many", "", "1.5", "4294967296"] {
            assert!(text.parse::<Count>().is_err(), "{text}");
        }
        for number in ["0", "-1", "4294967296"] {
            let refused = toml::from_str::<File>(&format!("n = {number}")).unwrap_err();
            assert!(refused.message().contains("a number from 1"), "{refused}");
        }
    }
}
