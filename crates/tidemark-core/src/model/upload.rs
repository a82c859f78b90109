//! Uploads in several requests: received, not yet committed.

use super::{AccountId, AppKey, Digest, Sha1State, Sha1Stream, Timestamp};
use std::fmt;

/// An upload session's name: 16 random bytes, unguessable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId(pub [u8; 16]);

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A session's name is a credential of sorts, so it does not go to logs.
        f.write_str("UploadId(..)")
    }
}

/// The state of an upload session. Its bytes are blocks already: durable before the session mentions them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSession {
    /// Its name.
    pub id: UploadId,
    /// Who began it; nobody else may go on with it.
    pub account: AccountId,
    /// The app that began it.
    pub app: AppKey,
    /// The last instant at which it is good for anything.
    pub expires: Timestamp,
    /// The blocks that are full, in order, each of [`super::BLOCK_SIZE_MAX`] bytes.
    pub blocks: Vec<Digest>,
    /// What came after the last full block, as it came: together less than a block.
    pub tail: Vec<Part>,
    /// The SHA-1 of all that, put down; nothing in a session that an older version began.
    pub sha1: Option<Sha1State>,
    /// Committed; kept until it expires, so that a second commit is told so.
    pub closed: bool,
}

/// What a piece adds to a session.
#[derive(Clone, Debug)]
pub struct UploadPiece {
    /// Where the session ended when the piece began.
    pub offset: u64,
    /// Blocks that are full now, behind those that were.
    pub blocks: Vec<Digest>,
    /// See [`UploadSession::tail`].
    pub tail: Vec<Part>,
    /// See [`UploadSession::sha1`].
    pub sha1: Option<Sha1State>,
}

/// Some bytes that do not fill a block yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where they are.
    pub digest: Digest,
    /// How many there are.
    pub size: u32,
}

impl UploadSession {
    /// One that nothing was sent to yet.
    #[must_use]
    pub fn new(id: UploadId, account: AccountId, app: AppKey, expires: Timestamp) -> UploadSession {
        let sha1 = Some(Sha1Stream::default().state());
        UploadSession { id, account, app, expires, blocks: Vec::new(), tail: Vec::new(), sha1, closed: false }
    }

    /// Whether it can still be added to, or committed.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.closed && self.expires >= now
    }

    /// How many bytes have arrived: where the next piece must start.
    #[must_use]
    pub fn offset(&self) -> u64 {
        let blocks = self.blocks.len() as u64 * super::BLOCK_SIZE_MAX as u64;
        blocks + self.tail.iter().map(|part| u64::from(part.size)).sum::<u64>()
    }
}
