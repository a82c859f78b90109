//! The digest of a file's bytes, by which two files are known to be equal.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How many bytes are digested at a time.
pub const BLOCK_SIZE: usize = 4 << 20;

/// A file's digest: SHA-256 over the SHA-256 of each of its blocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> ContentHash {
        let mut hasher = ContentHasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Reads it from 64 hexadecimal digits, as servers tell it.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<ContentHash> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        Some(ContentHash(bytes.try_into().ok()?))
    }
}

impl TryFrom<String> for ContentHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<ContentHash, &'static str> {
        ContentHash::from_hex(&text).ok_or("a content hash has 64 hexadecimal digits")
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> String {
        hash.to_string()
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Makes a [`ContentHash`] of bytes as they come.
#[derive(Clone)]
pub struct ContentHasher {
    whole: Sha256,
    block: Sha256,
    /// How many bytes of the block were seen.
    filled: usize,
}

impl ContentHasher {
    /// Has seen nothing.
    #[must_use]
    pub fn new() -> ContentHasher {
        ContentHasher { whole: Sha256::new(), block: Sha256::new(), filled: 0 }
    }

    /// Goes on with these bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(BLOCK_SIZE - self.filled));
            self.block.update(now);
            self.filled += now.len();
            bytes = rest;
            if self.filled == BLOCK_SIZE {
                self.end_block();
            }
        }
    }

    /// The digest of all that was seen.
    #[must_use]
    pub fn finish(mut self) -> ContentHash {
        if self.filled > 0 {
            self.end_block();
        }
        ContentHash(self.whole.finalize().into())
    }

    fn end_block(&mut self) {
        self.whole.update(self.block.finalize_reset());
        self.filled = 0;
    }
}

impl Default for ContentHasher {
    fn default() -> ContentHasher {
        ContentHasher::new()
    }
}

impl fmt::Debug for ContentHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentHasher").finish_non_exhaustive()
    }
}
