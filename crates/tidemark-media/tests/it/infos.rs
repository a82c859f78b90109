//! What cameras noted.

use crate::exif::{block, into_jpeg, into_png};
use crate::thumbnails::{encoded, picture};
use image::ImageFormat;
use std::io::Cursor;
use tidemark_core::model::{MediaInfo, Timestamp};
use tidemark_media::info::read;

fn of(bytes: &[u8]) -> MediaInfo {
    read(Cursor::new(bytes))
}

#[test]
fn time_and_place_are_read_from_every_container() {
    let exif = block(1, Some("2014:02:05 09:07:03"), None, Some([3300, 5100, 2442]));
    let jpeg = into_jpeg(&encoded(&picture(20, 10), ImageFormat::Jpeg), &exif);
    let png = into_png(&encoded(&picture(20, 10), ImageFormat::Png), &exif);
    for bytes in [&jpeg, &png, &exif] {
        let info = of(bytes);
        assert_eq!(info.time_taken, Some(Timestamp(1_391_591_223_000)));
        // 33° 51' 24.42" south and east.
        assert_eq!(info.lat_long.unwrap().degrees(), (-33.856_783_3, 33.856_783_3));
        assert_eq!(info.duration, None);
    }
}

#[test]
fn a_zone_counts_and_nonsense_does_not() {
    for (taken, zone, told) in [
        ("2014:02:05 09:07:03", Some("+01:00"), Some(1_391_587_623_000)),
        ("2014:02:05 09:07:03", Some("-03:30"), Some(1_391_603_823_000)),
        ("2014:02:05 09:07:03", Some("nowhere"), Some(1_391_591_223_000)),
        ("0000:00:00 00:00:00", None, None),
        ("    :  :     :  :  ", None, None),
        ("2014:13:05 09:07:03", None, None),
        ("yesterday", None, None),
        ("", None, None),
    ] {
        let info = of(&block(1, Some(taken), zone, None));
        assert_eq!(info.time_taken, told.map(Timestamp), "{taken} {zone:?}");
        assert_eq!(info.lat_long, None);
    }
    assert_eq!(of(&block(1, None, None, Some([99_00, 0, 0]))).lat_long, None, "there is no such place");
}

/// Whatever is cut off, flipped or missing, there is an answer.
#[test]
fn broken_files_say_less() {
    let exif = block(6, Some("2014:02:05 09:07:03"), Some("+01:00"), Some([3300, 5100, 2442]));
    let jpeg = into_jpeg(&encoded(&picture(20, 10), ImageFormat::Jpeg), &exif);
    for length in 0..jpeg.len() {
        let _ = of(&jpeg[..length]);
    }
    for bit in 0..(exif.len() + 20) * 8 {
        let mut broken = jpeg.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        let _ = of(&broken);
    }
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP]
    {
        assert_eq!(of(&encoded(&picture(20, 10), format)), MediaInfo::default());
    }
}
