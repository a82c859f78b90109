//! What was begun and nobody could write down is known again.

use tidemark_sync::state::{Intent, LocalChange, Placing, Sending, State};
use tidemark_sync::trees::{LocalId, SyncedNode, Trees as _};

use super::world::*;

/// When nothing else is said.
const NOW_S: i64 = 1_700_000_000;

fn sending(local: LocalId, remote: Option<&str>, to: &str, data: Option<u8>) -> Intent {
    let bytes = data.map(remote_file).map(|file| (file.content, file.modified_s.unwrap()));
    Intent::Send(Sending { local, remote: remote.map(rid), to: path(to), bytes })
}

fn intend(state: &mut State, intent: &Intent) {
    state.intend([intent], NOW_S).unwrap();
}

fn pair(state: &State, remote: &str) -> Option<SyncedNode> {
    state.synced(&rid(remote)).unwrap()
}

#[test]
fn a_file_that_was_sent_and_is_gone_is_missing_here_and_not_new_there() {
    // The answer was lost, and somebody removed the file: what the server tells then is what we sent.
    let mut state = State::in_memory().unwrap();
    let new = add(&mut state, LocalId::ROOT, "new", seen_file(1, 5));
    intend(&mut state, &sending(new, None, "/New", Some(5)));
    state.observe(&[LocalChange::Remove { id: new }]).unwrap();
    tell(&mut state, vec![file("/new", "n", 5)]);
    let pair = pair(&state, "n").unwrap();
    assert_eq!((pair.local, pair.file), (new, Some(remote_file(5))));
    assert_eq!(state.missing_counts().unwrap().gone_locally, 1);
}

#[test]
fn what_others_sent_to_the_same_place_is_theirs() {
    // Other bytes, another place, or the same long after: it is not what we sent.
    for (told, data, later_s) in [("/new", 6, 0), ("/other", 5, 0), ("/new", 5, 25 * 3600)] {
        let mut state = State::in_memory().unwrap();
        let new = add(&mut state, LocalId::ROOT, "new", seen_file(1, 5));
        let other = add(&mut state, LocalId::ROOT, "unrelated", seen_file(2, 9));
        intend(&mut state, &sending(new, None, "/new", Some(5)));
        let unrelated = sending(other, None, "/unrelated", Some(9));
        state.intend([&unrelated], NOW_S + later_s).unwrap();
        tell(&mut state, vec![file(told, "n", data)]);
        assert_eq!(pair(&state, "n"), None, "{told} {data} {later_s}");
    }
}

#[test]
fn what_was_answered_is_over() {
    // A restored version with the same bytes is news.
    let mut state = State::in_memory().unwrap();
    let new = add(&mut state, LocalId::ROOT, "new", seen_file(1, 5));
    intend(&mut state, &sending(new, None, "/new", Some(5)));
    let done = |data: u8| tidemark_sync::state::Sent {
        local: new,
        remote: rid("n"),
        to: place(tidemark_sync::trees::RemoteId::root(), "new"),
        file: Some(remote_file(data)),
        stamp: None,
    };
    state.sent(&done(6)).unwrap();
    tell(&mut state, vec![file("/new", "n", 5)]);
    assert_eq!(pair(&state, "n").unwrap().file, Some(remote_file(6)));
}

#[test]
fn an_edit_that_was_sent_is_no_edit_of_others() {
    // Also where its path had become free by then, so that the server made something new of it.
    for told in ["x", "instead"] {
        let mut state = State::in_memory().unwrap();
        let x = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
        tell(&mut state, vec![file("/x", "x", 1)]);
        let link = tidemark_sync::plan::Record::Link { remote: rid("x"), local: x };
        let plan = tidemark_sync::plan::Plan { records: vec![link], ..Default::default() };
        state.decide(&plan).unwrap();
        intend(&mut state, &sending(x, Some("x"), "/x", Some(2)));
        tell(&mut state, vec![gone("/x"), file("/x", told, 2)]);
        let pair = pair(&state, told).unwrap();
        assert_eq!((pair.local, pair.file), (x, Some(remote_file(2))), "{told}");
    }
}

#[test]
fn a_move_that_was_sent_is_no_move_of_others() {
    let mut state = State::in_memory().unwrap();
    let x = add(&mut state, LocalId::ROOT, "x", seen_file(1, 1));
    tell(&mut state, vec![file("/x", "x", 1)]);
    let link = tidemark_sync::plan::Record::Link { remote: rid("x"), local: x };
    let plan = tidemark_sync::plan::Plan { records: vec![link], ..Default::default() };
    state.decide(&plan).unwrap();
    intend(&mut state, &sending(x, Some("x"), "/y", None));
    tell(&mut state, vec![gone("/x"), file("/y", "x", 1)]);
    assert_eq!(&*pair(&state, "x").unwrap().place.name, "y");
    // Somebody else's move is news.
    tell(&mut state, vec![gone("/y"), file("/z", "x", 1)]);
    assert_eq!(&*pair(&state, "x").unwrap().place.name, "y");
}

#[test]
fn what_was_put_here_is_nobodys_new_file() {
    // Only in its place, and only if it is the same file.
    for (name, inode, is_ours) in [("here", 5, true), ("there", 5, false), ("here", 6, false)] {
        let mut state = State::in_memory().unwrap();
        tell(&mut state, vec![file("/here", "n", 4)]);
        let root = tidemark_sync::trees::RemoteId::root();
        intend(
            &mut state,
            &Intent::Place(Placing {
                remote: rid("n"),
                from: place(root.clone(), "here"),
                file: remote_file(4),
                to: place(LocalId::ROOT, "here"),
                stamp: stamp(5, 4),
            }),
        );
        let id = add(&mut state, LocalId::ROOT, name, seen_file(inode, 4));
        let pair = pair(&state, "n");
        let expected = is_ours.then(|| (id, place(root, "here"), Some(remote_file(4))));
        assert_eq!(pair.map(|pair| (pair.local, pair.place, pair.file)), expected, "{name} {inode}");
        // By its bytes it is known when they are read.
        assert_eq!(state.local(id).unwrap().unwrap().file.unwrap().hash, None);
    }
}
