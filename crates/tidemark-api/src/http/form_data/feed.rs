//! A body on its way into the parser of multipart forms.
//!
//! The parser reads ahead for as long as there is anything to read, and keeps looking for the end of a part's headers
//! however long they get. So it is fed: a piece at a time, and no more once too much lies there that it can make nothing
//! of.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use crate::http::{BodyError, LimitedBody};

/// The most that is handed over before the parser has looked at it.
const PIECE_BYTES_MAX: usize = 32 << 10;

/// The most that may be handed over and not come out again: everything between the parts (boundaries and headers) never
/// does. The parser searches all of it whenever a few bytes more arrive.
const UNREAD_BYTES_MAX: usize = 128 << 10;

/// See the module.
pub(super) struct Feed {
    body: LimitedBody,
    /// What was received and not handed over yet.
    rest: Bytes,
    unread: Unread,
    /// A piece was just handed over.
    full: bool,
}

/// How many bytes of a [`Feed`] have not come out of the parser.
#[derive(Clone, Default)]
pub(super) struct Unread(Arc<AtomicUsize>);

impl Unread {
    /// So many bytes of a part have come out.
    pub(super) fn came_out(&self, count: usize) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }
}

impl Feed {
    pub(super) fn new(body: LimitedBody) -> (Feed, Unread) {
        let unread = Unread::default();
        (Feed { body, rest: Bytes::new(), unread: unread.clone(), full: false }, unread)
    }
}

impl Stream for Feed {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.full) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.unread.0.load(Ordering::Relaxed) > UNREAD_BYTES_MAX {
            return Poll::Ready(Some(Err(BodyError::Malformed)));
        }
        if self.rest.is_empty() {
            match ready!(self.body.poll_next_unpin(cx)).transpose()? {
                Some(received) => self.rest = received,
                None => return Poll::Ready(None),
            }
        }
        let size = self.rest.len().min(PIECE_BYTES_MAX);
        let piece = self.rest.split_to(size);
        self.unread.0.fetch_add(size, Ordering::Relaxed);
        self.full = true;
        Poll::Ready(Some(Ok(piece)))
    }
}
