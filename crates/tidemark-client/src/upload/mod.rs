//! Sending files.

mod large;
mod session;
mod small;

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::call::Call;
use crate::model::{ContentHash, ContentHasher, Metadata, RemotePath, Rev, Timestamp};
use crate::{Body, Client, Error, Source};
use futures_util::stream::{self, StreamExt as _};

pub use session::UploadSession;

/// What happens if something is at the path already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteMode {
    /// Nothing may be: otherwise it is a [`Conflict`](crate::RefusalKind::Conflict).
    #[default]
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
    /// Goes on with an earlier try. If that leads nowhere any more, or the file has changed since, it begins anew.
    pub resume: Option<UploadSession>,
    /// Is told how far it is.
    pub progress: Option<Arc<dyn Progress>>,
}

/// Is told how far a transfer is. It must not block.
pub trait Progress: Send + Sync {
    /// So many bytes of `total` are on their way. It may go back, when something has to be sent again.
    fn passed(&self, bytes: u64, total: u64);

    /// From this state the upload can be resumed, should it break off from here on. The newest one counts.
    fn reached(&self, _session: &UploadSession) {}
}

/// A file that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Uploaded {
    /// What is there now, as the server says.
    pub metadata: Metadata,
    /// The digest of what was read and sent.
    pub content_hash: ContentHash,
}

/// Files up to this size are sent in one request; larger ones in chunks of it.
pub(crate) const CHUNK: usize = 2 * crate::BLOCK_SIZE;
/// How much is read for the network at a time, and told of.
const PIECE: usize = 64 << 10;

impl Client {
    /// Sends a file: a small one (up to 8 MiB) in one request, a larger one in chunks, each of which is read while the one
    /// before it is under way. No more than two of them are in memory.
    ///
    /// A small one is not sent again when nobody knows what became of it. A larger one is: chunks are known by their offset,
    /// and each upload becomes a file once only.
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
        let uploaded = match usize::try_from(size) {
            Ok(size) if size <= CHUNK => self.upload_small(path, source, size, &options).await?,
            _ => self.upload_large(path, source, size, &options).await?,
        };
        let told = uploaded.metadata.file().and_then(|file| file.content_hash);
        if told.is_some_and(|told| told != uploaded.content_hash) {
            return Err(Error::Corrupted);
        }
        Ok(uploaded)
    }
}

impl UploadOptions {
    /// What the request that makes the file says.
    fn say(&self, call: Call) -> Call {
        let call = match &self.mode {
            WriteMode::Create => call.with("overwrite", "false").with("autorename", "false"),
            WriteMode::Replace(rev) => call.with("parent_rev", rev.as_str()).with("autorename", "false"),
            WriteMode::Overwrite => call.with("overwrite", "true"),
            WriteMode::Rename => call.with("overwrite", "false").with("autorename", "true"),
        };
        call.with_some("client_mtime", self.client_mtime.map(|time| time.to_string())).with_identity()
    }
}

/// Reads exactly so much.
async fn read_exactly(source: &mut dyn Source, offset: u64, length: usize) -> Result<Bytes, Error> {
    let mut whole = BytesMut::new();
    while whole.len() < length {
        let wanted = length - whole.len();
        let part = source.read_at(offset + whole.len() as u64, wanted).await.map_err(Error::Body)?;
        if part.is_empty() {
            return Err(changed(std::io::ErrorKind::UnexpectedEof, "it is shorter than it was"));
        }
        if part.len() > wanted {
            return Err(changed(std::io::ErrorKind::InvalidData, "more was read than was asked for"));
        }
        if part.len() == length {
            return Ok(part);
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.freeze())
}

fn changed(kind: std::io::ErrorKind, what: &'static str) -> Error {
    Error::Body(std::io::Error::new(kind, what))
}

/// Digests in small bites, so that what else the task does goes on.
async fn digest(hasher: &mut ContentHasher, bytes: &[u8]) {
    for bite in bytes.chunks(1 << 20) {
        hasher.update(bite);
        tokio::task::yield_now().await;
    }
}

/// Bytes as a body that tells how far it is. `before` of `total` have gone already.
fn body(bytes: Bytes, before: u64, total: u64, progress: Option<&Arc<dyn Progress>>) -> Body {
    let Some(progress) = progress.cloned() else {
        return Body::Bytes(bytes);
    };
    let length = bytes.len() as u64;
    let mut at = 0;
    let pieces = std::iter::from_fn(move || {
        let piece = bytes.slice(at..bytes.len().min(at + PIECE));
        at += piece.len();
        progress.passed(before + at as u64, total);
        (!piece.is_empty()).then_some(Ok(piece))
    });
    Body::Stream { length: Some(length), stream: stream::iter(pieces).boxed() }
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
