//! HTTP/2 on a connection, which TLS negotiates.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Instant;

use super::Shared;
use super::alarm::Alarm;
use super::drain::Phase;
use super::exchange::{ConnectionInfo, Service};
use super::io::{Io, Stream};
use super::limits::Limits;
use super::wire::{Reason, Wire};

/// Streams that a client may open and reset at once before the connection is ended, so that resetting is not a way to
/// make the server work for nothing.
const RESETS_MAX: usize = 32;

/// Hyper's settings for HTTP/2.
pub(super) fn builder(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams_max)
        .max_header_list_size(u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_local_error_reset_streams(RESETS_MAX * 8)
        .initial_stream_window_size(limits.http2_window_bytes)
        .initial_connection_window_size(limits.http2_window_bytes.saturating_mul(4).min(i32::MAX as u32))
        .max_send_buf_size(limits.buffer_bytes_max)
        .keep_alive_interval(limits.http2_ping_interval)
        .keep_alive_timeout(limits.http2_ping_interval);
    builder
}

/// The driver of an HTTP/2 connection.
pub(super) struct Http2 {
    conn: http2::Connection<TokioIo<Io>, Service, TokioExecutor>,
    wire: Arc<Wire>,
    alarm: Alarm,
    /// Since when it has been asked to go away.
    closing_since: Option<Instant>,
}

impl Http2 {
    pub(super) fn new(shared: &Arc<Shared>, stream: Stream, info: ConnectionInfo) -> Self {
        let wire = shared.wire(0);
        let service = Service { shared: shared.clone(), wire: wire.clone(), info };
        let io =
            TokioIo::new(Io { stream, buffered: bytes::Bytes::new(), wire: wire.clone(), keep_open: false });
        let conn = shared.http2.serve_connection(io, service);
        Self { conn, wire, alarm: Alarm::default(), closing_since: None }
    }

    /// Ready when the connection is over.
    pub(super) fn poll(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Poll::Ready(outcome) = Pin::new(&mut self.conn).poll(cx) {
                if let Err(error) = outcome {
                    tracing::debug!(%error, "connection failed");
                }
                return Poll::Ready(());
            }
            if self.closing_since.is_none() && shared.drain.reached(Phase::Draining) {
                self.go_away();
                continue;
            }
            let due = match (self.wire.http2_deadline(&shared.limits), self.closing_since) {
                // Every stream is done and the client was told; what keeps it is its own affair.
                (Some((_, Reason::Quiet)), Some(since)) => {
                    Some((since + shared.limits.linger_timeout, Reason::Quiet))
                }
                (due, _) => due,
            };
            if self.alarm.poll(due.map(|(at, _)| at), cx).is_pending() {
                return Poll::Pending;
            }
            match due {
                Some((_, Reason::Quiet)) if self.closing_since.is_none() => self.go_away(),
                _ => return Poll::Ready(()),
            }
        }
    }

    fn go_away(&mut self) {
        self.closing_since = Some(Instant::now());
        Pin::new(&mut self.conn).graceful_shutdown();
    }
}
