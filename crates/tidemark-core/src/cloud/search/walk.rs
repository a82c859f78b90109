//! Looking at everything below a folder.

use super::{STEPS_BEFORE_YIELD, Search};
use crate::cloud::Item;
use crate::model::{EntryId, NameKey, Path};
use crate::store::{Snapshot, StoreError};
use std::cmp::Reverse;

/// How many children are read at once.
const PAGE: usize = STEPS_BEFORE_YIELD;

/// All live descendants whose names match, up to the limit, in the order of [`super`].
pub(super) async fn walk(
    tree: &mut dyn Snapshot,
    base: &Item,
    search: Search<'_>,
) -> Result<Vec<Item>, StoreError> {
    let mut found: Vec<Item> = Vec::new();
    let mut folders: Vec<(EntryId, Path)> = vec![(base.entry.id, base.path.clone())];
    while let Some((folder, path)) = folders.pop() {
        let mut after: Option<NameKey> = None;
        loop {
            tokio::task::yield_now().await;
            let children = tree.children(folder, after.as_ref(), PAGE).await?;
            let is_last = children.len() < PAGE;
            after = children.last().map(|child| child.name.key());
            for entry in children {
                let matches = search.words.match_name(&entry.name);
                if !matches && !entry.is_folder() {
                    continue;
                }
                let path = path.join(&entry.name);
                if entry.is_folder() {
                    folders.push((entry.id, path.clone()));
                }
                if matches {
                    found.push(Item { path, entry, gone: None });
                }
            }
            // No more is kept than is told, give or take a page.
            if found.len() >= search.limit.saturating_mul(2).max(PAGE) {
                keep_newest(&mut found, search.limit);
            }
            if is_last {
                break;
            }
        }
    }
    keep_newest(&mut found, search.limit);
    Ok(found)
}

fn keep_newest(found: &mut Vec<Item>, limit: usize) {
    found.sort_unstable_by_key(|item| Reverse(item.entry.placed()));
    found.truncate(limit);
}
