//! One request and its answer: between hyper and the router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use http::header::{CONNECTION, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};
use http_body::{Frame, SizeHint};
use hyper::body::{Body as _, Incoming};
use tower::Service as _;

use super::Shared;
use super::body::RequestBody;
use super::drain::{Phase, Watch};
use super::park::{Answer, Parked, Slot};
use super::wire::{BodyState, ExchangeGuard, Wire};

/// What a handler may want to know of the connection; an extension of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The other end of the socket, which may be a proxy.
    pub peer: SocketAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// What hyper calls for each request of a connection.
pub(super) struct Service {
    pub(super) shared: Arc<Shared>,
    pub(super) wire: Arc<Wire>,
    pub(super) info: ConnectionInfo,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = http::Response<ResponseBody>;
    type Error = Infallible;
    type Future = Exchange;

    fn call(&self, request: Request<Incoming>) -> Exchange {
        let (mut parts, incoming) = request.into_parts();
        parts.extensions.insert(self.info);
        let http1 = parts.version < Version::HTTP_2;
        let has_body = !incoming.is_end_stream();
        let guard = self.wire.begin(if has_body && http1 { BodyState::Open } else { BodyState::Done });
        let parking = (http1 && !self.info.tls && parts.method != Method::HEAD)
            .then(|| Parking { http10: parts.version == Version::HTTP_10, keep_alive: keeps_alive(&parts) });
        let body = if has_body {
            let awaits_continue = parts
                .headers
                .get(EXPECT)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
            let wire = http1.then(|| self.wire.clone());
            Body::new(RequestBody::new(incoming, &self.shared.limits, wire, awaits_continue))
        } else {
            Body::empty()
        };
        let handling = self.shared.router.clone().call(Request::from_parts(parts, body));
        Exchange {
            shared: self.shared.clone(),
            guard: Some(guard),
            parking,
            state: State::Handling(Box::pin(handling)),
        }
    }
}

/// How the connection goes on after a parked answer, which hyper will not decide then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parking {
    pub(super) http10: bool,
    pub(super) keep_alive: bool,
}

/// As hyper decides it. A `Transfer-Encoding` beside a `Content-Length`, which hyper has removed by now, is how requests
/// are smuggled: such a connection is not kept.
fn keeps_alive(request: &http::request::Parts) -> bool {
    let asks_for = |token| connection_has(&request.headers, token);
    match request.version {
        Version::HTTP_10 => asks_for("keep-alive") && !asks_for("close"),
        _ => !asks_for("close") && !request.headers.contains_key(TRANSFER_ENCODING),
    }
}

/// Whether a `Connection` header lists `token`.
pub(super) fn connection_has(headers: &HeaderMap, token: &str) -> bool {
    let listed = |list: &str| list.split(',').any(|item| item.trim().eq_ignore_ascii_case(token));
    headers.get_all(CONNECTION).iter().any(|value| value.to_str().is_ok_and(listed))
}

/// A request in progress.
pub(super) struct Exchange {
    shared: Arc<Shared>,
    guard: Option<ExchangeGuard>,
    /// Whether and how its connection may be parked.
    parking: Option<Parking>,
    state: State,
}

enum State {
    Handling(Pin<Box<RouteFuture<Infallible>>>),
    /// The answer's body is awaited, here unless the driver takes it away to park the connection.
    Waiting(SharedWaiting, Option<Watch>),
}

/// A response that waits for its body. Shared between the exchange, which waits in place, and the connection's driver,
/// which takes it out to park the connection.
pub(super) type SharedWaiting = Arc<Mutex<Option<Waiting>>>;

pub(super) struct Waiting {
    pub(super) head: http::response::Parts,
    pub(super) parked: Parked,
    pub(super) parking: Option<Parking>,
}

impl Future for Exchange {
    type Output = Result<http::Response<ResponseBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let State::Handling(handling) = &mut this.state {
            let mut response = ready!(poll_caught(handling.as_mut(), cx));
            let parked = response.extensions_mut().remove::<Slot>().and_then(|slot| slot.take());
            let Some(parked) = parked else { return this.finish(response) };
            this.wait(response, parked);
        }
        let State::Waiting(waiting, watch) = &mut this.state else {
            unreachable!("the answer is awaited by now")
        };
        let mut slot = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken by the driver, which drops this exchange next.
        let Some(inner) = slot.as_mut() else { return Poll::Pending };
        let body = match poll_answer(&mut inner.parked.answer, cx) {
            Poll::Ready(Some(body)) => body,
            Poll::Ready(None) => inner.parked.on_drain.clone(),
            Poll::Pending => {
                // A plain HTTP/1 connection's task is watching already.
                if inner.parking.is_some() && !this.shared.drain.reached(Phase::Draining) {
                    return Poll::Pending;
                }
                ready!(this.shared.drain.poll_reached(Phase::Draining, watch, cx));
                inner.parked.on_drain.clone()
            }
        };
        let head = slot.take().expect("it was there a moment ago").head;
        drop(slot);
        let response = Response::from_parts(head, Body::from(body));
        this.finish(response)
    }
}

impl Exchange {
    fn wait(&mut self, response: Response, parked: Parked) {
        let guard = self.guard.as_ref().expect("the guard is kept until the answer is there");
        // What is left of a request's body must not be taken for the next request.
        let parking = self.parking.filter(|_| guard.wire().body() == BodyState::Done);
        let (head, _) = response.into_parts();
        let waiting = Arc::new(Mutex::new(Some(Waiting { head, parked, parking })));
        if parking.is_some() {
            guard.wire().offer(waiting.clone());
        }
        self.state = State::Waiting(waiting, None);
    }

    fn finish(&mut self, mut response: Response) -> Poll<Result<http::Response<ResponseBody>, Infallible>> {
        let guard = self.guard.take();
        if guard.as_ref().is_some_and(|guard| guard.wire().body() == BodyState::Abandoned) {
            // Hyper is going to close, but notices too late to say so.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response.map(|body| ResponseBody { body, guard })))
    }
}

/// Polls the router; where it panics, it has failed its own request only. (What an observed handler does is caught by
/// `telemetry`, which writes it down.)
fn poll_caught(handling: Pin<&mut RouteFuture<Infallible>>, cx: &mut Context<'_>) -> Poll<Response> {
    match std::panic::catch_unwind(AssertUnwindSafe(|| handling.poll(cx))) {
        Ok(response) => response.map(|response| response.unwrap_or_else(|never| match never {})),
        Err(_) => {
            tracing::error!("a handler panicked");
            Poll::Ready(empty_response(StatusCode::INTERNAL_SERVER_ERROR))
        }
    }
}

/// Polls an answer; one that panics is none, and the wait ends as a shutdown would end it.
pub(super) fn poll_answer(answer: &mut Answer, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
    match std::panic::catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
        Ok(body) => body.map(Some),
        Err(_) => {
            tracing::error!("a parked answer panicked");
            Poll::Ready(None)
        }
    }
}

fn empty_response(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// An answer's body, which keeps its exchange in progress until hyper has taken all of it.
pub(super) struct ResponseBody {
    body: Body,
    guard: Option<ExchangeGuard>,
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let (Poll::Ready(Some(_)), Some(guard)) = (&frame, &mut self.guard) {
            guard.note_sending();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
