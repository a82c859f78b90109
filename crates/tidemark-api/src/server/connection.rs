//! The life of a connection, from accept to close.
//!
//! ```text
//! handshake -> idle -> http1 -> parked -> idle ...
//!                 ^______|  \-> closing
//!          \-> http2
//! ```
//!
//! Each connection is one task, and its future is as small as the smallest thing that it waits for: everything that
//! needs more is boxed for as long as it is needed.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::Accept;

use super::Shared;
use super::alarm::Alarm;
use super::drain::Phase;
use super::exchange::ConnectionInfo;
use super::http1::{After, Http1};
use super::http2::Http2;
use super::io::Stream;
use super::parked::{ParkedConnection, SlowAnswer, Woken};

/// A connection's task, as small as it gets (see the test). It holds a place among the server's connections.
pub(super) struct Connection {
    shared: Arc<Shared>,
    peer: SocketAddr,
    watch: Option<u32>,
    phase: Life,
}

/// Where a connection is in its life.
enum Life {
    Handshake(Box<Handshake>),
    Idle(Box<Idle>),
    Http1(Box<Http1>),
    Http2(Box<Http2>),
    Parked(ParkedConnection),
    SlowAnswer(Box<SlowAnswer>),
    Closing(Box<Closing>),
    Over,
}

impl Connection {
    /// Begins with an accepted socket, whose place the caller has taken.
    pub(super) fn new(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr) -> Self {
        let now = Instant::now();
        let phase = match &shared.tls {
            Some(acceptor) => Life::Handshake(Box::new(Handshake {
                accept: acceptor.accept(stream),
                until: now + shared.limits.handshake_timeout,
                alarm: Alarm::default(),
            })),
            None => Idle::until(Stream::Plain(stream), now + shared.limits.head_timeout),
        };
        shared.metrics.connections.increment(1);
        Self { shared, peer, watch: None, phase }
    }

    fn info(&self) -> ConnectionInfo {
        ConnectionInfo { peer: self.peer, tls: self.shared.tls.is_some() }
    }

    /// Goes on with a stream on which the next request may have begun to arrive.
    fn next_request(&self, stream: Stream, buffered: Bytes) -> Life {
        if buffered.is_empty() {
            Idle::until(stream, Instant::now() + self.shared.limits.idle_timeout)
        } else {
            Life::Http1(Box::new(Http1::new(&self.shared, stream, buffered, self.info())))
        }
    }

    fn poll_phase(&mut self, cx: &mut Context<'_>) -> Poll<Life> {
        let shared = &*self.shared;
        Poll::Ready(match &mut self.phase {
            Life::Handshake(handshake) => match ready!(handshake.poll(cx)) {
                Some((stream, true)) => Life::Http2(Box::new(Http2::new(&self.shared, stream, self.info()))),
                Some((stream, false)) => Idle::until(stream, Instant::now() + shared.limits.head_timeout),
                None => Life::Over,
            },
            Life::Idle(idle) => match ready!(idle.poll(shared, cx)) {
                Some((stream, buffered)) => {
                    Life::Http1(Box::new(Http1::new(&self.shared, stream, buffered, self.info())))
                }
                None => Life::Over,
            },
            Life::Http1(http1) => match ready!(http1.poll(shared, cx)) {
                After::Idle { stream, buffered } => self.next_request(stream, buffered),
                After::Park { stream: Stream::Plain(stream), buffered, waiting } => {
                    shared.metrics.parked.increment(1);
                    Life::Parked(ParkedConnection::new(stream, buffered, waiting, &shared.last_texts))
                }
                After::Park { stream: Stream::Tls(_), .. } => unreachable!("TLS connections wait in place"),
                After::Close { stream, linger: true } => Closing::begin(stream, shared),
                After::Close { linger: false, .. } | After::Gone => Life::Over,
            },
            Life::Http2(http2) => {
                ready!(http2.poll(shared, cx));
                Life::Over
            }
            Life::Parked(parked) => {
                let woken = ready!(parked.poll(shared, cx));
                shared.metrics.parked.decrement(1);
                let Life::Parked(connection) = std::mem::replace(&mut self.phase, Life::Over) else {
                    unreachable!("it was parked")
                };
                match woken {
                    Woken::HungUp => Life::Over,
                    Woken::Answered(answered) => {
                        shared.metrics.bytes_sent.increment(answered.len() as u64);
                        let until = Instant::now() + shared.limits.write_timeout;
                        let slow = SlowAnswer { connection, answered, alarm: Alarm::default(), until };
                        self.send_answer(slow, cx)
                    }
                }
            }
            Life::SlowAnswer(slow) => {
                let written = slow.answered.poll_write(slow.connection.stream_mut(), cx);
                if written.is_pending() {
                    ready!(slow.alarm.poll(Some(slow.until), cx));
                    return Poll::Ready(Life::Over);
                }
                let Life::SlowAnswer(slow) = std::mem::replace(&mut self.phase, Life::Over) else {
                    unreachable!("it was slow")
                };
                self.answer_sent(*slow, written)
            }
            Life::Closing(closing) => {
                ready!(closing.poll(cx));
                Life::Over
            }
            Life::Over => return Poll::Pending,
        })
    }

