//! Following what happens in the files of whoever is there: one task for each person, as long as they look, and a while longer.
//!
//! It reads the server's changes and notes which folders they are about; asks for those folders; tells open pages; and waits
//! until there is something new. What it knows is kept, so that whoever comes back is told only what happened meanwhile.

mod measure;
mod refresh;

use std::sync::Arc;
use std::time::Duration;

use tidemark_client::{Client, Cursor, Error, RefusalKind, RetryPolicy};
use tokio::time::sleep;

use crate::events::{Event, Watcher};
use crate::gallery::Inner;
use crate::store::{PersonId, StoreError};

/// Whoever has asked for nothing for so long, and has no page open, is watched for no more.
const LINGERING: Duration = Duration::from_secs(10 * 60);
/// How long a poll waits. What stands between often closes connections that are quiet for a minute.
const POLL: Duration = Duration::from_secs(50);
/// After so many polls without news the changes are read all the same: polls show no token, so they do not tell that it has ended.
const POLLS_MAX: u32 = 10;
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Why watching broke off.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error("the session's token is sealed under another key")]
    Sealed,
    #[error(transparent)]
    Client(#[from] Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WatchError {
    /// Whether nothing can be opened with the session's token, now or later.
    fn is_final(&self) -> bool {
        match self {
            WatchError::Client(error) => error.kind() == Some(RefusalKind::Unauthorized),
            WatchError::Sealed => true,
            WatchError::Store(_) => false,
        }
    }
}

/// Watches for somebody from now on, if nobody does.
pub(crate) fn ensure(inner: &Arc<Inner>, person: PersonId) {
    let Some(watcher) = inner.presence.greet(person) else { return };
    let watching = Watching { inner: inner.clone(), person, watcher };
    tokio::spawn(async move {
        let inner = &watching.inner;
        tokio::select! {
            () = inner.stopped() => {}
            () = follow_on(inner, person) => {}
        }
    });
}

/// Watches for somebody. However it ends, by a panic even, they are forgotten: whoever asks for something next watches anew, and
/// their pages notice that they hear nothing more, and ask.
struct Watching {
    inner: Arc<Inner>,
    person: PersonId,
    watcher: Watcher,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.inner.presence.forget(self.person, self.watcher);
    }
}

/// Watches until they are gone, or nothing of theirs can be opened any more.
async fn follow_on(inner: &Arc<Inner>, person: PersonId) {
    let mut failures = 0;
    while let Ok(Some(session)) = inner.store.blocking(move |store| store.latest_session(person)).await {
        let broke = match inner.client_of(&session) {
            None => Err(WatchError::Sealed),
            Some(client) => {
                // A pause of its own stands between tries, in which everything is begun again.
                let client = client.with_retries(RetryPolicy::NEVER);
                tokio::select! {
                    followed = follow(inner, person, &client, &mut failures) => followed,
                    measured = measure::measure(inner, person, &client) => match measured {},
                }
            }
        };
        let Err(mut error) = broke else { return };
        inner.presence.tell(person, Event::Working(false));
        if error.is_final() {
            tracing::info!(person = person.0, error = &error as &dyn std::error::Error, "a session is over");
            match inner.end(session.digest).await {
                Ok(()) => continue,
                // It would be found again at once: this is tried no faster than anything else.
                Err(failed) => error = failed.into(),
            }
        }
        match &error {
            WatchError::Client(error) if error.kind() == Some(RefusalKind::BadRequest) => {
                // The cursor is of another life of the server.
                let _ = inner.store.writing(move |store| store.forget_cursor(person)).await;
            }
            WatchError::Client(_) | WatchError::Store(_) | WatchError::Sealed => {}
        }
        tracing::warn!(
            person = person.0,
            error = &error as &dyn std::error::Error,
            "the changes cannot be followed at present"
        );
        if inner.presence.leave(person, LINGERING) {
            return;
        }
        let retry_after = match &error {
            WatchError::Client(error) => error.retry_after(),
            WatchError::Store(_) | WatchError::Sealed => None,
        };
        sleep(retry_after.unwrap_or_default().max(pause(failures)).min(PAUSE_MAX)).await;
        failures += 1;
    }
}

