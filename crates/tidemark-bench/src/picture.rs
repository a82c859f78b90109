//! Pictures that anybody can read, and that are made without a library: PNG, with nothing compressed.

/// A picture of one colour, which `seed` chooses; no two seeds below 2^24 give the same bytes.
pub(crate) fn png(width: u16, height: u16, seed: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend(u32::from(width).to_be_bytes());
    head.extend(u32::from(height).to_be_bytes());
    // Eight bits for each of three colours; the only way to compress and to filter there is; not interlaced.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut bytes, *b"IHDR", &head);
    let [_, red, green, blue] = seed.to_be_bytes();
    let line: Vec<u8> = [0].into_iter().chain([red, green, blue].repeat(usize::from(width))).collect();
    chunk(&mut bytes, *b"IDAT", &stored(&line.repeat(usize::from(height))));
    chunk(&mut bytes, *b"IEND", &[]);
    bytes
}

/// A zlib stream of blocks that are as they are.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).expect("a chunk is no longer than that");
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).expect("pictures are small").to_be_bytes());
    let begin = out.len();
    out.extend(kind);
    out.extend(data);
    let crc = out[begin..].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    out.extend((!crc).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of every PNG is known, and so is the sum of a well-known text.
    #[test]
    fn sums_are_those_that_readers_expect() {
        assert!(png(2, 1, 7).ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
        assert!(stored(b"Wikipedia").ends_with(&0x11e6_0398_u32.to_be_bytes()));
        assert_ne!(png(1, 1, 1), png(1, 1, 2));
    }
}
