//! HTTP/1 on a connection, from the first byte of a request until there is nothing more to do for hyper.
//!
//! Hyper's connection costs some 17 KB, so it exists only while a request is being read, handled or answered. It is
//! taken apart when an answer is parked, and when the connection has been quiet for a second.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWrite as _;
use tokio::time::Instant;

use super::Shared;
use super::alarm::Alarm;
use super::drain::Phase;
use super::exchange::{ConnectionInfo, Service, Waiting};
use super::io::{Io, Stream};
use super::limits::Limits;
use super::wire::{BodyState, Reason, Wire};

type Connection = http1::Connection<TokioIo<Io>, Service>;

/// Answered by hand when a request's head does not arrive in time: hyper would only hang up.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// How a connection goes on after hyper.
pub(super) enum After {
    /// It waits for its next request, of which `buffered` was read.
    Idle { stream: Stream, buffered: Bytes },
    /// An answer is awaited.
    Park { stream: Stream, buffered: Bytes, waiting: Waiting },
    /// It is over; what still arrives is read for a moment if the client may be sending.
    Close { stream: Stream, linger: bool },
    /// It is broken.
    Gone,
}

/// Hyper's settings for HTTP/1.
pub(super) fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // The driver has its own deadlines, which tell an idle connection from a slow one.
        .header_read_timeout(None)
        // There are clients that find `Retry-After` in no other spelling.
        .title_case_headers(true)
        .max_header_size(limits.head_bytes_max)
        .max_headers(limits.head_fields_max)
        .max_buf_size(limits.buffer_bytes_max.max(limits.head_bytes_max).max(8192));
    builder
}

/// The driver of a connection that hyper runs.
pub(super) struct Http1 {
    /// Taken when it ends.
    conn: Option<Connection>,
    wire: Arc<Wire>,
    alarm: Alarm,
    discard: Option<Discard>,
    /// Told to close after the current answer.
    closing: bool,
    /// A body was longer than what is discarded.
    cut_off: bool,
}

impl Http1 {
    pub(super) fn new(shared: &Arc<Shared>, stream: Stream, buffered: Bytes, info: ConnectionInfo) -> Self {
        let wire = shared.wire(buffered.len());
        let service = Service { shared: shared.clone(), wire: wire.clone(), info };
        let io = TokioIo::new(Io { stream, buffered, wire: wire.clone(), keep_open: true });
        let conn = Some(shared.http1.serve_connection(io, service));
        Self { conn, wire, alarm: Alarm::default(), discard: None, closing: false, cut_off: false }
    }

    pub(super) fn poll(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<After> {
        loop {
            let conn = self.conn.as_mut().expect("polled until it ends");
            if let Poll::Ready(outcome) = Pin::new(&mut *conn).poll(cx) {
                return Poll::Ready(self.ended(outcome, shared));
            }
            if !self.closing && shared.drain.reached(Phase::Draining) {
                if self.wire.is_quiet() {
                    // Not ended by hyper, which would not look whether a request is arriving.
                    let (stream, buffered) = self.take_apart();
                    return Poll::Ready(After::Idle { stream, buffered });
                }
                self.closing = true;
                Pin::new(conn).graceful_shutdown();
                continue;
            }
            if let Some(waiting) = self.take_parkable() {
                let (stream, buffered) = self.take_apart();
                return Poll::Ready(After::Park { stream, buffered, waiting });
            }
            if self.poll_discard(&shared.limits, cx) {
                continue;
            }
            let due = self.wire.http1_deadline(&shared.limits);
            if self.alarm.poll(due.map(|(at, _)| at), cx).is_pending() {
                return Poll::Pending;
            }
            match due.map(|(_, reason)| reason) {
                Some(Reason::Quiet) => {
                    let (stream, buffered) = self.take_apart();
                    return Poll::Ready(After::Idle { stream, buffered });
                }
                Some(Reason::Head) => {
                    shared.metrics.heads_refused.increment(1);
                    let (mut stream, _) = self.take_apart();
                    // A few bytes into an empty buffer; who doesn't even take these gets nothing.
                    let _ = Pin::new(&mut stream).poll_write(cx, REQUEST_TIMEOUT);
                    return Poll::Ready(After::Close { stream, linger: true });
                }
                Some(Reason::Blocked) | None => return Poll::Ready(After::Gone),
            }
        }
    }

    fn take_parkable(&mut self) -> Option<Waiting> {
        // Not while it is being told to close: the exchange answers in place then.
        if self.closing {
            return None;
        }
        let waiting = self.wire.take_parkable()?;
        waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// Takes the stream back from hyper, and what hyper read of the next request.
    fn take_apart(&mut self) -> (Stream, Bytes) {
        let parts = self.conn.take().expect("taken apart once").into_parts();
        let io = parts.io.into_inner();
        (io.stream, join(&parts.read_buf, &io.buffered))
    }

    fn ended(&mut self, outcome: hyper::Result<()>, shared: &Shared) -> After {
        let linger = match outcome {
            Ok(()) => !self.cut_off,
            // Hyper has answered with a 400 or a 431.
            Err(error) if error.is_parse() || error.is_parse_too_large() => {
                shared.metrics.heads_refused.increment(1);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "connection failed");
                return After::Gone;
            }
        };
        let (stream, _) = self.take_apart();
        After::Close { stream, linger }
    }

    /// Throws away a body that its handler did not want, within limits. Whether hyper can go on.
    fn poll_discard(&mut self, limits: &Limits, cx: &mut Context<'_>) -> bool {
        if self.discard.is_none() {
            self.discard = self.wire.take_leftover(cx).map(|body| Discard::new(body, limits));
        }
        let Some(discard) = &mut self.discard else { return false };
        match discard.poll(cx) {
            Progress::None => return false,
            Progress::Some => return true,
            Progress::End => self.wire.note_body(BodyState::Done),
            Progress::CutOff => {
                self.cut_off = true;
                self.wire.note_body(BodyState::Abandoned);
            }
        }
        self.discard = None;
        true
    }
}

/// Copies what is left to read into as little memory as it takes: hyper's buffer is at least 8 KB.
fn join(first: &[u8], second: &[u8]) -> Bytes {
    if first.is_empty() && second.is_empty() {
        return Bytes::new();
    }
    let mut joined = BytesMut::with_capacity(first.len() + second.len());
    joined.extend_from_slice(first);
    joined.extend_from_slice(second);
    joined.freeze()
}

/// A body that is read and thrown away.
struct Discard {
    body: Incoming,
    bytes_left: u64,
    until: Instant,
    alarm: Alarm,
}

enum Progress {
    None,
    Some,
    End,
    CutOff,
}

impl Discard {
    fn new(body: Incoming, limits: &Limits) -> Self {
        let until = Instant::now() + limits.discard_timeout;
        Self { body, bytes_left: limits.discard_bytes_max, until, alarm: Alarm::default() }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Progress {
        let mut progress = Progress::None;
        while let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            match frame {
                Some(Ok(frame)) => {
                    let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                    let Some(left) = self.bytes_left.checked_sub(bytes) else { return Progress::CutOff };
                    self.bytes_left = left;
                    progress = Progress::Some;
                }
                Some(Err(_)) => return Progress::CutOff,
                None => return Progress::End,
            }
        }
        if self.alarm.poll(Some(self.until), cx).is_ready() { Progress::CutOff } else { progress }
    }
}
