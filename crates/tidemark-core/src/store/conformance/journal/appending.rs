//! What a draft does, and when it does nothing.

use super::super::hand::{
    AUTHOR, Hand, ROOT, content, create_file, create_folder, edit, key, name, relocate, restore,
};
use crate::model::{
    Act, Change, ClientTimes, Draft, Entry, EntryId, EntryRef, NewNode, Place, Premise, Seq, Step, Timestamp,
};
use crate::store::{Appended, JournalStore};
use std::time::Duration;

pub(super) async fn all(store: &dyn JournalStore) {
    numbers_are_dense(Hand::new(store, 1)).await;
    every_act_is_recorded(Hand::new(store, 2)).await;
    premises_are_checked(Hand::new(store, 3)).await;
    impossible_steps_make_a_draft_stale(Hand::new(store, 4)).await;
    a_draft_is_whole_or_nothing(Hand::new(store, 5)).await;
    steps_may_use_what_earlier_ones_created(Hand::new(store, 6)).await;
    slots_ignore_case_and_give_way_to_their_holder(Hand::new(store, 7)).await;
    quota_stops_growth_only(Hand::new(store, 8)).await;
    drafts_that_arrive_together_are_judged_one_after_another(Hand::new(store, 9)).await;
    an_append_completes_though_nobody_waits(Hand::new(store, 10)).await;
    restoring_may_change_the_bytes(Hand::new(store, 11)).await;
    a_slot_can_be_passed_on_inside_a_draft(Hand::new(store, 12)).await;
    what_was_purged_does_not_come_back(Hand::new(store, 13)).await;
}

/// Changes are numbered 1, 2, 3 ..., also across drafts, and an entry is named by the change that created it.
async fn numbers_are_dense(mut hand: Hand<'_>) {
    assert_eq!(hand.head().await, Seq::ZERO);
    assert_eq!(hand.commit(vec![create_file(ROOT, "a", 1), create_file(ROOT, "b", 2)]).await, Seq(1));
    assert_eq!(hand.commit(vec![create_file(ROOT, "c", 3)]).await, Seq(3));
    assert_eq!(hand.head().await, Seq(3));
    assert_eq!(hand.entry(EntryId(2)).await.name.as_str(), "b");
}

/// Each kind of step yields its change, and the entry says what the change says.
async fn every_act_is_recorded(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "F").await;
    let file = hand.file(folder, "x", 10).await;
    let copy = Step::Create {
        parent: EntryRef::Existing(ROOT),
        name: name("y"),
        node: NewNode::File { content: content(10), times: ClientTimes::default() },
        copied: true,
    };
    hand.commit(vec![copy]).await;
    hand.commit(vec![edit(file, 11)]).await;
    hand.commit(vec![relocate(file, ROOT, "Z")]).await;
    hand.delete(file).await;
    hand.commit(vec![restore(file, folder, "x")]).await;
    hand.delete(folder).await;

    let place = |parent, called| Some(Place { parent, name: name(called) });
    let change = |seq, entry, act, left, at, size: Option<u64>| Change {
        seq: Seq(seq),
        entry,
        act,
        left,
        at,
        content: size.map(content),
        replaced: (act == Act::Edit).then_some(Seq(2)),
        withdrawn: None,
        time: Timestamp(i64::try_from(seq).expect("small") * 1000),
        author: AUTHOR,
    };
    let expected = vec![
        change(1, folder, Act::Create, None, place(ROOT, "F"), None),
        change(2, file, Act::Create, None, place(folder, "x"), Some(10)),
        change(3, EntryId(3), Act::Copy, None, place(ROOT, "y"), Some(10)),
        change(4, file, Act::Edit, None, place(folder, "x"), Some(11)),
        change(5, file, Act::Move, place(folder, "x"), place(ROOT, "Z"), Some(11)),
        change(6, file, Act::Delete, place(ROOT, "Z"), None, Some(11)),
        change(7, file, Act::Restore, None, place(folder, "x"), Some(11)),
        change(8, folder, Act::Delete, place(ROOT, "F"), None, None),
    ];
    assert_eq!(hand.look().await.changes(Seq::ZERO, 100).await.expect("readable"), expected);

    let Entry { parent, live, seq, appeared, modified, .. } = hand.entry(file).await;
    assert_eq!(
        (parent, live, seq, appeared),
        (Some(folder), true, Seq(7), Seq(7)),
        "only its folder is gone"
    );
    assert_eq!(modified, Timestamp(7000));
    let Entry { parent, live, seq, appeared, .. } = hand.entry(folder).await;
    assert_eq!((parent, live, seq, appeared), (Some(ROOT), false, Seq(8), Seq(8)));
    let created = hand.entry(EntryId(3)).await;
    assert_eq!(created.appeared, Seq::ZERO, "creating is not appearing");
}

