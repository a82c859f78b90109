//! Closed loop: so many clients, each sends its next request as soon as the last one is answered.
//!
//! A thread per core, each with its own epoll and its share of the connections: nothing is locked or handed
//! between threads, since the generator runs on the cores that it measures.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use crate::http::{Parser, Summary};
use crate::stats::Latencies;

/// What one client asks, and what it takes for an answer.
pub(crate) trait Script: Send {
    /// Appends the next request to the (empty) buffer.
    fn request(&mut self, out: &mut Vec<u8>);

    /// How many units of work (requests, entries, bytes) the answer was worth; an error ends the run.
    fn answered(&mut self, summary: Summary) -> Result<u64>;
}

/// How hard and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) addr: SocketAddr,
    pub(crate) clients: usize,
    /// Runs before it counts.
    pub(crate) warm_up: Duration,
    pub(crate) measure: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Units of work per second.
    pub(crate) rate: f64,
    pub(crate) latencies: Latencies,
}

/// Longest silence of the server before the run is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Size of a read.
const READ_SIZE: usize = 256 * 1024;

/// Runs a plan, each client by a script of its own.
pub(crate) fn run(plan: &Plan, script: &(dyn Fn(usize) -> Box<dyn Script> + Sync)) -> Result<Outcome> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(plan.clients);
    let shares: Vec<Result<Share>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let mine = (thread..plan.clients).step_by(threads);
                scope.spawn(move || Worker::new(plan, mine.map(script))?.run(plan))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    let mut outcome = Outcome { rate: 0.0, latencies: Latencies::new() };
    for share in shares {
        let share = share?;
        outcome.rate += share.units as f64 / share.counted.as_secs_f64();
        outcome.latencies.merge(&share.latencies);
    }
    Ok(outcome)
}

/// One thread's part of the outcome.
struct Share {
    units: u64,
    counted: Duration,
    latencies: Latencies,
}

struct Connection {
    stream: TcpStream,
    script: Box<dyn Script>,
    parser: Parser,
    out: Vec<u8>,
    sent: usize,
    /// Whether epoll is asked to tell when more can be written.
    blocked: bool,
    since: Instant,
}

struct Worker {
    epoll: OwnedFd,
    connections: Vec<Connection>,
}

impl Worker {
    fn new(plan: &Plan, scripts: impl Iterator<Item = Box<dyn Script>>) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::new();
        for script in scripts {
            let stream = TcpStream::connect(plan.addr)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let token = epoll::EventData::new_u64(connections.len() as u64);
            epoll::add(&epoll, &stream, token, epoll::EventFlags::IN)?;
            let parser = Parser::new(false);
            let since = Instant::now();
            connections.push(Connection {
                stream,
                script,
                parser,
                out: Vec::new(),
                sent: 0,
                blocked: false,
                since,
            });
        }
        Ok(Self { epoll, connections })
    }

    fn run(mut self, plan: &Plan) -> Result<Share> {
        let begin = Instant::now() + plan.warm_up;
        let end = begin + plan.measure;
        let mut share = Share { units: 0, counted: plan.measure, latencies: Latencies::new() };
        let mut buffer = vec![0; READ_SIZE];
        let mut events: Vec<epoll::Event> = Vec::with_capacity(256);
        let patience = Timespec::try_from(PATIENCE).context("the patience does not fit")?;
        for index in 0..self.connections.len() {
            self.ask(index)?;
        }
        loop {
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience))?;
            if events.is_empty() {
                bail!("no answer for {} s", PATIENCE.as_secs());
            }
            for event in events.drain(..) {
                let index = usize::try_from(event.data.u64()).context("epoll told a strange token")?;
                let flags = event.flags;
                if flags.contains(epoll::EventFlags::OUT) {
                    self.write(index)?;
                    if flags == epoll::EventFlags::OUT {
                        continue;
                    }
                }
                let connection = &mut self.connections[index];
                let count = match connection.stream.read(&mut buffer) {
                    Ok(0) => bail!("the connection was closed"),
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => return Err(error).context("could not read an answer"),
                };
                let Some(summary) = connection.parser.feed(&buffer[..count])? else { continue };
                let units = connection.script.answered(summary)?;
                let now = Instant::now();
                if now >= end {
                    // The loop may end late by one batch of events: count by the time that really passed.
                    share.counted = now - begin;
                    share.units += units;
                    return Ok(share);
                }
                if now >= begin {
                    share.units += units;
                    share.latencies.record(now - connection.since);
                }
                self.ask(index)?;
            }
        }
    }

    /// Sends a client's next request.
    fn ask(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        connection.out.clear();
        connection.sent = 0;
        connection.script.request(&mut connection.out);
        connection.since = Instant::now();
        self.write(index)
    }

    /// Writes as much as the socket takes, and waits for the rest.
    fn write(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        while connection.sent < connection.out.len() {
            match connection.stream.write(&connection.out[connection.sent..]) {
                Ok(count) => connection.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("could not send a request"),
            }
        }
        let blocked = connection.sent < connection.out.len();
        if blocked != connection.blocked {
            connection.blocked = blocked;
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, blocked);
            epoll::modify(&self.epoll, &connection.stream, epoll::EventData::new_u64(index as u64), flags)?;
        }
        Ok(())
    }
}
