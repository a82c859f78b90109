//! The scripts that the cases run: the same requests again and again, or uploads that are all different.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};

use crate::http::{self, Summary};
use crate::load::Script;

/// One request whose answer is known beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    /// Least length of the answer's body: what is shorter is not the same answer.
    pub(crate) body_min: u64,
    /// What the answer is worth.
    pub(crate) units: u64,
}

/// Sends known requests in a circle.
pub(crate) struct Replay {
    requests: Arc<[Known]>,
    at: usize,
}

impl Replay {
    /// Starts at the `start`-th request, so that clients do not march in step.
    pub(crate) fn new(requests: Arc<[Known]>, start: usize) -> Self {
        let at = start % requests.len();
        Self { requests, at }
    }
}

impl Script for Replay {
    fn request(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.requests[self.at].request);
    }

    fn answered(&mut self, summary: Summary) -> Result<u64> {
        let known = &self.requests[self.at];
        if summary.status != known.status || summary.length < known.body_min {
            let Summary { status, length } = summary;
            bail!(
                "answered with {status} and {length} bytes; {} and {} were due",
                known.status,
                known.body_min
            );
        }
        self.at = (self.at + 1) % self.requests.len();
        Ok(known.units)
    }
}

/// Numbers that no two uploads of a run share.
static UNIQUE: AtomicU64 = AtomicU64::new(0);

pub(crate) fn unique() -> u64 {
    UNIQUE.fetch_add(1, Ordering::Relaxed)
}

/// Bytes that do not repeat within a block: what compresses or deduplicates would not be measured.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Makes a body unlike every other of this run, and of other runs on the same server.
pub(crate) fn stamp(body: &mut [u8]) {
    let mark = [unique().to_le_bytes(), u64::from(std::process::id()).to_le_bytes()].concat();
    let length = mark.len().min(body.len());
    body[..length].copy_from_slice(&mark[..length]);
}

/// Uploads small files, each with a name and content of its own.
pub(crate) struct Upload {
    /// Target up to the file's name.
    folder: String,
    authorization: Option<String>,
    body: Vec<u8>,
    /// What a stored file is answered with.
    status: u16,
}

impl Upload {
    pub(crate) fn new(folder: &str, authorization: Option<&str>, size: usize, status: u16) -> Self {
        let authorization = authorization.map(str::to_owned);
        Self { folder: folder.to_owned(), authorization, body: noise(size), status }
    }
}

impl Script for Upload {
    fn request(&mut self, out: &mut Vec<u8>) {
        stamp(&mut self.body);
        let target = format!("{}/{:x}", self.folder, unique());
        let headers = self.authorization.as_ref().map(|value| ("Authorization", value.as_str()));
        out.extend_from_slice(&http::head("PUT", &target, headers.as_slice(), Some(self.body.len())));
        out.extend_from_slice(&self.body);
    }

    fn answered(&mut self, summary: Summary) -> Result<u64> {
        if summary.status != self.status {
            bail!("an upload was answered with {}", summary.status);
        }
        Ok(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_uploads_are_alike() {
        let mut upload = Upload::new("/1/files_put/auto/x", Some("Bearer t"), 1024, 200);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        upload.request(&mut first);
        upload.request(&mut second);
        assert!(first.len() > 1024);
        assert_ne!(first[..60], second[..60], "names differ");
        assert_ne!(first[first.len() - 1024..], second[second.len() - 1024..], "contents differ");
        assert!(upload.answered(Summary { status: 200, length: 1 }).is_ok());
        assert!(upload.answered(Summary { status: 507, length: 1 }).is_err());
    }

    #[test]
    fn a_replay_goes_round_and_refuses_another_answer() {
        let known = |n: u8| Known { request: vec![n], status: 200, body_min: 10, units: u64::from(n) };
        let mut replay = Replay::new(Arc::from([known(1), known(2)]), 1);
        let mut asked = Vec::new();
        for _ in 0..3 {
            replay.request(&mut asked);
            replay.answered(Summary { status: 200, length: 10 }).unwrap();
        }
        assert_eq!(asked, [2, 1, 2]);
        assert!(replay.answered(Summary { status: 200, length: 9 }).is_err());
        assert!(replay.answered(Summary { status: 404, length: 10 }).is_err());
    }

    #[test]
    fn noise_has_the_length_asked_for_and_no_pattern() {
        let bytes = noise(4099);
        assert_eq!(bytes.len(), 4099);
        assert_ne!(bytes[..8], bytes[8..16]);
    }
}