/// A draft whose premises do not hold changes nothing; one whose premises hold is committed.
async fn premises_are_checked(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "f").await;
    let file = hand.file(folder, "x", 1).await;
    let slot = |parent, called, holds| Premise::Slot { parent, key: key(called), holds };
    let unchanged = |entry, seq| Premise::Unchanged { entry, seq: Seq(seq) };
    let tree = |folder, seq| Premise::TreeUnchanged { folder, seq: Seq(seq) };
    let height = |folder, height| Premise::HeightAtMost { folder, height };
    for wrong in [
        slot(folder, "x", None),
        slot(folder, "x", Some(folder)),
        slot(folder, "y", Some(file)),
        unchanged(file, 1),
        unchanged(EntryId(99), 0),
        tree(folder, 1),
        tree(ROOT, 0),
        tree(file, 2),
        tree(EntryId(99), 0),
        height(ROOT, 1),
        height(folder, 0),
        height(file, 9),
        height(EntryId(99), 9),
    ] {
        let premises = vec![slot(folder, "X", Some(file)), wrong.clone()];
        let made = hand.try_commit(premises, vec![create_file(ROOT, "n", 1)]).await;
        assert_eq!(made, Appended::Stale, "{wrong:?}");
    }
    assert_eq!(hand.head().await, Seq(2));
    let good = vec![
        slot(folder, "X", Some(file)),
        slot(folder, "y", None),
        slot(EntryId(99), "y", None),
        unchanged(file, 2),
        unchanged(folder, 1),
        unchanged(ROOT, 0),
        tree(folder, 2),
        tree(ROOT, 2),
        height(ROOT, 2),
        height(folder, 1),
    ];
    let made = hand.try_commit(good, vec![create_file(ROOT, "n", 1)]).await;
    assert_eq!(made, Appended::Committed { first: Seq(3) });
}

/// A step that cannot be applied makes the draft stale, whatever it says of itself.
async fn impossible_steps_make_a_draft_stale(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "f").await;
    let inner = hand.folder(folder, "inner").await;
    let file = hand.file(ROOT, "x", 1).await;
    let gone = hand.file(ROOT, "gone", 1).await;
    hand.delete(gone).await;
    let nobody = EntryId(99);
    let with_bytes = Step::Restore {
        entry: inner,
        to: EntryRef::Existing(ROOT),
        name: name("q"),
        content: Some(content(3)),
    };
    for step in [
        create_file(ROOT, "X", 1),
        create_file(nobody, "n", 1),
        create_file(file, "n", 1),
        create_file(gone, "n", 1),
        edit(folder, 1),
        edit(gone, 1),
        edit(nobody, 1),
        relocate(file, ROOT, "F"),
        relocate(file, nobody, "n"),
        relocate(folder, folder, "n"),
        relocate(folder, inner, "n"),
        relocate(gone, ROOT, "n"),
        relocate(ROOT, folder, "n"),
        Step::Delete { entry: gone },
        Step::Delete { entry: nobody },
        Step::Delete { entry: ROOT },
        restore(file, ROOT, "n"),
        restore(nobody, ROOT, "n"),
        restore(gone, ROOT, "x"),
        restore(gone, file, "n"),
        restore(gone, nobody, "n"),
    ] {
        hand.refuse(vec![step]).await;
    }
    hand.delete(folder).await;
    hand.refuse(vec![create_file(folder, "n", 1)]).await;
    hand.refuse(vec![relocate(file, folder, "n")]).await;
    hand.refuse(vec![restore(folder, inner, "n")]).await;
    hand.delete(inner).await;
    hand.refuse(vec![with_bytes]).await;
    hand.commit(vec![restore(gone, ROOT, "gone")]).await;
}

