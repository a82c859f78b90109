//! Contents, and the blocks that they are cut into.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// Every block of a file but its last has this many bytes.
pub const BLOCK_SIZE_MAX: usize = 4 << 20;

/// The largest file: one list of block digests must itself fit into a block.
pub const FILE_SIZE_MAX: u64 = (BLOCK_SIZE_MAX / 32 * BLOCK_SIZE_MAX) as u64;

/// The SHA-256 of a block: its address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// The SHA-256 of these bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The digest of a whole file: the SHA-256 of its blocks' digests, one after another (what API v2 calls
/// `content_hash`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(pub Digest);

/// A file's bytes, by reference: equal contents are equal values, and copying a file copies this.
///
/// Up to one block, `address` is the block's digest. Above, it is the digest of the *block list*, which is stored as a
/// block of its own: the 32-byte digests of the blocks in order. That makes it the [`ContentHash`], too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// In bytes.
    pub size: u64,
    /// Where the bytes are found.
    pub address: Digest,
}

impl Content {
    /// Whether `address` is that of a block list.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.size > BLOCK_SIZE_MAX as u64
    }

    /// The digest of the whole.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        match self.size {
            0 => ContentHash(digest_of(&[])),
            _ if self.is_listed() => ContentHash(self.address),
            _ => ContentHash(digest_of(&self.address.0)),
        }
    }
}
