//! The accept loop. Nothing ends it but the shutdown.

use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::Shared;
use super::connection::Connection;
use super::drain::Phase;

/// Connections that the kernel holds for us while we are busy.
const BACKLOG: i32 = 4096;

/// How long a connection is silent before the kernel asks whether the client is there.
const PROBE_AFTER: Duration = Duration::from_secs(60);

/// The longest pause after an error such as too many open files.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// Told to a client that finds the server full, without reading its request.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Binds an address to serve on, with room for a crowd that arrives at once.
///
/// # Errors
/// When the address is in use or not allowed.
pub fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the old connections' TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Has the kernel find out that a client vanished without a word: nobody else would while a poll is parked. Accepted
/// sockets inherit it from their listener.
pub(super) fn probe_silent_clients(listener: &std::net::TcpListener) {
    let keepalive = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_AFTER / 4);
    if let Err(error) = SockRef::from(listener).set_tcp_keepalive(&keepalive) {
        tracing::warn!(%error, "could not turn on TCP keep-alive");
    }
}

/// Where connections come from; a listener, but for tests.
pub(super) trait Accept {
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)>;
}

impl Accept for TcpListener {
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        Self::accept(self).await
    }
}

/// Accepts connections until the server drains.
pub(super) async fn run(listener: impl Accept, shared: Arc<Shared>) {
    let mut draining = pin!(shared.drain.wait_for(Phase::Draining));
    let mut pause = Duration::ZERO;
    loop {
        let accepted = match select(pin!(listener.accept()), draining.as_mut()).await {
            Either::Left((accepted, _)) => accepted,
            Either::Right(_) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = Duration::ZERO;
                // An IPv4 client of an IPv6 listener is still an IPv4 client.
                admit(&shared, stream, SocketAddr::new(peer.ip().to_canonical(), peer.port()));
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                shared.metrics.accept_errors.increment(1);
                pause = (pause * 2).clamp(Duration::from_millis(5), BACK_OFF_MAX);
                tracing::error!(%error, pause_ms = pause.as_millis(), "could not accept a connection");
                if let Either::Right(_) = select(pin!(sleep(pause)), draining.as_mut()).await {
                    return;
                }
            }
        }
    }
}

/// Whether an error is about the one connection, which is gone, and not about accepting.
fn is_the_clients(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn admit(shared: &Arc<Shared>, stream: TcpStream, peer: SocketAddr) {
    if let Err(refusal) = shared.slots.admit(peer.ip()) {
        shared.metrics.connections_refused.increment(1);
        tracing::debug!(?refusal, %peer, "connection refused");
        if shared.tls.is_none() {
            // Straight to the socket: the runtime has not heard yet that a new one can be written to.
            let socket = SockRef::from(&stream);
            let _ = socket.send(FULL);
            let _ = socket.shutdown(Shutdown::Write);
        }
        return;
    }
    // An answer must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    tokio::spawn(Connection::new(shared.clone(), stream, peer));
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::server::{Limits, Server};

    /// Fails as told, then never returns.
    struct Failing {
        errors: Mutex<Vec<io::Error>>,
        calls: AtomicUsize,
    }

    impl Accept for Arc<Failing> {
        async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let error = self.errors.lock().unwrap().pop();
            match error {
                Some(error) => Err(error),
                None => std::future::pending().await,
            }
        }
    }

    /// Errors are survived; those of the machine are waited out, longer each time and never long.
    #[tokio::test(start_paused = true)]
    async fn no_error_ends_the_loop() {
        const EMFILE: i32 = 24;
        let mut errors: Vec<_> = (0..20).map(|_| io::Error::from_raw_os_error(EMFILE)).collect();
        errors.extend((0..20).map(|_| io::Error::from(ErrorKind::ConnectionAborted)));
        let failing = Arc::new(Failing { errors: Mutex::new(errors), calls: AtomicUsize::new(0) });
        let shared = Arc::new(Shared::new(Server::new(axum::Router::new(), Limits::default())));
        let begun = tokio::time::Instant::now();
        let accepting = tokio::spawn(run(failing.clone(), shared.clone()));
        while failing.calls.load(Ordering::SeqCst) < 41 {
            sleep(Duration::from_millis(1)).await;
        }
        let seconds = begun.elapsed().as_secs_f64();
        assert!((10.0..21.0).contains(&seconds), "{seconds}");
        assert!(!accepting.is_finished());
        shared.drain.advance(Phase::Draining);
        accepting.await.unwrap();
    }
}
