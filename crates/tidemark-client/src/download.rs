//! Getting files.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use http::StatusCode;
use http::header::{CONTENT_RANGE, HeaderValue, RANGE};

use crate::call::{Answer, Call, of_body, parse};
use crate::model::{ContentHash, ContentHasher, Metadata, RemotePath, Rev};
use crate::retry::{Repeat, Tries};
use crate::{BodyError, Client, Error, Failure, TransportError, wire};

/// Which bytes of which version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DownloadOptions {
    /// This version; otherwise the present one.
    pub rev: Option<Rev>,
    /// From this byte on.
    pub offset: u64,
    /// So many bytes at most; otherwise all that there are.
    pub length: Option<u64>,
    /// Whether the bytes of a whole file are *not* compared with its digest: by whoever does it anyway.
    pub unverified: bool,
}

/// A file on its way here.
///
/// If the connection breaks it goes on where it was, in the same version, even if there is another one by now.
pub struct Download {
    /// What file, in which version.
    pub metadata: Metadata,
    /// How many bytes come in all.
    pub length: u64,
    client: Client,
    path: RemotePath,
    rev: Rev,
    /// The next byte, and the one behind the last.
    at: u64,
    end: u64,
    /// None after they broke off.
    pieces: Option<BoxStream<'static, Result<Bytes, BodyError>>>,
    tries: Tries,
    check: Option<(ContentHasher, ContentHash)>,
}

/// What an answer brings: the file, and its bytes from `begin` to before `end`.
struct Part {
    metadata: Metadata,
    begin: u64,
    end: u64,
}

impl Client {
    /// Gets a file.
    ///
    /// # Errors
    /// [`Error`]. An offset at or behind the end is [`Range`](crate::RefusalKind::Range), unless all from 0 on is asked for.
    pub async fn download(&self, path: &RemotePath, options: &DownloadOptions) -> Result<Download, Error> {
        let last = options.length.map(|length| options.offset.saturating_add(length.max(1)) - 1);
        let call = self.files(path, options.rev.as_ref(), options.offset, last);
        let answer = self.answer(&call).await?;
        let part = Part::read(&answer)?;
        if part.begin != options.offset {
            return Err(Error::Malformed("other bytes than were asked for".to_owned()));
        }
        let end = options.length.map_or(part.end, |most| part.end.min(part.begin.saturating_add(most)));
        let file = part.metadata.file().ok_or_else(|| Error::Malformed("a folder has bytes".to_owned()))?;
        let is_whole = part.begin == 0 && end == file.bytes && !options.unverified;
        let check = file.content_hash.filter(|_| is_whole).map(|hash| (ContentHasher::new(), hash));
        Ok(Download {
            length: end - part.begin,
            client: self.clone(),
            path: path.clone(),
            rev: file.rev.clone(),
            at: part.begin,
            end,
            pieces: Some(answer.body.into_stream()),
            tries: Tries::of(self),
            check,
            metadata: part.metadata,
        })
    }

    fn files(&self, path: &RemotePath, rev: Option<&Rev>, first: u64, last: Option<u64>) -> Call {
        let call = Call::get(self.parts.server.entry("files", path))
            .with_some("rev", rev.map(Rev::as_str))
            .with_identity();
        let range = match (first, last) {
            (0, None) => return call,
            (first, None) => format!("bytes={first}-"),
            (first, Some(last)) => format!("bytes={first}-{last}"),
        };
        call.with_header(RANGE, HeaderValue::from_str(&range).expect("digits are ASCII"))
    }
}

impl Download {
    /// The next bytes; none at the end. All that there are have come then, and, if it is a whole file, have its digest.
    ///
    /// # Errors
    /// [`Error`]. If time may mend it, this may be called again: it goes on where it was.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while self.at < self.end {
            let error = match self.next_piece().await {
                Ok(bytes) if bytes.is_empty() => continue,
                Ok(bytes) => {
                    self.tries.progress();
                    self.at += bytes.len() as u64;
                    if let Some((hasher, _)) = &mut self.check {
                        hasher.update(&bytes);
                    }
                    return Ok(Some(bytes));
                }
                Err(error) => error,
            };
            self.pieces = None;
            self.tries.again(error, Repeat::Always).await?;
        }
        match &self.check {
            Some((hasher, hash)) if hasher.clone().finish() != *hash => Err(Error::Corrupted),
            _ => Ok(None),
        }
    }

    async fn next_piece(&mut self) -> Result<Bytes, Error> {
        let pieces = match &mut self.pieces {
            Some(pieces) => pieces,
            pieces => pieces.insert(self.client.go_on(&self.path, &self.rev, self.at, self.end).await?),
        };
        let Some(piece) = pieces.next().await else {
            return Err(TransportError::new(Failure::Broken, "the file ended too early").into());
        };
        let mut bytes = piece.map_err(of_body)?;
        // Of a server that does not know how to end, only what was asked for is taken.
        bytes.truncate(usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(bytes.len()));
        Ok(bytes)
    }

    /// The bytes as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        stream::try_unfold(self, |mut download| async move {
            Ok(download.chunk().await?.map(|bytes| (bytes, download)))
        })
    }
}

impl Client {
    /// The rest of a version.
    async fn go_on(
        &self,
        path: &RemotePath,
        rev: &Rev,
        at: u64,
        end: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, BodyError>>, Error> {
        let answer = self.exchange(&self.files(path, Some(rev), at, Some(end - 1)), None).await?;
        let part = Part::read(&answer)?;
        let is_same = part.metadata.file().is_some_and(|file| file.rev == *rev);
        if !is_same || (part.begin, part.end) != (at, end) {
            return Err(Error::Malformed("other bytes than were asked for".to_owned()));
        }
        Ok(answer.body.into_stream())
    }
}

impl Part {
    fn read(answer: &Answer) -> Result<Part, Error> {
        let said = answer.headers.get("x-dropbox-metadata").map_or(&b""[..], HeaderValue::as_bytes);
        let metadata = parse::<wire::Entry>(said)?.metadata()?;
        let bytes = metadata.file().map_or(0, |file| file.bytes);
        let (begin, end) = match answer.status {
            StatusCode::OK => (0, bytes),
            StatusCode::PARTIAL_CONTENT => answer
                .headers
                .get(CONTENT_RANGE)
                .and_then(|range| range_of(range.to_str().ok()?, bytes))
                .ok_or_else(|| Error::Malformed("the range of bytes is not told".to_owned()))?,
            _ => return Err(Error::Malformed("neither a file nor a part of one".to_owned())),
        };
        Ok(Part { metadata, begin, end })
    }
}

/// Reads `bytes 0-9/10`, of a file that has so many; as a begin, and an end behind the last.
fn range_of(text: &str, bytes: u64) -> Option<(u64, u64)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    let is_good = first <= last && last < bytes && total.parse() == Ok(bytes);
    is_good.then(|| (first, last + 1))
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("metadata", &self.metadata)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::range_of;

    #[test]
    fn ranges_are_of_the_file_or_none() {
        assert_eq!(range_of("bytes 0-9/10", 10), Some((0, 10)));
        assert_eq!(range_of("bytes 3-3/10", 10), Some((3, 4)));
        let bad = ["", "bytes", "bytes */10", "bytes 0-10/10", "bytes 4-3/10", "bytes 0-9/11", "bytes 0-9/*"];
        for bad in bad.into_iter().chain(["items 0-9/10", "bytes -1-9/10", "bytes 0-18446744073709551615/10"])
        {
            assert_eq!(range_of(bad, 10), None, "{bad}");
        }
    }
}
