//! The least that a server of long polls must do: keep sockets, write a change durably, answer those who wait.
//!
//! Runs as a process of its own (a hidden command of this binary), so that its memory and its share of the
//! processor are told apart from the load generator's. One thread, one epoll. `GET /sub/NAME` waits;
//! `POST /pub/NAME` appends its body to a file, syncs it, is answered, and answers all that wait for NAME.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::epoll;

use crate::process::Running;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"changes\": true}";
const STORED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// Marks the listener among the tokens of connections.
const LISTENER: u64 = u64::MAX;

/// A request longer than this is refused.
const REQUEST_MAX: usize = 64 * 1024;

/// The responder, running.
pub(crate) struct Responder {
    running: Running,
    addr: SocketAddr,
}

impl Responder {
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let mut running = Running::start(
            Command::new(std::env::current_exe()?)
                .arg("responder")
                .arg(folder.join("responder"))
                .stdin(Stdio::null())
                .stdout(Stdio::piped()),
        )?;
        let mut line = String::new();
        BufReader::new(running.stdout()?).read_line(&mut line)?;
        let addr = line.trim().parse().context("the responder told no address")?;
        Ok(Self { running, addr })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running.pid()
    }
}

/// The process itself: serves until it is ended.
pub(crate) fn serve(file: &Path) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // The same queue of new connections as the peers'.
    rustix::net::listen(&listener, 4096)?;
    listener.set_nonblocking(true)?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", listener.local_addr()?)?;
    stdout.flush()?;
    drop(stdout);
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
    let log = File::create(file)?;
    let mut server =
        Server { epoll, log, connections: Vec::new(), free: Vec::new(), waiting: HashMap::new(), serial: 0 };
    let mut events: Vec<epoll::Event> = Vec::with_capacity(1024);
    let mut buffer = vec![0; REQUEST_MAX];
    loop {
        epoll::wait(&server.epoll, spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            match event.data.u64() {
                LISTENER => server.accept(&listener)?,
                token => server.read(usize::try_from(token)?, &mut buffer)?,
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// Tells this connection from earlier ones with the same token.
    serial: u32,
    /// A request of which a part is still to come.
    partial: Vec<u8>,
}

struct Server {
    epoll: OwnedFd,
    log: File,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    /// By name: token and serial of the connections that wait.
    waiting: HashMap<String, Vec<(u32, u32)>>,
    serial: u32,
}

impl Server {
    fn accept(&mut self, listener: &TcpListener) -> Result<()> {
        loop {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let token = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(token as u64), epoll::EventFlags::IN)?;
            self.connections[token] = Some(Connection { stream, serial: self.serial, partial: Vec::new() });
            self.serial = self.serial.wrapping_add(1);
        }
    }

    fn read(&mut self, token: usize, buffer: &mut [u8]) -> Result<()> {
        let Some(connection) = &mut self.connections[token] else { return Ok(()) };
        let count = match connection.stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Ok(0) | Err(_) => {
                self.connections[token] = None;
                self.free.push(token);
                return Ok(());
            }
            Ok(count) => count,
        };
        if connection.partial.is_empty() && whole(&buffer[..count]) {
            return self.request(token, &buffer[..count]);
        }
        connection.partial.extend_from_slice(&buffer[..count]);
        if connection.partial.len() > REQUEST_MAX {
            bail!("a request is longer than {REQUEST_MAX} bytes");
        }
        if whole(&connection.partial) {
            let request = std::mem::take(&mut connection.partial);
            self.request(token, &request)?;
        }
        Ok(())
    }

    fn request(&mut self, token: usize, request: &[u8]) -> Result<()> {
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = std::str::from_utf8(line).context("the request is not text")?;
        let target = line.split(' ').nth(1).unwrap_or_default();
        let Some(connection) = &mut self.connections[token] else { return Ok(()) };
        if let Some(name) = target.strip_prefix("/sub/") {
            let waiter = (u32::try_from(token)?, connection.serial);
            self.waiting.entry(name.to_owned()).or_default().push(waiter);
            return Ok(());
        }
        let name = target.strip_prefix("/pub/").with_context(|| format!("nothing is at {target}"))?;
        let body = body_at(request).map_or(&b""[..], |at| &request[at..]);
        self.log.write_all(body)?;
        self.log.sync_data()?;
        answer(connection, STORED);
        for (token, serial) in self.waiting.remove(name).unwrap_or_default() {
            if let Some(waiter) = &mut self.connections[token as usize]
                && waiter.serial == serial
            {
                answer(waiter, ANSWER);
            }
        }
        Ok(())
    }
}

/// Answers fit the socket's buffer; a client that hung up is noticed when it is read.
fn answer(connection: &mut Connection, bytes: &[u8]) {
    let _ = connection.stream.write_all(bytes);
}

fn body_at(request: &[u8]) -> Option<usize> {
    request.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Whether a request is there with all of its body.
fn whole(request: &[u8]) -> bool {
    let Some(at) = body_at(request) else { return false };
    let head = String::from_utf8_lossy(&request[..at]);
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok());
    request.len() >= at + length.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_with_its_body() {
        assert!(!whole(b"GET /sub/a HTTP/1.1\r\nHost: x\r\n"));
        assert!(whole(b"GET /sub/a HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert!(!whole(b"POST /pub/a HTTP/1.1\r\nContent-Length: 3\r\n\r\nab"));
        assert!(whole(b"POST /pub/a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"));
    }
}
