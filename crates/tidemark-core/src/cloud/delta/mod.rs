//! What a reader who knows only paths is told of a journal that knows identities.
//!
//! The journal says once what happened ("entry 7 moved away from 3/b"). A page tells it as it stands when it is read:
//!
//! - A change that took its entry away from a place is told as that place being empty: the old folder's path *today*
//!   and the old name. A reader may hold more under stale paths of folders that moved; whatever it holds is wiped when
//!   the topmost of them is told, later in the journal.
//! - If a live file stands at that place today, the emptiness is not told: the file is told later and replaces what was
//!   there, and clients that remove before they replace would lose local edits.
//! - A change that is the latest of a live entry is told as the entry at its path today.
//! - A change by which a folder came to be somewhere (moved or restored), if it is the latest such change of it, begins
//!   an *expansion*: a walk over the folder's live descendants. A first call is an expansion of the root.
//!
//! Whatever changes while a reader pages stands later in the journal, so replaying pages from any position gives
//! exactly the listing: `tests/it/delta.rs` checks this over random histories.

mod lens;
mod walk;

use super::{Cloud, Item, Scope};
use crate::model::{Cursor, Entry, Expansion, PathKey, Position, Seq};
use crate::store::{Snapshot, StoreError};
use lens::Lens;

/// One answer's worth of what a reader has not been told.
#[derive(Clone, Debug)]
pub struct Page {
    /// In the order in which it must be applied.
    pub told: Vec<Told>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Whether there is more to tell right now.
    pub more: bool,
    /// Whether the reader must first forget everything it holds.
    pub reset: bool,
}

/// What is at a path now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The path, as it is compared.
    pub key: PathKey,
    /// What is there: nothing means that whatever was there, with all below it, is not any more.
    pub item: Option<Item>,
}

/// Why a cursor was not served.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    /// It is somebody else's, or another app's.
    #[error("the cursor belongs to another account or app")]
    Foreign,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Cloud {
    /// Where a reader begins who knows nothing.
    #[must_use]
    pub fn first_cursor(&self, scope: &Scope, prefix: PathKey, media: bool) -> Cursor {
        Cursor {
            epoch: self.journal.store().epoch(),
            account: scope.account,
            namespace: scope.namespace,
            root: scope.root,
            app: scope.app.clone(),
            prefix,
            media,
            position: None,
        }
    }

    /// Where a reader begins who wants only what comes from now on.
    pub async fn latest_cursor(
        &self,
        scope: &Scope,
        prefix: PathKey,
        media: bool,
    ) -> Result<Cursor, StoreError> {
        let seq = self.journal.store().head(scope.namespace).await?.seq;
        let position = Some(Position { seq, expansion: None });
        Ok(Cursor { position, ..self.first_cursor(scope, prefix, media) })
    }

    /// Tells up to `limit` things (or one more) that the reader has not been told.
    ///
    /// A cursor that cannot be served any more (of another life of the store, beyond the journal's horizon, of an app
    /// folder that is gone) begins again with `reset`.
    pub async fn delta(&self, scope: &Scope, cursor: Cursor, limit: usize) -> Result<Page, DeltaError> {
        if (cursor.account, cursor.namespace, &cursor.app) != (scope.account, scope.namespace, &scope.app) {
            return Err(DeltaError::Foreign);
        }
        let mut tree = self.journal.store().read(scope.namespace).await?;
        let head = tree.head();
        let served = cursor.position.clone().filter(|position| {
            cursor.epoch == self.journal.store().epoch()
                && cursor.root == scope.root
                && head.serves(position.seq)
        });
        let reset = served.is_none();
        let start = served.unwrap_or(Position {
            seq: head.seq,
            expansion: Some(Expansion { folder: scope.root, appeared: Seq::ZERO, after: Vec::new() }),
        });
        let fresh = self.first_cursor(scope, cursor.prefix, cursor.media);
        let (told, position) = tell(&mut *tree, &fresh, start, limit).await?;
        let more = position.expansion.is_some() || position.seq < head.seq;
        Ok(Page { told, cursor: Cursor { position: Some(position), ..fresh }, more, reset })
    }

    /// Whether a reader has anything to be told; moves the cursor past what is nothing to it.
    pub(super) async fn has_news(&self, cursor: &mut Cursor) -> Result<bool, StoreError> {
        if let Some(app) = &cursor.app
            && self.accounts.app_folder(cursor.account, app).await? != Some(cursor.root)
        {
            return Ok(true);
        }
        let mut tree = self.journal.store().read(cursor.namespace).await?;
        let head = tree.head();
        let Some(position) = cursor.position.clone() else { return Ok(true) };
        if cursor.epoch != self.journal.store().epoch() || !head.serves(position.seq) {
            return Ok(true);
        }
        if super::find::ancestry(&mut *tree, cursor.root).await?.is_none() {
            return Ok(true);
        }
        let (told, position) = tell(&mut *tree, cursor, position, 1).await?;
        cursor.position = Some(position);
        Ok(!told.is_empty())
    }
}

