//! Many nodes.

use std::io::Write as _;
use std::time::Instant;

use tidemark_client::{Cursor, DeltaPage};
use tidemark_sync::plan::{Plan, Record};
use tidemark_sync::state::{LocalChange, State};
use tidemark_sync::trees::{Item, LocalId, RemoteId, Trees as _};

use super::world::{dirty, file, folder, gone, page, place, remote, rid, seen_file, seen_folder, tell};

/// How many files a folder has.
const WIDTH: u64 = 1000;

/// A listing of so many nodes, in folders of [`WIDTH`] files below one top folder, page by page.
fn tell_many(state: &mut State, nodes: u64) {
    let mut told = vec![folder("/Top", "top")];
    for n in 1..nodes {
        let (branch, leaf) = ((n - 1) / WIDTH, (n - 1) % WIDTH);
        told.push(if leaf == 0 {
            folder(&format!("/Top/Folder number {branch}"), &format!("0123456789abcdef{n:08}"))
        } else {
            let path = format!("/Top/Folder number {branch}/Picture number {leaf}.jpg");
            file(&path, &format!("0123456789abcdef{n:08}"), (n % 200) as u8)
        });
        if told.len() == 2000 || n + 1 == nodes {
            let cursor = Cursor::new(n.to_string()).unwrap();
            let entries = std::mem::take(&mut told);
            state.apply_page(&DeltaPage { reset: false, entries, cursor, has_more: n + 1 < nodes }).unwrap();
        }
    }
}

/// The same on the disk, and all linked.
fn have_many(state: &mut State) {
    let top = super::world::add(state, LocalId::ROOT, "Top", seen_folder(1));
    let mut records = vec![Record::Link { remote: rid("top"), local: top }];
    let mut after = None;
    loop {
        let folders = state.remote_children(&rid("top"), after.as_ref(), 100).unwrap();
        let Some(last) = folders.last() else { break };
        after = Some(tidemark_sync::trees::NameKey::of(&last.place.name));
        for folder in folders {
            let here = super::world::add(state, top, &folder.place.name, seen_folder(2));
            let files = state.remote_children(&folder.id, None, usize::MAX).unwrap();
            let changes: Vec<LocalChange> = files
                .iter()
                .map(|file| LocalChange::Add {
                    place: place(here, &file.place.name),
                    seen: seen_file(here.0.cast_unsigned(), 1),
                })
                .collect();
            let ids = state.observe(&changes).unwrap();
            records.push(Record::Link { remote: folder.id, local: here });
            let links = files.into_iter().zip(ids);
            records.extend(links.map(|(file, local)| Record::Link { remote: file.id, local }));
            let records = std::mem::take(&mut records);
            state.decide(&Plan { records, ..Plan::default() }).unwrap();
        }
    }
}

fn settle_all(state: &mut State) {
    loop {
        let settled = dirty(state, 10_000);
        if settled.is_empty() {
            return;
        }
        state.decide(&Plan { settled, ..Plan::default() }).unwrap();
    }
}

#[test]
fn fifty_thousand_come_and_go() {
    // Large subtrees are removed, marked and forgotten as a whole.
    const NODES: u64 = 50_000;
    let mut state = State::in_memory().unwrap();
    tell_many(&mut state, NODES);
    assert_eq!(state.counts().unwrap().dirty, NODES);
    have_many(&mut state);
    settle_all(&mut state);
    let counts = state.counts().unwrap();
    for totals in [counts.remote, counts.local, counts.synced] {
        assert_eq!((totals.folders, totals.files), (51, NODES - 51));
    }
    assert_eq!(counts.dirty, 0);

    // A folder that is told as gone, and told again elsewhere, is one change; so it is here.
    let top = state.synced(&rid("top")).unwrap().unwrap().local;
    let inner = state.remote_children(&rid("top"), None, 1).unwrap().remove(0);
    tell(&mut state, vec![gone("/top"), folder("/Moved", "top")]);
    assert_eq!(state.missing_counts().unwrap().gone_remotely, NODES - 1);
    tell(&mut state, vec![gone("/moved")]);
    tell_many(&mut state, NODES);
    assert_eq!(state.missing_counts().unwrap().gone_remotely, 0);
    assert_eq!(dirty(&state, 9), []);
    let to = place(LocalId::ROOT, "Moved");
    state.observe(&[LocalChange::Move { id: top, to, seen: seen_folder(1) }]).unwrap();
    assert_eq!(dirty(&state, 9), [remote("top")]);

    state.observe(&[LocalChange::Remove { id: top }]).unwrap();
    assert_eq!(state.missing_counts().unwrap().gone_locally, NODES);
    state.deleted_remote(&rid("top")).unwrap();
    let counts = state.counts().unwrap();
    assert_eq!((counts.local.files, counts.synced.files, counts.dirty), (0, 0, NODES));
    assert_eq!(state.synced(&inner.id).unwrap(), None);
    tell(&mut state, vec![gone("/top")]);
    let counts = state.counts().unwrap();
    assert_eq!((counts.remote, counts.dirty), (Default::default(), 0));
}

