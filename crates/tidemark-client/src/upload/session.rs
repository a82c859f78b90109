//! Where an upload can be resumed.

use serde::{Deserialize, Serialize};

use crate::model::{ContentHash, UploadId};

/// How far a large upload is: to be kept, and resumed with after whatever came in between. A server forgets an upload that is
/// not finished, mostly after a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSession {
    pub(super) upload_id: UploadId,
    /// How many bytes the file has.
    pub(super) size: u64,
    /// What the server has for certain.
    pub(super) had: Mark,
    /// What the server has if the last chunk arrived.
    pub(super) sent: Mark,
}

/// A place in the file, and the digest of all before it: so that nothing is appended to the beginning of another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) offset: u64,
    pub(super) digest: ContentHash,
}

impl UploadSession {
    /// How many bytes the file has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many of them the server has for certain.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.had.offset
    }

    /// The place that the server says it is at, if it can be.
    pub(super) fn mark_at(&self, offset: u64) -> Option<Mark> {
        [self.had, self.sent].into_iter().find(|mark| mark.offset == offset)
    }
}
