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
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

/// How long one address may take to answer a knock.
const KNOCK_MAX: Duration = Duration::from_secs(10);

/// How long an address is waited for until the next one is tried beside it (RFC 8305): an address that swallows
/// everything must not use up the time that there is.
const HEAD_START: Duration = Duration::from_millis(250);

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
    let addresses = by_turns(found.into_iter().map(|ip| SocketAddr::new(ip, target.port)));
    let allowed: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| rules.allow_address(&target.host, *address, whereto))
        .take(ADDRESSES_MAX)
        .collect();
    if allowed.is_empty() { Err(EgressError::Forbidden) } else { Ok(allowed) }
}

/// The first address of each family, then the second of each: on a machine where one family leads nowhere, a host with
/// many addresses of that one is reached all the same.
fn by_turns(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut counts = [0; 2];
    let numbered = addresses.map(|address| {
        let count = &mut counts[usize::from(address.is_ipv6())];
        *count += 1;
        (*count, address)
    });
    let mut numbered: Vec<(usize, SocketAddr)> = numbered.collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, address)| address).collect()
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
            if is_distrust(&error) { EgressError::Untrusted } else { EgressError::Unreachable }
        })?;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// Whether a handshake ended because of what the host showed, and not because it was none.
fn is_distrust(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
}

/// The first of the addresses that answers. Whoever is still knocking then stops.
async fn knock(addresses: &[SocketAddr]) -> Result<TcpStream, EgressError> {
    let mut next = addresses.iter().copied();
    let mut knocking = JoinSet::new();
    let mut failure = EgressError::Unreachable;
    loop {
        if let Some(address) = next.next() {
            knocking.spawn(async move {
                let knock = tokio::time::timeout(KNOCK_MAX, TcpStream::connect(address));
                (address, knock.await)
            });
        }
        let ended = match next.len() {
            0 => knocking.join_next().await,
            _ => match tokio::time::timeout(HEAD_START, knocking.join_next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            },
        };
        match ended {
            Some(Ok((_, Ok(Ok(stream))))) => return Ok(stream),
            Some(Ok((address, Ok(Err(error))))) => {
                tracing::debug!(%address, %error, "a host does not answer");
            }
            Some(Ok((_, Err(_)))) => failure = EgressError::TimedOut,
            Some(Err(error)) => tracing::error!(%error, "a knock broke off"),
            None => return Err(failure),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_family_of_addresses_crowds_the_other_out() {
        let parsed = |text: &str| -> Vec<SocketAddr> {
            text.split(' ').map(|ip| SocketAddr::new(ip.parse().unwrap(), 80)).collect()
        };
        for (found, tried) in [
            ("::1 ::2 ::3 ::4 10.0.0.1", "::1 10.0.0.1 ::2 ::3 ::4"),
            ("10.0.0.1 10.0.0.2 ::1", "10.0.0.1 ::1 10.0.0.2"),
            ("10.0.0.2 10.0.0.1", "10.0.0.2 10.0.0.1"),
        ] {
            assert_eq!(by_turns(parsed(found).into_iter()), parsed(tried), "{found}");
        }
    }
}
