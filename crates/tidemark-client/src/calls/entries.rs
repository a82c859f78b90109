//! What there is.

use http::StatusCode;

use super::{LIST_MAX, PAGE_MAX};
use crate::call::{Call, parse};
use crate::model::{FolderHash, Listing, Metadata, RemotePath};
use crate::{Client, Error, wire};

/// How a folder is listed.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// What its content was known by: if it still is, nothing is told.
    pub hash: Option<FolderHash>,
    /// Also what was deleted; of a folder that was deleted, what was in it.
    pub include_deleted: bool,
    /// Also what cameras noted.
    pub include_media_info: bool,
    /// Only what comes after this name; an empty one is before all of them. For folders that are too large to be told at once:
    /// not every server takes it, and those that do not refuse as before.
    pub after: Option<String>,
}

impl Client {
    /// What is at a path, or was there last.
    ///
    /// # Errors
    /// [`Error`]. Where nothing ever was, it is [`NotFound`](crate::RefusalKind::NotFound).
    pub async fn metadata(&self, path: &RemotePath) -> Result<Metadata, Error> {
        let call = Call::get(self.parts.server.entry("metadata", path)).with("list", "false").with_identity();
        self.value::<wire::Entry>(&call).await?.metadata()
    }

    /// What is at a path and, if it is a folder, directly in it.
    ///
    /// # Errors
    /// [`Error`]. More than 25,000 entries are [`TooLarge`](crate::RefusalKind::TooLarge): piece by piece, with
    /// [`after`](ListOptions::after), or by `delta` with a prefix, any number is told.
    pub async fn list(&self, path: &RemotePath, options: &ListOptions) -> Result<Listing, Error> {
        let call = Call::get(self.parts.server.entry("metadata", path))
            .with("list", "true")
            .with("file_limit", LIST_MAX.to_string())
            .with("include_deleted", options.include_deleted.to_string())
            .with("include_media_info", options.include_media_info.to_string())
            .with_some("hash", options.hash.as_ref().map(FolderHash::as_str))
            .with_some("list_after", options.after.as_deref())
            .with_identity();
        let whole = self.whole(&call, PAGE_MAX).await?;
        if whole.status == StatusCode::NOT_MODIFIED {
            return Ok(Listing::Unchanged);
        }
        parse::<wire::Entry>(&whole.bytes)?.listing()
    }
}
