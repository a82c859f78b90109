//! The layer around every request: its id, its line in the access log, its part in the metrics.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, StatusCode, Uri};
use http_body::{Body as _, Frame, SizeHint};
use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use tower::{Layer, Service};
use tracing::Level;

use super::inspector::{Ending, Inspection, Inspector, Watched};
use super::request_id::{self, IdHeader, RequestId, RequestIds};
use crate::refusals;
use crate::server::{ConnectionInfo, is_parked};

/// The target of access log lines, so that they can be switched and routed apart.
const TARGET: &str = "access";

/// Which kind of endpoint answered: an extension of a response, the label `route` of the metrics. Always a fixed word,
/// never anything that a client chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteClass(pub &'static str);

impl RouteClass {
    /// Health checks and scrapes: logged for debugging only.
    pub(super) const HEALTH: Self = Self("health");
    /// Whatever says nothing of itself.
    const OTHER: Self = Self("other");
}

/// Wraps each route in an [`Access`].
#[derive(Clone)]
pub(super) struct AccessLayer(Arc<Observer>);

impl AccessLayer {
    pub(super) fn new(ids: RequestIds, inspector: Option<Arc<Inspector>>) -> Self {
        describe_counter!(
            "http_requests_total",
            "Requests answered, by kind of endpoint, method and status."
        );
        describe_histogram!(
            "http_request_seconds",
            Unit::Seconds,
            "Time from a request's head to its answer's."
        );
        Self(Arc::new(Observer { ids, inspector, recorders: RwLock::default() }))
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = Access<S>;

    fn layer(&self, inner: S) -> Access<S> {
        Access { inner, observer: self.0.clone() }
    }
}

/// See [`AccessLayer`].
#[derive(Clone)]
pub(super) struct Access<S> {
    inner: S,
    observer: Arc<Observer>,
}

impl<S> Service<Request> for Access<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let started = Instant::now();
        let id = self.observer.ids.next();
        request.extensions_mut().insert(id);
        let watched = self.observer.watch(&mut request);
        let record = Record {
            id,
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer: request.extensions().get::<ConnectionInfo>().map(|info| info.peer),
            started,
        };
        // One that panics has failed its own request only, and that is a line of the log like others.
        let answering = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        let observer = self.observer.clone();
        Box::pin(async move {
            let response = match answering.await {
                Ok(answer) => answer?,
                Err(_) => {
                    tracing::error!(%id, "a handler panicked");
                    refusals::broken(record.uri.path())
                }
            };
            Ok(observer.observe(record, watched, response))
        })
    }
}

struct Observer {
    ids: RequestIds,
    inspector: Option<Arc<Inspector>>,
    /// Looking a metric up by its labels is much dearer than counting, so each is looked up once.
    recorders: RwLock<HashMap<Labels, Recorders>>,
}

type Labels = (RouteClass, &'static str, StatusCode);

#[derive(Clone)]
struct Recorders {
    requests: Counter,
    seconds: Histogram,
}

impl Observer {
    fn watch(&self, request: &mut Request) -> Option<Watched> {
        self.inspector.as_ref().map(|inspector| Watched::begin(inspector, request))
    }

    fn observe(&self, record: Record, watched: Option<Watched>, mut response: Response) -> Response {
        let class = response.extensions().get().copied().unwrap_or(RouteClass::OTHER);
        self.count((class, method_label(&record.method), response.status()), record.started.elapsed());
        let own = response.extensions().get().map(|IdHeader(name)| name.clone());
        response.headers_mut().insert(own.unwrap_or(request_id::HEADER), record.id.to_header());
        response.extensions_mut().insert(record.id);
        let is_logged = match class {
            RouteClass::HEALTH => tracing::enabled!(target: TARGET, Level::DEBUG),
            _ => tracing::enabled!(target: TARGET, Level::INFO),
        };
        let status = response.status();
        let inspection = watched.and_then(|watched| watched.inspect(status));
        if !is_logged && inspection.is_none() {
            return response;
        }
        let mut line =
            Line { record, class, status, bytes: 0, outcome: Outcome::Complete, is_logged, inspection };
        if is_parked(&response) {
            // Told now: keeping the line for as long as the poll waits would double what the poll costs.
            line.outcome = Outcome::Parked;
            line.end();
            return response;
        }
        // Of an answer to HEAD, the body is never asked for.
        if response.body().is_end_stream() || line.record.method == Method::HEAD {
            line.end();
            return response;
        }
        line.outcome = Outcome::Aborted;
        response.map(|body| Body::new(LoggedBody { body, line }))
    }

    fn count(&self, labels: Labels, elapsed: Duration) {
        let recorders = self.recorders.read().unwrap_or_else(PoisonError::into_inner).get(&labels).cloned();
        let recorders = recorders.unwrap_or_else(|| {
            let (RouteClass(route), method, status) = labels;
            let status = status.as_str().to_owned();
            let made = Recorders {
                requests: counter!("http_requests_total", "route" => route, "method" => method, "status" => status),
                seconds: histogram!("http_request_seconds", "route" => route),
            };
            self.recorders.write().unwrap_or_else(PoisonError::into_inner).entry(labels).or_insert(made).clone()
        });
        recorders.requests.increment(1);
        recorders.seconds.record(elapsed.as_secs_f64());
    }
}

/// A method as a label: a client may invent methods, but not labels.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// What is known of a request before it is answered.
struct Record {
    id: RequestId,
    method: Method,
    uri: Uri,
    peer: Option<SocketAddr>,
    started: Instant,
}

/// A line of the access log in the making, and what the inspector is to know.
struct Line {
    record: Record,
    class: RouteClass,
    status: StatusCode,
    bytes: u64,
    outcome: Outcome,
    is_logged: bool,
    inspection: Option<Inspection>,
}

/// What became of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Complete,
    Aborted,
    Parked,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Outcome::Complete => "complete",
            Outcome::Aborted => "aborted",
            Outcome::Parked => "parked",
        }
    }
}

