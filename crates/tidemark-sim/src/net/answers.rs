//! Answers as they arrive.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode};
use tidemark_client::{Body, BodyError, Failure, TransportError};
use tokio::time::sleep;

/// As the server sent it.
pub(super) fn whole(head: Response<()>, body: Bytes) -> Response<Body> {
    head.map(|()| Body::Bytes(body))
}

/// In small pieces, with pauses.
pub(super) fn slow(head: Response<()>, body: Bytes) -> Response<Body> {
    let length = Some(body.len() as u64);
    let piece = body.len().div_ceil(4).max(1);
    let pieces = stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        sleep(Duration::from_millis(300)).await;
        let some = rest.split_to(piece.min(rest.len()));
        Some((Ok(some), rest))
    });
    head.map(|()| Body::Stream { length, stream: pieces.boxed() })
}

/// Up to a byte; then the connection breaks.
pub(super) fn cut(head: Response<()>, body: &Bytes, at: usize) -> Response<Body> {
    let length = Some(body.len() as u64);
    let broken = TransportError::new(Failure::Broken, "the connection was reset");
    let pieces = [Ok(body.slice(..at)), Err(BodyError::Transport(broken))];
    head.map(|()| Body::Stream { length, stream: stream::iter(pieces).boxed() })
}

/// With a byte that is another one than the server sent.
pub(super) fn flipped(head: Response<()>, body: Bytes, at: usize) -> Response<Body> {
    let mut bytes = Vec::from(body);
    bytes[at] ^= 0x20;
    whole(head, bytes.into())
}

/// What a proxy says when it could not ask the server, or has lost its answer.
pub(super) fn unavailable(retry_after: Option<u64>) -> Response<Body> {
    refusal(super::BAD_GATEWAY, retry_after)
}

/// What somebody says who is asked too often.
pub(super) fn too_many(retry_after: Option<u64>) -> Response<Body> {
    refusal(StatusCode::TOO_MANY_REQUESTS, retry_after)
}

fn refusal(status: StatusCode, retry_after: Option<u64>) -> Response<Body> {
    let mut response = Response::new(Body::Bytes(Bytes::from_static(b"<html>not now</html>")));
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
