//! Asking for the folders of which something was told, and keeping what they hold.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use tidemark_client::{Client, Error, ListOptions, Listing, Metadata, RefusalKind, RemotePath};

use super::WatchError;
use crate::document::{Document, Picture};
use crate::events::Event;
use crate::gallery::Inner;
use crate::store::{Database, Due, PersonId, Refreshed};

/// How many folders are asked for before open pages are told.
const BATCH: u32 = 16;
/// How many at once.
const AT_ONCE: usize = 4;
/// How often a folder is asked for again because the server still looks into its pictures.
const TRIES_MAX: u32 = 12;
/// The longest pause before that, in seconds.
const LOOK_AGAIN_MAX: i64 = 300;
/// A folder that cannot be had is asked for again after so long, in seconds.
const LATER: i64 = 60 * 60;
/// More pictures in one folder are not kept: nobody looks through them, and a server could tell of them for ever.
const PICTURES_MAX: usize = 1_000_000;

/// Asks for every folder that is due.
pub(super) async fn refresh(inner: &Arc<Inner>, person: PersonId, client: &Client) -> Result<(), WatchError> {
    loop {
        let due = {
            let now = inner.now();
            inner.store.blocking(move |store| store.due(person, now, BATCH)).await?
        };
        if due.is_empty() {
            return Ok(());
        }
        if due.len() == BATCH as usize {
            inner.presence.tell(person, Event::Working(true));
        }
        let mut refreshing =
            stream::iter(due).map(|due| refresh_folder(inner, person, client, due)).buffer_unordered(AT_ONCE);
        let (mut came, mut left, mut moved, mut failed) = (0, 0, 0, None);
        while let Some(refreshed) = refreshing.next().await {
            match refreshed {
                Ok(refreshed) => {
                    came += refreshed.came;
                    left += refreshed.left;
                    moved += refreshed.moved;
                }
                Err(error) => failed = Some(error),
            }
        }
        if came + left + moved > 0 {
            inner.presence.tell(person, Event::Changed { came, left });
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
}

async fn refresh_folder(
    inner: &Arc<Inner>,
    person: PersonId,
    client: &Client,
    due: Due,
) -> Result<Refreshed, WatchError> {
    let Due { id, path, hash, tries } = due;
    let asked = inner.now();
    let Ok(path) = RemotePath::new(&path) else {
        return Ok(inner.store.writing(move |store| store.drop_folder(id)).await?);
    };
    let (document, is_complete) = match list(client, &path, hash).await {
        Ok(Found::Folder { document, is_complete }) => (document, is_complete),
        // 304: what we know is what there is.
        Ok(Found::Unchanged) => {
            inner.store.writing(move |store| store.put_off(id, asked, None)).await?;
            return Ok(Refreshed::default());
        }
        Ok(Found::Nothing) => return Ok(inner.store.writing(move |store| store.drop_folder(id)).await?),
        // It passes, or it is about the token, and not about this folder.
        Err(error) if error.is_passing() || error.kind() == Some(RefusalKind::Unauthorized) => {
            return Err(error.into());
        }
        Err(error) => {
            tracing::warn!(person = person.0, %error, "a folder's pictures cannot be listed");
            inner.store.writing(move |store| store.put_off(id, asked, Some(asked + LATER))).await?;
            return Ok(Refreshed::default());
        }
    };
    if document.pictures.is_empty() {
        return Ok(inner.store.writing(move |store| store.drop_folder(id)).await?);
    }
    let again = (!is_complete && tries < TRIES_MAX).then(|| asked + (2 << tries).min(LOOK_AGAIN_MAX));
    let keep = move |store: &Database| {
        let refreshed = store.keep(person, id, &document)?;
        store.put_off(id, asked, again)?;
        Ok(refreshed)
    };
    Ok(inner.store.writing(keep).await?)
}

/// What is at a folder's path.
enum Found {
    Unchanged,
    /// No folder.
    Nothing,
    Folder {
        document: Document,
        /// Whether the server has looked into all of its pictures.
        is_complete: bool,
    },
}

/// Asks for a folder; for one that is too large to be told at once, piece by piece.
async fn list(
    client: &Client,
    path: &RemotePath,
    hash: Option<tidemark_client::FolderHash>,
) -> Result<Found, Error> {
    let mut options = ListOptions { hash, include_media_info: true, ..ListOptions::default() };
    let mut document = Document::default();
    let mut is_complete = true;
    loop {
        let (hash, contents, has_more) = match client.list(path, &options).await {
            Ok(Listing::Folder { hash, contents, has_more, .. }) => (hash, contents, has_more),
            Ok(Listing::Unchanged) => return Ok(Found::Unchanged),
            Ok(Listing::Entry(_)) => return Ok(Found::Nothing),
            Err(error) => match error.kind() {
                Some(RefusalKind::NotFound) => return Ok(Found::Nothing),
                Some(RefusalKind::TooLarge) if options.after.is_none() => {
                    options.after = Some(String::new());
                    continue;
                }
                _ => return Err(error),
            },
        };
        let last = contents.last().and_then(|entry: &Metadata| entry.path.name().map(str::to_owned));
        for (picture, is_known) in contents.iter().filter_map(Picture::of) {
            is_complete &= is_known;
            document.pictures.push(picture);
        }
        // Of a folder that is told in pieces, the hash of the first: what changes meanwhile is told as a change.
        document.hash.get_or_insert(hash);
        match last.filter(|_| has_more && document.pictures.len() < PICTURES_MAX) {
            Some(last) if options.after.as_deref() != Some(&last) => {
                options = ListOptions { hash: None, after: Some(last), ..options };
            }
            _ => return Ok(Found::Folder { document, is_complete }),
        }
    }
}
