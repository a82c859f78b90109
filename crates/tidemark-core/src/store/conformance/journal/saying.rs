//! What is kept of an entry besides its place and bytes, and how its versions hang together.

use super::super::hand::{Hand, ROOT, content, edit, name, relocate, restore};
use crate::model::{Act, Change, ClientTimes, EntryId, EntryRef, Note, Seq, Step, Timestamp};
use crate::store::JournalStore;

/// Runs all promises; each has a namespace of its own.
pub(super) async fn all(store: &dyn JournalStore) {
    versions_lead_to_each_other(Hand::new(store, 41)).await;
    what_is_said_is_replaced_as_a_whole(Hand::new(store, 42)).await;
    notes_leave_the_tree_as_it_was(Hand::new(store, 43)).await;
    the_time_of_creation_stays(Hand::new(store, 44)).await;
    versions_are_withdrawn_and_put_back(Hand::new(store, 45)).await;
}

async fn change(hand: &Hand<'_>, seq: Seq) -> Change {
    hand.look().await.change(seq).await.expect("readable").expect("there is such a change")
}

/// A file says which change brought its bytes, and each such change which one had brought those before; moves and
/// deletions are none of them.
async fn versions_lead_to_each_other(mut hand: Hand<'_>) {
    let file = hand.file(ROOT, "a", 1).await;
    let version = async |hand: &Hand<'_>| hand.entry(file).await.file().expect("a file").version;
    assert_eq!((version(&hand).await, change(&hand, Seq(1)).await.replaced), (Seq(1), None));
    let edited = hand.commit(vec![edit(file, 2)]).await;
    hand.commit(vec![relocate(file, ROOT, "b")]).await;
    hand.delete(file).await;
    hand.commit(vec![restore(file, ROOT, "c")]).await;
    assert_eq!((version(&hand).await, change(&hand, edited).await.replaced), (edited, Some(Seq(1))));
    let revert = Step::Edit { file, content: content(1), times: ClientTimes::default(), reverted: true };
    let reverted = hand.commit(vec![revert]).await;
    let told = change(&hand, reverted).await;
    assert_eq!((told.act, told.content, told.replaced), (Act::Revert, Some(content(1)), Some(edited)));
    hand.delete(file).await;
    let (to, content) = (EntryRef::Existing(ROOT), Some(content(3)));
    let other = Step::Restore { entry: file, to, name: name("d"), content };
    let restored = hand.commit(vec![other]).await;
    assert_eq!((version(&hand).await, change(&hand, restored).await.replaced), (restored, Some(reverted)));
}

/// A description and a client's times are what the last change of them said, and outlast everything else but new bytes,
/// which come with times of their own. A folder has a description only.
async fn what_is_said_is_replaced_as_a_whole(mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "f").await;
    let file = hand.file(folder, "a", 1).await;
    let times = ClientTimes { created: Some(Timestamp(-9)), modified: None };
    let say = |entry, description: Option<&str>| Step::Modify {
        entry,
        description: description.map(Into::into),
        times,
    };
    let before = hand.sums(ROOT).await;
    let said = hand.commit(vec![say(file, Some("a\nb")), say(folder, Some("c"))]).await;
    let told = change(&hand, said).await;
    assert_eq!((told.act, told.content, told.replaced), (Act::Modify, Some(content(1)), None));
    let entry = hand.entry(file).await;
    assert_eq!((entry.description.as_deref(), entry.seq), (Some("a\nb"), said));
    assert_eq!(entry.file().map(|state| (state.times, state.version)), Some((times, Seq(2))));
    assert_eq!(hand.entry(folder).await.description.as_deref(), Some("c"));
    let after = hand.sums(ROOT).await;
    assert_eq!((after.totals.bytes, after.totals.entries), (before.totals.bytes, before.totals.entries));
    assert_eq!(
        (after.totals.seq, after.touched),
        (said.next(), said.next()),
        "a folder around it was touched"
    );
    hand.commit(vec![relocate(file, ROOT, "b"), edit(file, 2)]).await;
    let entry = hand.entry(file).await;
    assert_eq!(entry.description.as_deref(), Some("a\nb"));
    assert_eq!(entry.file().map(|state| state.times), Some(ClientTimes::default()));
    hand.commit(vec![say(file, None)]).await;
    assert_eq!(hand.entry(file).await.description, None);
    hand.delete(file).await;
    hand.refuse(vec![say(file, None)]).await;
    hand.refuse(vec![say(ROOT, None)]).await;
}

