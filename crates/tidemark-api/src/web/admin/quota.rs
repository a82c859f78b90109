//! Quotas as administrators write them.

/// What the fields understand, in words.
pub(super) const UNDERSTOOD: &str = "Write a size such as 10 GB or 500 MB, or nothing for no limit.";

/// A unit, as the pages tell sizes: each is 1024 times the one before.
const UNITS: [&str; 5] = ["k", "m", "g", "t", "p"];

/// How many bytes a text allows: nothing for no limit, and an error for what is no size. Kind to how people write: `10 GB`,
/// `10gb`, `1.5 TiB`, `1,5 T`, `none`.
pub(super) fn parse(text: &str) -> Result<Option<u64>, ()> {
    let text = text.trim().to_lowercase();
    if ["", "none", "no limit", "unlimited"].contains(&text.as_str()) {
        return Ok(None);
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let power = match unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit) {
        "" | "yte" | "ytes" | "byte" | "bytes" => 0,
        unit => 1 + UNITS.iter().position(|known| *known == unit).ok_or(())?,
    };
    let scale = 1024_u128.pow(u32::try_from(power).map_err(|_| ())?);
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
    let units = UNITS
        .iter()
        .zip([1, 2, 3, 4, 5])
        .rev()
        .map(|(unit, power)| (unit.to_uppercase(), 1024_u64.pow(power)));
    match units.into_iter().find(|(_, scale)| bytes != 0 && bytes.is_multiple_of(*scale)) {
        Some((unit, scale)) => format!("{} {unit}B", bytes / scale),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_kindly() {
        for (text, bytes) in [
            ("10 GB", Some(10 << 30)),
            ("10gb", Some(10 << 30)),
            (" 10 GiB ", Some(10 << 30)),
            ("10G", Some(10 << 30)),
            ("1.5 MB", Some(3 << 19)),
            ("1,5 mb", Some(3 << 19)),
            ("0", Some(0)),
            ("500", Some(500)),
            ("500 bytes", Some(500)),
            ("1 byte", Some(1)),
            ("2 TB", Some(2 << 40)),
            ("1024 PB", Some(1 << 60)),
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
            (Some(0), "0 bytes"),
            (Some(1), "1 bytes"),
            (Some(1_500), "1500 bytes"),
            (Some(3 << 19), "1536 KB"),
            (Some(10 << 30), "10 GB"),
            (Some(1 << 60), "1024 PB"),
        ] {
            assert_eq!((written(quota).as_str(), parse(text)), (text, Ok(quota)));
        }
    }
}
