//! Where something is.

use super::{LIST_MAX, PAGE_MAX};
use crate::call::{Call, parse};
use crate::model::{Metadata, RemotePath};
use crate::{Client, Error, wire};

/// How it is searched.
#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    /// How many are told at most; none for as many as the server tells.
    pub limit: Option<u32>,
    /// Also what was deleted.
    pub include_deleted: bool,
}

impl Client {
    /// What is in a folder, at any depth, and has all words of `query` in its name.
    ///
    /// # Errors
    /// [`Error`]. A query has 3 characters at least.
    pub async fn search(
        &self,
        folder: &RemotePath,
        query: &str,
        options: &SearchOptions,
    ) -> Result<Vec<Metadata>, Error> {
        let call = Call::read(self.parts.server.entry("search", folder))
            .with("query", query)
            .with("file_limit", options.limit.unwrap_or(LIST_MAX).to_string())
            .with("include_deleted", options.include_deleted.to_string())
            .with_identity();
        wire::all(parse(&self.whole(&call, PAGE_MAX).await?.bytes)?)
    }
}
