//! Whether there is anything new for an app that was told of an account up to some position.

use super::feed::last_before;
use super::{Cloud, Reach};
use crate::model::{
    AccountId, App, Cursor, EntryId, NamespaceId, PathKey, Position, Seq, Timestamp, Watermark,
};
use crate::store::StoreError;

/// By how long, in milliseconds, a change may be committed after the time that it has, which is its plan's; and by how
/// much less two neighbours of a journal may be out of order. Beyond that, the clock is wrong.
const UNDER_WAY_MAX: i64 = 5_000;

/// What an app is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Whether there is anything that it sees. May be spurious; false never hides a change of its view.
    pub any: bool,
    /// How far it has been told, once it was told of that; at once, if there is nothing.
    pub told: Watermark,
}

impl Cloud {
    /// Where an app stands that is to be told of everything that was committed at this time or later, and of nothing that
    /// was committed long before.
    pub async fn watermark_at(
        &self,
        account: AccountId,
        namespace: NamespaceId,
        app: &App,
        time: Timestamp,
    ) -> Result<Watermark, StoreError> {
        let root = self.root_of(account, namespace, app).await?;
        let epoch = self.journal.store().epoch();
        let mut tree = self.journal.store().read(namespace).await?;
        let seq = last_before(&mut *tree, Timestamp(time.0.saturating_sub(UNDER_WAY_MAX))).await?;
        // A folder that came later is all news.
        let root = root.filter(|root| root.0 <= seq.0);
        Ok(Watermark { epoch, root, seq })
    }

    /// Whether an app sees any change of an account beyond what it was told. The position that this answers was read
    /// before, so whatever is committed from now on lies beyond it.
    pub async fn news(
        &self,
        account: AccountId,
        namespace: NamespaceId,
        app: &App,
        told: Watermark,
    ) -> Result<News, StoreError> {
        let epoch = self.journal.store().epoch();
        let head = self.journal.store().head(namespace).await?;
        if told.epoch == epoch && told.seq == head.seq {
            return Ok(News { any: false, told });
        }
        let root = self.root_of(account, namespace, app).await?;
        let now = Watermark { epoch, root, seq: head.seq };
        let served = told.epoch == epoch && head.serves(told.seq);
        let any = match (told.root, root) {
            // Of another life of the store, or beyond what it keeps: whoever asks is told to begin again.
            _ if !served => true,
            (None, None) => false,
            (Some(old), Some(root)) if old == root && root == EntryId::ROOT => true,
            // It is gone, or it is another one.
            (Some(_), None) => true,
            (Some(old), Some(root)) if old != root => true,
            // The same, or a new one: a folder that was deleted does not come back under its id. One that was just
            // made, and was not yet known for the app's when the app was told, has nothing in it from before.
            (_, Some(root)) => {
                let mut cursor = Cursor {
                    epoch,
                    account,
                    app: Some(app.key.clone()),
                    namespace,
                    root,
                    prefix: PathKey::default(),
                    media: false,
                    position: Some(Position { seq: told.seq, expansion: None }),
                };
                let any = self.has_news(&mut cursor).await?;
                // It may have looked further than the head that was read before it.
                let looked = cursor.position.map_or(Seq::ZERO, |position| position.seq);
                let seq = if any { looked.max(head.seq) } else { looked };
                return Ok(News { any, told: Watermark { seq, ..now } });
            }
        };
        Ok(News { any, told: now })
    }

    /// The folder that an app sees; nothing while it has none.
    async fn root_of(
        &self,
        account: AccountId,
        namespace: NamespaceId,
        app: &App,
    ) -> Result<Option<EntryId>, StoreError> {
        match Reach::of(app) {
            Reach::Whole => Ok(Some(EntryId::ROOT)),
            Reach::AppFolder(app) => self.live_app_folder(account, namespace, &app.key).await,
        }
    }
}
