//! Uploads in several requests: received, not yet committed.

use super::{AccountId, AppKey, Digest, EntryId, Name, Seq, Sha1, Sha1State, Sha1Stream, Timestamp};
use std::fmt;
use std::ops::Range;

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
///
/// It takes pieces, one behind the other, and becomes whatever has come by its commit; or, if it has a plan, parts of a
/// file whose size was declared, in any order.
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
    /// The blocks that are full, in order, each of [`super::BLOCK_SIZE_MAX`] bytes. None with a plan.
    pub blocks: Vec<Digest>,
    /// What came after the last full block, as it came: together less than a block. Nothing with a plan.
    pub tail: Vec<Part>,
    /// The SHA-1 of all that, put down, or of the parts that [`UploadPlan::hashed`] counts; nothing in a session that an
    /// older version began.
    pub sha1: Option<Sha1State>,
    /// What its parts are to be together, if it takes parts.
    pub plan: Option<UploadPlan>,
    /// Committed, or given up; kept until it expires, so that a second commit is told so.
    pub closed: bool,
    /// What it was committed by: the first change of that commit, or the one that had put just these bytes there before.
    /// Nothing if it was given up, or closed by an older version.
    pub committed: Option<Seq>,
}

/// How large the parts of a new session are, in bytes; each but the last fills whole blocks.
pub const PART_SIZE: u32 = 2 * super::BLOCK_SIZE_MAX as u32;

/// What the parts of a session are to be together. Only the counts change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPlan {
    /// How many bytes the file has.
    pub size: u64,
    /// How many bytes each part but the last has: a multiple of [`super::BLOCK_SIZE_MAX`].
    pub part_size: u32,
    /// Where it goes.
    pub target: UploadTarget,
    /// How many parts have come.
    pub received: u32,
    /// How many of them, from the first on without a gap, [`UploadSession::sha1`] has passed over.
    pub hashed: u32,
}

/// Where the file of a session goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadTarget {
    /// A new file of this name in this folder.
    New {
        /// The folder.
        folder: EntryId,
        /// The name.
        name: Name,
    },
    /// New bytes for this file.
    Version {
        /// The file.
        file: EntryId,
        /// What it is to be called from then on, if not as before.
        name: Option<Name>,
    },
}

/// A part that has come. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPart {
    /// Which one it is, counted from 0.
    pub index: u32,
    /// Of its bytes.
    pub sha1: Sha1,
    /// Its bytes: in order, all of [`super::BLOCK_SIZE_MAX`] bytes but the last of the last part.
    pub blocks: Vec<Digest>,
}

/// How far the SHA-1 of a whole has come along the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedParts {
    /// See [`UploadPlan::hashed`].
    pub parts: u32,
    /// Behind the last of them.
    pub state: Sha1State,
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
        UploadSession {
            id,
            account,
            app,
            expires,
            blocks: Vec::new(),
            tail: Vec::new(),
            sha1,
            plan: None,
            closed: false,
            committed: None,
        }
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

impl UploadPlan {
    /// That nothing has come of yet.
    #[must_use]
    pub fn new(size: u64, target: UploadTarget) -> UploadPlan {
        UploadPlan { size, part_size: PART_SIZE, target, received: 0, hashed: 0 }
    }

    /// How many parts there are when all have come.
    #[must_use]
    pub fn parts(&self) -> u32 {
        u32::try_from(self.size.div_ceil(u64::from(self.part_size))).unwrap_or(u32::MAX)
    }

    /// Where the part with this index lies in the file.
    #[must_use]
    pub fn range(&self, index: u32) -> Range<u64> {
        let size = u64::from(self.part_size);
        let start = u64::from(index) * size;
        start.min(self.size)..(start + size).min(self.size)
    }

    /// Which part lies just there; nothing if none does.
    #[must_use]
    pub fn index(&self, range: &Range<u64>) -> Option<u32> {
        let index = u32::try_from(range.start / u64::from(self.part_size)).ok()?;
        (!range.is_empty() && self.range(index) == *range).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte lies in one part, and only ranges of whole parts are parts.
    #[test]
    fn parts_tile_the_file() {
        let size_of_part = u64::from(PART_SIZE);
        let target = UploadTarget::Version { file: EntryId(1), name: None };
        for (size, parts) in [
            (1, 1),
            (size_of_part, 1),
            (size_of_part + 1, 2),
            (3 * size_of_part - 1, 3),
            (super::super::FILE_SIZE_MAX, 65_536),
        ] {
            let plan = UploadPlan::new(size, target.clone());
            assert_eq!(plan.parts(), parts);
            let mut end = 0;
            for index in [0, parts / 2, parts - 1] {
                let range = plan.range(index);
                assert_eq!(range.start, u64::from(index) * size_of_part);
                assert_eq!(plan.index(&range), Some(index));
                for other in
                    [range.start + 1..range.end, range.start..range.end - 1, range.start..range.end + 1]
                {
                    assert_eq!(plan.index(&other), None, "{other:?} of {size}");
                }
                end = range.end;
            }
            assert_eq!(end, size);
            assert_eq!(plan.index(&plan.range(parts)), None);
        }
    }
}
