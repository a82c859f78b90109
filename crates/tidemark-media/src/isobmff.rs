//! The head of an MP4 or QuickTime file: nested boxes, each with a length and a name of four letters.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;
use tidemark_core::model::{LatLong, MediaInfo, Timestamp};

/// How many boxes of one level are looked at: a file that is meant to be played has fewer.
const BOXES_MAX: usize = 1000;

/// From 1904-01-01, where such files begin to count, to 1970-01-01, in seconds.
const EPOCH_SECONDS: i64 = 2_082_844_800;

/// What the film as a whole says of itself; nothing if this is no such file.
pub(crate) fn read(source: &mut (impl Read + Seek)) -> Option<MediaInfo> {
    let end = source.seek(SeekFrom::End(0)).ok()?;
    let film = find(source, 0..end, b"moov")?;
    let mut info = MediaInfo::default();
    if let Some(head) = find(source, film.clone(), b"mvhd") {
        (info.time_taken, info.duration) = film_head(source, head).unwrap_or_default();
    }
    let place = find(source, film, b"udta").and_then(|notes| find(source, notes, b"\xa9xyz"));
    info.lat_long = place.and_then(|place| place_text(source, place).ok()).and_then(|text| iso_6709(&text));
    Some(info)
}

type Extent = std::ops::Range<u64>;

/// What is inside the first box of this name in a part of the file.
fn find(source: &mut (impl Read + Seek), within: Extent, name: &[u8; 4]) -> Option<Extent> {
    let mut at = within.start;
    for _ in 0..BOXES_MAX {
        if at >= within.end {
            return None;
        }
        source.seek(SeekFrom::Start(at)).ok()?;
        let [length, found]: [[u8; 4]; 2] = [four(source).ok()?, four(source).ok()?];
        let (head, length) = match u32::from_be_bytes(length) {
            // To the end of what is around it.
            0 => (8, within.end - at),
            1 => (16, u64::from_be_bytes(eight(source).ok()?)),
            length => (8, u64::from(length)),
        };
        let end = at.checked_add(length).filter(|end| length >= head && *end <= within.end)?;
        if &found == name {
            return Some(at + head..end);
        }
        at = end;
    }
    None
}

fn film_head(
    source: &mut (impl Read + Seek),
    extent: Extent,
) -> io::Result<(Option<Timestamp>, Option<Duration>)> {
    source.seek(SeekFrom::Start(extent.start))?;
    let [version, ..] = four(source)?;
    let (created, scale, length) = if version == 1 {
        let created = u64::from_be_bytes(eight(source)?);
        eight(source)?;
        (created, u32::from_be_bytes(four(source)?), u64::from_be_bytes(eight(source)?))
    } else {
        let created = u32::from_be_bytes(four(source)?);
        four(source)?;
        let (scale, length) = (u32::from_be_bytes(four(source)?), u32::from_be_bytes(four(source)?));
        let unknown = length == u32::MAX;
        (u64::from(created), scale, if unknown { u64::MAX } else { u64::from(length) })
    };
    // Devices that do not know the time write nought.
    let created = i64::try_from(created).ok().filter(|seconds| *seconds > 0);
    let taken = created.and_then(|seconds| (seconds - EPOCH_SECONDS).checked_mul(1000)).map(Timestamp);
    let is_known = scale > 0 && length > 0 && length < u64::MAX;
    let millis = (u128::from(length) * 1000).checked_div(u128::from(scale)).filter(|_| is_known);
    let millis = millis.and_then(|millis| u64::try_from(millis).ok());
    Ok((taken, millis.map(Duration::from_millis)))
}

/// A text behind its length and its language.
fn place_text(source: &mut (impl Read + Seek), extent: Extent) -> io::Result<String> {
    source.seek(SeekFrom::Start(extent.start))?;
    let [high, low, ..] = four(source)?;
    let length = u64::from(u16::from_be_bytes([high, low])).min(extent.end - extent.start).min(64);
    let mut text = String::new();
    source.take(length).read_to_string(&mut text)?;
    Ok(text)
}

