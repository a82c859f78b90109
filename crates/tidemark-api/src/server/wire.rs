//! What a connection's driver knows of the connection that hyper runs for it.
//!
//! Hyper owns the socket, the parser and the requests in progress. Its stream ([`Io`]), its service and the bodies note
//! here what they see, and the driver reads from it which deadline applies and whether the socket may be taken back.
//! All of them run in the connection's own task, save a body that a handler moved elsewhere, so the lock is free.
//!
//! [`Io`]: super::io::Io

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use hyper::body::Incoming;
use metrics::Counter;
use tokio::time::Instant;

use super::exchange::SharedWaiting;
use super::limits::Limits;

/// Notes about one connection while hyper runs it.
pub(super) struct Wire {
    notes: Mutex<Notes>,
    bytes_received: Counter,
    bytes_sent: Counter,
}

struct Notes {
    /// When the first byte of a request arrived whose head is not complete.
    head_since: Option<Instant>,
    /// When the connection began to have nothing to do.
    quiet_since: Instant,
    /// Requests whose answers have not been handed over to hyper to the last byte.
    exchanges: usize,
    /// How far the body of the last request has been read (HTTP/1 only).
    body: BodyState,
    /// Whether bytes were written that may not have left yet.
    unflushed: bool,
    /// Since when the client has been taking nothing.
    blocked_since: Option<Instant>,
    /// Answers with a body that is being sent, and when one of them last moved (HTTP/2 only).
    sending: usize,
    sent_at: Instant,
    /// A body that its handler did not want.
    leftover: Option<Incoming>,
    /// An answer that waits and may be parked.
    parkable: Option<SharedWaiting>,
    /// The connection's task, for a body that is dropped elsewhere.
    driver: Option<Waker>,
}

impl Notes {
    fn is_quiet(&self) -> bool {
        self.head_since.is_none() && self.exchanges == 0 && self.body != BodyState::Open && !self.unflushed
    }
}

/// How far a request's body has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyState {
    /// Somebody is reading it, or will.
    Open,
    /// To its end, or there was none.
    Done,
    /// Nobody reads it any more. Hyper reads a last piece at most, and closes the connection if that was not all.
    Abandoned,
}

/// What a deadline is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A request's head takes too long.
    Head,
    /// There was nothing to do for a while.
    Quiet,
    /// The client takes nothing of its answer.
    Blocked,
}