/// A note takes a number, names the entry and its place, and changes nothing else.
async fn notes_leave_the_tree_as_it_was(mut hand: Hand<'_>) {
    let file = hand.file(ROOT, "a", 1).await;
    let (before, sums) = (hand.entry(file).await, hand.sums(ROOT).await);
    let note = |entry, note| Step::Note { entry, note };
    let shared = hand.commit(vec![note(file, Note::Shared), note(file, Note::Unshared)]).await;
    assert_eq!((hand.entry(file).await, hand.sums(ROOT).await), (before, sums));
    let told = change(&hand, shared).await;
    assert_eq!((told.act, told.entry, told.content, told.left), (Act::Share, file, None, None));
    assert_eq!(told.at.map(|place| (place.parent, place.name)), Some((ROOT, name("a"))));
    assert_eq!(change(&hand, shared.next()).await.act, Act::Unshare);
    let revisions = hand.look().await.revisions(ROOT, &name("a").key(), Seq::MAX, 9).await.expect("readable");
    assert_eq!(revisions.len(), 1, "no note is a revision");
    hand.commit(vec![note(ROOT, Note::Shared)]).await;
    hand.delete(file).await;
    hand.refuse(vec![note(file, Note::Unshared)]).await;
    hand.refuse(vec![note(EntryId(99), Note::Shared)]).await;
}

/// When an entry was created is told however it changes.
async fn the_time_of_creation_stays(mut hand: Hand<'_>) {
    let file = hand.file(ROOT, "a", 1).await;
    let created = change(&hand, Seq(1)).await.time;
    hand.commit(vec![edit(file, 2)]).await;
    hand.delete(file).await;
    hand.commit(vec![restore(file, ROOT, "b")]).await;
    let entry = hand.entry(file).await;
    assert_eq!(entry.created, created);
    assert!(entry.modified > created);
}

/// A version that is withdrawn says by which change, until it is put back; everything else stays as it is.
async fn versions_are_withdrawn_and_put_back(mut hand: Hand<'_>) {
    let (file, other) = (hand.file(ROOT, "a", 1).await, hand.file(ROOT, "b", 1).await);
    let folder = hand.folder(ROOT, "f").await;
    hand.commit(vec![edit(file, 2)]).await;
    let withdraw = |file, version, back| Step::Withdraw { file, version, back };
    let (before, sums) = (hand.entry(file).await, hand.sums(ROOT).await);
    let withdrawn = hand.commit(vec![withdraw(file, Seq(1), false)]).await;
    assert_eq!((hand.entry(file).await, hand.sums(ROOT).await), (before, sums));
    let told = change(&hand, withdrawn).await;
    assert_eq!((told.act, told.entry, told.content), (Act::Withdraw, file, None));
    assert_eq!((told.replaced, told.withdrawn), (Some(Seq(1)), None));
    let version = change(&hand, Seq(1)).await;
    assert_eq!((version.withdrawn, version.content), (Some(withdrawn), Some(content(1))));
    let back = hand.commit(vec![withdraw(file, Seq(1), true)]).await;
    assert_eq!(
        (change(&hand, back).await.act, change(&hand, Seq(1)).await.withdrawn),
        (Act::Reinstate, None)
    );
    // In one draft with what brings it, and with what puts it back again.
    let at = hand.head().await;
    let steps = vec![edit(file, 3), edit(file, 4), withdraw(file, at.next(), false)];
    hand.commit(steps).await;
    let marked = change(&hand, at.next()).await.withdrawn;
    assert_eq!(marked, Some(Seq(at.0 + 3)));
    let both = vec![withdraw(file, at.next(), true), withdraw(file, at.next(), false)];
    let last = hand.commit(both).await.next();
    assert_eq!(change(&hand, at.next()).await.withdrawn, Some(last));
    // One that is refused leaves no mark, though an earlier step of its draft would.
    let refused = vec![withdraw(file, Seq(1), false), withdraw(other, Seq(1), false)];
    hand.refuse(refused).await;
    assert_eq!(change(&hand, Seq(1)).await.withdrawn, None);
    for step in [
        withdraw(file, Seq(2), false),
        withdraw(file, Seq(99), false),
        withdraw(file, Seq(0), true),
        withdraw(folder, Seq(3), false),
        withdraw(ROOT, Seq(1), false),
        withdraw(EntryId(99), Seq(1), false),
    ] {
        hand.refuse(vec![step]).await;
    }
    hand.delete(file).await;
    hand.refuse(vec![withdraw(file, Seq(1), false)]).await;
}
