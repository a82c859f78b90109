//! What a snapshot shows.

use super::super::hand::{Hand, ROOT, create_file, edit, key, relocate, restore};
use crate::model::{Change, Entry, EntryId, NameKey, Seq, Step};
use crate::store::JournalStore;

pub(super) async fn all(store: &dyn JournalStore) {
    an_untouched_namespace_is_an_empty_root(Hand::new(store, 101)).await;
    a_snapshot_does_not_change(Hand::new(store, 102)).await;
    an_answered_append_is_seen(Hand::new(store, 103)).await;
    children_come_by_key_in_pages(Hand::new(store, 104)).await;
    changes_come_in_order_in_pages(Hand::new(store, 105)).await;
    departures_are_found(Hand::new(store, 106)).await;
    vacated_slots_come_by_key_in_pages(Hand::new(store, 107)).await;
    revisions_follow_the_slot(Hand::new(store, 108)).await;
    resolving_stops_where_nothing_is(Hand::new(store, 109)).await;
    the_trash_holds_what_was_deleted_itself(Hand::new(store, 110)).await;
    the_epoch_is_constant(store);
}

fn seqs(changes: &[Change]) -> Vec<u64> {
    changes.iter().map(|change| change.seq.0).collect()
}

fn names(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.name.as_str()).collect()
}

async fn an_untouched_namespace_is_an_empty_root(hand: Hand<'_>) {
    assert_eq!(hand.store.head(hand.namespace).await.expect("readable").seq, Seq::ZERO);
    let mut look = hand.look().await;
    assert_eq!((look.head().seq, look.head().horizon), (Seq::ZERO, Seq::ZERO));
    assert_eq!(look.entry(ROOT).await.expect("readable"), Some(Entry::root()));
    assert_eq!(look.entry(EntryId(1)).await.expect("readable"), None);
    assert!(look.children(ROOT, None, 9).await.expect("readable").is_empty());
    assert!(look.changes(Seq::ZERO, 9).await.expect("readable").is_empty());
    assert!(look.vacated(ROOT, None, 9).await.expect("readable").is_empty());
}

/// Whatever is committed meanwhile, a snapshot shows its instant, in every one of its answers.
async fn a_snapshot_does_not_change(mut hand: Hand<'_>) {
    let file = hand.file(ROOT, "a", 1).await;
    let mut before = hand.look().await;
    hand.commit(vec![edit(file, 2)]).await;
    hand.commit(vec![relocate(file, ROOT, "b")]).await;
    hand.file(ROOT, "c", 3).await;
    assert_eq!(before.head().seq, Seq(1));
    assert_eq!(seqs(&before.changes(Seq::ZERO, 9).await.expect("readable")), [1]);
    assert_eq!(names(&before.children(ROOT, None, 9).await.expect("readable")), ["a"]);
    let then = before.entry(file).await.expect("readable").expect("there");
    assert_eq!((then.seq, then.file().expect("a file").content.size), (Seq(1), 1));
    assert!(before.departures(ROOT, &key("a"), Seq::MAX, 9).await.expect("readable").is_empty());
    drop(before);
    assert_eq!(hand.look().await.head().seq, Seq(4));
}

async fn an_answered_append_is_seen(mut hand: Hand<'_>) {
    for n in 1..=20 {
        hand.file(ROOT, &format!("{n}"), 1).await;
        assert_eq!(hand.head().await, Seq(n));
        let mut look = hand.look().await;
        assert_eq!(look.head().seq, Seq(n));
        assert!(look.child(ROOT, &key(&format!("{n}"))).await.expect("readable").is_some());
    }
}

/// Live entries only, ordered by the bytes of their keys, from any point on, in both directions.
async fn children_come_by_key_in_pages(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "folder").await;
    for called in ["b", "É", "a", "Z", "z!", "C", "𝄞"] {
        hand.file(folder, called, 1).await;
    }
    let gone = hand.file(folder, "gone", 1).await;
    hand.delete(gone).await;
    hand.file(ROOT, "elsewhere", 1).await;
    let mut look = hand.look().await;
    let everything = look.children(folder, None, 99).await.expect("readable");
    assert_eq!(names(&everything), ["a", "b", "C", "Z", "z!", "É", "𝄞"]);
    for limit in 1..9 {
        let (mut told, mut after): (Vec<Entry>, Option<NameKey>) = (Vec::new(), None);
        loop {
            let page = look.children(folder, after.as_ref(), limit).await.expect("readable");
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some(last.name.key());
            told.extend(page);
        }
        assert_eq!(told, everything, "in pages of {limit}");
    }
    let between = look.children(folder, Some(&key("bb")), 1).await.expect("readable");
    assert_eq!(names(&between), ["C"], "the name to begin after need not be there");

    for (before, limit, expected) in [
        ("𝄞", 99, vec!["É", "z!", "Z", "C", "b", "a"]),
        ("C", 1, vec!["b"]),
        ("bb", 9, vec!["b", "a"]),
        ("gone", 2, vec!["C", "b"]),
        ("a", 9, vec![]),
        ("C", 0, vec![]),
    ] {
        let back = look.children_before(folder, &key(before), limit).await.expect("readable");
        assert_eq!(names(&back), expected, "{limit} before {before}");
    }
}

