//! Pages of changes for readers who want to know what cameras noted.

use super::{Infos, Media};
use crate::cloud::{Cloud, DeltaError, Page, Scope, Told};
use crate::model::{AccountId, Content, Cursor, Path};
use futures_util::{StreamExt, stream};
use std::sync::Arc;

/// A page, and the media infos of what it tells.
#[derive(Clone, Debug)]
pub struct MediaPage {
    /// What is told.
    pub page: Page,
    /// Of everything in it that can have one.
    pub infos: Infos,
}

/// A page without any.
impl From<Page> for MediaPage {
    fn from(page: Page) -> MediaPage {
        MediaPage { page, infos: Infos::default() }
    }
}

impl Media {
    /// As [`Cloud::delta`], but tells a file that may have a media info only when that is known: the page waits for a
    /// while, and ends before the first file whose info is not there by then, with more to be told. Since looking into a
    /// file ends within a bounded time, asking again gets on.
    ///
    /// `is_media` says which files may have one.
    pub async fn page(
        self: &Arc<Media>,
        cloud: &Cloud,
        scope: &Scope,
        cursor: Cursor,
        limit: usize,
        is_media: fn(&Path) -> bool,
    ) -> Result<MediaPage, DeltaError> {
        let mut page = cloud.delta(scope, cursor.clone(), limit).await?;
        let contents: Vec<Content> = page.told.iter().filter_map(|told| content_of(told, is_media)).collect();
        let found = self.wait_for(scope.account, &contents).await;
        loop {
            let contents: Vec<Content> =
                page.told.iter().filter_map(|told| content_of(told, is_media)).collect();
            let mut infos = self.known_infos(&contents).await;
            infos.add(&found);
            let is_ready =
                |told: &Told| content_of(told, is_media).is_none_or(|content| infos.get(content).is_some());
            let Some(unready) = page.told.iter().position(|told| !is_ready(told)) else {
                return Ok(MediaPage { page, infos });
            };
            self.find_out(
                scope.account,
                contents.into_iter().filter(|content| infos.get(*content).is_none()),
            );
            // A page may tell one thing more than its limit, so a shorter limit is needed to tell fewer things.
            let shorter = unready.min(page.told.len().saturating_sub(2));
            page = cloud.delta(scope, cursor.clone(), shorter).await?;
        }
    }

    /// Has these looked into, in order, until that is done or patience is at its end. Answers what came of it: whatever
    /// could not be had is among it with nothing to say, so that no file keeps a reader from what follows.
    async fn wait_for(self: &Arc<Media>, account: AccountId, contents: &[Content]) -> Infos {
        let known = self.known_infos(contents).await;
        let unknown: Vec<Content> =
            contents.iter().copied().filter(|content| known.get(*content).is_none()).collect();
        let work = stream::iter(unknown)
            .map(|content| async move { Infos::of(content, self.info(account, content).await) })
            .buffered(self.limits.at_once_per_account.max(1));
        let mut work = std::pin::pin!(work);
        let mut found = known;
        let patience = tokio::time::sleep(self.limits.page_patience);
        let mut patience = std::pin::pin!(patience);
        loop {
            tokio::select! {
                info = work.next() => match info {
                    Some(info) => found.add(&info),
                    None => return found,
                },
                () = &mut patience => return found,
            }
        }
    }
}

/// The bytes in question, of what may have a media info.
fn content_of(told: &Told, is_media: fn(&Path) -> bool) -> Option<Content> {
    let item = told.item.as_ref().filter(|item| is_media(&item.path))?;
    item.entry.file().map(|file| file.content)
}
