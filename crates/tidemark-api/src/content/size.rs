//! Sizes as people read them.

use std::fmt;

/// A number of bytes for people: `0 bytes`, `331.8 KB`.
pub(crate) struct Size(pub(crate) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1024 {
            return write!(f, "{} bytes", self.0);
        }
        // In tenths of a unit, rounded. A unit is left behind as soon as its figure would be written as 1024.0.
        let mut tenths = (u128::from(self.0) * 10 + 512) >> 10;
        let mut scale = 1;
        while tenths >= 10_240 && scale < UNITS.len() {
            scale += 1;
            let unit = 1u128 << (10 * scale);
            tenths = (u128::from(self.0) * 10 + unit / 2) / unit;
        }
        write!(f, "{}.{} {}", tenths / 10, tenths % 10, UNITS[scale - 1])
    }
}

const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_the_old_service_did() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (77, "77 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.0 KB"),
            (6758, "6.6 KB"),
            (339_773, "331.8 KB"),
            (1_048_524, "1023.9 KB"),
            (1_048_525, "1.0 MB"),
            (1_258_291, "1.2 MB"),
            (150 << 20, "150.0 MB"),
            (5 << 30, "5.0 GB"),
            (3 << 40, "3.0 TB"),
            (u64::MAX, "16.0 EB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }
}
