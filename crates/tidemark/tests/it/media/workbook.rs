//! Spreadsheets, written out by hand.

use flate2::{Compress, Compression, FlushCompress};

/// An Excel workbook of one sheet, whose rows are these.
pub(super) fn workbook(rows: &str) -> Vec<u8> {
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    );
    let mut files = skeleton();
    files.push(("xl/worksheets/sheet1.xml", Packed::plain(sheet.as_bytes())));
    zip(&files)
}

/// A workbook whose shared strings begin so, go on for so many megabytes of repetitions, and never end.
pub(super) fn endless(beginning: &str, repeated: &str, megabytes: usize) -> Vec<u8> {
    let mut files = skeleton();
    files.push(("xl/sharedStrings.xml", Packed::endless(beginning, repeated, megabytes)));
    files.push(("xl/worksheets/sheet1.xml", Packed::plain(b"<worksheet/>")));
    zip(&files)
}

fn skeleton() -> Vec<(&'static str, Packed)> {
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let workbook = format!(
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{relations}"><sheets><sheet name="Sums &amp; &lt;more&gt;" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    let links = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
    );
    let root = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    vec![
        ("[Content_Types].xml", Packed::plain(b"<Types/>")),
        ("_rels/.rels", Packed::plain(root.as_bytes())),
        ("xl/workbook.xml", Packed::plain(workbook.as_bytes())),
        ("xl/_rels/workbook.xml.rels", Packed::plain(links.as_bytes())),
    ]
}

struct Packed {
    method: u16,
    crc: u32,
    size: u32,
    bytes: Vec<u8>,
}

impl Packed {
    fn plain(bytes: &[u8]) -> Packed {
        Packed { method: 0, crc: crc(bytes), size: bytes.len() as u32, bytes: bytes.to_vec() }
    }

    /// Compressed a thousand to one. Whoever unpacks it never gets to its checksum, which is wrong.
    fn endless(beginning: &str, repeated: &str, megabytes: usize) -> Packed {
        let megabyte = repeated.repeat((1 << 20) / repeated.len());
        let mut packer = Compress::new(Compression::best(), false);
        let mut pack = |text: &str| {
            let mut bytes = Vec::with_capacity(1 << 20);
            packer.compress_vec(text.as_bytes(), &mut bytes, FlushCompress::Sync).unwrap();
            bytes
        };
        let mut bytes = [pack(beginning), pack(&megabyte)].concat();
        // Ends on a whole byte, and refers back to nothing but the same repetitions: so it may stand there again and again.
        let again = pack(&megabyte);
        bytes.extend(again.repeat(megabytes));
        Packed { method: 8, crc: 1, size: u32::MAX - 1, bytes }
    }
}

fn zip(files: &[(&str, Packed)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, packed) in files {
        let offset = bytes.len() as u32;
        let mut common = vec![20, 0, 0, 0];
        common.extend(packed.method.to_le_bytes());
        common.extend([0, 0, 0x21, 0x50]);
        common.extend(packed.crc.to_le_bytes());
        common.extend((packed.bytes.len() as u32).to_le_bytes());
        common.extend(packed.size.to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name.as_bytes());
        bytes.extend(&packed.bytes);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, start, length) = (files.len() as u16, bytes.len() as u32, directory.len() as u32);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
    bytes.extend([0, 0]);
    bytes
}

/// CRC-32, as zip and PNG have it.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
