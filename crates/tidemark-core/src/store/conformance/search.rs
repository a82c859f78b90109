//! The promises of [`NameIndex`] and [`NameScan`](crate::store::NameScan).

use super::dice::Dice;
use super::hand::{Hand, ROOT, create_file, create_folder, edit, relocate, restore};
use crate::model::{Act, Change, EntryId, EntryRef, NamespaceId, NewNode, Seq, Step, Words};
use crate::store::{JournalStore, NameIndex, Named, Names};
use std::collections::BTreeMap;

/// Every promise, against an empty store.
pub async fn suite(store: &dyn JournalStore, index: &dyn NameIndex) {
    an_untouched_namespace_has_no_names(index, NamespaceId(301)).await;
    every_act_is_known(index, Hand::new(store, 302)).await;
    namespaces_are_apart(store, index).await;
    the_past_can_be_asked(index, Hand::new(store, 305)).await;
    many_names_are_told_newest_first(index, Hand::new(store, 306)).await;
    for seed in 0..4 {
        nothing_is_missing(index, Hand::new(store, 310 + seed), u64::from(seed)).await;
    }
}

fn words(query: &str) -> Words {
    Words::parse(query).expect("tests ask good queries")
}

/// All that is told, once the index has come as far as the journal has.
async fn told(index: &dyn NameIndex, namespace: NamespaceId, query: &str, upto: Seq) -> (Seq, Vec<Named>) {
    let mut all: Vec<Named> = Vec::new();
    let mut scan = index.names(namespace, &words(query), upto).await.expect("the index can be asked");
    loop {
        match scan.next().await.expect("the index can tell") {
            Names::Some(piece) => all.extend(piece),
            Names::End => break,
            Names::Lost => panic!("nothing was done to the index"),
        }
    }
    assert!(all.is_sorted_by(|a, b| a.seq > b.seq), "newest first, each once: {all:?}");
    assert!(all.iter().all(|named| named.seq <= upto), "nothing after {upto:?}: {all:?}");
    (scan.seq(), all)
}

/// The changes that must be told: of each entry the last placing up to `upto`, if its name matches.
fn due(changes: &[Change], query: &str, upto: Seq) -> Vec<Seq> {
    let mut last = BTreeMap::new();
    for change in changes.iter().filter(|change| change.seq <= upto) {
        if let Some(place) = change.place() {
            last.insert(change.entry, (change.seq, place.name.clone()));
        }
    }
    let matching = last.into_values().filter(|(_, name)| words(query).match_name(name));
    let mut due: Vec<Seq> = matching.map(|(seq, _)| seq).collect();
    due.sort_unstable_by(|a, b| b.cmp(a));
    due
}

/// Compares what is told with what the journal says.
async fn compare(index: &dyn NameIndex, hand: &Hand<'_>, queries: &[&str], upto: Seq) {
    let head = hand.head().await;
    index.reach(hand.namespace, head).await.expect("the index can come so far");
    let changes = hand.look().await.changes(Seq::ZERO, usize::MAX).await.expect("readable");
    for query in queries {
        let (seq, all) = told(index, hand.namespace, query, upto).await;
        assert!(seq >= head, "the index was asked to come to {head:?} and says {seq:?}");
        for named in &all {
            let change = &changes[usize::try_from(named.seq.0 - 1).expect("small")];
            let place = change.place().expect("only placings are told");
            let expected = (change.entry, place.parent, change.act != Act::Delete);
            assert_eq!((named.entry, named.parent, named.live), expected, "change {:?}", named.seq);
        }
        let missing: Vec<Seq> =
            due(&changes, query, upto).into_iter().filter(|seq| !all.iter().any(|n| n.seq == *seq)).collect();
        assert!(missing.is_empty(), "{query:?} up to {upto:?} lacks {missing:?}");
    }
}

async fn an_untouched_namespace_has_no_names(index: &dyn NameIndex, namespace: NamespaceId) {
    index.reach(namespace, Seq::ZERO).await.expect("it is there already");
    assert_eq!(told(index, namespace, "a", Seq::ZERO).await.1, []);
}