async fn changes_come_in_order_in_pages(mut hand: Hand<'_>) {
    for n in 0..7 {
        hand.file(ROOT, &format!("{n}"), n).await;
    }
    let mut look = hand.look().await;
    for (after, limit, expected) in [
        (0, 99, vec![1, 2, 3, 4, 5, 6, 7]),
        (0, 2, vec![1, 2]),
        (2, 3, vec![3, 4, 5]),
        (6, 9, vec![7]),
        (7, 9, vec![]),
        (99, 9, vec![]),
        (0, 0, vec![]),
    ] {
        assert_eq!(seqs(&look.changes(Seq(after), limit).await.expect("readable")), expected);
    }
    for seq in 0..9 {
        let found = look.change(Seq(seq)).await.expect("readable").map(|change| change.seq);
        assert_eq!(found, (1..=7).contains(&seq).then_some(Seq(seq)));
    }
}

/// By moves and deletions, of files and folders, by key, newest first; whether or not somebody holds the slot again.
async fn departures_are_found(mut hand: Hand<'_>) {
    let a = hand.file(ROOT, "a", 1).await;
    let folder = hand.folder(ROOT, "f").await;
    hand.delete(a).await;
    hand.commit(vec![relocate(folder, ROOT, "A")]).await;
    hand.commit(vec![relocate(folder, ROOT, "g")]).await;
    hand.file(ROOT, "a", 2).await;
    let mut look = hand.look().await;
    for (parent, called, before, limit, expected) in [
        (ROOT, "a", Seq::MAX, 9, vec![5, 3]),
        (ROOT, "a", Seq::MAX, 1, vec![5]),
        (ROOT, "a", Seq(5), 9, vec![3]),
        (ROOT, "a", Seq(3), 9, vec![]),
        (ROOT, "f", Seq::MAX, 9, vec![4]),
        (ROOT, "g", Seq::MAX, 9, vec![]),
        (folder, "a", Seq::MAX, 9, vec![]),
    ] {
        let found = look.departures(parent, &key(called), before, limit).await.expect("readable");
        assert_eq!(seqs(&found), expected, "up to {limit} departures from {called} before {before:?}");
    }
}

/// Slots that nobody holds, each once, with its latest departure.
async fn vacated_slots_come_by_key_in_pages(mut hand: Hand<'_>) {
    for called in ["c", "a", "e", "b", "d"] {
        let file = hand.file(ROOT, called, 1).await;
        hand.delete(file).await;
    }
    let again = hand.file(ROOT, "A", 1).await;
    let latest = hand.delete(again).await;
    hand.file(ROOT, "d", 1).await;
    hand.commit(vec![restore(EntryId(1), ROOT, "c")]).await;
    let mut look = hand.look().await;
    let everything = look.vacated(ROOT, None, 99).await.expect("readable");
    assert_eq!(seqs(&everything), [latest.0, 8, 6]);
    assert_eq!(look.vacated(ROOT, None, 1).await.expect("readable"), everything[..1]);
    assert_eq!(look.vacated(ROOT, Some(&key("A")), 9).await.expect("readable"), everything[1..]);
    assert_eq!(look.vacated(ROOT, Some(&key("aa")), 1).await.expect("readable"), everything[1..2]);
    assert!(look.vacated(ROOT, Some(&key("e")), 9).await.expect("readable").is_empty());
}

