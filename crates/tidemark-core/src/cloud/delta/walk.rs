//! A walk over a folder's live descendants, parents first, by name key; resumable at any point by the keys of the
//! descendant that was told last.

use super::lens::{Lens, Standing};
use super::{STEPS_BEFORE_YIELD, Told, item};
use crate::model::{Entry, EntryId, Expansion, NameKey};
use crate::store::{Snapshot, StoreError};
use std::collections::VecDeque;
use std::sync::Arc;

/// A folder that the walk is inside of.
struct Level {
    folder: EntryId,
    standing: Arc<Standing>,
    /// Children up to this one have been walked.
    after: Option<NameKey>,
    /// Children read ahead.
    ahead: VecDeque<Entry>,
    /// Whether there are none behind those.
    read: bool,
}

impl Level {
    fn new(folder: EntryId, standing: Arc<Standing>, after: Option<NameKey>) -> Level {
        Level { folder, standing, after, ahead: VecDeque::new(), read: false }
    }

    /// The next child, left where it is. A walk towards a prefix looks at one child of each level only: the `pin`.
    async fn peek(
        &mut self,
        tree: &mut dyn Snapshot,
        pin: Option<&NameKey>,
        room: usize,
    ) -> Result<Option<&Entry>, StoreError> {
        if self.ahead.is_empty() && !self.read {
            match pin {
                Some(pin) => {
                    self.read = true;
                    if self.after.as_ref().is_none_or(|after| after < pin) {
                        self.ahead.extend(tree.child(self.folder, pin).await?);
                    }
                }
                None => {
                    let many = room.clamp(16, 1000);
                    let children = tree.children(self.folder, self.after.as_ref(), many).await?;
                    self.read = children.len() < many;
                    self.ahead.extend(children);
                }
            }
        }
        Ok(self.ahead.front())
    }
}

/// Walks until `told` is as long as `limit`; answers where to go on, or nothing if the walk is over.
pub(super) async fn walk(
    tree: &mut dyn Snapshot,
    lens: &mut Lens<'_>,
    walk: Expansion,
    limit: usize,
    told: &mut Vec<Told>,
) -> Result<Option<Expansion>, StoreError> {
    let Expansion { folder, appeared, mut after } = walk;
    let Some(top) = tree.entry(folder).await?.filter(Entry::is_folder) else { return Ok(None) };
    // If it has moved on since, it is told again later; only what the view begins at is never told itself.
    if folder != lens.root && top.appeared != appeared {
        return Ok(None);
    }
    let Some(standing) = lens.standing(tree, folder).await?.filter(|standing| standing.live) else {
        return Ok(None);
    };
    let pins: Vec<NameKey> = match lens.prefix.below(&standing.key) {
        Some(pins) => pins.collect(),
        None if standing.key.is_at_or_under(lens.prefix) => Vec::new(),
        None => return Ok(None),
    };
    let mut levels = resume(tree, Level::new(folder, standing, after.first().cloned()), &after).await?;
    let mut trail: Vec<NameKey> = after.iter().take(levels.len() - 1).cloned().collect();
    let mut steps = 0;
    while let Some(level) = levels.last_mut() {
        steps += 1;
        if steps % STEPS_BEFORE_YIELD == 0 {
            tokio::task::yield_now().await;
        }
        let is_shown = trail.len() + 1 >= pins.len();
        let room = limit.saturating_sub(told.len());
        if level.peek(tree, pins.get(trail.len()), room).await?.is_none() {
            levels.pop();
            trail.pop();
            continue;
        }
        if is_shown && room == 0 {
            return Ok(Some(Expansion { folder, appeared, after }));
        }
        let Some(child) = level.ahead.pop_front() else { continue };
        let key = child.name.key();
        level.after = Some(key.clone());
        let below = child.is_folder().then(|| Level::new(child.id, level.standing.of_child(&child), None));
        if is_shown {
            after.clear();
            after.extend(trail.iter().cloned());
            after.push(key.clone());
            told.push(item(&level.standing, level.standing.key.join(&key), child));
        }
        if let Some(below) = below {
            levels.push(below);
            trail.push(key);
        }
    }
    Ok(None)
}

/// The levels down to the descendant told last, as far as they are still there.
async fn resume(tree: &mut dyn Snapshot, top: Level, after: &[NameKey]) -> Result<Vec<Level>, StoreError> {
    let mut levels = vec![top];
    for (depth, key) in after.iter().enumerate() {
        let level = &levels[depth];
        let Some(child) = tree.child(level.folder, key).await?.filter(Entry::is_folder) else { break };
        let standing = level.standing.of_child(&child);
        levels.push(Level::new(child.id, standing, after.get(depth + 1).cloned()));
    }
    Ok(levels)
}
