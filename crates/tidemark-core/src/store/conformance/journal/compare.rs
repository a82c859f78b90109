//! Two stores, the same random drafts, the same answers to everything.

use super::super::dice::Dice;
use super::super::hand::{AUTHOR, content, name};
use crate::model::{
    ClientTimes, Draft, EntryId, EntryRef, NameKey, NamespaceId, NewNode, Note, Premise, Seq, Step, Timestamp,
};
use crate::store::{JournalStore, Snapshot};

/// How many drafts a history has.
const DRAFTS: u64 = 80;

/// Few, so that they collide; some differ in case only.
const NAMES: [&str; 5] = ["a", "A", "b", "é", "É"];

/// Puts the same drafts, a good part of them stale, to two stores, and compares what becomes of them and everything that
/// can be read. A seed is a history in a namespace of its own, so the same pair of stores can be used again.
pub async fn compare(a: &dyn JournalStore, b: &dyn JournalStore, seed: u32) {
    let namespace = NamespaceId(1_000_000 + seed);
    let mut dice = Dice(u64::from(seed));
    for round in 0..DRAFTS {
        let head = a.head(namespace).await.expect("readable").seq;
        let draft = dice.draft(namespace, head, round);
        let made = a.append(draft.clone()).await.expect("appendable");
        assert_eq!(made, b.append(draft.clone()).await.expect("appendable"), "seed {seed}: {draft:?}");
        if dice.one_of(20) {
            same_reads(&mut *read(a, namespace).await, &mut *read(b, namespace).await, seed).await;
        }
    }
    same_reads(&mut *read(a, namespace).await, &mut *read(b, namespace).await, seed).await;
}

async fn read(store: &dyn JournalStore, namespace: NamespaceId) -> Box<dyn Snapshot> {
    let snapshot = store.read(namespace).await.expect("readable");
    assert_eq!(store.head(namespace).await.expect("readable"), snapshot.head());
    snapshot
}

/// One question to both.
macro_rules! same {
    ($a:ident, $b:ident, $seed:ident, $call:ident($($argument:expr),*)) => {{
        let ours = $a.$call($($argument),*).await.expect("readable");
        let theirs = $b.$call($($argument),*).await.expect("readable");
        assert_eq!(ours, theirs, "seed {}: {}{:?}", $seed, stringify!($call), ($($argument,)*));
        ours
    }};
}

async fn same_reads(a: &mut dyn Snapshot, b: &mut dyn Snapshot, seed: u32) {
    assert_eq!(a.head(), b.head());
    let head = a.head().seq;
    let changes = same!(a, b, seed, changes(Seq::ZERO, usize::MAX));
    assert_eq!(changes.len() as u64, head.0, "positions are dense");
    same!(a, b, seed, changes(Seq(head.0 / 2), 3));
    let trash = same!(a, b, seed, trashed(None::<&(EntryId, NameKey, EntryId)>, usize::MAX));
    for entry in trash.iter().step_by(3) {
        let place = (entry.parent.expect("no root"), entry.name.key(), entry.id);
        same!(a, b, seed, trashed(Some(&place), 2));
    }
    let keys: Vec<NameKey> = ["a", "b", "é", "x"].iter().map(|text| name(text).key()).collect();
    for id in (0..=head.0 + 1).map(EntryId) {
        same!(a, b, seed, change(Seq(id.0)));
        let entry = same!(a, b, seed, entry(id));
        if entry.is_none_or(|entry| !entry.is_folder()) {
            continue;
        }
        for after in [None, Some(&keys[0]), Some(&keys[1])] {
            same!(a, b, seed, children(id, after, 2));
            same!(a, b, seed, children(id, after, 99));
            same!(a, b, seed, vacated(id, after, 1));
            same!(a, b, seed, vacated(id, after, 99));
        }
        for key in &keys {
            same!(a, b, seed, child(id, key));
            same!(a, b, seed, departures(id, key, Seq::MAX, 99));
            same!(a, b, seed, departures(id, key, Seq(head.0 / 2), 1));
            same!(a, b, seed, revisions(id, key, Seq::MAX, 99));
            same!(a, b, seed, revisions(id, key, Seq(head.0 / 2), 2));
        }
    }
}