/// If one step cannot be applied, none is, and no trace of the others is left.
async fn a_draft_is_whole_or_nothing(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "f").await;
    let file = hand.file(folder, "x", 5).await;
    let (before, sums) = (hand.entry(file).await, hand.sums(ROOT).await);
    hand.refuse(vec![
        create_file(folder, "n", 7),
        edit(file, 50),
        relocate(file, ROOT, "y"),
        Step::Delete { entry: folder },
        create_file(folder, "into what is gone", 1),
    ])
    .await;
    assert_eq!(hand.entry(file).await, before);
    assert_eq!(hand.sums(ROOT).await, sums);
    assert_eq!(hand.entry(folder).await.seq, Seq(1));
    let mut look = hand.look().await;
    assert_eq!(look.entry(EntryId(3)).await.expect("readable"), None);
    assert_eq!(look.change(Seq(3)).await.expect("readable"), None);
    assert_eq!(look.child(ROOT, &key("y")).await.expect("readable"), None);
    assert_eq!(look.departures(folder, &key("x"), Seq::MAX, 9).await.expect("readable"), []);
    assert_eq!(look.revisions(folder, &key("x"), Seq::MAX, 9).await.expect("readable").len(), 1);
    drop(look);
    // What was refused once is not in the way of what comes next.
    assert_eq!(hand.commit(vec![create_file(folder, "n", 1)]).await, Seq(3));
}

async fn steps_may_use_what_earlier_ones_created(mut hand: Hand<'_>) {
    let into = |step, called| Step::Create {
        parent: EntryRef::Created(step),
        name: name(called),
        node: NewNode::Folder,
        copied: false,
    };
    hand.file(ROOT, "first", 1).await;
    hand.commit(vec![create_folder(ROOT, "a"), into(0, "b"), into(1, "c")]).await;
    assert_eq!(hand.entry(EntryId(4)).await.parent, Some(EntryId(3)));
    assert_eq!(hand.entry(EntryId(3)).await.parent, Some(EntryId(2)));
    hand.refuse(vec![create_folder(ROOT, "z"), into(1, "itself")]).await;
    hand.refuse(vec![Step::Delete { entry: EntryId(4) }, into(0, "not created")]).await;
}

/// Names are unique by key, and an entry is not in its own way.
async fn slots_ignore_case_and_give_way_to_their_holder(mut hand: Hand<'_>) {
    let file = hand.file(ROOT, "été.txt", 1).await;
    hand.refuse(vec![create_file(ROOT, "ÉTÉ.TXT", 1)]).await;
    hand.commit(vec![relocate(file, ROOT, "Été.TXT")]).await;
    let mut look = hand.look().await;
    let found = look.child(ROOT, &key("été.txt")).await.expect("readable").expect("there");
    assert_eq!((found.id, found.name.as_str()), (file, "Été.TXT"));
    let revisions = look.revisions(ROOT, &key("été.txt"), Seq::MAX, 9).await.expect("readable");
    let seqs: Vec<Seq> = revisions.iter().map(|change| change.seq).collect();
    assert_eq!(seqs, [Seq(2), Seq(1)], "a rename to another spelling is told once");
}

/// The quota is a limit on growth: who is beyond it can still make room.
async fn quota_stops_growth_only(mut hand: Hand<'_>) {
    let big = hand.file(ROOT, "big", 100).await;
    let small = hand.file(ROOT, "small", 10).await;
    let limited = |hand: &mut Hand<'_>, step| Draft { quota: Some(60), ..hand.draft(vec![step]) };
    for (step, outcome) in [
        (create_file(ROOT, "more", 1), Appended::OverQuota),
        (edit(big, 101), Appended::OverQuota),
        (edit(big, 99), Appended::Committed { first: Seq(3) }),
        (create_file(ROOT, "empty", 0), Appended::Committed { first: Seq(4) }),
        (relocate(small, ROOT, "renamed"), Appended::Committed { first: Seq(5) }),
        (Step::Delete { entry: big }, Appended::Committed { first: Seq(6) }),
        (edit(small, 60), Appended::Committed { first: Seq(7) }),
        (edit(small, 61), Appended::OverQuota),
        (restore(big, ROOT, "big"), Appended::OverQuota),
    ] {
        let draft = limited(&mut hand, step.clone());
        assert_eq!(hand.append(draft).await, outcome, "{step:?}");
    }
    assert_eq!(hand.sums(ROOT).await.totals.bytes, 60, "a refused draft has left nothing");
    assert!(hand.look().await.child(ROOT, &key("more")).await.expect("readable").is_none());
}

