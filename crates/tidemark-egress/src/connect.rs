//! To an address that was judged, and to no other.

use crate::gateway::Gateway;
use crate::resolve::Resolve;
use crate::rules::Rules;
use crate::target::{Host, Target};
use rustls::pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tidemark_core::store::{EgressError, Whereto};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How long one address may take to answer a knock, so that there is time left for the next one.
const KNOCK_MAX: Duration = Duration::from_secs(10);

/// How many addresses of a host are tried.
const ADDRESSES_MAX: usize = 4;

/// A connection, plain or encrypted.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The addresses of a target that a request may go to; never empty.
pub(crate) async fn judged_addresses(
    rules: &Rules,
    resolver: &dyn Resolve,
    target: &Target,
    whereto: Whereto,
) -> Result<Vec<SocketAddr>, EgressError> {
    if !rules.allow_port(&target.host, target.port) {
        return Err(EgressError::Port);
    }
    let found = match &target.host {
        Host::Ip(ip) => vec![*ip],
        Host::Name(name) => resolver.resolve(name).await.map_err(|error| {
            tracing::debug!(%error, "a host could not be resolved");
            EgressError::Unknown
        })?,
    };
    if found.is_empty() {
        return Err(EgressError::Unknown);
    }
    let addresses = found.into_iter().map(|ip| SocketAddr::new(ip, target.port));
    let allowed: Vec<SocketAddr> = addresses
        .filter(|address| rules.allow_address(&target.host, *address, whereto))
        .take(ADDRESSES_MAX)
        .collect();
    if allowed.is_empty() { Err(EgressError::Forbidden) } else { Ok(allowed) }
}

impl Gateway {
    /// A connection to a target, to one of the addresses that may be gone to.
    pub(crate) async fn connect(&self, target: &Target, whereto: Whereto) -> Result<Stream, EgressError> {
        let addresses = judged_addresses(&self.rules, &*self.resolver, target, whereto).await?;
        let stream = knock(&addresses).await?;
        if !target.secure {
            return Ok(Stream::Plain(stream));
        }
        let name = match &target.host {
            Host::Ip(ip) => ServerName::IpAddress((*ip).into()),
            Host::Name(name) => {
                let name = name.strip_suffix('.').unwrap_or(name).to_owned();
                ServerName::try_from(name).map_err(|_| EgressError::Url)?
            }
        };
        let stream = self.tls.connect(name, stream).await.map_err(|error| {
            tracing::debug!(%error, "a host does not speak TLS that can be trusted");
            EgressError::Unreachable
        })?;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// The first of the addresses that answers.
async fn knock(addresses: &[SocketAddr]) -> Result<TcpStream, EgressError> {
    let mut failure = EgressError::Unreachable;
    for address in addresses {
        match tokio::time::timeout(KNOCK_MAX, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => tracing::debug!(%address, %error, "a host does not answer"),
            Err(_) => failure = EgressError::TimedOut,
        }
    }
    Err(failure)
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
