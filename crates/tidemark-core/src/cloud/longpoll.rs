//! Waiting until a reader has something to be told.

use super::{Cloud, Scope};
use crate::hub::{Overloaded, Waiter};
use crate::model::{Cursor, EntryId, NamespaceId, Seq};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// A reader that waits. Made by [`Cloud::longpoll`], awaited with [`LongPoll::wait`].
pub struct LongPoll {
    cloud: Arc<Cloud>,
    waiter: Waiter,
    view: View,
}

enum View {
    /// The reader sees everything: any change is news to it.
    Whole(Seq),
    /// The reader sees a part: each change must be looked at.
    /// Boxed, because as many readers of the other kind may be asleep as there are clients.
    Part(Box<Cursor>),
    /// The reader is told every change that it sees. Boxed for the same reason.
    Feed(Box<Place>),
}

/// How far a reader of a feed was told.
struct Place {
    scope: Scope,
    seen: Seq,
    notes: bool,
}

impl Cloud {
    /// Registers a reader as waiting. Whatever is committed from now on will wake it.
    pub fn longpoll(self: &Arc<Self>, cursor: Cursor) -> Result<LongPoll, Overloaded> {
        let waiter = self.hub.register(cursor.namespace, cursor.account)?;
        let whole = cursor.root == EntryId::ROOT && cursor.prefix.is_root();
        let view = match &cursor.position {
            Some(position)
                if whole && position.expansion.is_none() && cursor.epoch == self.journal.store().epoch() =>
            {
                View::Whole(position.seq)
            }
            _ => View::Part(Box::new(cursor)),
        };
        Ok(LongPoll { cloud: Arc::clone(self), waiter, view })
    }

    /// The same for a reader of [`Cloud::feed`] that was told everything up to a position, and perhaps doesn't mind notes.
    pub fn await_feed(
        self: &Arc<Self>,
        scope: Scope,
        seen: Seq,
        notes: bool,
    ) -> Result<LongPoll, Overloaded> {
        let waiter = self.hub.register(scope.namespace, scope.account)?;
        let view = View::Feed(Box::new(Place { scope, seen, notes }));
        Ok(LongPoll { cloud: Arc::clone(self), waiter, view })
    }
}

impl Place {
    fn is_whole(&self) -> bool {
        self.scope.root == EntryId::ROOT
    }
}

impl LongPoll {
    /// True as soon as there is news, false after `timeout` without any. True may be spurious, false never hides
    /// anything that was committed before the wait began.
    pub fn wait(self, timeout: Duration) -> Waiting {
        let LongPoll { cloud, waiter, view } = self;
        let mut waiting =
            Waiting { cloud, waiter, view: Some(view), looking: None, sleep: tokio::time::sleep(timeout) };
        // Registered already; now look, then sleep, then look again.
        waiting.look();
        waiting
    }
}

pin_project! {
    /// A reader that waits, and looks whenever something was heard. Written out by hand, because as many of these may be
    /// asleep as there are clients, and an `async` block keeps room for everything that it ever held.
    pub struct Waiting {
        cloud: Arc<Cloud>,
        waiter: Waiter,
        // Taken by a look for as long as it lasts.
        view: Option<View>,
        looking: Option<Looking>,
        #[pin]
        sleep: Sleep,
    }
}

/// A look under way: whether there is news, and what to look at the next time.
type Looking = Pin<Box<dyn Future<Output = (bool, View)> + Send>>;

impl Waiting {
    fn look(&mut self) {
        self.looking =
            self.view.take().map(|view| look(Arc::clone(&self.cloud), self.waiter.namespace(), view));
    }
}

impl Future for Waiting {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut this = self.project();
        loop {
            if let Some(looking) = this.looking {
                let Poll::Ready((news, view)) = looking.as_mut().poll(cx) else {
                    // Who looks for longer than it may wait is sent to look for itself.
                    return this.sleep.as_mut().poll(cx).map(|()| true);
                };
                (*this.looking, *this.view) = (None, Some(view));
                if news {
                    return Poll::Ready(true);
                }
            }
            let Poll::Ready(heard) = this.waiter.poll_heard(cx) else { break };
            match this.view.take() {
                // What was heard is as good as looking: an announcement follows a commit.
                Some(View::Whole(seen)) if heard.seq > seen => return Poll::Ready(true),
                Some(View::Feed(place)) if place.is_whole() && heard.loud > place.seen => {
                    return Poll::Ready(true);
                }
                Some(View::Whole(seen)) => *this.view = Some(View::Whole(seen)),
                // Others may commit faster than this looks, for ever: its time ends all the same.
                Some(_) if this.sleep.as_mut().poll(cx).is_ready() => return Poll::Ready(false),
                Some(part) => {
                    *this.looking = Some(look(Arc::clone(this.cloud), this.waiter.namespace(), part));
                }
                None => return Poll::Ready(true),
            }
        }
        this.sleep.as_mut().poll(cx).map(|()| false)
    }
}

/// Whether there is news. An error is no reason to go on waiting: the reader is sent to ask, and will be told.
fn look(cloud: Arc<Cloud>, namespace: NamespaceId, view: View) -> Looking {
    Box::pin(async move {
        match view {
            View::Whole(seen) => {
                let head = cloud.journal.store().head(namespace).await;
                // A position beyond the head is of a store that was put back: its reader is to be reset.
                (head.map_or(true, |head| head.seq != seen || seen < head.horizon), View::Whole(seen))
            }
            View::Part(mut cursor) => {
                let news = cloud.has_news(&mut cursor).await.unwrap_or(true);
                (news, View::Part(cursor))
            }
            View::Feed(mut place) => {
                let Place { scope, seen, notes } = &*place;
                let (news, sure) = cloud.has_feed(scope, *seen, *notes).await.unwrap_or((true, *seen));
                place.seen = sure;
                (news, View::Feed(place))
            }
        }
    })
}