/// Of many that want the same slot one gets it; many that want different ones all do, and no number is lost.
async fn drafts_that_arrive_together_are_judged_one_after_another(mut hand: Hand<'_>) {
    let mut drafts: Vec<Draft> =
        (0..40).map(|n| hand.draft(vec![create_file(ROOT, &format!("own {n}"), 1)])).collect();
    drafts.extend((0..10).map(|_| hand.draft(vec![create_file(ROOT, "wanted by all", 1)])));
    let made = futures_util::future::join_all(drafts.into_iter().map(|draft| hand.append(draft))).await;
    let mut numbers: Vec<u64> = made
        .iter()
        .filter_map(|made| match made {
            Appended::Committed { first } => Some(first.0),
            _ => None,
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=41).collect::<Vec<_>>());
    assert_eq!(made[40..].iter().filter(|made| **made == Appended::Stale).count(), 9);
    assert_eq!(hand.sums(ROOT).await.totals.entries, 41);
}

/// Dropping the future after its first poll does not undo the append.
async fn an_append_completes_though_nobody_waits(mut hand: Hand<'_>) {
    let draft = hand.draft(vec![create_file(ROOT, "a", 1)]);
    let mut append = Box::pin(hand.store.append(draft));
    let _ = std::future::poll_fn(|cx| std::task::Poll::Ready(append.as_mut().poll(cx))).await;
    drop(append);
    for _ in 0..5000 {
        if hand.head().await == Seq(1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("an append was lost with its caller");
}

/// A file comes back with the bytes it is given, or with its last ones.
async fn restoring_may_change_the_bytes(mut hand: Hand<'_>) {
    let file = hand.file(ROOT, "a", 1).await;
    hand.delete(file).await;
    let other = Step::Restore {
        entry: file,
        to: EntryRef::Existing(ROOT),
        name: name("b"),
        content: Some(content(2)),
    };
    let restored = hand.commit(vec![other]).await;
    let change = hand.look().await.change(restored).await.expect("readable").expect("there");
    assert_eq!(change.content, Some(content(2)));
    let state = *hand.entry(file).await.file().expect("a file");
    assert_eq!((state.content, state.times.modified), (content(2), Some(Timestamp(-5))));
    assert_eq!(hand.sums(ROOT).await.totals.bytes, 2);
}

/// What one step vacates another may take, in one draft and in a chain.
async fn a_slot_can_be_passed_on_inside_a_draft(mut hand: Hand<'_>) {
    let (a, b) = (hand.file(ROOT, "a", 1).await, hand.file(ROOT, "b", 2).await);
    hand.commit(vec![relocate(a, ROOT, "c"), relocate(b, ROOT, "a"), relocate(a, ROOT, "b")]).await;
    let mut look = hand.look().await;
    assert_eq!(look.child(ROOT, &key("a")).await.expect("readable").map(|entry| entry.id), Some(b));
    assert_eq!(look.child(ROOT, &key("b")).await.expect("readable").map(|entry| entry.id), Some(a));
    drop(look);
    hand.commit(vec![Step::Delete { entry: a }, create_file(ROOT, "b", 9), edit(EntryId(7), 10)]).await;
    assert_eq!(hand.entry(EntryId(7)).await.seq, Seq(8));
}

/// Only what was deleted is purged, and once. It is recorded like everything else, and changes no sums.
async fn what_was_purged_does_not_come_back(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "folder").await;
    let file = hand.file(folder, "file", 7).await;
    hand.refuse(vec![Step::Purge { entry: folder }]).await;
    hand.refuse(vec![Step::Purge { entry: ROOT }]).await;
    hand.refuse(vec![Step::Purge { entry: EntryId(99) }]).await;
    hand.delete(file).await;
    let sums = hand.sums(ROOT).await;
    let purged = hand.commit(vec![Step::Purge { entry: file }]).await;
    let entry = hand.entry(file).await;
    assert_eq!((entry.live, entry.purged, entry.seq), (false, true, purged));
    assert_eq!(hand.sums(ROOT).await, sums);
    let change = hand.look().await.change(purged).await.expect("readable").expect("it is recorded");
    assert_eq!((change.act, change.left, change.at, change.entry), (Act::Purge, None, None, file));
    hand.refuse(vec![Step::Purge { entry: file }]).await;
    hand.refuse(vec![restore(file, folder, "file")]).await;
    hand.refuse(vec![Step::Delete { entry: file }]).await;
    hand.refuse(vec![relocate(file, ROOT, "file")]).await;
    // In one draft, too, and its name is free for others.
    let other = hand.file(folder, "file", 8).await;
    hand.commit(vec![Step::Delete { entry: other }, Step::Purge { entry: other }]).await;
    assert!(hand.entry(other).await.purged);
}
