//! Sizes in words: `10GB`, `512MiB`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;

/// A number of bytes. `K`, `KiB` are 1024 bytes, `KB` is 1000, and so on with M, G and T, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

/// The text is not a size.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SizeError;

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a size is a whole number of bytes, or of K, KB, KiB, M, MB, MiB, G, GB, GiB, T, TB or TiB",
        )
    }
}

impl std::error::Error for SizeError {}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Size, SizeError> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let (base, power): (u64, u32) = match unit.trim() {
            "" | "b" => (1, 0),
            "k" | "kib" => (1024, 1),
            "m" | "mib" => (1024, 2),
            "g" | "gib" => (1024, 3),
            "t" | "tib" => (1024, 4),
            "kb" => (1000, 1),
            "mb" => (1000, 2),
            "gb" => (1000, 3),
            "tb" => (1000, 4),
            _ => return Err(SizeError),
        };
        let number: u64 = number.parse().map_err(|_| SizeError)?;
        number.checked_mul(base.pow(power)).map(Size).ok_or(SizeError)
    }
}

/// In the unit that says it in full with the fewest digits: as people wrote it, as a rule.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        let decimal = [(10_u64.pow(12), "TB"), (10_u64.pow(9), "GB"), (10_u64.pow(6), "MB"), (1000, "KB")];
        let units = binary.into_iter().chain(decimal);
        let whole = units.filter(|(unit, _)| self.0 != 0 && self.0.is_multiple_of(*unit));
        match whole.max_by_key(|(unit, _)| *unit) {
            Some((unit, name)) => write!(f, "{} {name}", self.0 / unit),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes, shown) in [
            ("0", 0, "0 bytes"),
            ("1500", 1500, "1500 bytes"),
            ("2 KB", 2000, "2 KB"),
            ("10GB", 10_000_000_000, "10 GB"),
            ("1024 GB", 1_024_000_000_000, "1024 GB"),
            ("1500 MiB", 1500 << 20, "1500 MiB"),
            ("10 GiB", 10 << 30, "10 GiB"),
            ("10g", 10 << 30, "10 GiB"),
            ("512mib", 512 << 20, "512 MiB"),
            ("1T", 1 << 40, "1 TiB"),
            ("18446744073709551615", u64::MAX, "18446744073709551615 bytes"),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
            assert_eq!(Size(bytes).to_string(), shown);
        }
        for text in ["", "GB", "-1", "1.5GB", "1 PB", "1 G B", "18446744073709551616", "99999999TiB", "١"] {
            assert_eq!(text.parse::<Size>(), Err(SizeError), "{text}");
        }
    }
}
