//! Files that the server gets from elsewhere.

use super::{AccountId, AppKey, GrantId, Path, Timestamp, UploadId};
use std::fmt;

/// A fetch's name: 16 random bytes, unguessable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FetchId(pub [u8; 16]);

impl fmt::Debug for FetchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FetchId(..)")
    }
}

/// A file to be got from a URL, or one that was.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Its name.
    pub id: FetchId,
    /// Who wants the file.
    pub account: AccountId,
    /// The app that asked for it, and that may ask what became of it.
    pub app: AppKey,
    /// The permission by which it asked. Without that, nothing is stored.
    pub grant: GrantId,
    /// Whether the path begins at the root of the whole tree, and not at the app's own folder.
    pub whole: bool,
    /// Where the file goes.
    pub path: Path,
    /// Where it comes from; empty once the fetch has ended, because there may be secrets in it.
    pub url: String,
    /// The upload session that the commit of the file closes: it is how a fetch that was interrupted finds out whether
    /// its file is there.
    pub upload: UploadId,
    /// The last instant at which anybody is told what became of it.
    pub expires: Timestamp,
    /// What became of it; nothing as long as it is open.
    pub end: Option<FetchEnd>,
}

/// How a fetch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchEnd {
    /// The file is there.
    Complete,
    /// It is not, for this reason, which may be told to whoever asked for it.
    Failed(String),
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: there may be secrets in it.
        f.debug_struct("Fetch")
            .field("account", &self.account)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