/// What was in a slot, newest first, whichever entry held it: arrivals of bytes and departures of files.
async fn revisions_follow_the_slot(mut hand: Hand<'_>) {
    let a = hand.file(ROOT, "x", 1).await; // 1: here
    hand.commit(vec![edit(a, 2)]).await; // 2: here
    hand.commit(vec![relocate(a, ROOT, "y")]).await; // 3: left
    let folder = hand.folder(ROOT, "x").await; // 4: a folder has no revisions
    hand.delete(folder).await; // 5
    let b = hand.file(ROOT, "z", 3).await; // 6: elsewhere
    hand.commit(vec![relocate(b, ROOT, "X")]).await; // 7: here
    hand.delete(b).await; // 8: left
    hand.commit(vec![restore(b, ROOT, "x")]).await; // 9: here
    hand.commit(vec![relocate(b, ROOT, "X")]).await; // 10: left and here
    hand.commit(vec![edit(b, 4), create_file(ROOT, "w", 1)]).await; // 11: here
    let mut look = hand.look().await;
    let x = key("x");
    let everything = look.revisions(ROOT, &x, Seq::MAX, 99).await.expect("readable");
    assert_eq!(seqs(&everything), [11, 10, 9, 8, 7, 3, 2, 1]);
    assert_eq!(seqs(&look.revisions(ROOT, &x, Seq(10), 3).await.expect("readable")), [9, 8, 7]);
    assert_eq!(seqs(&look.revisions(ROOT, &x, Seq(7), 1).await.expect("readable")), [3]);
    assert!(look.revisions(ROOT, &x, Seq(1), 9).await.expect("readable").is_empty());
    assert_eq!(seqs(&look.revisions(ROOT, &key("y"), Seq::MAX, 9).await.expect("readable")), [3]);
    assert_eq!(seqs(&look.revisions(ROOT, &key("z"), Seq::MAX, 9).await.expect("readable")), [7, 6]);
    drop(look);
    hand.commit(vec![Step::Delete { entry: b }]).await; // 13: left
    let after = hand.look().await.revisions(ROOT, &x, Seq::MAX, 2).await.expect("readable");
    assert_eq!(seqs(&after), [13, 11]);
}

async fn resolving_stops_where_nothing_is(mut hand: Hand<'_>) {
    let a = hand.folder(ROOT, "a").await;
    let b = hand.folder(a, "b").await;
    hand.file(b, "c", 1).await;
    let mut look = hand.look().await;
    let way = |names: &[&str]| names.iter().map(|called| key(called)).collect::<Vec<_>>();
    let found = look.resolve(ROOT, &way(&["A", "B", "C"])).await.expect("readable");
    assert_eq!(names(&found), ["a", "b", "c"]);
    let found = look.resolve(ROOT, &way(&["a", "nothing", "c"])).await.expect("readable");
    assert_eq!(names(&found), ["a"]);
    assert_eq!(names(&look.resolve(a, &way(&["b"])).await.expect("readable")), ["b"]);
    assert!(look.resolve(ROOT, &[]).await.expect("readable").is_empty());
}

fn the_epoch_is_constant(store: &dyn JournalStore) {
    assert_eq!(store.epoch(), store.epoch());
}

/// By folder, then by name, then by id, in pages; what lies inside what was deleted is no part of it, and what was purged
/// is none any more.
async fn the_trash_holds_what_was_deleted_itself(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "folder").await;
    let inside = hand.file(folder, "inside", 1).await;
    let mut deleted = Vec::new();
    for (parent, called) in [(folder, "z"), (ROOT, "b"), (ROOT, "b"), (ROOT, "a"), (folder, "É")] {
        let file = hand.file(parent, called, 1).await;
        hand.delete(file).await;
        deleted.push(file);
    }
    let [z, b, b_again, a, e] = deleted[..] else { panic!("five were deleted") };
    let ids = |entries: &[Entry]| entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
    let trash = async |hand: &Hand<'_>| hand.look().await.trashed(None, 99).await.expect("readable");
    let whole = trash(&hand).await;
    assert_eq!(ids(&whole), [a, b, b_again, z, e]);
    for limit in 1..6 {
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let page = hand.look().await.trashed(after.as_ref(), limit).await.expect("readable");
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some((last.parent.expect("no root"), last.name.key(), last.id));
            told.extend(page);
        }
        assert_eq!(told, whole, "in pages of {limit}");
    }
    hand.delete(folder).await;
    assert_eq!(ids(&trash(&hand).await), [a, b, b_again, folder, z, e]);
    assert!(hand.entry(inside).await.live, "it went with its folder, and was not deleted itself");
    hand.commit(vec![Step::Purge { entry: b }, Step::Purge { entry: folder }]).await;
    hand.commit(vec![restore(a, ROOT, "a")]).await;
    assert_eq!(ids(&trash(&hand).await), [b_again, z, e]);
}
