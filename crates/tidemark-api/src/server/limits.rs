//! What a connection may cost: every limit and deadline of the server, in one place.

use std::time::Duration;

/// The limits of one server. Every one of them has a default that suits a server on the open internet.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections open at once; lowered at start to what the process may have open files for.
    pub connections_max: usize,
    /// Connections open at once from one address (one /64 network for IPv6).
    pub connections_per_peer_max: usize,
    /// Whether the limit for one address spares the loopback, where a reverse proxy carries everybody's connections.
    pub loopback_exempt: bool,
    /// From the accepted connection to the end of its TLS handshake.
    pub handshake_timeout: Duration,
    /// From the first byte of a request's head to its last, and from a new connection to the first byte.
    pub head_timeout: Duration,
    /// Bytes of a request's head, its request line included; beyond that, 431. On HTTP/2, the decoded fields.
    pub head_bytes_max: usize,
    /// Header fields of a request; beyond that, 431.
    pub head_fields_max: usize,
    /// From one answer to the first byte of the next request.
    pub idle_timeout: Duration,
    /// How long a connection keeps its buffers after an answer; it then waits for its next request without.
    pub buffers_timeout: Duration,
    /// The longest silence in the middle of a request's body.
    pub body_idle_timeout: Duration,
    /// The lowest rate of a request's body, in bytes per second, on average over [`body_rate_window`].
    ///
    /// [`body_rate_window`]: Self::body_rate_window
    pub body_rate_min: u64,
    /// How long the client's slowness is averaged. Time in which the server is not reading does not count.
    pub body_rate_window: Duration,
    /// The longest wait for the client to take some bytes of an answer.
    pub write_timeout: Duration,
    /// Bytes of a body nobody wanted that are read and thrown away, so that the client gets to read its answer.
    pub discard_bytes_max: u64,
    /// How long such a body is read.
    pub discard_timeout: Duration,
    /// How long a connection that the server closes is still read, so that the last answer is not lost to a reset.
    pub linger_timeout: Duration,
    /// Bytes kept in memory of what one HTTP/1.1 connection sends faster than it is read, and the other way.
    pub buffer_bytes_max: usize,
    /// Requests in progress on one HTTP/2 connection.
    pub http2_streams_max: u32,
    /// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
    pub http2_ping_interval: Duration,
    /// Bytes in flight towards one HTTP/2 stream's reader. A connection as a whole gets four times as much.
    pub http2_window_bytes: u32,
    /// How long the server goes on accepting after it has turned unready, so that load balancers notice first.
    pub drain_notice: Duration,
    /// How long requests in progress may take once the server drains.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 150_000,
            connections_per_peer_max: 2_000,
            loopback_exempt: true,
            handshake_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(15),
            head_bytes_max: 32 * 1024,
            head_fields_max: 100,
            idle_timeout: Duration::from_secs(120),
            buffers_timeout: Duration::from_secs(1),
            body_idle_timeout: Duration::from_secs(30),
            body_rate_min: 512,
            body_rate_window: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            discard_bytes_max: 64 * 1024 * 1024,
            discard_timeout: Duration::from_secs(30),
            linger_timeout: Duration::from_secs(5),
            buffer_bytes_max: 256 * 1024,
            http2_streams_max: 100,
            http2_ping_interval: Duration::from_secs(30),
            http2_window_bytes: 256 * 1024,
            drain_notice: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// Raises the number of files that the process may have open as far as it is allowed to, and returns that number.
/// Every parked poll is an open file.
pub fn raise_open_files_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "could not raise the limit on open files");
        }
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
