//! What changed.

use std::time::Duration;

use super::PAGE_MAX;
use crate::call::{Call, parse};
use crate::model::{Cursor, DeltaPage, Longpoll, RemotePath};
use crate::{Client, Error, wire};

/// How long a poll may take longer than asked for, so that not all of them end at once.
const POLL_SLACK: Duration = Duration::from_secs(95);
/// How long the server lets a poll wait at least, and at most.
const POLL_MIN: u64 = 30;
const POLL_MAX: u64 = 480;

impl Client {
    /// The next changes after a cursor, or everything from the beginning. With a prefix, of what is there and below; it must
    /// come with every call, as the cursor was made.
    ///
    /// # Errors
    /// [`Error`]. A cursor that is not of this account and app is [`BadRequest`](crate::RefusalKind::BadRequest).
    pub async fn delta(
        &self,
        cursor: Option<&Cursor>,
        path_prefix: Option<&RemotePath>,
    ) -> Result<DeltaPage, Error> {
        let call = Call::read(self.parts.server.endpoint("delta"))
            .with_some("cursor", cursor.map(Cursor::as_str))
            .with_some("path_prefix", prefix(path_prefix))
            .with_identity();
        parse::<wire::Page>(&self.whole(&call, PAGE_MAX).await?.bytes)?.page()
    }

    /// A cursor after all that has happened so far.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn latest_cursor(&self, path_prefix: Option<&RemotePath>) -> Result<Cursor, Error> {
        let call = Call::read(self.parts.server.endpoint("delta/latest_cursor"))
            .with_some("path_prefix", prefix(path_prefix))
            .with_identity();
        self.value::<wire::Latest>(&call).await?.cursor()
    }

    /// Waits until there is something new after a cursor, or until about `timeout` has passed (30 to 480 seconds).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn longpoll(&self, cursor: &Cursor, timeout: Duration) -> Result<Longpoll, Error> {
        let seconds = timeout.as_secs().clamp(POLL_MIN, POLL_MAX);
        // The cursor is the credential: no need to show another.
        let call = Call::get(self.parts.server.endpoint("longpoll_delta"))
            .anonymous()
            .with("cursor", cursor.as_str())
            .with("timeout", seconds.to_string())
            .with_patience(Duration::from_secs(seconds) + POLL_SLACK);
        Ok(self.value::<wire::Poll>(&call).await?.longpoll())
    }
}

/// The root is no prefix.
fn prefix(path: Option<&RemotePath>) -> Option<&str> {
    path.filter(|path| !path.is_root()).map(RemotePath::as_str)
}