    fn send_answer(&self, mut slow: SlowAnswer, cx: &mut Context<'_>) -> Life {
        match slow.answered.poll_write(slow.connection.stream_mut(), cx) {
            Poll::Pending => Life::SlowAnswer(Box::new(slow)),
            written => self.answer_sent(slow, written),
        }
    }

    fn answer_sent(&self, slow: SlowAnswer, written: Poll<io::Result<()>>) -> Life {
        let keep_alive = slow.answered.keep_alive;
        match (written, slow.connection.into_stream()) {
            (Poll::Ready(Ok(())), Ok((stream, buffered))) if keep_alive => {
                self.next_request(Stream::Plain(stream), buffered)
            }
            (Poll::Ready(Ok(())), Ok((stream, _))) => Closing::begin(Stream::Plain(stream), &self.shared),
            _ => Life::Over,
        }
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.watch.is_none() {
            this.watch = Some(this.shared.drain.watch(cx.waker()));
        }
        loop {
            if this.shared.drain.reached(Phase::Closed) {
                return Poll::Ready(());
            }
            this.phase = ready!(this.poll_phase(cx));
            if matches!(this.phase, Life::Over) {
                return Poll::Ready(());
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(key) = self.watch {
            self.shared.drain.unwatch(key);
        }
        if matches!(self.phase, Life::Parked(_)) {
            self.shared.metrics.parked.decrement(1);
        }
        self.phase = Life::Over;
        self.shared.metrics.connections.decrement(1);
        self.shared.slots.release(self.peer.ip());
    }
}

/// A TLS handshake.
struct Handshake {
    accept: Accept<TcpStream>,
    until: Instant,
    alarm: Alarm,
}

impl Handshake {
    /// The stream and whether the client chose HTTP/2; none when it failed.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Stream, bool)>> {
        match Pin::new(&mut self.accept).poll(cx) {
            Poll::Ready(Ok(stream)) => {
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                Poll::Ready(Some((Stream::Tls(Box::new(stream)), http2)))
            }
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, "TLS handshake failed");
                Poll::Ready(None)
            }
            Poll::Pending => self.alarm.poll(Some(self.until), cx).map(|()| None),
        }
    }
}

/// Nothing has arrived of the next request.
struct Idle {
    /// Taken when it goes on.
    stream: Option<Stream>,
    until: Instant,
    alarm: Alarm,
}

impl Idle {
    fn until(stream: Stream, until: Instant) -> Life {
        Life::Idle(Box::new(Self { stream: Some(stream), until, alarm: Alarm::default() }))
    }

    /// The stream and what was read of it when a request begins; none when the connection is over.
    fn poll(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Option<(Stream, Bytes)>> {
        let mut space = [0; 512];
        let mut buf = ReadBuf::new(&mut space);
        let stream = self.stream.as_mut().expect("polled until it goes on");
        let arrived = match &mut *stream {
            // Left in the kernel, where hyper finds it.
            Stream::Plain(stream) => stream.poll_peek(cx, &mut buf).map_ok(|count| (count, Bytes::new())),
            Stream::Tls(stream) => Pin::new(stream.as_mut())
                .poll_read(cx, &mut buf)
                .map_ok(|()| (buf.filled().len(), Bytes::copy_from_slice(buf.filled()))),
        };
        match arrived {
            Poll::Ready(Ok((count, buffered))) if count > 0 => {
                Poll::Ready(self.stream.take().map(|stream| (stream, buffered)))
            }
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => {
                if !shared.drain.reached(Phase::Draining) {
                    ready!(self.alarm.poll(Some(self.until), cx));
                }
                // TLS says goodbye, if that takes no waiting.
                let _ = Pin::new(stream).poll_shutdown(cx);
                Poll::Ready(None)
            }
        }
    }
}

/// The last answer is written. Closing a socket with unread bytes resets it, and a reset may overtake the answer, so
/// what the client still sends is read for a moment.
struct Closing {
    stream: Stream,
    shut: bool,
    bytes_left: u64,
    until: Instant,
    alarm: Alarm,
}

impl Closing {
    fn begin(stream: Stream, shared: &Shared) -> Life {
        Life::Closing(Box::new(Self {
            stream,
            shut: false,
            bytes_left: shared.limits.discard_bytes_max,
            until: Instant::now() + shared.limits.linger_timeout,
            alarm: Alarm::default(),
        }))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.alarm.poll(Some(self.until), cx).is_ready() {
            return Poll::Ready(());
        }
        if !self.shut {
            if ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).is_err() {
                return Poll::Ready(());
            }
            self.shut = true;
        }
        let mut space = [0; 8192];
        loop {
            let mut buf = ReadBuf::new(&mut space);
            if ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf)).is_err() {
                return Poll::Ready(());
            }
            let count = buf.filled().len() as u64;
            if count == 0 || count > self.bytes_left {
                return Poll::Ready(());
            }
            self.bytes_left -= count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The task of a parked poll takes 96 bytes beside its future, and is allocated in steps of 128.
    #[test]
    fn a_connection_fits_256_bytes() {
        assert!(size_of::<Connection>() + 96 <= 256, "{} bytes", size_of::<Connection>());
    }
}
