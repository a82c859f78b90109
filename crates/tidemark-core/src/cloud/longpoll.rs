//! Waiting until a reader has something to be told.

use super::Cloud;
use crate::hub::{Overloaded, Waiter};
use crate::model::{Cursor, EntryId, Seq};
use std::sync::Arc;
use std::time::Duration;

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
}

impl LongPoll {
    /// True as soon as there is news, false after `timeout` without any. True may be spurious, false never hides
    /// anything that was committed before the wait began.
    pub async fn wait(mut self, timeout: Duration) -> bool {
        let sleep = tokio::time::sleep(timeout);
        tokio::pin!(sleep);
        let mut heard = None;
        // Registered already; now look, then sleep, then look again.
        while !self.look(heard).await {
            tokio::select! {
                seq = self.waiter.heard() => heard = Some(seq),
                () = &mut sleep => return false,
            }
        }
        true
    }

    /// Whether there is news. An error is no reason to go on waiting: the reader is sent to ask, and will be told.
    async fn look(&mut self, heard: Option<Seq>) -> bool {
        let cloud = &self.cloud;
        match &mut self.view {
            // What was heard is as good as looking: an announcement follows a commit.
            View::Whole(seen) => match heard {
                Some(seq) => seq > *seen,
                None => match cloud.journal.store().head(self.waiter.namespace()).await {
                    Ok(head) => head.seq > *seen || *seen < head.horizon,
                    Err(_) => true,
                },
            },
            View::Part(cursor) => Box::pin(cloud.has_news(cursor)).await.unwrap_or(true),
        }
    }
}
