//! A parked connection: the socket, the answer's future, and the head to send. Nothing else.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::{Buf, Bytes};
use futures_util::FutureExt;
use http::HeaderName;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use tokio::io::{AsyncWrite as _, Interest};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Shared;
use super::alarm::Alarm;
use super::drain::Phase;
use super::exchange::{Waiting, connection_has, poll_answer};
use super::park::Answer;
use crate::http::date;
use crate::telemetry::request_id::HEADER;
use crate::telemetry::{IdHeader, RequestId};

/// Every field counts: there may be 100,000 of these.
pub(super) struct ParkedConnection {
    stream: TcpStream,
    answer: Answer,
    text: Arc<Text>,
    id: Option<RequestId>,
    /// What was read of the next request already.
    buffered: Option<Box<Bytes>>,
    keep_alive: bool,
    http10: bool,
    /// Bytes of the next request arrived while this one waits.
    next_arrived: bool,
}

/// What all polls of one kind have in common, so that 100,000 of them keep it once.
#[derive(Debug, PartialEq, Eq)]
struct Text {
    /// Status line and header fields, as far as they are known before the body is, without the request's id.
    head: Vec<u8>,
    /// Where that goes.
    id_header: HeaderName,
    /// The body for a shutdown.
    on_drain: Bytes,
}

/// Remembers the last [`Text`]s: polls are of very few kinds, one or two for each protocol.
#[derive(Debug, Default)]
pub(super) struct LastTexts(Mutex<VecDeque<Arc<Text>>>);

/// How many are remembered.
const TEXTS_MAX: usize = 4;

impl LastTexts {
    fn share(&self, text: Text) -> Arc<Text> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.iter().find(|known| ***known == text) {
            return known.clone();
        }
        last.truncate(TEXTS_MAX - 1);
        let text = Arc::new(text);
        last.push_front(text.clone());
        text
    }
}

/// How a wait ended.
pub(super) enum Woken {
    /// The client hung up.
    HungUp,
    /// Head and body are ready to be written.
    Answered(Answered),
}

impl ParkedConnection {
    pub(super) fn new(stream: TcpStream, buffered: Bytes, waiting: Waiting, last: &LastTexts) -> Self {
        let Waiting { head, parked, parking } = waiting;
        let asked = parking.expect("only what may be parked is offered");
        let id = head.extensions.get::<RequestId>().copied();
        let id_header = head.extensions.get().map_or(HEADER, |IdHeader(own)| own.clone());
        let without = id.is_some().then_some(&id_header);
        let text =
            Text { head: write_head(&head, asked.http10, without), id_header, on_drain: parked.on_drain };
        Self {
            stream,
            answer: parked.answer,
            text: last.share(text),
            id,
            buffered: (!buffered.is_empty()).then(|| Box::new(buffered)),
            keep_alive: asked.keep_alive && !connection_has(&head.headers, "close"),
            http10: asked.http10,
            next_arrived: false,
        }
    }

    /// Ready when the wait is over.
    pub(super) fn poll(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Woken> {
        let draining = shared.drain.reached(Phase::Draining);
        let answer = match poll_answer(&mut self.answer, cx) {
            Poll::Ready(answer) => answer,
            Poll::Pending if draining => None,
            Poll::Pending => {
                ready!(self.poll_hung_up(cx));
                return Poll::Ready(Woken::HungUp);
            }
        };
        let body = answer.as_ref().unwrap_or(&self.text.on_drain);
        let keep_alive = self.keep_alive && !draining;
        let id = self.id.map(|id| (&self.text.id_header, id));
        let bytes = finish_head(&self.text.head, id, body, self.http10, keep_alive, (shared.clock)());
        Poll::Ready(Woken::Answered(Answered { bytes, keep_alive }))
    }

    /// Ready when the client has closed the connection or its half of it. What it sends meanwhile stays in the kernel,
    /// so the readiness that says so is cleared, and asked for anew when the connection goes on.
    fn poll_hung_up(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if ready!(self.stream.poll_read_ready(cx)).is_err() {
                return Poll::Ready(());
            }
            match self.stream.ready(Interest::READABLE).now_or_never() {
                Some(Ok(ready)) if !ready.is_read_closed() => {}
                Some(_) => return Poll::Ready(()),
                None => continue,
            }
            self.next_arrived = true;
            let clear = || -> io::Result<()> { Err(io::ErrorKind::WouldBlock.into()) };
            let _ = self.stream.try_io(Interest::READABLE, clear);
        }
    }

