//! Thousands of connections that wait for an answer: one thread, one epoll, a socket and a parser each.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use crate::client::connect_from;
use crate::http::Parser;

/// Connections from one loopback address; well below the ports that a pair of addresses has.
const PER_ADDRESS: usize = 10_000;

/// Connections opened before the server gets a moment to accept them: a queue that overflows costs a second.
const BURST: usize = 256;

/// Connections that have asked and wait.
pub(crate) struct Parked {
    epoll: OwnedFd,
    waiting: Vec<(TcpStream, Parser)>,
    buffer: Vec<u8>,
}

impl Drop for Parked {
    /// Resets the connections: closed in order, each would keep its port for a minute, and the next thousands
    /// would find none.
    fn drop(&mut self) {
        for (stream, _) in &self.waiting {
            let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
        }
    }
}

impl Parked {
    /// Opens `count` connections and sends on each the request that `poll` builds.
    pub(crate) fn open(
        addr: SocketAddr,
        count: usize,
        poll: &mut dyn FnMut(usize) -> Result<Vec<u8>>,
    ) -> Result<Self> {
        let SocketAddr::V4(addr) = addr else { bail!("many connections need an IPv4 loopback address") };
        let mut parked = Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            waiting: Vec::new(),
            buffer: vec![0; 16 * 1024],
        };
        for index in 0..count {
            parked.add(addr, index, &poll(index)?)?;
            if index % BURST == BURST - 1 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(parked)
    }

    fn add(&mut self, addr: SocketAddrV4, index: usize, request: &[u8]) -> Result<()> {
        let source = if addr.ip().is_loopback() { u8::try_from(2 + index / PER_ADDRESS)? } else { 0 };
        let mut stream = if source == 0 { TcpStream::connect(addr)? } else { connect_from(source, addr)? };
        stream.write_all(request).context("could not send a poll")?;
        stream.set_nonblocking(true)?;
        epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(index as u64), epoll::EventFlags::IN)?;
        self.waiting.push((stream, Parser::new(true)));
        Ok(())
    }

    /// Asks again on every connection, after all have been answered.
    pub(crate) fn ask_again(&mut self, poll: &mut dyn FnMut(usize) -> Result<Vec<u8>>) -> Result<()> {
        for (index, (stream, _)) in self.waiting.iter_mut().enumerate() {
            stream.write_all(&poll(index)?).context("could not send a poll again")?;
            if index % BURST == BURST - 1 {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        Ok(())
    }

    /// An error if one of those that should wait was answered or closed.
    pub(crate) fn check_all_wait(&mut self) -> Result<()> {
        let mut first = None;
        let answered = self.answers(Duration::ZERO, usize::MAX, &mut |body| {
            first.get_or_insert_with(|| String::from_utf8_lossy(body).chars().take(120).collect::<String>());
            Ok(())
        })?;
        if answered.0 > 0 {
            bail!(
                "{} of {} polls did not wait: {}",
                answered.0,
                self.waiting.len(),
                first.unwrap_or_default()
            );
        }
        Ok(())
    }

    /// Waits until every connection is answered; when the last one was.
    pub(crate) fn all_answered(
        &mut self,
        patience: Duration,
        check: fn(&[u8]) -> Result<()>,
    ) -> Result<Instant> {
        let all = self.waiting.len();
        let (answered, last) = self.answers(patience, all, &mut |body| check(body))?;
        if answered < all {
            bail!("{answered} of {all} polls were answered within {} s", patience.as_secs());
        }
        Ok(last)
    }

    /// Reads answers until there are `enough` or nothing comes for `patience`.
    fn answers(
        &mut self,
        patience: Duration,
        enough: usize,
        check: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<(usize, Instant)> {
        let patience = Timespec::try_from(patience).context("the patience does not fit")?;
        let mut events: Vec<epoll::Event> = Vec::with_capacity(1024);
        let mut answered = 0;
        let mut last = Instant::now();
        while answered < enough {
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience))?;
            if events.is_empty() {
                break;
            }
            for event in events.drain(..) {
                let index = usize::try_from(event.data.u64()).context("epoll told a strange token")?;
                let (stream, parser) = &mut self.waiting[index];
                let count = match stream.read(&mut self.buffer) {
                    Ok(0) => bail!("a connection that waits was closed"),
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => return Err(error).context("could not read a poll's answer"),
                };
                let Some(summary) = parser.feed(&self.buffer[..count])? else { continue };
                last = Instant::now();
                answered += 1;
                if summary.status != 200 {
                    let body = String::from_utf8_lossy(parser.body()).chars().take(120).collect::<String>();
                    bail!("a poll was answered with {}: {body}", summary.status);
                }
                check(parser.body())?;
            }
        }
        Ok((answered, last))
    }
}