/// Creating, copying, moving, renaming, deleting, restoring; editing does not touch a name.
async fn every_act_is_known(index: &dyn NameIndex, mut hand: Hand<'_>) {
    let folder = hand.folder(ROOT, "Föld er").await;
    let file = hand.file(ROOT, "Été.txt", 1).await;
    let (parent, name) = (EntryRef::Existing(folder), super::hand::name("copy of ete.TXT"));
    let node = NewNode::Folder;
    hand.commit(vec![Step::Create { parent, name, node, copied: true }]).await;
    hand.commit(vec![edit(file, 2)]).await;
    compare(index, &hand, &["ete", "ÉTÉ", ".txt", "e", "fold", "d er", "copy ete", "nothing"], Seq::MAX)
        .await;
    hand.commit(vec![relocate(file, folder, "Été.txt")]).await;
    compare(index, &hand, &["ete", "copy"], Seq::MAX).await;
    hand.commit(vec![relocate(file, folder, "winter")]).await;
    compare(index, &hand, &["ete", "winter"], Seq::MAX).await;
    hand.delete(file).await;
    compare(index, &hand, &["ete", "winter"], Seq::MAX).await;
    hand.commit(vec![restore(file, ROOT, "printemps")]).await;
    hand.commit(vec![edit(file, 3)]).await;
    compare(index, &hand, &["ete", "winter", "printemps"], Seq::MAX).await;
}

async fn namespaces_are_apart(store: &dyn JournalStore, index: &dyn NameIndex) {
    let (mut one, mut other) = (Hand::new(store, 303), Hand::new(store, 304));
    one.file(ROOT, "shared and mine", 1).await;
    other.file(ROOT, "shared and theirs", 1).await;
    for hand in [&one, &other] {
        compare(index, hand, &["shared", "mine", "theirs"], Seq::MAX).await;
        assert_eq!(told(index, hand.namespace, "shared", Seq::MAX).await.1.len(), 1);
    }
    assert_eq!(told(index, one.namespace, "theirs", Seq::MAX).await.1, []);
}

/// A search that began before a change does not miss what the change took away.
async fn the_past_can_be_asked(index: &dyn NameIndex, mut hand: Hand<'_>) {
    let a = hand.file(ROOT, "first name", 1).await;
    hand.file(ROOT, "first again", 1).await;
    hand.commit(vec![relocate(a, ROOT, "second name")]).await;
    hand.delete(a).await;
    for upto in 0..=4 {
        compare(index, &hand, &["first", "second", "name"], Seq(upto)).await;
    }
}

/// More names than an index keeps in one piece, in drafts of all sizes.
async fn many_names_are_told_newest_first(index: &dyn NameIndex, mut hand: Hand<'_>) {
    let mut number = 0;
    for many in [1, 700, 2, 1500, 3000, 1] {
        let steps = (0..many).map(|_| {
            number += 1;
            let long = if number % 97 == 0 { "x".repeat(240) } else { String::new() };
            create_file(ROOT, &format!("number {number}.{long}"), 1)
        });
        let steps = steps.collect();
        hand.commit(steps).await;
        let head = hand.head().await;
        index.reach(hand.namespace, head).await.expect("the index can come so far");
    }
    compare(index, &hand, &["number 5203.", "number", "number 13", "1 x", "r", "nothing"], Seq::MAX).await;
    compare(index, &hand, &["number 13", "xxx"], Seq(2500)).await;
}

/// Random histories of few names, asked at their end and in their midst.
async fn nothing_is_missing(index: &dyn NameIndex, mut hand: Hand<'_>, seed: u64) {
    const NAMES: [&str; 6] = ["ab", "Ábc", "b c", "cab", "bab", "ç"];
    const QUERIES: [&str; 6] = ["a", "ab", "b", "c", "a c", "bab"];
    let mut dice = Dice(seed);
    let mut entries: Vec<EntryId> = Vec::new();
    for round in 0..60 {
        let called = format!("{} {round}", dice.pick(&NAMES));
        let step = match dice.roll(6) {
            _ if entries.is_empty() => create_folder(ROOT, &called),
            0 => create_folder(ROOT, &called),
            1 => create_file(ROOT, &called, round),
            2 => Step::Delete { entry: dice.pick(&entries) },
            3 => restore(dice.pick(&entries), ROOT, &called),
            4 => edit(dice.pick(&entries), round),
            _ => relocate(dice.pick(&entries), ROOT, &called),
        };
        let creates = matches!(step, Step::Create { .. });
        // One that cannot be done changes nothing.
        if let crate::store::Appended::Committed { first } = hand.try_commit(Vec::new(), vec![step]).await
            && creates
        {
            entries.push(first.into());
        }
        if dice.one_of(8) {
            let upto = Seq(dice.roll(hand.head().await.0 + 1));
            compare(index, &hand, &QUERIES, upto).await;
        }
    }
    compare(index, &hand, &QUERIES, Seq::MAX).await;
}
