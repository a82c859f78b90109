//! Quotas as administrators write them.

/// What the fields understand, in words.
pub(super) const UNDERSTOOD: &str = "Write a size such as 10 GB or 500 MB, or nothing for no limit.";

/// The letters of the units: each is 1000 times the one before, and with an `i`, or alone, 1024 times, as in the settings.
const UNITS: [&str; 5] = ["k", "m", "g", "t", "p"];

/// How many bytes a text allows: nothing for no limit, and an error for what is no size. Kind to how people write: `10 GB`,
/// `10gb`, `1.5 TiB`, `1,5 TB`, `none`.
pub(super) fn parse(text: &str) -> Result<Option<u64>, ()> {
    let text = text.trim().to_lowercase();
    if ["", "none", "no limit", "unlimited"].contains(&text.as_str()) {
        return Ok(None);
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let scale = match unit {
        "" | "b" | "byte" | "bytes" => 1,
        unit => {
            let decimal = unit.strip_suffix('b').filter(|unit| !unit.ends_with('i'));
            let letter = decimal.or_else(|| unit.strip_suffix("ib")).unwrap_or(unit);
            let power = 1 + UNITS.iter().position(|known| *known == letter).ok_or(())?;
            let base: u128 = if decimal.is_some() { 1000 } else { 1024 };
            base.pow(u32::try_from(power).map_err(|_| ())?)
        }
    };
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    // Nobody means more digits than these.
    let digits =
        |text: &str| text.len() <= 15 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return Err(());
    }
    let (whole, tail): (u128, u128) = (whole.parse().map_err(|_| ())?, part.parse().map_err(|_| ())?);
    let tail = tail * scale / 10_u128.pow(u32::try_from(part.len()).map_err(|_| ())?);
    // Stores keep no more.
    let bytes = (whole * scale).checked_add(tail).filter(|bytes| *bytes <= 1 << 60).ok_or(())?;
    u64::try_from(bytes).map(Some).map_err(|_| ())
}

/// A quota in a field: as somebody could have written it, to the byte; empty for no limit.
pub(super) fn written(quota: Option<u64>) -> String {
    let Some(bytes) = quota else { return String::new() };
    let units = UNITS.iter().zip(1..).flat_map(|(letter, power)| {
        let letter = letter.to_uppercase();
        [(format!("{letter}B"), 1000_u64.pow(power)), (format!("{letter}iB"), 1024_u64.pow(power))]
    });
    let whole = units.filter(|(_, scale)| bytes != 0 && bytes.is_multiple_of(*scale));
    match whole.max_by_key(|(_, scale)| *scale) {
        Some((unit, scale)) => format!("{} {unit}", bytes / scale),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_kindly() {
        for (text, bytes) in [
            ("10 GB", Some(10_000_000_000)),
            ("10gb", Some(10_000_000_000)),
            (" 10 GiB ", Some(10 << 30)),
            ("10G", Some(10 << 30)),
            ("1.5 MB", Some(1_500_000)),
            ("1,5 mib", Some(3 << 19)),
            ("0", Some(0)),
            ("500", Some(500)),
            ("500 bytes", Some(500)),
            ("1 byte", Some(1)),
            ("2 TB", Some(2_000_000_000_000)),
            ("1024 PiB", Some(1 << 60)),
            ("", None),
            ("None", None),
            ("no limit", None),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        let long = "9".repeat(400);
        for bad in [
            "x",
            "GB",
            "-1 GB",
            "10 XB",
            "10 GB please",
            ".",
            "1.2.3 GB",
            "1.",
            "99999999999999 PB",
            "1e9",
            "١ GB",
            &long,
        ] {
            assert_eq!(parse(bad), Err(()), "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (quota, text) in [
            (None, ""),
            (Some(0), "0 B"),
            (Some(1), "1 B"),
            (Some(1_501), "1501 B"),
            (Some(1_500_000), "1500 KB"),
            (Some(10_000_000_000), "10 GB"),
            (Some(3 << 19), "1536 KiB"),
            (Some(10 << 30), "10 GiB"),
            (Some(1 << 60), "1024 PiB"),
        ] {
            assert_eq!((written(quota).as_str(), parse(text)), (text, Ok(quota)));
        }
    }
}
