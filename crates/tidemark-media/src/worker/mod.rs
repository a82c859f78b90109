//! The child's side: limits first, then one request.

mod confine;
mod pull;

use crate::frames::{ANSWER, ANSWER_MAX, NOTHING, UNCONFINED};
use crate::{info, sheet, thumbnail};
use pull::{Pipes, Pull};
use std::io::{self, Read, Write};
use std::process::ExitCode;
use tidemark_core::media::SOURCE_SIZE_MAX;
use tidemark_core::model::Rendition;

/// The program's first argument when it is to be a worker.
pub const COMMAND: &str = "media-worker";

/// Does one piece of work for the parent at the other end of standard input and output, with at most so many bytes of
/// memory. The program must do nothing before it calls this, and nothing after.
pub fn main(memory: Option<&str>) -> ExitCode {
    let Some(memory) = memory.and_then(|text| text.parse().ok()) else { return ExitCode::FAILURE };
    if confine::confine(memory).is_err() {
        return UNCONFINED.into();
    }
    match serve(memory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(memory: u64) -> io::Result<()> {
    let pipes = Pipes::default();
    let (size, rendition) = request(&mut pipes.input())?;
    let made = make(&pipes, size, rendition, memory);
    let mut output = pipes.output();
    match made.filter(|bytes| bytes.len() <= ANSWER_MAX as usize) {
        Some(bytes) => {
            output.write_all(&[ANSWER])?;
            output.write_all(&(bytes.len() as u32).to_be_bytes())?;
            output.write_all(&bytes)?;
        }
        None => output.write_all(&[NOTHING])?,
    }
    output.flush()
}

fn request(input: &mut impl Read) -> io::Result<(u64, Rendition)> {
    let mut head = [0; 9];
    input.read_exact(&mut head)?;
    let [size @ .., len] = head;
    let mut rendition = vec![0; usize::from(len)];
    input.read_exact(&mut rendition)?;
    let rendition = Rendition::from_bytes(&rendition).ok_or(io::ErrorKind::InvalidData)?;
    Ok((u64::from_be_bytes(size), rendition))
}

fn make(pipes: &Pipes, size: u64, rendition: Rendition, memory: u64) -> Option<Vec<u8>> {
    let mut source = Pull::new(pipes, size);
    match rendition {
        Rendition::MediaInfo => Some(info::read(source).to_bytes()),
        Rendition::Thumbnail(spec) => thumbnail::make(&whole(&mut source, size)?, spec, memory / 4 * 3),
        Rendition::SheetPage => sheet::page(whole(&mut source, size)?),
    }
}

fn whole(source: &mut impl Read, size: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(SOURCE_SIZE_MAX)).ok()?);
    source.take(SOURCE_SIZE_MAX + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == size && size <= SOURCE_SIZE_MAX).then_some(bytes)
}
