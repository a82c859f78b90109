//! EXIF, written out by hand, and put into pictures.

/// A block that says these things: the orientation, when it was taken, the zone of that, and where.
pub(crate) fn block(
    orientation: u16,
    taken: Option<&str>,
    zone: Option<&str>,
    place: Option<[u32; 3]>,
) -> Vec<u8> {
    let ascii = |text: &str| [text.as_bytes(), &[0]].concat();
    let mut main = vec![(0x0112, 3, 1, orientation.to_le_bytes().to_vec())];
    let mut photo = Vec::new();
    if let Some(taken) = taken {
        photo.push((0x9003, 2, taken.len() as u32 + 1, ascii(taken)));
    }
    if let Some(zone) = zone {
        photo.push((0x9011, 2, zone.len() as u32 + 1, ascii(zone)));
    }
    let mut gps = Vec::new();
    if let Some(parts) = place {
        let degrees: Vec<u8> =
            parts.iter().flat_map(|part| [*part, 100]).flat_map(u32::to_le_bytes).collect();
        gps.push((1, 2, 2, ascii("S")));
        gps.push((2, 5, 3, degrees.clone()));
        gps.push((3, 2, 2, ascii("E")));
        gps.push((4, 5, 3, degrees));
    }
    // The main directory is followed by the two that it points to.
    let main_size = 8 + directory_size(&main) + 24;
    let photo_at = main_size as u32;
    let gps_at = photo_at + directory_size(&photo) as u32;
    main.push((0x8769, 4, 1, photo_at.to_le_bytes().to_vec()));
    main.push((0x8825, 4, 1, gps_at.to_le_bytes().to_vec()));
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    for directory in [main, photo, gps] {
        let at = bytes.len();
        bytes.extend(written(&directory, at));
    }
    bytes
}

type Field = (u16, u16, u32, Vec<u8>);

fn directory_size(fields: &[Field]) -> usize {
    let outside = |field: &Field| if field.3.len() > 4 { field.3.len() } else { 0 };
    6 + fields.iter().map(|field| 12 + outside(field)).sum::<usize>()
}

fn written(fields: &[Field], at: usize) -> Vec<u8> {
    let mut bytes = (fields.len() as u16).to_le_bytes().to_vec();
    let mut outside: Vec<u8> = Vec::new();
    for (tag, kind, count, value) in fields {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        if value.len() > 4 {
            let place = at + 6 + 12 * fields.len() + outside.len();
            bytes.extend((place as u32).to_le_bytes());
            outside.extend(value);
        } else {
            bytes.extend(value);
            bytes.extend(vec![0; 4 - value.len()]);
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(outside);
    bytes
}

/// A JPEG with this block in it.
pub(crate) fn into_jpeg(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = (exif.len() as u16 + 8).to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, b"Exif\0\0", exif, &jpeg[2..]].concat()
}

/// A PNG with this block in it. (Its checksum is right.)
pub(crate) fn into_png(png: &[u8], exif: &[u8]) -> Vec<u8> {
    let inside = [b"eXIf", exif].concat();
    let chunk = [&(exif.len() as u32).to_be_bytes(), &inside[..], &crc(&inside).to_be_bytes()].concat();
    // Behind the signature and the header.
    [&png[..33], &chunk, &png[33..]].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