impl Line {
    /// The answer is over.
    fn end(&self) {
        if self.is_logged {
            self.log();
        }
        if let Some(inspection) = &self.inspection {
            inspection.end(&Ending {
                method: &self.record.method,
                path: without_secrets(self.record.uri.path()),
                route: self.class.0,
                status: self.status,
                took: self.record.started.elapsed(),
                sent: self.bytes,
                is_complete: self.outcome != Outcome::Aborted,
            });
        }
    }

    fn log(&self) {
        let Record { id, method, uri, peer, started } = &self.record;
        let peer = peer.map(tracing::field::display);
        let RouteClass(route) = self.class;
        let (status, bytes, outcome) = (self.status.as_u16(), self.bytes, self.outcome.word());
        // To the microsecond: rounded last, or binary fractions show as a tail of digits.
        let millis = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        // The path alone: what follows it may hold tokens.
        let path = without_secrets(uri.path());
        if self.class == RouteClass::HEALTH {
            tracing::debug!(target: TARGET, %id, peer, %method, path, route, status, bytes, millis, outcome, "answered");
        } else {
            tracing::info!(target: TARGET, %id, peer, %method, path, route, status, bytes, millis, outcome, "answered");
        }
    }
}

/// A path as far as it may be logged: whoever knows the address of something shared may read it, so none is written down.
fn without_secrets(path: &str) -> &str {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next()) {
        (Some("s"), Some(_)) => "/s/...",
        (Some("l"), Some(_)) => "/l/...",
        (Some("v"), Some(_)) => "/v/...",
        (Some("0" | "1"), Some("view")) => "/1/view/...",
        (Some("d"), Some("1")) => "/d/1/...",
        _ => path,
    }
}

/// An answer's body, logged when the connection has taken all of it, or none of it any more.
struct LoggedBody {
    body: Body,
    line: Line,
}

impl http_body::Body for LoggedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.line.bytes += data.len() as u64;
                    if let Some(inspection) = &mut self.line.inspection {
                        inspection.see(data);
                    }
                }
                if self.body.is_end_stream() {
                    self.line.outcome = Outcome::Complete;
                }
            }
            Poll::Ready(None) => self.line.outcome = Outcome::Complete,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
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

impl Drop for LoggedBody {
    fn drop(&mut self) {
        self.line.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_what_is_shared_are_not_logged() {
        for (path, logged) in [
            ("/s/abcdefghij01234/name/dir", "/s/..."),
            ("//s//abcdefghij01234", "/s/..."),
            ("/l/abcdefghij01234", "/l/..."),
            ("/v/our-plans", "/v/..."),
            ("/1/view/token/name", "/1/view/..."),
            ("//0///view/token/name", "/1/view/..."),
            ("/d/1/token/download", "/d/1/..."),
            ("/1/files/auto/view", "/1/files/auto/view"),
            ("/s", "/s"),
            ("/", "/"),
        ] {
            assert_eq!(without_secrets(path), logged);
        }
    }
}
