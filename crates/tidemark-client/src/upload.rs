//! Sending files.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::model::{ContentHash, Metadata, RemotePath, Rev, Timestamp, UploadId};
use crate::{Client, Error, Source};

/// What happens if something is at the path already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// Nothing may be: otherwise it is a [`Conflict`](crate::RefusalKind::Conflict).
    Create,
    /// This version must be: otherwise it is a [`Conflict`](crate::RefusalKind::Conflict).
    Replace(Rev),
    /// A file is replaced, whatever it is.
    Overwrite,
    /// The server finds another name.
    Rename,
}

/// How a file is sent.
#[derive(Clone, Default)]
pub struct UploadOptions {
    /// What happens if something is at the path already.
    pub mode: WriteMode,
    /// When it was edited.
    pub client_mtime: Option<Timestamp>,
    /// Goes on with an earlier try.
    pub resume: Option<UploadSession>,
    /// Is told how far it is.
    pub progress: Option<Arc<dyn Progress>>,
}

/// Is told how far a transfer is. It must not block.
pub trait Progress: Send + Sync {
    /// So many bytes of `total` have passed. It may go back, when something has to be sent again.
    fn passed(&self, bytes: u64, total: u64);

    /// From this state the upload can be resumed, should it break off from here on. The newest one counts.
    fn reached(&self, _session: &UploadSession) {}
}

/// How far a large upload is: to be kept, and resumed with after whatever came in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSession {
    pub(crate) upload_id: UploadId,
    /// How many bytes the file has.
    pub(crate) size: u64,
    /// What the server has for certain, and what it may have: ends of chunks, and the digest of all before them, in hex.
    pub(crate) marks: Vec<Mark>,
}

/// The end of a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) offset: u64,
    pub(crate) digest: String,
}

/// A file that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Uploaded {
    /// What is there now, as the server says.
    pub metadata: Metadata,
    /// The digest of what was read and sent.
    pub content_hash: ContentHash,
}

impl Default for WriteMode {
    fn default() -> WriteMode {
        WriteMode::Create
    }
}

impl fmt::Debug for UploadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadOptions")
            .field("mode", &self.mode)
            .field("client_mtime", &self.client_mtime)
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Sends a file: a small one in one request, a larger one in chunks, each of which is read while the one before it is
    /// under way.
    ///
    /// # Errors
    /// [`Error`]. If it may have happened, only looking at the path tells.
    pub async fn upload(
        &self,
        path: &RemotePath,
        source: &mut dyn Source,
        options: UploadOptions,
    ) -> Result<Uploaded, Error> {
        let size = source.size();
        let bytes = source.read_at(0, size as usize).await.map_err(Error::Body)?;
        let content_hash = ContentHash::of(&bytes);
        let call = options
            .mode
            .say(Call::put(self.parts.server.entry("files_put", path), crate::retry::Repeat::IfNotHappened));
        let call =
            call.with_some("client_mtime", options.client_mtime.map(|time| time.to_string())).with_identity();
        let body = || Some(crate::Body::Bytes(bytes.clone()));
        let metadata = self.value_of::<crate::wire::Entry>(&call, body).await?.metadata()?;
        Ok(Uploaded { metadata, content_hash })
    }
}

impl WriteMode {
    fn say(&self, call: Call) -> Call {
        match self {
            WriteMode::Create => call.with("overwrite", "false").with("autorename", "false"),
            WriteMode::Replace(rev) => call.with("parent_rev", rev.as_str()).with("autorename", "false"),
            WriteMode::Overwrite => call.with("overwrite", "true"),
            WriteMode::Rename => call.with("overwrite", "false").with("autorename", "true"),
        }
    }
}
