//! What is made of a file's bytes: a small picture, what a camera noted, a page.

use super::{Content, Timestamp};
use std::time::Duration;

/// Something that can be made of a content's bytes, and made again at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rendition {
    /// A small picture of a picture: the bytes of an image file.
    Thumbnail(ThumbnailSpec),
    /// What the device that took it noted: a [`MediaInfo`], spelled by [`MediaInfo::to_bytes`].
    MediaInfo,
    /// A spreadsheet as a page of HTML without anything active in it.
    SheetPage,
}

/// How a thumbnail is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThumbnailSpec {
    /// It is at most so wide, in pixels.
    pub width_max: u16,
    /// It is at most so high, in pixels.
    pub height_max: u16,
    /// Its file format.
    pub format: ThumbnailFormat,
}

/// The file format of a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThumbnailFormat {
    /// Small, and without transparency.
    Jpeg,
    /// Exact, with transparency.
    Png,
    /// For whoever can read nothing else.
    Bmp,
}

/// One rendition of one content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenditionKey {
    /// Of which bytes.
    pub content: Content,
    /// What of them.
    pub rendition: Rendition,
}

impl RenditionKey {
    /// The key as a store keeps it: different for different keys, the same for ever.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // The size belongs to it: a block list and a small file of the same bytes share an address.
        let mut bytes = Vec::with_capacity(48);
        bytes.push(Rendition::EDITION);
        bytes.extend_from_slice(&self.content.address.0);
        bytes.extend_from_slice(&self.content.size.to_be_bytes());
        bytes.extend_from_slice(&self.rendition.to_bytes());
        bytes
    }
}

impl Rendition {
    /// Raised when renditions come out otherwise than before, so that those of before are made anew, and fetched anew by
    /// whoever keeps them elsewhere.
    pub const EDITION: u8 = 1;

    /// It in a few bytes: different for different ones.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Rendition::Thumbnail(ThumbnailSpec { width_max, height_max, format }) => {
                let format = match format {
                    ThumbnailFormat::Jpeg => b'j',
                    ThumbnailFormat::Png => b'p',
                    ThumbnailFormat::Bmp => b'b',
                };
                let mut bytes = vec![b't', format];
                bytes.extend_from_slice(&width_max.to_be_bytes());
                bytes.extend_from_slice(&height_max.to_be_bytes());
                bytes
            }
            Rendition::MediaInfo => vec![b'i'],
            Rendition::SheetPage => vec![b's'],
        }
    }

    /// What [`Rendition::to_bytes`] spelled.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Rendition> {
        match *bytes {
            [b't', format, w0, w1, h0, h1] => {
                let format = match format {
                    b'j' => ThumbnailFormat::Jpeg,
                    b'p' => ThumbnailFormat::Png,
                    b'b' => ThumbnailFormat::Bmp,
                    _ => return None,
                };
                let (width_max, height_max) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
                Some(Rendition::Thumbnail(ThumbnailSpec { width_max, height_max, format }))
            }
            [b'i'] => Some(Rendition::MediaInfo),
            [b's'] => Some(Rendition::SheetPage),
            _ => None,
        }
    }
}

/// What the device that took a photo or a video noted of it, as far as it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaInfo {
    /// When it was taken. A camera that does not say in which zone its clock runs is taken to tell UTC.
    pub time_taken: Option<Timestamp>,
    /// Where.
    pub lat_long: Option<LatLong>,
    /// How long it plays.
    pub duration: Option<Duration>,
}

/// A place on Earth, in ten-millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatLong {
    latitude: i32,
    longitude: i32,
}

const PER_DEGREE: f64 = 1e7;

impl LatLong {
    /// The place at these degrees; nothing if there is no such place.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<LatLong> {
        let is_place = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        let fixed = |degrees: f64| (degrees * PER_DEGREE).round() as i32;
        is_place.then(|| LatLong { latitude: fixed(latitude), longitude: fixed(longitude) })
    }

    /// Degrees north of the equator, and east of Greenwich.
    #[must_use]
    pub fn degrees(&self) -> (f64, f64) {
        (f64::from(self.latitude) / PER_DEGREE, f64::from(self.longitude) / PER_DEGREE)
    }
}

