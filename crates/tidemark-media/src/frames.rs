//! What parent and worker say to each other. The parent asks once, for one rendition; the worker asks for parts of the
//! source, and answers. All numbers are big-endian.

use tidemark_core::model::Rendition;

/// The most that a worker may ask for at once, in bytes.
pub const READ_MAX: u32 = 256 << 10;

/// The largest answer, in bytes: more than any thumbnail or page has.
pub const ANSWER_MAX: u32 = 8 << 20;

/// A worker asks for a part of the source: an offset of 8 bytes and a length of 4 follow. It gets a length of 4 bytes and
/// so many bytes, which are fewer than it asked for only at the end of the source.
pub const READ: u8 = b'R';
/// A worker answers: a length of 4 bytes and so many bytes follow. Then it ends.
pub const ANSWER: u8 = b'A';
/// A worker could make nothing of the source. Then it ends.
pub const NOTHING: u8 = b'N';

/// The exit status of a worker that could not give up what it must, and so has read nothing.
pub const UNCONFINED: u8 = 71;

/// What a worker is asked: how large the source is, and what to make of it.
pub fn request(size: u64, rendition: Rendition) -> Vec<u8> {
    let rendition = rendition.to_bytes();
    let mut frame = Vec::with_capacity(9 + rendition.len());
    frame.extend_from_slice(&size.to_be_bytes());
    frame.push(u8::try_from(rendition.len()).expect("a rendition is spelled in a few bytes"));
    frame.extend_from_slice(&rendition);
    frame
}
