//! Getting files.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use http::header::{HeaderValue, RANGE};

use crate::call::{Call, of_body, parse};
use crate::model::{Metadata, RemotePath, Rev};
use crate::{BodyError, Client, Error, wire};

/// Which bytes of which version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DownloadOptions {
    /// This version; otherwise the present one.
    pub rev: Option<Rev>,
    /// From this byte on.
    pub offset: u64,
    /// So many bytes at most; otherwise all that there are.
    pub length: Option<u64>,
}

/// A file on its way here.
pub struct Download {
    /// What file, in which version.
    pub metadata: Metadata,
    /// How many bytes will come.
    pub length: u64,
    stream: BoxStream<'static, Result<Bytes, BodyError>>,
}

impl Client {
    /// Gets a file. If it breaks off it goes on where it was, as long as the version is the same.
    ///
    /// # Errors
    /// [`Error`]. An offset behind the end is [`Range`](crate::RefusalKind::Range).
    pub async fn download(&self, path: &RemotePath, options: &DownloadOptions) -> Result<Download, Error> {
        let mut call = Call::get(self.parts.server.entry("files", path))
            .with_some("rev", options.rev.as_ref().map(Rev::as_str))
            .with_identity();
        if options.offset > 0 {
            let range = format!("bytes={}-", options.offset);
            call = call.with_header(RANGE, HeaderValue::from_str(&range).expect("digits are ASCII"));
        }
        let answer = self.answer(&call).await?;
        let metadata = answer.headers.get("x-dropbox-metadata").map_or(&b""[..], HeaderValue::as_bytes);
        let metadata = parse::<wire::Entry>(metadata)?.metadata()?;
        let length = answer.body.length().unwrap_or(0);
        Ok(Download { metadata, length, stream: answer.body.into_stream() })
    }
}

impl Download {
    /// The next bytes; none at the end. All that there are have come then.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.stream.next().await.transpose().map_err(of_body)
    }

    /// The bytes as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        stream::try_unfold(self, |mut download| async move {
            Ok(download.chunk().await?.map(|bytes| (bytes, download)))
        })
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("metadata", &self.metadata)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
