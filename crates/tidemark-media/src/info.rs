//! What cameras noted: in EXIF (JPEG, TIFF, PNG, WebP, HEIF), and in the heads of MP4 and QuickTime files.

use crate::isobmff;
use exif::{Exif, In, Tag, Value};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::io::{BufReader, Read, Seek, SeekFrom};
use tidemark_core::model::{LatLong, MediaInfo, Timestamp};

/// What a source says of how it was taken; nothing of what cannot be understood.
pub fn read(source: impl Read + Seek) -> MediaInfo {
    let mut source = BufReader::new(source);
    let exif = exif::Reader::new().continue_on_error(true).read_from_container(&mut source);
    match exif.or_else(|error| error.distill_partial_result(|_| {})) {
        Ok(exif) => of_exif(&exif),
        Err(_) if source.seek(SeekFrom::Start(0)).is_ok() => isobmff::read(&mut source).unwrap_or_default(),
        Err(_) => MediaInfo::default(),
    }
}

fn of_exif(exif: &Exif) -> MediaInfo {
    let taken = [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::OffsetTime),
    ];
    let time_taken = taken.into_iter().find_map(|(time, offset)| instant(exif, time, offset));
    let latitude = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b"S");
    let longitude = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b"W");
    let lat_long = latitude.zip(longitude).and_then(|(lat, long)| LatLong::new(lat, long));
    MediaInfo { time_taken, lat_long, duration: None }
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(texts) => texts.first().map(Vec::as_slice),
        _ => None,
    }
}

fn instant(exif: &Exif, time: Tag, offset: Tag) -> Option<Timestamp> {
    let mut at = exif::DateTime::from_ascii(ascii(exif, time)?).ok()?;
    if let Some(offset) = ascii(exif, offset) {
        // One that makes no sense is none.
        let _ = at.parse_offset(offset);
    }
    let small = |number: u8| i8::try_from(number).ok();
    let local = DateTime::new(
        i16::try_from(at.year).ok()?,
        small(at.month)?,
        small(at.day)?,
        small(at.hour)?,
        small(at.minute)?,
        small(at.second)?,
        0,
    );
    let seconds = TimeZone::UTC.to_timestamp(local.ok()?).ok()?.as_second();
    Some(Timestamp((seconds - i64::from(at.offset.unwrap_or(0)) * 60) * 1000))
}

/// Degrees, minutes and seconds as degrees; below zero on the side that `negative` names.
fn degrees(exif: &Exif, tag: Tag, side: Tag, negative: &[u8]) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    let [degrees, minutes, seconds] = parts.as_slice() else { return None };
    let side = ascii(exif, side)?;
    let value = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    let value = if side.eq_ignore_ascii_case(negative) { -value } else { value };
    value.is_finite().then_some(value)
}
