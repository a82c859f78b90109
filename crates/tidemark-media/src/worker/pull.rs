//! The source, as the worker reads it: asked for through the pipes, a piece at a time.

use crate::frames::{READ, READ_MAX};
use std::io::{self, Read, Seek, SeekFrom, StdinLock, StdoutLock, Write};

/// How much is asked for at once where little is read: what cameras note stands at the beginning, as a rule.
const PIECE: u64 = 64 << 10;

/// Standard input and output.
#[derive(Default)]
pub(super) struct Pipes(());

impl Pipes {
    pub(super) fn input(&self) -> StdinLock<'static> {
        io::stdin().lock()
    }

    pub(super) fn output(&self) -> StdoutLock<'static> {
        io::stdout().lock()
    }
}

/// A reader of the source that remembers the last piece.
pub(super) struct Pull<'a> {
    pipes: &'a Pipes,
    size: u64,
    at: u64,
    piece: Vec<u8>,
    piece_at: u64,
}

impl<'a> Pull<'a> {
    pub(super) fn new(pipes: &'a Pipes, size: u64) -> Pull<'a> {
        Pull { pipes, size, at: 0, piece: Vec::new(), piece_at: 0 }
    }

    fn fetch(&mut self, wanted: usize) -> io::Result<()> {
        let len = (wanted as u64).clamp(PIECE, u64::from(READ_MAX)).min(self.size - self.at);
        let mut output = self.pipes.output();
        output.write_all(&[READ])?;
        output.write_all(&self.at.to_be_bytes())?;
        output.write_all(&(len as u32).to_be_bytes())?;
        output.flush()?;
        let mut input = self.pipes.input();
        let mut given = [0; 4];
        input.read_exact(&mut given)?;
        let given = u32::from_be_bytes(given);
        if u64::from(given) != len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.piece.resize(given as usize, 0);
        self.piece_at = self.at;
        input.read_exact(&mut self.piece)
    }
}

impl Read for Pull<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let piece_end = self.piece_at + self.piece.len() as u64;
        if !(self.piece_at..piece_end).contains(&self.at) {
            self.fetch(buffer.len())?;
        }
        let within = &self.piece[(self.at - self.piece_at) as usize..];
        let len = within.len().min(buffer.len());
        buffer[..len].copy_from_slice(&within[..len]);
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for Pull<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
