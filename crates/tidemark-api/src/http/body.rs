//! Reading a request's body: whole up to a limit, or chunk by chunk.
//!
//! The server puts deadlines around every body before a handler sees it, so that reading one always ends; these
//! helpers add the limit on its size and turn what went wrong into a [`BodyError`].

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::StatusCode;
use http_body::Body as _;

pub use axum::body::Body;

/// Why a body can't be read to its end. Each is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing arrived for longer than the server waits.
    #[error("request body stopped arriving")]
    Idle,
    /// It arrived, but at less than the minimum rate.
    #[error("request body arrived too slowly")]
    TooSlow,
    /// It is longer than the reader takes.
    #[error("request body is longer than {limit} bytes")]
    TooLarge {
        /// How many bytes the reader takes.
        limit: u64,
    },
    /// Its framing is broken: an invalid chunk size, for one.
    #[error("request body is malformed")]
    Malformed,
    /// The client went away, or reset the stream, before the end.
    #[error("client disconnected before the end of the request body")]
    Disconnected,
}

impl BodyError {
    /// What it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            BodyError::Idle | BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            // Nobody is there to read the answer to the latter.
            BodyError::Malformed | BodyError::Disconnected => StatusCode::BAD_REQUEST,
        }
    }

    /// Finds the reason in an error of [`Body`], which wraps whatever its inner body reported.
    pub fn from_axum(error: &axum::Error) -> Self {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<Self>() {
                return *found;
            }
            cause = error.source();
        }
        Self::Disconnected
    }
}

/// Reads a whole body of at most `limit` bytes into memory.
///
/// # Errors
/// [`BodyError::TooLarge`] as soon as it is known (a declared length is believed before anything is read), and
/// whatever ended the body early.
pub async fn read(body: Body, limit: u64) -> Result<Bytes, BodyError> {
    let mut body = limited(body, limit)?;
    let Some(first) = body.chunk().await? else { return Ok(Bytes::new()) };
    let Some(second) = body.chunk().await? else { return Ok(first) };
    // Grown as bytes arrive: a declared length costs the sender nothing, so it buys no memory.
    let mut whole = BytesMut::from(first);
    whole.extend_from_slice(&second);
    while let Some(chunk) = body.chunk().await? {
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// A stream of a body's chunks that fails beyond `limit` bytes.
///
/// # Errors
/// [`BodyError::TooLarge`] if the body declares to be longer.
pub fn limited(body: Body, limit: u64) -> Result<LimitedBody, BodyError> {
    if body.size_hint().lower() > limit {
        return Err(BodyError::TooLarge { limit });
    }
    Ok(LimitedBody { body, limit, received: 0 })
}

/// See [`limited`].
#[derive(Debug)]
pub struct LimitedBody {
    body: Body,
    limit: u64,
    received: u64,
}

impl LimitedBody {
    /// The next chunk, never an empty one; none at the end.
    ///
    /// # Errors
    /// Whatever ended the body early; after that it is over.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        self.next().await.transpose()
    }

    /// How many bytes have been handed out.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The length that the request declared, if it did and the body has not been touched yet.
    pub fn declared(&self) -> Option<u64> {
        self.body.size_hint().exact().map(|rest| self.received + rest)
    }
}

impl Stream for LimitedBody {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    self.body = Body::empty();
                    return Poll::Ready(Some(Err(BodyError::from_axum(&error))));
                }
                Some(Ok(frame)) => frame,
            };
            // Trailers carry nothing for us.
            let Ok(chunk) = frame.into_data() else { continue };
            if chunk.is_empty() {
                continue;
            }
            self.received += chunk.len() as u64;
            if self.received > self.limit {
                self.body = Body::empty();
                return Poll::Ready(Some(Err(BodyError::TooLarge { limit: self.limit })));
            }
            return Poll::Ready(Some(Ok(chunk)));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn chunked(chunks: &[&'static str]) -> Body {
        let chunks: Vec<_> =
            chunks.iter().map(|c| Ok::<_, BodyError>(Bytes::from_static(c.as_bytes()))).collect();
        Body::from_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn reads_up_to_the_limit() {
        assert_eq!(read(chunked(&["ab", "", "c", "d"]), 4).await.unwrap(), "abcd");
        assert_eq!(read(chunked(&["abcd"]), 4).await.unwrap(), "abcd");
        assert_eq!(read(Body::empty(), 0).await.unwrap(), "");
        assert_eq!(read(chunked(&["ab", "cde"]), 4).await, Err(BodyError::TooLarge { limit: 4 }));
    }

    #[tokio::test]
    async fn a_declared_length_is_refused_at_once() {
        assert_eq!(limited(Body::from("abcde"), 4).unwrap_err(), BodyError::TooLarge { limit: 4 });
        let mut body = limited(Body::from("abcd"), 4).unwrap();
        assert_eq!(body.declared(), Some(4));
        assert_eq!(body.chunk().await.unwrap().unwrap(), "abcd");
        assert_eq!((body.chunk().await, body.received()), (Ok(None), 4));
    }

    #[tokio::test]
    async fn finds_the_reason_through_layers() {
        let inner = Body::from_stream(stream::iter([Ok(Bytes::from_static(b"a")), Err(BodyError::TooSlow)]));
        assert_eq!(read(Body::new(inner), 9).await, Err(BodyError::TooSlow));
    }

    #[tokio::test]
    async fn an_error_ends_the_stream() {
        let mut body = limited(chunked(&["abc", "d"]), 2).unwrap();
        assert_eq!(body.chunk().await, Err(BodyError::TooLarge { limit: 2 }));
        assert_eq!(body.chunk().await, Ok(None));
    }
}