/// Degrees as ISO 6709 writes them: `+48.8577+002.295/`.
fn iso_6709(text: &str) -> Option<LatLong> {
    let text = text.trim_end_matches(['/', '\0']);
    let second = text.get(1..)?.find(['+', '-'])? + 1;
    let (latitude, rest) = text.split_at(second);
    let end = rest.get(1..)?.find(['+', '-']).map_or(rest.len(), |third| third + 1);
    let number = |text: &str| text.starts_with(['+', '-']).then(|| text.parse().ok()).flatten();
    LatLong::new(number(latitude)?, number(&rest[..end])?)
}

fn four(source: &mut impl Read) -> io::Result<[u8; 4]> {
    let mut bytes = [0; 4];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn eight(source: &mut impl Read) -> io::Result<[u8; 8]> {
    let mut bytes = [0; 8];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        let mut bytes = (inside.len() as u32 + 8).to_be_bytes().to_vec();
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(inside);
        bytes
    }

    fn head(created: u32, scale: u32, length: u32) -> Vec<u8> {
        let numbers = [0, created, 0, scale, length].map(u32::to_be_bytes);
        boxed(b"mvhd", &[numbers.concat(), vec![0; 80]].concat())
    }

    fn long_head(created: u64, scale: u32, length: u64) -> Vec<u8> {
        let mut bytes = vec![1, 0, 0, 0];
        bytes.extend_from_slice(&created.to_be_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&scale.to_be_bytes());
        bytes.extend_from_slice(&length.to_be_bytes());
        boxed(b"mvhd", &bytes)
    }

    fn film(head: &[u8]) -> Vec<u8> {
        let place = boxed(b"\xa9xyz", b"\x00\x12\x15\xc7+48.8577+002.2950/");
        let moov = boxed(b"moov", &[boxed(b"free", &[0; 9]), head.to_vec(), boxed(b"udta", &place)].concat());
        [boxed(b"ftyp", b"isomiso2"), boxed(b"mdat", &[7; 1000]), moov].concat()
    }

    #[test]
    fn the_head_of_a_film_is_read() {
        let created = (1_391_591_223 + EPOCH_SECONDS) as u64;
        for head in [head(created as u32, 600, 60_300), long_head(created, 600, 60_300)] {
            let info = read(&mut Cursor::new(film(&head))).unwrap();
            assert_eq!(info.time_taken, Some(Timestamp(1_391_591_223_000)));
            assert_eq!(info.duration, Some(Duration::from_millis(100_500)));
            assert_eq!(info.lat_long.unwrap().degrees(), (48.8577, 2.295));
        }
        for head in [
            head(0, 600, 0),
            head(0, 0, 5),
            head(0, 1, u32::MAX),
            long_head(0, 1, u64::MAX),
            long_head(u64::MAX, 1, u64::MAX - 1),
            vec![],
        ] {
            let info = read(&mut Cursor::new(film(&head))).unwrap();
            assert_eq!((info.time_taken, info.duration), (None, None));
        }
    }

    /// Whatever is cut off or wrong, there is an answer.
    #[test]
    fn broken_films_say_less() {
        let whole = film(&head(1, 600, 60_300));
        for length in 0..whole.len() {
            let _ = read(&mut Cursor::new(&whole[..length]));
        }
        for at in 0..whole.len() {
            for value in [0, 1, 255] {
                let mut broken = whole.clone();
                broken[at] = value;
                let _ = read(&mut Cursor::new(broken));
            }
        }
        let endless = boxed(b"free", b"").repeat(100_000);
        assert_eq!(read(&mut Cursor::new(endless)), None);
    }

    #[test]
    fn places_are_read_as_the_standard_writes_them() {
        for (text, degrees) in [
            ("+48.8577+002.295/", Some((48.8577, 2.295))),
            ("-33.8568+151.2153+012.3/", Some((-33.8568, 151.2153))),
            ("+0-0", Some((0.0, 0.0))),
            ("", None),
            ("+", None),
            ("48+2", None),
            ("+91+0/", None),
            ("+nan+inf/", None),
            ("é+1+2", None),
        ] {
            assert_eq!(iso_6709(text).map(|place| place.degrees()), degrees, "{text}");
        }
    }
}
