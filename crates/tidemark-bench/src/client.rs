//! One blocking connection: for set-up, for one large body, for anything that is not about many clients.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use serde_json::Value;

use crate::http::{Parser, Summary};

/// No answer for so long is a failure, so that every measurement ends.
const PATIENCE: Duration = Duration::from_secs(120);

/// Size of a read; large enough that system calls are not what is measured.
const READ_SIZE: usize = 256 * 1024;

/// A connection that sends a request and waits for its answer.
pub(crate) struct Client {
    stream: TcpStream,
    parser: Parser,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Result<Self> {
        Self::new(addr, true)
    }

    /// A connection that counts bodies instead of keeping them.
    pub(crate) fn connect_discarding(addr: SocketAddr) -> Result<Self> {
        Self::new(addr, false)
    }

    fn new(addr: SocketAddr, keep_body: bool) -> Result<Self> {
        let stream = TcpStream::connect(addr).with_context(|| format!("could not connect to {addr}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, parser: Parser::new(keep_body), buffer: vec![0; READ_SIZE] })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends bytes of a request.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).context("could not send the request")
    }

    /// Waits for the answer.
    pub(crate) fn receive(&mut self) -> Result<Summary> {
        loop {
            if let Some(summary) = self.receive_some()? {
                return Ok(summary);
            }
        }
    }

    /// Reads once; the answer if it is whole now.
    pub(crate) fn receive_some(&mut self) -> Result<Option<Summary>> {
        let count = self.stream.read(&mut self.buffer).context("could not read the answer")?;
        if count == 0 {
            bail!("the connection was closed before the answer");
        }
        self.parser.feed(&self.buffer[..count])
    }

    /// Sends a whole request and waits for its answer, whatever its status.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Summary> {
        self.send(request)?;
        self.receive()
    }

    /// Sends a whole request; an error unless the answer has `status`.
    pub(crate) fn expect(&mut self, request: &[u8], status: u16) -> Result<Summary> {
        let summary = self.exchange(request)?;
        self.check(request, summary, status)
    }

    /// Sends a whole request; the JSON of its answer, which must be a 200.
    pub(crate) fn json(&mut self, request: &[u8]) -> Result<Value> {
        self.expect(request, 200)?;
        serde_json::from_slice(self.parser.body()).context("the answer is not JSON")
    }

    /// An error that quotes the request's first line and the answer, unless the status is the expected one.
    pub(crate) fn check(&self, request: &[u8], summary: Summary, status: u16) -> Result<Summary> {
        if summary.status == status {
            return Ok(summary);
        }
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let target = String::from_utf8_lossy(line);
        let target = target.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ");
        let body: String = String::from_utf8_lossy(self.parser.body()).chars().take(200).collect();
        bail!("{target} was answered with {} instead of {status}: {}", summary.status, body.trim());
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.parser.body()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parser.header(name)
    }

    /// All values of a header that may be there several times.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.parser.headers(name)
    }
}

/// Connects from the `n`-th loopback address, so that many connections do not run out of ports: a pair of
/// addresses has some 28,000 of them.
pub(crate) fn connect_from(n: u8, to: SocketAddrV4) -> Result<TcpStream> {
    let socket =
        rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let from = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, n), 0);
    rustix::net::bind(&socket, &from).with_context(|| format!("could not bind to {from}"))?;
    rustix::net::connect(&socket, &to).with_context(|| format!("could not connect from {from} to {to}"))?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}