impl MediaInfo {
    /// It in a few bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(27);
        let mut field = |tag: u8, value: Option<[u8; 8]>| {
            if let Some(value) = value {
                bytes.push(tag);
                bytes.extend_from_slice(&value);
            }
        };
        field(b't', self.time_taken.map(|time| time.0.to_be_bytes()));
        field(
            b'l',
            self.lat_long.map(|place| {
                let both = u64::from(place.latitude as u32) << 32 | u64::from(place.longitude as u32);
                both.to_be_bytes()
            }),
        );
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        field(b'd', self.duration.map(|duration| millis(duration).to_be_bytes()));
        bytes
    }

    /// What [`MediaInfo::to_bytes`] spelled.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<MediaInfo> {
        let mut info = MediaInfo::default();
        let (fields, []) = bytes.as_chunks::<9>() else { return None };
        for [tag, value @ ..] in fields {
            match tag {
                b't' => info.time_taken = Some(Timestamp(i64::from_be_bytes(*value))),
                b'l' => {
                    let both = u64::from_be_bytes(*value);
                    let [latitude, longitude] = [both >> 32, both].map(|half| f64::from(half as u32 as i32));
                    info.lat_long = Some(LatLong::new(latitude / PER_DEGREE, longitude / PER_DEGREE)?);
                }
                b'd' => info.duration = Some(Duration::from_millis(u64::from_be_bytes(*value))),
                _ => return None,
            }
        }
        Some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest_of;
    use std::collections::HashSet;

    fn renditions() -> Vec<Rendition> {
        let formats = [ThumbnailFormat::Jpeg, ThumbnailFormat::Png, ThumbnailFormat::Bmp];
        let sizes = [(32, 32), (640, 480), (480, 640), (u16::MAX, 1)];
        let specs = formats.into_iter().flat_map(|format| {
            sizes.map(|(width_max, height_max)| ThumbnailSpec { width_max, height_max, format })
        });
        specs.map(Rendition::Thumbnail).chain([Rendition::MediaInfo, Rendition::SheetPage]).collect()
    }

    #[test]
    fn every_rendition_of_every_content_has_a_key_of_its_own() {
        let mut keys = HashSet::new();
        for rendition in renditions() {
            assert_eq!(Rendition::from_bytes(&rendition.to_bytes()), Some(rendition));
            for (size, bytes) in [(0, ""), (1, ""), (1, "a")] {
                let content = Content { size, address: digest_of(bytes.as_bytes()) };
                assert!(keys.insert(RenditionKey { content, rendition }.to_bytes()), "{rendition:?}");
            }
        }
        for bytes in [&b""[..], b"x", b"tj", b"tx\0\x01\0\x01", b"ii"] {
            assert_eq!(Rendition::from_bytes(bytes), None);
        }
    }

    #[test]
    fn media_info_is_read_back_and_nothing_else_is() {
        let info = MediaInfo {
            time_taken: Some(Timestamp(-1)),
            lat_long: LatLong::new(-33.856_784_4, 151.215_297_1),
            duration: Some(Duration::from_millis(1234)),
        };
        for info in [info, MediaInfo::default(), MediaInfo { lat_long: None, ..info }] {
            assert_eq!(MediaInfo::from_bytes(&info.to_bytes()), Some(info));
        }
        assert_eq!(info.lat_long.expect("a place").degrees(), (-33.856_784_4, 151.215_297_1));
        assert_eq!(LatLong::new(90.1, 0.0), None);
        assert_eq!(LatLong::new(0.0, f64::NAN), None);
        for bytes in [&b"x"[..], b"x12345678", b"t1234567", b"l\x7f\xff\xff\xff\0\0\0\0"] {
            assert_eq!(MediaInfo::from_bytes(bytes), None);
        }
    }
}
