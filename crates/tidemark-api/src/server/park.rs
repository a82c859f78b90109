//! Parking: a response whose body is not known yet, for as long as a long poll waits.
//!
//! A handler answers at once with [`park`]: the head that will be sent, and a future that yields the body. On a plain
//! HTTP/1.1 connection the server then takes the socket away from hyper, drops all of hyper's buffers (some 17 KB) and
//! keeps the socket and the future alone, about 1 KB together. Elsewhere (TLS, HTTP/2, a response still on its way
//! out) it waits where it is. Either way head and body leave together, when the future is ready.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;

/// The future that yields a parked response's body.
pub type Answer = Pin<Box<dyn Future<Output = Bytes> + Send>>;

/// Turns `head` into a response that is sent when `answer` is ready, with what it yields as the body.
///
/// `answer` must end by itself, at a timeout of its own; it is dropped when the client hangs up. `on_drain` is the body
/// to send at once when the server shuts down instead. The status and headers of `head` are sent as they are then
/// (`Content-Length`, `Date` and `Connection` are the server's), its body is ignored.
///
/// The response's own body awaits the answer too, so that a handler can be tested without a server.
pub fn park(
    head: Response,
    answer: impl Future<Output = Bytes> + Send + 'static,
    on_drain: Bytes,
) -> Response {
    let slot = Slot(Arc::new(Mutex::new(Some(Parked { answer: Box::pin(answer), on_drain }))));
    let (mut parts, _) = head.into_parts();
    parts.extensions.insert(slot.clone());
    Response::from_parts(parts, Body::new(AwaitedBody { slot }))
}

/// What a parked connection waits for.
pub(super) struct Parked {
    pub(super) answer: Answer,
    pub(super) on_drain: Bytes,
}

/// Carries a [`Parked`] from the handler to whoever sends the response. Extensions must be `Clone` and `Sync`, which a
/// future isn't; the first taker gets it.
#[derive(Clone)]
pub(super) struct Slot(Arc<Mutex<Option<Parked>>>);

impl Slot {
    pub(super) fn take(&self) -> Option<Parked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}

/// Whether `response` was made by [`park`] and not sent yet.
pub fn is_parked(response: &Response) -> bool {
    response.extensions().get::<Slot>().is_some()
}

/// The body of a parked response that nobody took apart: it yields the answer when that is ready.
struct AwaitedBody {
    slot: Slot,
}

impl http_body::Body for AwaitedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut parked = self.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = parked.as_mut() else { return Poll::Ready(None) };
        let body = ready!(waiting.answer.as_mut().poll(cx));
        *parked = None;
        Poll::Ready(Some(Ok(Frame::data(body))))
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use tokio::sync::oneshot;

    use super::*;

    /// Without a server, as in a test of a handler, the body is the answer; the head is there at once.
    #[tokio::test]
    async fn the_body_awaits_the_answer() {
        let (tell, told) = oneshot::channel::<()>();
        let answer = async move {
            told.await.unwrap();
            Bytes::from_static(b"told")
        };
        let response = park([("x-head", "kept")].into_response(), answer, Bytes::new());
        assert!(is_parked(&response));
        assert_eq!(response.headers()["x-head"], "kept");
        let reading = tokio::spawn(axum::body::to_bytes(response.into_body(), 100));
        tell.send(()).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), "told");
    }
}
