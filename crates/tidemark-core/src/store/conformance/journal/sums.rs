//! The sums that folders keep: exact after every commit.

#![allow(clippy::unwrap_used, reason = "these are tests, whoever compiles them")]

use super::super::hand::{Hand, ROOT, edit, relocate, restore};
use crate::model::{EntryId, FolderState, Seq, Totals};
use crate::store::JournalStore;

pub(super) async fn all(store: &dyn JournalStore) {
    sums_reach_up_to_the_root(Hand::new(store, 201)).await;
    a_move_takes_its_weight_along(Hand::new(store, 202)).await;
    a_deletion_takes_its_weight_away_and_a_restore_brings_it_back(Hand::new(store, 203)).await;
    below_a_deleted_folder_nothing_counts_outside(Hand::new(store, 204)).await;
    what_is_kept_is_all_that_is_live_anywhere(store).await;
}

fn sums(touched: u64, bytes: u64, entries: u64, seq: u64, height: u32) -> FolderState {
    FolderState { touched: Seq(touched), totals: Totals { bytes, entries, seq: Seq(seq), height } }
}

async fn nest(hand: &mut Hand<'_>) -> (EntryId, EntryId, EntryId) {
    let outer = hand.folder(ROOT, "outer").await; // 1
    let inner = hand.folder(outer, "inner").await; // 2
    let file = hand.file(inner, "file", 10).await; // 3
    (outer, inner, file)
}

async fn sums_reach_up_to_the_root(mut hand: Hand<'_>) {
    let (outer, inner, file) = nest(&mut hand).await;
    assert_eq!(hand.sums(inner).await, sums(3, 10, 1, 3, 1));
    assert_eq!(hand.sums(outer).await, sums(2, 10, 2, 3, 2));
    assert_eq!(hand.sums(ROOT).await, sums(1, 10, 3, 3, 3));
    hand.commit(vec![edit(file, 4)]).await; // 4
    assert_eq!(hand.sums(inner).await, sums(4, 4, 1, 4, 1));
    assert_eq!(hand.sums(ROOT).await, sums(1, 4, 3, 4, 3));
    assert_eq!(hand.entry(outer).await.seq, Seq(1), "a change of a child is not a change of the folder");
}

async fn a_move_takes_its_weight_along(mut hand: Hand<'_>) {
    let (outer, inner, _) = nest(&mut hand).await;
    let other = hand.folder(ROOT, "other").await; // 4
    hand.commit(vec![relocate(inner, other, "inner")]).await; // 5
    assert_eq!(hand.sums(outer).await, sums(5, 0, 0, 5, 2), "a height never shrinks");
    assert_eq!(hand.sums(other).await, sums(5, 10, 2, 5, 2));
    assert_eq!(hand.sums(inner).await, sums(3, 10, 1, 3, 1), "nothing has changed in what moved");
    assert_eq!(hand.sums(ROOT).await, sums(4, 10, 4, 5, 3));
    hand.commit(vec![relocate(inner, outer, "deep")]).await; // 6
    hand.commit(vec![relocate(outer, other, "outer")]).await; // 7
    assert_eq!(hand.sums(other).await, sums(7, 10, 3, 7, 3));
    assert_eq!(hand.sums(ROOT).await, sums(7, 10, 4, 7, 4));
}

async fn a_deletion_takes_its_weight_away_and_a_restore_brings_it_back(mut hand: Hand<'_>) {
    let (outer, inner, file) = nest(&mut hand).await;
    hand.delete(outer).await; // 4
    assert_eq!(hand.sums(ROOT).await, sums(4, 0, 0, 4, 3));
    assert_eq!(hand.sums(outer).await, sums(2, 10, 2, 3, 2), "it keeps what lies in it");
    hand.commit(vec![restore(outer, ROOT, "outer")]).await; // 5
    assert_eq!(hand.sums(ROOT).await, sums(5, 10, 3, 5, 3));
    hand.delete(file).await; // 6
    assert_eq!(hand.sums(outer).await, sums(2, 0, 1, 6, 2));
    hand.commit(vec![restore(file, inner, "file")]).await; // 7
    assert_eq!(hand.sums(ROOT).await, sums(5, 10, 3, 7, 3));
}

/// A change inside a deleted folder is counted up to that folder, so that restoring it brings back what is there.
async fn below_a_deleted_folder_nothing_counts_outside(mut hand: Hand<'_>) {
    let (outer, inner, file) = nest(&mut hand).await;
    hand.delete(outer).await; // 4
    hand.delete(inner).await; // 5
    assert_eq!(hand.sums(outer).await, sums(5, 0, 0, 5, 2));
    assert_eq!(hand.sums(ROOT).await, sums(4, 0, 0, 4, 3));
    hand.commit(vec![restore(inner, ROOT, "rescued")]).await; // 6
    assert_eq!(hand.sums(ROOT).await, sums(6, 10, 2, 6, 3));
    hand.commit(vec![restore(outer, ROOT, "outer")]).await; // 7
    assert_eq!(hand.sums(ROOT).await, sums(7, 10, 3, 7, 3));
    assert_eq!(hand.entry(file).await.parent, Some(inner));
}

async fn what_is_kept_is_all_that_is_live_anywhere(store: &dyn JournalStore) {
    let before = store.kept().await.unwrap();
    let (mut one, mut other) = (Hand::new(store, 205), Hand::new(store, 206));
    let (outer, _, _) = nest(&mut one).await;
    other.file(ROOT, "file", 7).await;
    assert_eq!(store.kept().await.unwrap(), before + 17);
    one.delete(outer).await;
    assert_eq!(store.kept().await.unwrap(), before + 7);
}