    /// The socket, and what was read of the next request.
    ///
    /// # Errors
    /// When the socket can't be registered anew.
    pub(super) fn into_stream(self) -> io::Result<(TcpStream, Bytes)> {
        let buffered = self.buffered.map_or_else(Bytes::new, |buffered| *buffered);
        let stream =
            if self.next_arrived { TcpStream::from_std(self.stream.into_std()?)? } else { self.stream };
        Ok((stream, buffered))
    }

    pub(super) fn stream_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

/// A parked answer on its way out.
pub(super) struct Answered {
    bytes: Bytes,
    pub(super) keep_alive: bool,
}

impl Answered {
    /// Writes what is left, usually everything at once. Ready with the number of bytes of the last write.
    pub(super) fn poll_write(
        &mut self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.bytes.is_empty() {
            let count = ready!(Pin::new(&mut *stream).poll_write(cx, &self.bytes))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.bytes.advance(count);
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// An answer that the client doesn't take at once.
pub(super) struct SlowAnswer {
    pub(super) connection: ParkedConnection,
    pub(super) answered: Answered,
    pub(super) alarm: Alarm,
    pub(super) until: Instant,
}

/// Writes what is known before the body is. The server's own fields are left for [`finish_head`].
fn write_head(head: &http::response::Parts, http10: bool, without: Option<&HeaderName>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let version = if http10 { "HTTP/1.0" } else { "HTTP/1.1" };
    let reason = head.status.canonical_reason().unwrap_or("Unknown");
    let _ = write!(out, "{version} {} {reason}\r\n", head.status.as_u16());
    for (name, value) in &head.headers {
        if [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING].contains(name) || without == Some(name) {
            continue;
        }
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The whole answer, so that it leaves in one write.
fn finish_head(
    head: &[u8],
    id: Option<(&HeaderName, RequestId)>,
    body: &[u8],
    http10: bool,
    keep_alive: bool,
    now: SystemTime,
) -> Bytes {
    let mut out = Vec::with_capacity(head.len() + body.len() + 192);
    out.extend_from_slice(head);
    if let Some((name, id)) = id {
        let _ = write!(out, "{name}: {id}\r\n");
    }
    let _ = write!(out, "content-length: {}\r\ndate: {}\r\n", body.len(), date::format(now));
    out.extend_from_slice(match (keep_alive, http10) {
        (false, _) => b"connection: close\r\n\r\n",
        (true, true) => b"connection: keep-alive\r\n\r\n",
        (true, false) => b"\r\n",
    });
    out.extend_from_slice(body);
    out.into()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::{HeaderValue, Response};

    use super::*;
    use crate::telemetry::request_id::RequestIds;

    #[test]
    fn the_head_is_the_handlers_but_for_what_is_the_servers() {
        let mut response = Response::new(());
        response.headers_mut().insert("x-id", HeaderValue::from_static("1"));
        response.headers_mut().insert(HEADER, HeaderValue::from_static("its own"));
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("7"));
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        let head = write_head(&response.into_parts().0, false, Some(&HEADER));
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let id = RequestIds::new(|_| {}).next();
        let header = HEADER;
        let text = |id: Option<RequestId>, keep_alive| {
            String::from_utf8(
                finish_head(&head, id.map(|id| (&header, id)), b"{}", false, keep_alive, now).to_vec(),
            )
            .unwrap()
        };
        assert_eq!(
            text(None, true),
            "HTTP/1.1 200 OK\r\nx-id: 1\r\ncontent-length: 2\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n{}"
        );
        let closing = text(Some(id), false);
        assert!(closing.contains(&format!("x-dropbox-request-id: {id}\r\n")), "{closing}");
        assert!(closing.ends_with("GMT\r\nconnection: close\r\n\r\n{}"), "{closing}");
    }

    #[test]
    fn polls_of_a_kind_share_their_text() {
        let last = LastTexts::default();
        let text = |head: &str| Text { head: head.into(), id_header: HEADER, on_drain: Bytes::new() };
        let (one, other, two) = (last.share(text("a")), last.share(text("b")), last.share(text("a")));
        assert!(Arc::ptr_eq(&one, &two), "also where two kinds take turns");
        assert_eq!((&one.head[..], &other.head[..]), (&b"a"[..], &b"b"[..]));
        for head in ["c", "d", "e"] {
            last.share(text(head));
        }
        assert!(!Arc::ptr_eq(&one, &last.share(text("a"))), "few are remembered");
    }
}