impl Wire {
    /// For a connection of which nothing was read yet, but for what is `buffered`.
    pub(super) fn new(buffered: usize, bytes_received: Counter, bytes_sent: Counter) -> Arc<Self> {
        let now = Instant::now();
        let notes = Notes {
            head_since: (buffered > 0).then_some(now),
            quiet_since: now,
            exchanges: 0,
            body: BodyState::Done,
            unflushed: false,
            blocked_since: None,
            sending: 0,
            sent_at: now,
            leftover: None,
            parkable: None,
            driver: None,
        };
        Arc::new(Self { notes: Mutex::new(notes), bytes_received, bytes_sent })
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hyper was given `count` bytes, `fresh` of them from the network.
    pub(super) fn note_read(&self, count: usize, fresh: usize) {
        self.bytes_received.increment(fresh as u64);
        let mut notes = self.notes();
        if count > 0 && notes.head_since.is_none() && notes.exchanges == 0 && notes.body != BodyState::Open {
            notes.head_since = Some(Instant::now());
        }
    }

    pub(super) fn note_write(&self, written: &Poll<io::Result<usize>>) {
        let mut notes = self.notes();
        notes.unflushed = true;
        match written {
            Poll::Pending => {
                notes.blocked_since.get_or_insert_with(Instant::now);
            }
            Poll::Ready(Ok(count)) => {
                notes.blocked_since = None;
                self.bytes_sent.increment(*count as u64);
            }
            Poll::Ready(Err(_)) => {}
        }
    }

    pub(super) fn note_flush(&self, flushed: bool) {
        let mut notes = self.notes();
        notes.unflushed = !flushed;
        if flushed {
            notes.blocked_since = None;
        } else {
            notes.blocked_since.get_or_insert_with(Instant::now);
        }
    }

    /// A request's head is complete. The guard is held until its answer is handed over.
    pub(super) fn begin(self: &Arc<Self>, body: BodyState) -> ExchangeGuard {
        let mut notes = self.notes();
        notes.head_since = None;
        notes.exchanges += 1;
        notes.body = body;
        ExchangeGuard { wire: self.clone(), sending: false }
    }

    /// The body of the last request is read, or will not be. Wakes the driver, whose deadlines depend on it: whoever
    /// held the body may have been another task.
    pub(super) fn note_body(&self, body: BodyState) {
        let driver = {
            let mut notes = self.notes();
            notes.body = body;
            notes.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    pub(super) fn body(&self) -> BodyState {
        self.notes().body
    }

    /// Leaves a body to the driver that its handler did not want.
    pub(super) fn leave(&self, body: Incoming) {
        let driver = {
            let mut notes = self.notes();
            notes.leftover = Some(body);
            notes.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// The body left to the driver, if there is one; otherwise the driver is woken when there is.
    pub(super) fn take_leftover(&self, cx: &mut Context<'_>) -> Option<Incoming> {
        let mut notes = self.notes();
        let leftover = notes.leftover.take();
        if leftover.is_none() && notes.body == BodyState::Open && notes.driver.is_none() {
            notes.driver = Some(cx.waker().clone());
        }
        leftover
    }

    /// Offers an answer that waits for being parked.
    pub(super) fn offer(&self, waiting: SharedWaiting) {
        self.notes().parkable = Some(waiting);
    }

    /// The answer to park, once everything written before has left.
    pub(super) fn take_parkable(&self) -> Option<SharedWaiting> {
        let mut notes = self.notes();
        if notes.unflushed { None } else { notes.parkable.take() }
    }

    /// Whether an HTTP/1 connection has nothing to do, and all it wrote has left.
    pub(super) fn is_quiet(&self) -> bool {
        self.notes().is_quiet()
    }

    /// The next deadline of an HTTP/1 connection.
    pub(super) fn http1_deadline(&self, limits: &Limits) -> Option<(Instant, Reason)> {
        let notes = self.notes();
        if let Some(since) = notes.blocked_since {
            return Some((since + limits.write_timeout, Reason::Blocked));
        }
        if let Some(since) = notes.head_since {
            return Some((since + limits.head_timeout, Reason::Head));
        }
        notes.is_quiet().then(|| (notes.quiet_since + limits.buffers_timeout, Reason::Quiet))
    }

    /// The next deadline of an HTTP/2 connection. Flow control lets a client stop one answer without stopping the
    /// connection, so it also counts as blocked when none of its answers moves.
    pub(super) fn http2_deadline(&self, limits: &Limits) -> Option<(Instant, Reason)> {
        let notes = self.notes();
        if notes.exchanges == 0 {
            return Some((notes.quiet_since + limits.idle_timeout, Reason::Quiet));
        }
        let stuck_since = (notes.sending > 0).then_some(notes.sent_at);
        let since = notes.blocked_since.into_iter().chain(stuck_since).min()?;
        Some((since + limits.write_timeout, Reason::Blocked))
    }
}

/// One request in progress, until the last byte of its answer is handed over.
pub(super) struct ExchangeGuard {
    wire: Arc<Wire>,
    sending: bool,
}

impl ExchangeGuard {
    pub(super) fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }

    /// The answer's body moved, or began to.
    pub(super) fn note_sending(&mut self) {
        let mut notes = self.wire.notes();
        notes.sent_at = Instant::now();
        if !self.sending {
            self.sending = true;
            notes.sending += 1;
        }
    }
}

impl Drop for ExchangeGuard {
    fn drop(&mut self) {
        let mut notes = self.wire.notes();
        notes.exchanges -= 1;
        notes.sending -= usize::from(self.sending);
        if notes.exchanges == 0 {
            notes.quiet_since = Instant::now();
        }
    }
}
