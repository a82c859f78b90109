//! A request's body on its way from hyper to the handler, with its deadlines.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::alarm::Alarm;
use super::limits::Limits;
use super::wire::{BodyState, Wire};
use crate::http::BodyError;

/// The body of a request: it ends in an error when the client is silent for too long, or too slow on average, and when
/// a handler drops it half-read, the rest goes to the connection's driver to be thrown away.
pub(super) struct RequestBody {
    /// Taken when it ended, so that nothing is left over.
    incoming: Option<Incoming>,
    pace: Pace,
    alarm: Alarm,
    /// The connection's notes, on HTTP/1: an HTTP/2 stream can be reset alone.
    wire: Option<Arc<Wire>>,
    /// The client waits for `100 Continue`, which hyper sends when the body is first asked for.
    awaits_continue: bool,
}

impl RequestBody {
    pub(super) fn new(
        incoming: Incoming,
        limits: &Limits,
        wire: Option<Arc<Wire>>,
        awaits_continue: bool,
    ) -> Self {
        let pace = Pace::new(limits);
        Self { incoming: Some(incoming), pace, alarm: Alarm::default(), wire, awaits_continue }
    }

    fn end(&mut self, state: BodyState) {
        self.incoming = None;
        if let Some(wire) = self.wire.take() {
            wire.note_body(state);
        }
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Some(incoming) = this.incoming.as_mut() else { return Poll::Ready(None) };
        this.awaits_continue = false;
        match Pin::new(&mut *incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.pace.received(frame.data_ref().map_or(0, Bytes::len));
                if incoming.is_end_stream() {
                    this.end(BodyState::Done);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.end(BodyState::Abandoned);
                Poll::Ready(Some(Err(classify(&error))))
            }
            Poll::Ready(None) => {
                this.end(BodyState::Done);
                Poll::Ready(None)
            }
            Poll::Pending => {
                while this.alarm.poll(Some(this.pace.deadline()), cx).is_ready() {
                    if let Some(error) = this.pace.expired() {
                        this.end(BodyState::Abandoned);
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or(SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let (Some(incoming), Some(wire)) = (self.incoming.take(), self.wire.take()) else { return };
        if self.awaits_continue {
            // The client has not begun to send, and the answer tells it not to.
            wire.note_body(BodyState::Abandoned);
        } else {
            wire.leave(incoming);
        }
    }
}

/// How fast the body arrives, measured only while somebody waits for it: a slow handler is not the client's fault.
struct Pace {
    idle_timeout: Duration,
    rate_min: u64,
    window: Duration,
    /// Since when the reader has been waiting for the next frame.
    waiting_since: Option<Instant>,
    /// In the current window: how long the reader waited, and what came.
    waited: Duration,
    bytes: u64,
}

impl Pace {
    fn new(limits: &Limits) -> Self {
        Self {
            idle_timeout: limits.body_idle_timeout,
            rate_min: limits.body_rate_min,
            window: limits.body_rate_window,
            waiting_since: None,
            waited: Duration::ZERO,
            bytes: 0,
        }
    }

    fn received(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
        self.bytes += bytes as u64;
        self.next_window();
    }

    /// Begins a new window if the current one is full and was fast enough.
    fn next_window(&mut self) {
        if self.waited >= self.window && self.fast_enough() {
            self.waited = Duration::ZERO;
            self.bytes = 0;
        }
    }

    fn fast_enough(&self) -> bool {
        self.bytes as f64 >= self.rate_min as f64 * self.waited.as_secs_f64()
    }

    /// When to look again; notes that the reader waits from now on.
    fn deadline(&mut self) -> Instant {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        since + self.idle_timeout.min(self.window.saturating_sub(self.waited))
    }

    /// At a deadline: what is wrong, if anything is.
    fn expired(&mut self) -> Option<BodyError> {
        let since = self.waiting_since?;
        let now = Instant::now();
        if now - since >= self.idle_timeout {
            return Some(BodyError::Idle);
        }
        let waited = self.waited + (now - since);
        if waited < self.window {
            return None;
        }
        self.waited = waited;
        // The silence up to the window's end is counted there; a longer one goes on counting towards being idle.
        if !self.fast_enough() {
            return Some(BodyError::TooSlow);
        }
        self.next_window();
        None
    }
}

/// Sorts what hyper reports while reading a body.
fn classify(error: &hyper::Error) -> BodyError {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => BodyError::Malformed,
                _ => BodyError::Disconnected,
            };
        }
        cause = error.source();
    }
    BodyError::Disconnected
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn pace() -> Pace {
        Pace::new(&Limits {
            body_idle_timeout: Duration::from_secs(10),
            body_rate_min: 100,
            body_rate_window: Duration::from_secs(30),
            ..Limits::default()
        })
    }

    /// Waits as a reader would, then receives.
    async fn wait(pace: &mut Pace, seconds: u64, bytes: usize) -> Option<BodyError> {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            let deadline = pace.deadline();
            if deadline >= end {
                break;
            }
            advance(deadline - Instant::now()).await;
            if let Some(error) = pace.expired() {
                return Some(error);
            }
        }
        advance(end - Instant::now()).await;
        pace.received(bytes);
        None
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_idle() {
        let mut pace = pace();
        assert_eq!(wait(&mut pace, 9, 5000).await, None);
        assert_eq!(wait(&mut pace, 11, 1).await, Some(BodyError::Idle));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_too_slow() {
        let mut pace = pace();
        for _ in 0..5 {
            assert_eq!(wait(&mut pace, 5, 499).await, None);
        }
        assert_eq!(wait(&mut pace, 6, 1).await, Some(BodyError::TooSlow));
    }

    #[tokio::test(start_paused = true)]
    async fn the_minimum_is_enough_for_ever() {
        let mut pace = pace();
        for _ in 0..100 {
            assert_eq!(wait(&mut pace, 5, 500).await, None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_does_not_buy_more_than_its_window() {
        let mut pace = pace();
        assert_eq!(wait(&mut pace, 5, 1_000_000).await, None);
        let mut survived = 0;
        while wait(&mut pace, 5, 1).await.is_none() {
            survived += 5;
        }
        assert!((25..=60).contains(&survived), "{survived}");
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_the_handler_does_not_count() {
        let mut pace = pace();
        for _ in 0..10 {
            advance(Duration::from_secs(60)).await;
            assert_eq!(wait(&mut pace, 1, 100).await, None);
        }
    }
}
