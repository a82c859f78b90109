//! The accept loop. Nothing ends it but the shutdown.

use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::Shared;
use super::connection::Connection;
use super::drain::Phase;

/// Connections that the kernel holds for us while we are busy.
const BACKLOG: i32 = 4096;

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
                admit(&shared, stream, peer);
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
