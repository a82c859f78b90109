//! What a file was.

use super::PAGE_MAX;
use crate::call::{Call, parse};
use crate::model::{Metadata, RemotePath, Rev};
use crate::{Client, Error, wire};

/// The most that are told at once.
const REVISIONS_MAX: u32 = 1000;

impl Client {
    /// The versions of a file, the newest first: up to `limit`, or 1,000.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn revisions(&self, path: &RemotePath, limit: Option<u32>) -> Result<Vec<Metadata>, Error> {
        let limit = limit.unwrap_or(REVISIONS_MAX);
        let call = Call::get(self.parts.server.entry("revisions", path))
            .with("rev_limit", limit.to_string())
            .with_identity();
        wire::all(parse(&self.whole(&call, PAGE_MAX).await?.bytes)?)
    }

    /// Makes a file what it was. Of what it is already, it changes nothing.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn restore(&self, path: &RemotePath, rev: &Rev) -> Result<Metadata, Error> {
        let call = Call::change(self.parts.server.entry("restore", path));
        self.entry(&call.with("rev", rev.as_str()).with_identity()).await
    }
}
