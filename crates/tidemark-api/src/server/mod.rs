//! The server: sockets in, requests to the router, answers out, each of them bounded.
//!
//! [`Server::run`] accepts connections itself and gives each to hyper only while there is a request to serve. Every wait
//! has a deadline and every size a limit ([`Limits`]); a long poll is parked on its bare socket ([`park()`]); a shutdown
//! answers what waits and lets finish what runs ([`Drain`]). Nothing in here knows a protocol above HTTP.
//!
//! Start reading at `connection`, the life of one connection. `wire` explains how its driver watches hyper.

mod accept;
mod alarm;
mod body;
mod connection;
mod drain;
mod exchange;
mod http1;
mod http2;
mod io;
mod limits;
mod park;
mod parked;
mod slots;
pub mod tls;
mod wire;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioExecutor;
use metrics::{Counter, Gauge};
use rustls::ServerConfig;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

pub use self::accept::bind;
pub use self::drain::Drain;
use self::drain::Phase;
pub use self::exchange::ConnectionInfo;
pub use self::limits::{Limits, raise_open_files_limit};
pub use self::park::{Answer, is_parked, park};
use self::parked::LastTexts;
use self::slots::Slots;
use self::wire::Wire;
use crate::http::date::{WallClock, system_clock};

/// Files that the process needs besides connections: stores, blocks, logs.
const FILES_RESERVED: u64 = 512;

/// A server, not started yet.
#[derive(Debug)]
pub struct Server {
    router: Router,
    limits: Limits,
    tls: Option<Arc<ServerConfig>>,
    drain: Drain,
    clock: WallClock,
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that did not end in time and were cut off.
    pub cut_off: usize,
}

impl Server {
    /// A server of plain HTTP.
    pub fn new(router: Router, limits: Limits) -> Self {
        Self { router, limits, tls: None, drain: Drain::new(), clock: system_clock }
    }

    /// Serves TLS instead; see [`tls::load`].
    #[must_use]
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Tells of its shutdown through `drain`, which whoever answers for readiness holds a clone of.
    #[must_use]
    pub fn drain(mut self, drain: Drain) -> Self {
        self.drain = drain;
        self
    }

    /// Reads the time for `Date` from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: WallClock) -> Self {
        self.clock = clock;
        self
    }

    /// Serves until `shutdown` is ready and everything in progress has ended or run out of time. Raises the process's
    /// limit on open files first.
    ///
    /// # Errors
    /// When a listener can't be used. Nothing else ends a server.
    pub async fn run(
        mut self,
        listeners: Vec<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> std::io::Result<Drained> {
        self.fit_open_files();
        let shared = Arc::new(Shared::new(self));
        let mut accepting = Vec::new();
        // Whoever drops this future wants everything gone.
        let _close = CloseOnDrop(shared.drain.clone());
        for listener in listeners {
            listener.set_nonblocking(true)?;
            accept::probe_silent_clients(&listener);
            let listener = tokio::net::TcpListener::from_std(listener)?;
            accepting.push(tokio::spawn(accept::run(listener, shared.clone())));
        }
        shutdown.await;
        Ok(shared.shut_down(accepting).await)
    }

    fn fit_open_files(&mut self) {
        let files = raise_open_files_limit();
        let room = usize::try_from(files.saturating_sub(FILES_RESERVED).max(files / 2)).unwrap_or(usize::MAX);
        if room < self.limits.connections_max {
            tracing::info!(files, connections_max = room, "the limit on open files bounds the connections");
            self.limits.connections_max = room;
        }
    }
}

/// Ends what a server left running in the background.
struct CloseOnDrop(Drain);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.advance(Phase::Closed);
    }
}

/// What all connections of a server share.
struct Shared {
    router: Router,
    limits: Limits,
    http1: hyper::server::conn::http1::Builder,
    http2: hyper::server::conn::http2::Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    drain: Drain,
    slots: Slots,
    metrics: Metrics,
    last_texts: LastTexts,
    clock: WallClock,
}

impl Shared {
    fn new(server: Server) -> Self {
        let Server { router, limits, tls, drain, clock } = server;
        Self {
            router,
            http1: http1::builder(&limits),
            http2: http2::builder(&limits),
            tls: tls.map(TlsAcceptor::from),
            drain,
            slots: Slots::new(&limits),
            metrics: Metrics::register(),
            last_texts: LastTexts::default(),
            clock,
            limits,
        }
    }

    fn wire(&self, buffered: usize) -> Arc<Wire> {
        Wire::new(buffered, self.metrics.bytes_received.clone(), self.metrics.bytes_sent.clone())
    }

    async fn shut_down(&self, accepting: Vec<tokio::task::JoinHandle<()>>) -> Drained {
        self.drain.advance(Phase::Announced);
        tokio::time::sleep(self.limits.drain_notice).await;
        self.drain.advance(Phase::Draining);
        for task in accepting {
            // A task that panicked accepts no more, either.
            let _ = task.await;
        }
        if timeout(self.limits.drain_timeout, self.slots.empty()).await.is_ok() {
            return Drained { cut_off: 0 };
        }
        let cut_off = self.slots.open();
        tracing::warn!(cut_off, "connections did not end in time and are cut off");
        self.drain.advance(Phase::Closed);
        // A task that is busy at this moment notices when it next waits.
        let _ = timeout(Duration::from_secs(1), self.slots.empty()).await;
        Drained { cut_off }
    }
}

/// The server's own metrics; those of requests are in `telemetry`.
struct Metrics {
    connections: Gauge,
    connections_refused: Counter,
    accept_errors: Counter,
    heads_refused: Counter,
    parked: Gauge,
    bytes_received: Counter,
    bytes_sent: Counter,
}

impl Metrics {
    fn register() -> Self {
        use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
        describe_gauge!("http_connections", "Open connections.");
        describe_gauge!(
            "http_connections_parked",
            "Connections whose long poll is parked on the bare socket."
        );
        describe_counter!("http_connections_refused_total", "Connections beyond a cap.");
        describe_counter!(
            "http_heads_refused_total",
            "Requests whose head was too large, too slow or not HTTP."
        );
        describe_counter!(
            "http_accept_errors_total",
            "Errors of the accept loop, such as too many open files."
        );
        describe_counter!(
            "http_received_bytes_total",
            Unit::Bytes,
            "Bytes read from connections, inside TLS."
        );
        describe_counter!("http_sent_bytes_total", Unit::Bytes, "Bytes written to connections, inside TLS.");
        Self {
            connections: gauge!("http_connections"),
            connections_refused: counter!("http_connections_refused_total"),
            accept_errors: counter!("http_accept_errors_total"),
            heads_refused: counter!("http_heads_refused_total"),
            parked: gauge!("http_connections_parked"),
            bytes_received: counter!("http_received_bytes_total"),
            bytes_sent: counter!("http_sent_bytes_total"),
        }
    }
}
