//! Asking the server what changed.

use std::time::Duration;

use tidemark_client::{Account, Client, Cursor, DeltaPage, Error, Longpoll, RefusalKind};

use crate::apply::chain;
use crate::driver::Stopped;

/// How long the server lets a question wait that has no answer yet.
pub(crate) const POLL: Duration = Duration::from_secs(120);

/// Why the server did not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It cannot be asked at present.
    Offline { error: String, after: Option<Duration> },
    /// It does not know where we are: it is to be asked from the beginning.
    Lost { error: String },
    /// Nothing at all can be done.
    Stop(Stopped),
}

/// The next page of changes.
pub(crate) async fn page(client: &Client, cursor: Option<&Cursor>) -> Result<DeltaPage, Trouble> {
    let page = client.delta(cursor, None).await.map_err(|error| trouble(&error, cursor.is_some()))?;
    for (_, entry) in &page.entries {
        let Some(entry) = entry else { continue };
        let is_known = entry.id.is_some() && entry.file().is_none_or(|file| file.content_hash.is_some());
        if !is_known {
            return Err(Trouble::Stop(Stopped::ServerTooOld));
        }
    }
    if page.has_more && page.entries.is_empty() && cursor == Some(&page.cursor) {
        // Whoever asks again at once is told the same again.
        let error = "the server has more to tell, and does not tell it".to_owned();
        return Err(Trouble::Offline { error, after: None });
    }
    Ok(page)
}

/// Waits until the server has something new.
pub(crate) async fn poll(client: &Client, cursor: &Cursor) -> Result<Longpoll, Trouble> {
    client.longpoll(cursor, POLL).await.map_err(|error| trouble(&error, true))
}

/// Whose files these are.
pub(crate) async fn account(client: &Client) -> Result<Account, Trouble> {
    client.account().await.map_err(|error| trouble(&error, false))
}

fn trouble(error: &Error, had_cursor: bool) -> Trouble {
    match error.kind() {
        Some(RefusalKind::Unauthorized) => Trouble::Stop(Stopped::Unlinked),
        Some(RefusalKind::BadRequest) if had_cursor => Trouble::Lost { error: chain(error) },
        Some(_) | None => Trouble::Offline { error: chain(error), after: error.retry_after() },
    }
}