impl Dice {
    fn name(&mut self) -> &'static str {
        self.pick(&NAMES)
    }

    /// Somebody who is there, was there, or never was.
    fn entry(&mut self, head: Seq) -> EntryId {
        EntryId(self.roll(head.0 + 2))
    }

    /// Mostly a place near the root, so that trees grow deep but collide.
    fn parent(&mut self, head: Seq, steps: usize) -> EntryRef {
        match self.roll(10) {
            0..4 => EntryRef::Existing(EntryId::ROOT),
            4..9 => EntryRef::Existing(self.entry(head)),
            _ => EntryRef::Created(usize::try_from(self.roll(steps as u64 + 1)).expect("small")),
        }
    }

    fn draft(&mut self, namespace: NamespaceId, head: Seq, round: u64) -> Draft {
        let mut steps = Vec::new();
        for _ in 0..=self.roll(3) {
            steps.push(self.step(head, steps.len()));
        }
        let premises = if self.one_of(4) { vec![self.premise(head)] } else { Vec::new() };
        Draft {
            namespace,
            author: AUTHOR,
            time: Timestamp(i64::try_from(round).expect("small")),
            premises,
            steps,
            quota: self.one_of(5).then(|| self.roll(100)),
            closes: None,
        }
    }

    fn step(&mut self, head: Seq, steps: usize) -> Step {
        let called = name(self.name());
        match self.roll(17) {
            0..3 => {
                let node = NewNode::File { content: content(self.roll(50)), times: self.times() };
                Step::Create { parent: self.parent(head, steps), name: called, node, copied: self.one_of(3) }
            }
            3..6 => {
                let parent = self.parent(head, steps);
                Step::Create { parent, name: called, node: NewNode::Folder, copied: self.one_of(3) }
            }
            6 => {
                let (file, reverted) = (self.entry(head), self.one_of(3));
                Step::Edit { file, content: content(self.roll(50)), times: self.times(), reverted }
            }
            7..9 => Step::Move { entry: self.entry(head), to: self.parent(head, steps), name: called },
            9..11 => Step::Delete { entry: self.entry(head) },
            11 => Step::Purge { entry: self.entry(head) },
            12 => {
                let description = self.one_of(2).then(|| called.as_str().into());
                Step::Modify { entry: self.entry(head), description, times: self.times() }
            }
            13 => {
                let (file, version) = (self.entry(head), Seq(self.roll(head.0 + 3)));
                Step::Withdraw { file, version, back: self.one_of(2) }
            }
            14 => {
                let note = if self.one_of(2) { Note::Shared } else { Note::Unshared };
                Step::Note { entry: self.entry(head), note }
            }
            _ => {
                let content = self.one_of(3).then(|| content(self.roll(50)));
                Step::Restore { entry: self.entry(head), to: self.parent(head, steps), name: called, content }
            }
        }
    }

    fn times(&mut self) -> ClientTimes {
        let mut time = |ms| self.one_of(2).then_some(Timestamp(ms));
        ClientTimes { created: time(-2), modified: time(-1) }
    }

    fn premise(&mut self, head: Seq) -> Premise {
        match self.roll(4) {
            0 => Premise::Slot {
                parent: EntryId(self.roll(2)),
                key: name(self.name()).key(),
                holds: self.one_of(2).then(|| self.entry(head)),
            },
            1 => Premise::Unchanged { entry: self.entry(head), seq: Seq(self.roll(head.0 + 1)) },
            2 => Premise::HeightAtMost {
                folder: self.entry(head),
                height: u32::try_from(self.roll(3)).expect("small"),
            },
            _ => Premise::TreeUnchanged {
                folder: EntryId::ROOT,
                seq: Seq(head.0.saturating_sub(self.roll(2))),
            },
        }
    }
}