/// Doubles, from a second on.
fn pause(failures: u32) -> Duration {
    Duration::from_secs(1).saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(PAUSE_MAX)
}

/// Follows the changes until somebody is gone.
async fn follow(
    inner: &Arc<Inner>,
    person: PersonId,
    client: &Client,
    failures: &mut u32,
) -> Result<(), WatchError> {
    let mut hollow = 0;
    loop {
        let (cursor, has_news) = read(inner, person, client).await?;
        refresh::refresh(inner, person, client).await?;
        inner.presence.tell(person, Event::Working(false));
        *failures = 0;
        // A server that promises news and has none is not asked as fast as it answers.
        hollow = if has_news { 0 } else { hollow + 1 };
        if hollow > 1 {
            sleep(pause(hollow - 2)).await;
        }
        if wait(inner, person, client, &cursor).await?.is_quiet() {
            hollow = 0;
        }
        if inner.presence.leave(person, LINGERING) {
            return Ok(());
        }
    }
}

/// Reads the changes to their end. Tells where that is, and whether there were any.
async fn read(inner: &Arc<Inner>, person: PersonId, client: &Client) -> Result<(Cursor, bool), WatchError> {
    let cursor = inner.store.blocking(move |store| store.cursor(person)).await?;
    let mut cursor = cursor.and_then(|cursor| Cursor::new(cursor).ok());
    let (mut has_news, mut hollow) = (cursor.is_none(), 0);
    if cursor.is_none() {
        inner.presence.tell(person, Event::Working(true));
    }
    loop {
        let page = client.delta(cursor.as_ref(), None).await?;
        has_news |= !page.entries.is_empty();
        // A walk may have nothing to tell for a while. One that never has is not asked as fast as it answers.
        hollow = if page.entries.is_empty() { hollow + 1 } else { 0 };
        if page.has_more && hollow > 100 {
            sleep(pause(hollow - 100)).await;
        }
        if page.has_more {
            inner.presence.tell(person, Event::Working(true));
        }
        let (now, next, has_more) = (inner.now(), page.cursor.clone(), page.has_more);
        let noted = inner.store.writing(move |store| store.note(person, &page, now)).await?;
        if noted.left > 0 {
            inner.presence.tell(person, Event::Changed { came: 0, left: noted.left });
        }
        if !has_more {
            return Ok((next, has_news));
        }
        cursor = Some(next);
    }
}

/// Why waiting ended.
#[derive(PartialEq, Eq)]
enum Woken {
    ByNews,
    ByTime,
}

impl Woken {
    fn is_quiet(&self) -> bool {
        *self == Woken::ByTime
    }
}

/// Waits until there is something new, a folder is due, or it is time to show the token again.
async fn wait(
    inner: &Arc<Inner>,
    person: PersonId,
    client: &Client,
    cursor: &Cursor,
) -> Result<Woken, WatchError> {
    let due = inner.store.blocking(move |store| store.next_due(person)).await?;
    let due = due.map(|due| Duration::from_secs(due.saturating_sub(inner.now()).max(1).cast_unsigned()));
    let polls = async {
        for _ in 0..POLLS_MAX {
            let polled = client.longpoll(cursor, POLL).await?;
            sleep(polled.backoff.unwrap_or_default()).await;
            if polled.changes {
                return Ok(Woken::ByNews);
            }
            if inner.presence.leave(person, LINGERING) {
                break;
            }
        }
        Ok::<_, WatchError>(Woken::ByTime)
    };
    tokio::select! {
        woken = polls => woken,
        () = sleep(due.unwrap_or(Duration::MAX)) => Ok(Woken::ByTime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let seconds = |failures| pause(failures).as_secs();
        assert_eq!([0, 1, 5, 6, 31, 32, u32::MAX].map(seconds), [1, 2, 32, 60, 60, 60, 60]);
    }
}