/// After this many steps, other tasks of the thread get their turn.
const STEPS_BEFORE_YIELD: usize = 256;

async fn tell(
    tree: &mut dyn Snapshot,
    cursor: &Cursor,
    from: Position,
    limit: usize,
) -> Result<(Vec<Told>, Position), StoreError> {
    let head = tree.head().seq;
    let mut lens = Lens::new(cursor.root, &cursor.prefix);
    let mut told = Vec::new();
    let Position { mut seq, mut expansion } = from;
    let mut changes = Vec::new().into_iter();
    let mut steps = 0;
    while told.len() < limit && (expansion.is_some() || seq < head) {
        if let Some(walk) = expansion.take() {
            expansion = walk::walk(tree, &mut lens, walk, limit, &mut told).await?;
            continue;
        }
        steps += 1;
        if steps % STEPS_BEFORE_YIELD == 0 {
            tokio::task::yield_now().await;
        }
        let Some(change) = changes.next() else {
            changes = tree.changes(seq, (limit - told.len()).clamp(16, 1000)).await?.into_iter();
            if changes.len() == 0 {
                return Err(StoreError::Corrupt(format!("the journal ends at {} before its head", seq.0)));
            }
            continue;
        };
        seq = change.seq;
        if let Some(left) = &change.left
            && let Some(folder) = lens.standing(tree, left.parent).await?
        {
            let key = left.name.key();
            let old = folder.key.join(&key);
            if old.is_at_or_under(&cursor.prefix) {
                let now = if folder.live { tree.child(left.parent, &key).await? } else { None };
                if now.is_none_or(|entry| entry.is_folder()) {
                    told.push(Told { key: old, item: None });
                }
            } else if cursor.prefix.is_at_or_under(&old) {
                told.push(Told { key: cursor.prefix.clone(), item: None });
            }
        }
        if change.entry == cursor.root {
            continue;
        }
        let Some(entry) = tree.entry(change.entry).await? else {
            return Err(StoreError::Corrupt(format!("change {} is of no entry", seq.0)));
        };
        let expands = change.appears() && entry.is_folder() && entry.appeared == seq;
        if !entry.live || (entry.seq != seq && !expands) {
            continue;
        }
        let Some(parent) = entry.parent else { continue };
        let Some(folder) = lens.standing(tree, parent).await?.filter(|folder| folder.live) else { continue };
        let key = folder.key.join(&entry.name.key());
        if expands && (key.is_at_or_under(&cursor.prefix) || cursor.prefix.is_at_or_under(&key)) {
            expansion = Some(Expansion { folder: entry.id, appeared: seq, after: Vec::new() });
        }
        if entry.seq == seq && key.is_at_or_under(&cursor.prefix) {
            told.push(item(&folder, key, entry));
        }
    }
    Ok((told, Position { seq, expansion }))
}

fn item(folder: &lens::Standing, key: PathKey, entry: Entry) -> Told {
    let path = folder.path.join(&entry.name);
    Told { key, item: Some(Item { path, entry, gone: None }) }
}