#[test]
fn a_reset_forgets_many() {
    // Everything that is here is to be looked at, and nothing else.
    const NODES: u64 = 2_000;
    let mut state = State::in_memory().unwrap();
    tell_many(&mut state, NODES);
    have_many(&mut state);
    settle_all(&mut state);
    let mut told = page(vec![]);
    told.reset = true;
    state.apply_page(&told).unwrap();
    let counts = state.counts().unwrap();
    assert_eq!((counts.remote, counts.synced), Default::default());
    assert_eq!(counts.dirty, NODES);
    assert!(dirty(&state, usize::MAX).iter().all(|item| matches!(item, Item::Local(_))));
    assert_eq!(state.remote_children(&RemoteId::root(), None, 9).unwrap(), []);
}

#[test]
#[ignore = "it measures; to be run alone, optimized"]
fn a_million() {
    // How long a million nodes take to be told, had, changed and removed, and how much room.
    const NODES: u64 = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = State::open(&path).unwrap();
    let mut begin = Instant::now();
    let mut told = |what: &str| {
        let bytes = std::fs::metadata(&path).unwrap().len();
        let took = begin.elapsed();
        writeln!(std::io::stderr(), "{what}: {took:?}, the file has {} MB", bytes / 1_000_000).unwrap();
        begin = Instant::now();
    };
    tell_many(&mut state, NODES);
    told("told");
    settle_all(&mut state);
    told("settled");
    have_many(&mut state);
    told("had and linked");
    settle_all(&mut state);
    told("settled");
    let one = |n: u64, data| {
        file("/Top/Folder number 7/Picture number 77.jpg", &format!("0123456789abcdef{n:08}"), data)
    };
    for n in 0..1000 {
        tell(&mut state, vec![one(7078, n as u8)]);
    }
    told("a thousand small changes, told");
    let here = state.synced(&rid("0123456789abcdef00007078")).unwrap().unwrap();
    for n in 0..1000 {
        state.observe(&[LocalChange::Set { id: here.local, seen: seen_file(n, n) }]).unwrap();
    }
    told("a thousand small changes, seen");
    for n in 0..1000 {
        let done = super::results::sent(here.local, here.remote.as_str(), here.place.clone(), n as u8);
        state.sent(&done).unwrap();
    }
    told("a thousand results, durable");
    let files = state.remote_children(&here.place.parent, None, 200).unwrap();
    for file in files.iter().filter(|file| file.id != here.remote).take(100) {
        tell(&mut state, vec![gone(&format!("/top/folder number 7/{}", file.place.name))]);
        let pair = state.synced(&file.id).unwrap().unwrap();
        state.observe(&[LocalChange::Remove { id: pair.local }]).unwrap();
        let records = vec![Record::Forget { remote: file.id.clone() }];
        state.decide(&Plan { records, ..Plan::default() }).unwrap();
    }
    told("a hundred removals, told, seen and forgotten");
    for _ in 0..1000 {
        state.counts().unwrap();
        state.missing_counts().unwrap();
    }
    told("counted a thousand times");
    let top = state.synced(&rid("top")).unwrap().unwrap().local;
    state.observe(&[LocalChange::Remove { id: top }]).unwrap();
    told("removed here");
    state.missing_counts().unwrap();
    told("counted what is missing");
    state.deleted_remote(&rid("top")).unwrap();
    told("forgotten");
    tell(&mut state, vec![gone("/top")]);
    told("told as gone");
}
